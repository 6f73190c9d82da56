"""The gateway itself: bytes in, bytes out, no I/O."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote

from seven_async.sandbox import magic_numbers
from seven_async.sandbox.core.access import IncomingRequest, Signatures, find_key, refusal_code
from seven_async.sandbox.core.call import AccountRules, Call, RefusedError, code_answer, wants_json
from seven_async.sandbox.core.clock import Clock
from seven_async.sandbox.core.grants import Grants
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.recipients import parse_number
from seven_async.sandbox.core.routes import find_operation
from seven_async.sandbox.core.state import State
from seven_async.sandbox.core.wire import JSON_TYPE, Answer, json_answer, page_not_found
from seven_async.sandbox.faults import Effect, Fault, Faults

PREFIX: Final = "/api"
SENDS: Final = frozenset({"/sms", "/voice", "/rcs/messages", "/waba/messages"})
"""Routes whose recipients can fail one by one."""
NO_MULTIPART: Final = (
    "The sandbox reads no multipart bodies: send application/x-www-form-urlencoded or JSON, "
    "and files in base64 as their `contents`."
)
_DECORATION: Final = str.maketrans("", "", " ()/.-")
_NO_ANSWER: Final = Answer(200, JSON_TYPE, b"")
_NO_FAILURES: Final[dict[str, int]] = {}


class Gateway:
    """Answers calls from its state. `handle` may be called from several threads."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        signatures: Signatures,
        clock: Clock,
        account_rules: AccountRules,
    ) -> None:
        self.state = state
        self.faults = faults
        self.signatures = signatures
        self.clock = clock
        self.account_rules = account_rules
        self.grants: Grants = Grants()
        """Who has logged in by OAuth; no part of a snapshot."""
        self.lock: threading.RLock = threading.RLock()
        """Held by everything that reads or changes the state."""

    def handle(self, request: IncomingRequest) -> Answer:
        """Answer one call."""
        path = request.path.removeprefix(PREFIX) if request.path.startswith(PREFIX) else ""
        if path.endswith("/"):
            path = path.rstrip("/")
        operation = find_operation(request.method, path)
        if operation is None:
            return page_not_found()
        route, values, handler = operation
        headers = request.headers
        if headers.get("content-type", "").startswith("multipart/"):
            return json_answer({"success": False, "error_message": NO_MULTIPART}, 415)
        params = request.params()
        with self.lock:
            effect, failures = self._fault(request.method, path, route, params)
            if effect and effect.is_before_work:
                return self._apply(effect, _NO_ANSWER, headers, params)
            try:
                answer = handler(self._call(request, route, values, params, failures))
            except RefusedError as refused:
                answer = refused.answer
            return self._apply(effect, answer, headers, params) if effect else answer

    def _apply(
        self, effect: Effect, answer: Answer, headers: Mapping[str, str], params: Params
    ) -> Answer:
        json = wants_json(headers, params)
        return effect.apply(answer, self.faults.random, wants_json=json)

    def _call(
        self,
        request: IncomingRequest,
        route: str,
        values: tuple[str, ...],
        params: Params,
        failures: Mapping[str, int],
    ) -> Call:
        """Build the call that an operation sees; raises RefusedError."""
        state, now, headers = self.state, self.clock(), request.headers
        key = find_key(request, params, state) or self.grants.find_key(headers, now)
        code, account = 900, None
        if key is not None:
            account = state.account_of(key, headers.get("x-account-id", ""))
            code = refusal_code(key, route.split("/", 2)[1], request, self.signatures)
        if key is None or account is None or code:
            answer = code_answer(code or 902, wants_json=wants_json(headers, params))
            raise RefusedError(answer)
        path = tuple(map(unquote, values))
        return Call(
            request.method, route, path, params, headers, key, account, state, now, failures,
            self.account_rules,
        )  # fmt: skip

    def _fault(
        self, method: str, path: str, route: str, params: Params
    ) -> tuple[Effect | None, Mapping[str, int]]:
        """Find what disturbs the whole call, and the recipients that fail alone, with codes."""
        if not self.faults.rules and not _may_be_magic(params):
            return None, _NO_FAILURES
        recipients = _recipients(params)
        rule = self.faults.hit(method, path, route, recipients)
        if rule is None:
            return _magic_effect(route, recipients), _NO_FAILURES
        return _split_rule(rule, route)


def _split_rule(rule: Fault, route: str) -> tuple[Effect | None, Mapping[str, int]]:
    code = rule.recipient_code
    if code is not None and route in SENDS:
        return None, {rule.recipient: code}
    return rule.effect, _NO_FAILURES


def _may_be_magic(params: Params) -> bool:
    given = params.text("to") or params.text("number")
    return "15550" in given.translate(_DECORATION)


def _recipients(params: Params) -> list[str]:
    parts = (params.text("to") or params.text("number")).split(",")
    return [parse_number(part) or part.strip() for part in parts]


def _magic_effect(route: str, recipients: list[str]) -> Effect | None:
    # A caller looks a message up whose answer was lost: by its recipient.
    if route.startswith("/journal"):
        return None
    effects = map(magic_numbers.effect, recipients)
    return next((effect for effect in effects if effect), None)
