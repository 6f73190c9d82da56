"""The gateway itself: bytes in, bytes out, no I/O."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from seven_async.sandbox import magic_numbers, products
from seven_async.sandbox.core import routes
from seven_async.sandbox.core.access import Arrived, key_of, refusal
from seven_async.sandbox.core.call import AccountRules, Call, code_answer, wants_json
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.recipients import normalised
from seven_async.sandbox.core.wire import JSON_TYPE, Answer, page_not_found, read_params, split_url
from seven_async.sandbox.webhooks.dispatch import Dispatch
from seven_async.sandbox.webhooks.sender import Post, post

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seven_async.sandbox.core.access import Signatures
    from seven_async.sandbox.core.state import State
    from seven_async.sandbox.faults import Effect, Fault, Faults

PREFIX: Final = "/api"
SENDS: Final = frozenset({"/sms", "/voice", "/rcs/messages", "/waba/messages"})
"""Routes whose recipients can fail one by one."""
_DECORATION: Final = str.maketrans("", "", " ()/.-")
_NO_ANSWER: Final = Answer(200, JSON_TYPE, b"")
_NO_FAILURES: Final[dict[str, int]] = {}

products.load()


class Gateway:
    """Answers calls from its state. `handle` may be called from several threads."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        signatures: Signatures,
        clock: Callable[[], float],
        *,
        post_webhook: Post = post,
        seed: int = 0,
        account_rules: AccountRules = AccountRules(),  # noqa: B008 - frozen
    ) -> None:
        self.state = state
        self.faults = faults
        self.signatures = signatures
        self.clock = clock
        self.account_rules = account_rules
        self.lock = threading.RLock()
        self.dispatch = Dispatch(self, post_webhook, seed)

    def handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        client: str = "127.0.0.1",
    ) -> Answer:
        """The answer to one call.

        Args:
            url: complete, or the path with its query.
            headers: by lower-case name.
            client: the caller's address, for keys that are bound to some.
        """
        path, query = split_url(url)
        found = routes.find(method, path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        if found is None:
            return page_not_found()
        route, values, handler = found
        params = Params(read_params(query, headers.get("content-type", ""), body))
        arrived = Arrived(method, url, headers, body, client)
        with self.lock:
            effect, failures = self._fault(method, path.removeprefix(PREFIX), route, params)
            if effect and effect.is_before_work:
                return self._disturbed(effect, _NO_ANSWER, headers, params)
            call = self._call(arrived, route, values, params, failures)
            answer = handler(call) if isinstance(call, Call) else call
            if self.state.agenda:
                self.dispatch.turn(self.clock())
            return self._disturbed(effect, answer, headers, params) if effect else answer

    def _disturbed(
        self, effect: Effect, answer: Answer, headers: Mapping[str, str], params: Params
    ) -> Answer:
        json = wants_json(headers, params)
        return effect.applied(answer, self.faults.random, wants_json=json)

    def turn(self) -> None:
        """Lets happen whatever is due: reports come in, deliveries are tried again."""
        with self.lock:
            self.dispatch.turn(self.clock())

    def _call(
        self,
        arrived: Arrived,
        route: str,
        values: tuple[str, ...],
        params: Params,
        failures: Mapping[str, int],
    ) -> Call | Answer:
        state, now, headers = self.state, self.clock(), arrived.headers
        key = key_of(arrived, params, state)
        if key is None:
            return code_answer(900, wants_json=wants_json(headers, params))
        refused = refusal(key, route.split("/", 2)[1], arrived, self.signatures, now)
        account = state.account_of(key, headers.get("x-account-id", ""))
        if refused or account is None:
            return code_answer(refused or 902, wants_json=wants_json(headers, params))
        path = tuple(map(unquote, values))
        return Call(
            arrived.method,
            route,
            path,
            params,
            headers,
            key,
            account,
            state,
            now,
            failures,
            self.account_rules,
        )

    def _fault(
        self, method: str, path: str, route: str, params: Params
    ) -> tuple[Effect | None, Mapping[str, int]]:
        if not self.faults.rules and not _may_be_magic(params):
            return None, _NO_FAILURES
        recipients = _recipients(params)
        rule = self.faults.hit(method, path, route, recipients)
        if rule is None:
            return _magic_effect(recipients), _NO_FAILURES
        return _split_rule(rule, route)


def _split_rule(rule: Fault, route: str) -> tuple[Effect | None, Mapping[str, int]]:
    code = rule.fails_recipient
    if code is not None and route in SENDS:
        return None, {rule.recipient: code}
    return rule.effect, _NO_FAILURES


def _may_be_magic(params: Params) -> bool:
    given = params.text("to") or params.text("number")
    return "15550" in given.translate(_DECORATION)


def _recipients(params: Params) -> list[str]:
    parts = (params.text("to") or params.text("number")).split(",")
    return [normalised(part) or part.strip() for part in parts]


def _magic_effect(recipients: list[str]) -> Effect | None:
    for recipient in recipients:
        effect = magic_numbers.effect(recipient)
        if effect:
            return effect
    return None
