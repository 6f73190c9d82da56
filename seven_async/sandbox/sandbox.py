"""The gateway as a test double: a stateful one in this process, watched and disturbed at will."""

from __future__ import annotations

import math
import random
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypedDict

import anyio
import anyio.to_thread

from seven_async.sandbox import products
from seven_async.sandbox.core.access import IncomingRequest, Signatures
from seven_async.sandbox.core.accounts import Key
from seven_async.sandbox.core.call import AccountRules
from seven_async.sandbox.core.clock import Clock, http_date
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.grants import Grants
from seven_async.sandbox.core.ledger import Ledger, LedgerEntry
from seven_async.sandbox.core.routes import OPERATIONS
from seven_async.sandbox.core.snapshots import decode_snapshot, encode_snapshot
from seven_async.sandbox.core.state import MAIN_ACCOUNT, State
from seven_async.sandbox.core.wire import Answer, page_not_found
from seven_async.sandbox.faults import Drop, Effect, Fault, Faults, recipient_of, split_route
from seven_async.sandbox.inbox.inbox import Inbox
from seven_async.sandbox.products.numbers import build_number
from seven_async.sandbox.products.voice import DEFAULT_SENDER
from seven_async.sandbox.server import authorization, control, page
from seven_async.sandbox.server.origins import is_loopback
from seven_async.sandbox.server.serving import Serving
from seven_async.sandbox.simulate import Simulator
from seven_async.sandbox.webhooks.deliveries import Attempt
from seven_async.sandbox.webhooks.dispatch import Dispatch
from seven_async.sandbox.webhooks.sender import PostWebhook, post_webhook

if TYPE_CHECKING:
    from seven_async.sandbox.server.transport import SandboxTransport

DEFAULT_KEY: Final = "sandbox-key"
DEFAULT_BALANCE: Final = Decimal(1_000_000)
DEFAULT_SIGNING_SECRET: Final = "sandbox-signing-secret"  # noqa: S105 - a test double's
KEPT_ENTRIES: Final = 100_000
"""Messages remembered; older ones are forgotten, so that memory stays bounded."""

products.register_operations()


class ClientOptions(TypedDict):
    """The keywords that make a client of a sandbox."""

    api_key: str
    base_url: str
    transport: SandboxTransport


class OAuthOptions(TypedDict):
    """The keywords that make an `OAuth2` of a sandbox."""

    server_url: str
    transport: SandboxTransport


class Sandbox:
    """A whole gateway in this process.

    Args:
        api_key: the key of the main account; `add_key` makes others.
        balance: the main account's credit in EUR.
        now: epoch seconds; the sandbox's clock runs on it and can be advanced.
        latency_s: every answer comes this much later, without holding other calls up.
        seed: of everything random (fault probabilities, garbled bodies).
        sleep: how the in-process transport waits; `anyio.sleep` unless given.
        keep: messages remembered, older ones are forgotten.
        signing_secret: of request and webhook signatures.
        signing_time: epoch seconds that signatures are made and checked by: real time, which the
            other side has, too. Neither `now` nor `advance` changes it.
        reload_lock: the same SMS is refused for 180 s (code 402); `simulate` can change that.
        journal_lag_s: the outbound and voice journals show a message only so long after it left.
        post_webhook: sends a webhook request and gives the HTTP status; over HTTP unless given.
        remote_control: the page and `/_sandbox` are for other machines and any `Host`, too.
    """

    def __init__(
        self,
        api_key: str = DEFAULT_KEY,
        *,
        balance: Decimal | int | str = DEFAULT_BALANCE,
        now: Callable[[], float] = time.time,
        latency_s: float = 0.0,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[object]] | None = None,
        keep: int = KEPT_ENTRIES,
        signing_secret: str = DEFAULT_SIGNING_SECRET,
        signing_time: Callable[[], float] = time.time,
        reload_lock: bool = True,
        journal_lag_s: float = 0.0,
        remote_control: bool = False,
        post_webhook: PostWebhook = post_webhook,
    ) -> None:
        if not api_key:
            raise ValueError("the API key must not be empty")
        if not signing_secret.strip():
            raise ValueError("the signing secret must not be empty")
        if not 0 <= latency_s < math.inf:
            raise ValueError("the latency must be a number of seconds that is not negative")
        if not 0 <= journal_lag_s < math.inf:
            raise ValueError("the journal's lag must be a number of seconds that is not negative")
        self.api_key = api_key
        self.signing_secret = signing_secret
        self.latency_s = latency_s
        self.remote_control = remote_control
        self.clock: Clock = Clock(now)
        self._sleep = sleep
        self._faults = Faults(random.Random(seed))  # noqa: S311 - must repeat
        self._keep = keep
        self._balance = _credit(balance)
        self._seed = seed
        self._reload_lock = reload_lock
        self._identity = secrets.token_hex(8)
        self.gateway: Gateway = Gateway(
            self._fresh_state(),
            self._faults,
            Signatures(signing_secret, signing_time),
            self.clock,
            AccountRules(journal_lag_s),
        )
        self.dispatch: Dispatch = Dispatch(self.gateway, post_webhook)
        self.inbox: Inbox = Inbox(self.gateway, self.dispatch)
        self.simulate: Simulator = Simulator(self.gateway, self.dispatch)
        """People who write, call, type and click, and reports that come in."""

    def _fresh_state(self) -> State:
        state = State(self._keep, self._balance, self._identity)
        state.keys[self.api_key] = Key(self.api_key, MAIN_ACCOUNT)
        state.main.has_reload_lock = self._reload_lock
        # The number that people write to and call, as long as no other one is booked.
        number = build_number(DEFAULT_SENDER, "annually", self.clock())
        state.main.numbers[number.number] = number
        return state

    def __repr__(self) -> str:
        return f"<Sandbox: {len(self.ledger)} accepted, {len(self._faults.rules)} faults>"

    @property
    def id(self) -> str:
        """Random letters that no other sandbox has; a snapshot keeps them, so does a reset."""
        return self.gateway.state.identity

    @property
    def options(self) -> ClientOptions:
        """The keywords that make a client of this sandbox: key, base URL and transport.

        Example:
            seven = Seven(**sandbox.options, timeout_s=5)
        """
        return ClientOptions(api_key=self.api_key, base_url=self.base_url, transport=self.transport)

    @property
    def base_url(self) -> str:
        """The base URL for clients that use `.transport`; leads nowhere without it."""
        return "http://sandbox.localhost/api"

    @cached_property
    def transport(self) -> SandboxTransport:
        """An `httpx.AsyncBaseTransport` that leads every request here, on asyncio and trio."""
        # Here, so that the served sandbox needs no httpx.
        from seven_async.sandbox.server.transport import SandboxTransport  # noqa: PLC0415

        return SandboxTransport(self, self._sleep)

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Serving:
        """Serve HTTP from a thread, within a `with` block, on the `.url` of what it returns."""
        return Serving(self, host, port)

    def handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        client: str = "127.0.0.1",
    ) -> Answer:
        """Answer one call: as the gateway below `/api`, as a control below `/_sandbox`."""
        lower_case = {name.lower(): value for name, value in headers.items()}
        return self.answer(IncomingRequest(method, url, lower_case, body, client))

    def answer(self, request: IncomingRequest) -> Answer:
        """Do what `handle` does, for a request whose header names are in lower case."""
        if control.is_control(request):
            if not (self.remote_control or is_loopback(request.client)):
                return page_not_found()
            if page.is_page(request.path):
                return page.answer(request.method, request.path)
            return control.answer(self, request)
        if request.path in authorization.PATHS:
            return authorization.answer(self.gateway, request)
        answer = self.gateway.handle(request)
        if self.gateway.state.agenda:
            self.dispatch.run_due()
        if not (answer.headers and any(name.lower() == "date" for name, _ in answer.headers)):
            # The sandbox's time, unless a fault has set one.
            answer.headers = (*answer.headers, ("Date", http_date(self.clock())))
        return answer

    @property
    def oauth_options(self) -> OAuthOptions:
        """The keywords that make an `OAuth2` of this sandbox: its address and the transport.

        Example:
            login = OAuth2("my-app", **sandbox.oauth_options)
        """
        return OAuthOptions(server_url="http://sandbox.localhost", transport=self.transport)

    @property
    def grants(self) -> Grants:
        """The authorization server's memory, and how it decides."""
        return self.gateway.grants

    @property
    def ledger(self) -> Ledger:
        """Everything accepted, in order."""
        return self.gateway.state.ledger

    @property
    def balance(self) -> Decimal:
        """The main account's credit in EUR."""
        return self.gateway.state.accounts[MAIN_ACCOUNT].balance

    def sent(
        self,
        to: str | None = None,
        *,
        channel: str | None = None,
        text: str | re.Pattern[str] | None = None,
    ) -> list[LedgerEntry]:
        """Return what was accepted for this recipient (any spelling), channel and text."""
        with self.gateway.lock:
            return self.ledger.find(to, channel, text)

    def advance(self, seconds: float) -> None:
        """Move the clock forward: reports move on, scheduled messages leave, hooks are called."""
        with self.gateway.lock:
            self.clock.advance(seconds)
            self.dispatch.run_due()

    def settle(self, timeout_s: float = 10.0) -> bool:
        """Wait (in real time) until no webhook is on its way; return False if one still is."""
        return self.dispatch.wait_idle(timeout_s)

    async def settle_async(self, timeout_s: float = 10.0) -> bool:
        """Do what `settle` does without blocking the event loop, for receivers that run on it."""
        return await anyio.to_thread.run_sync(self.settle, timeout_s)

    def add_key(
        self,
        secret: str,
        *,
        account: str = MAIN_ACCOUNT,
        scopes: Iterable[str] | None = None,
        ips: Iterable[str] | None = None,
        is_test: bool = False,
        signing_required: bool = False,
        subaccount_access: bool = True,
        reload_lock: bool = True,
    ) -> None:
        """Add an API key or access token.

        Args:
            account: whose it is.
            scopes: endpoint groups it may use (`sms`, `lookup` …), all unless given; else 902.
            ips: addresses it may be used from, any unless given; else 903.
            is_test: sends and charges nothing: `debug` is true, ids are null, prices 0.
            signing_required: calls without a valid signature are refused with 901.
            subaccount_access: `X-Account-Id` may name a subaccount.
            reload_lock: False lets this key send the same SMS twice.
        """
        allowed = None if scopes is None else frozenset(scopes)
        addresses = None if ips is None else frozenset(ips)
        with self.gateway.lock:
            self.gateway.state.keys[secret] = Key(
                secret, account, allowed, addresses, is_test, signing_required, subaccount_access,
                reload_lock,
            )  # fmt: skip

    def snapshot(self) -> bytes:
        """Write everything it remembers as JSON; faults are no part of it."""
        with self.gateway.lock:
            return encode_snapshot(self.gateway.state, self.clock.advanced_s)

    def restore(self, snapshot: bytes) -> None:
        """Go back to the state of a snapshot; raises SnapshotError."""
        state, advanced_s = decode_snapshot(snapshot)
        with self.gateway.lock:
            self.gateway.state, self.clock.advanced_s = state, advanced_s

    def reset(self) -> None:
        """Go back to the start, without faults; chance starts from the seed again."""
        with self.gateway.lock:
            self.gateway.state, self.clock.advanced_s = self._fresh_state(), 0.0
            self.gateway.grants = Grants()
            self.dispatch.attempts.clear()
            self.gateway.signatures.forget_nonces()
            self.clear_faults()
            self._faults.random.seed(self._seed)

    @property
    def faults(self) -> list[Fault]:
        """The rules that hold."""
        return self._faults.active

    def clear_faults(self) -> None:
        """End all rules."""
        self._faults.clear()

    @property
    def attempts(self) -> list[Attempt]:
        """Every webhook attempt with its status, oldest first."""
        with self.gateway.lock:
            return list(self.dispatch.attempts)

    def fault(
        self,
        route: str = "",
        *,
        recipient: str | None = None,
        nth: int | None = None,
        times: int | None = None,
        probability: float = 1.0,
        status: int | None = None,
        code: int | None = None,
        delay_s: float = 0.0,
        drop: Drop | None = None,
        reset: bool = False,
        truncate: bool = False,
        garble: bool = False,
        body: bytes | str | None = None,
        retry_after: float | str | None = None,
        headers: Mapping[str, str] | None = None,
        processed: bool = False,
    ) -> Fault:
        """Make calls fail from now on; `.remove()` or a `with` block ends the rule.

        Raises ValueError where a number is none that makes sense: `status` 99, `probability` 2.

        Args:
            route: `POST /sms`, `/contacts/{id}`, `/sms` or `POST`; empty is every call.
            recipient: only calls that name this number in `to` or `number`. Together with
                `code` on a send, that recipient fails and the others do not.
            nth: only the nth of the calls that fit, counted from 1.
            times: at most so often.
            probability: so often in the long run, decided by the sandbox's seed.
            status: an HTTP status, 429 or 503 say, with `retry_after`, `headers` and `body`.
            code: a gateway code at HTTP 200.
            delay_s: the answer comes later; the call is processed at once.
            drop: the connection closes `before` or `after` the call is processed, `within` the
                answer, or does not come about (`connect`, by the in-process transport only).
            reset: the same with a TCP reset; alone it means after processing.
            truncate: half of the body, under a matching Content-Length.
            garble: random bytes for a body.
            processed: with status, code or body: answered like that although it was processed.
        """
        method, path = split_route(route)
        effect = Effect(
            status=status,
            code=code,
            delay_s=delay_s,
            drop=drop,
            reset=reset,
            truncate=truncate,
            garble=garble,
            body=body.encode() if isinstance(body, str) else body,
            retry_after=None if retry_after is None else str(retry_after),
            headers=tuple((headers or {}).items()),
            processed=processed,
        )
        with self.gateway.lock:
            return self._faults.add(
                Fault(effect, method, path, recipient_of(recipient), nth, times, probability)
            )


def _credit(amount: Decimal | int | str) -> Decimal:
    try:
        credit = Decimal(amount)
    except InvalidOperation:
        credit = Decimal("NaN")
    if not credit.is_finite():
        raise ValueError("the balance must be an amount in EUR")
    return credit


def served_operations() -> list[tuple[str, str]]:
    """List method and path template of every published operation the sandbox answers."""
    return sorted(OPERATIONS)
