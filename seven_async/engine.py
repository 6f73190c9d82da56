"""What a client and its clones share: transport and limiter, from opening to closing.

In: `Options`. Out: a `Flow` that calls can take, and a refusal where a call could only fail. I/O
through the transport only.
"""

from __future__ import annotations

import hashlib
import os
import platform
import warnings
import weakref
from collections.abc import Awaitable, Callable, Hashable
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio

from seven_async.auth.bearer import Auth, RenewableAuth
from seven_async.errors import ConfigurationError, NotSentError
from seven_async.flow.beside import run_beside
from seven_async.flow.call import CallPipeline
from seven_async.flow.clock import Clock
from seven_async.flow.event_loop import OwnEventLoop
from seven_async.flow.limit import Limiter, RateLease, departures_of, gate_for
from seven_async.flow.logs import Observer
from seven_async.flow.network.engines import build_connections, check_engine, is_own
from seven_async.flow.request import Headers
from seven_async.flow.retry import Retry, RetryBudget
from seven_async.flow.transport import Transport, adapt_transport
from seven_async.flow.values.gateway_time import GatewayTime
from seven_async.flow.values.moment import berlin
from seven_async.flow.window import Rate
from seven_async.options import Options
from seven_async.start.version import VERSION

if TYPE_CHECKING:
    from seven_async.flow.network.connections import Connections

# Saying goodbye to a gateway that does not answer must not hold up the program.
_CLOSING_S: Final = 5.0
_NO_RETRY: Final = Retry(attempts=1)


USER_AGENT: Final = f"seven-async/{VERSION} Python/{platform.python_version()}"


class Engine:
    """Transport and limiter: made once for a client, shared by its clones.

    It belongs to the event loop of its first call, and counts the calls in flight, so that closing
    can wait for them.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._home: OwnEventLoop | None = None
        self._is_closed = False
        self._derived: weakref.WeakSet[Engine] = weakref.WeakSet()
        self.renew()
        _ENGINES.add(self)

    def renew(self) -> None:
        """Begin anew, without a connection and on no event loop; for a forked process."""
        self._home = None
        self._in_flight = 0
        self._drained: anyio.Event | None = None
        self.budget: RetryBudget = RetryBudget()
        self._limiters: dict[Hashable, Limiter] = {}
        self._leases: weakref.WeakSet[RateLease] = weakref.WeakSet()
        self._gateway_times: dict[Clock, GatewayTime] = {}
        given = self._options.transport
        self._connections: Connections | None = None
        self.transport: Transport | None = None
        check_engine(given)
        if not is_own(given):
            self.transport = adapt_transport(given)

    def derive(self, options: Options) -> Engine:
        """Build an engine with its own connections, closed with this one at the latest."""
        engine = Engine(options)
        self._derived.add(engine)
        return engine

    @property
    def state(self) -> str:
        """`new` before the first call, then `open`, in the end `closed`."""
        if self._is_closed:
            return "closed"
        return "new" if self._home is None else "open"

    def open(self) -> None:
        """Make the running event loop its own, or raise because it has another one, or is closed.

        Raises:
            ConfigurationError: which of the two it is, and what to do.
        """
        if self._is_closed:
            raise ConfigurationError(
                "This client is closed. Make a new one, or make the call before closing it."
            )
        if self._home is None:
            # Replies have times: what is missing must not show when a send is answered.
            berlin()
            self._home = OwnEventLoop()
            # Not before, since anyio makes it for the library whose loop runs: a `Seven` may be
            # made in a trio program, and calls on a loop of asyncio.
            self.gate: anyio.Semaphore = gate_for(self._options.concurrency)
        elif not self._home.is_here:
            raise ConfigurationError(
                "This client was opened on another event loop, and its connections only work "
                "there. Make one AsyncSeven per event loop, inside the function that is given to "
                "asyncio.run() (or anyio.run()); or use Seven, which can be called from everywhere."
            )

    def enter(self) -> None:
        """Count a call that begins; raises as `open` does."""
        home = self._home
        if home is None or self._is_closed or not home.is_here:
            self.open()
        self._in_flight += 1

    def leave(self) -> None:
        """Count a call that has ended."""
        self._in_flight -= 1
        if self._drained is not None and not self._in_flight:
            self._drained.set()

    async def aclose(self, *, waits: bool = True) -> None:
        """Refuse new calls, wait for those in flight, then close the connections.

        When the waiting is cancelled, or `waits` is false, the connections are closed at once.
        """
        if self._home is not None and not self._is_closed:
            self.open()
        async with AsyncExitStack() as closing:
            for engine in (*self._derived, self):
                if engine.state == "new" or engine.is_home:
                    closing.push_async_callback(engine.close_own, waits=waits)

    @property
    def is_home(self) -> bool:
        """True if it is open, and on the event loop that runs."""
        return self._home is not None and not self._is_closed and self._home.is_here

    async def close_own(self, *, waits: bool) -> None:
        """Close these connections, without those of derived engines."""
        self._is_closed = True
        try:
            if waits and self._in_flight:
                self._drained = anyio.Event()
                await self._drained.wait()
        finally:
            for lease in list(self._leases):
                lease.end()
            with anyio.move_on_after(_CLOSING_S, shield=True):
                if self.transport is not None:
                    await self.transport.aclose()

    def __del__(self) -> None:
        # No I/O here: the event loop may be gone, or busy on another thread. A transport that was
        # given is its giver's to close: nothing of this client's own is left open.
        if self.state == "open" and is_own(self._options.transport):
            warnings.warn(
                f"unclosed client of {self._options.base_url}; "
                f"use it in a with block, or call its aclose() or close()",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    async def warmup(self, options: Options) -> None:
        """Do what the first request would wait for, without a request.

        Raises:
            ConfigurationError: The certificates cannot be loaded.
        """
        self.open()
        if self.transport is None:
            await run_beside(partial(build_connections, options.transport))
        self._open_transport()
        if self._connections is not None and options.base_url.startswith("https:"):
            await self._connections.warmup()

    def _open_transport(self) -> Transport:
        """Return what carries requests.

        The default one is imported with the first request: httpcore takes longer than the whole
        client, and imports trio where that is installed.
        """
        if self.transport is None:
            self.transport = self._connections = build_connections(self._options.transport)
        return self.transport

    def _limiter(self, options: Options) -> Limiter:
        account = _account(options)
        if account not in self._limiters:
            self._limiters[account] = Limiter(self.gate, departures_of(account, _name(options)))
        return self._limiters[account]

    def _lease(self, limiter: Limiter, rate: Rate | None) -> RateLease | None:
        if rate is None:
            return None
        lease = limiter.lease(rate)
        self._leases.add(lease)
        return lease

    def gateway_time(self, clock: Clock) -> GatewayTime:
        """What time it is at the gateway; one for all clones that have the same clock."""
        return self._gateway_times.setdefault(clock, GatewayTime(clock))

    def flow(self, options: Options) -> CallPipeline:
        """The flow for calls with these options; to be asked for on its event loop."""
        limiter = self._limiter(options)
        return CallPipeline(
            base_url=options.base_url,
            server=urlsplit(options.base_url).netloc,
            url_style=options.url_style,
            headers=_headers(options),
            authorization=_authorization(options),
            credential=None if options.auth is None else _credential(options.auth, options),
            renew=options.auth.renew if isinstance(options.auth, RenewableAuth) else None,
            signing_secret=options.signing_secret,
            transport=self._open_transport(),
            limiter=limiter,
            lease=self._lease(limiter, options.rate),
            budget=self.budget,
            retry=options.retry,
            timeout_s=options.timeout_s,
            connect_timeout_s=options.connect_timeout_s,
            deadline_s=options.deadline_s,
            max_reply_bytes=options.max_reply_bytes,
            clock=options.clock,
            gateway_time=self.gateway_time(options.clock),
            observer=Observer(options.on_event),
            patience_s=(options.retry or _NO_RETRY).longest_retry_after_s,
        )


_ENGINES: Final[weakref.WeakSet[Engine]] = weakref.WeakSet()
# Connections that a forked process found and must not touch: they are its parent's. Collecting
# them would write to sockets, and to a selector, that both processes hold.
_LEFT_BEHIND: Final[list[Transport | None]] = []


def _renew_all() -> None:
    for engine in list(_ENGINES):
        if engine.state == "open":
            _LEFT_BEHIND.append(engine.transport)
            engine.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)


def _name(options: Options) -> str:
    """Return what tells the account from others on any machine. The key itself is not kept."""
    key = hashlib.sha256((options.api_key or "").encode()).hexdigest()
    return repr((options.base_url, key, str(options.account)))


def _account(options: Options) -> Hashable:
    """Whose limits a client's requests count against. The key itself is not kept."""
    key = hashlib.sha256((options.api_key or "").encode()).digest()
    return options.base_url, key, id(options.auth), str(options.account), options.clock


def _headers(options: Options) -> Headers:
    """The headers of every request. Without `Accept` several endpoints answer legacy text."""
    headers = [
        ("Accept", "application/json"),
        ("User-Agent", USER_AGENT),
        ("SentWith", options.sent_with),
    ]
    if options.account is not None:
        headers.append(("X-Account-Id", str(options.account)))
    return tuple(headers)


def _authorization(options: Options) -> Headers:
    """The key, unless there is a source of tokens."""
    if options.auth is not None:
        return ()
    key = options.api_key or ""
    # Published clients let a token be passed as the key (auth.md section 1).
    is_token = key.lower().startswith("bearer ")
    return (("Authorization" if is_token else "X-Api-Key", key),)


def _check_token(token: object) -> str:
    """Return the token if a header can carry it; an error further down would show it."""
    if not isinstance(token, str) or not token.strip():
        raise ConfigurationError(f"auth gave no access token, but {type(token).__name__}")
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise ConfigurationError("auth gave an access token that no HTTP header can carry")
    return token


def _credential(auth: Auth, options: Options) -> Callable[[], Awaitable[Headers]]:
    """Build what gives the header of a token, asked for at each departure, since tokens age."""

    async def token() -> Headers:
        try:
            with anyio.fail_after(options.timeout_s):
                given = await auth.access_token()
        except TimeoutError:
            raise NotSentError(
                f"not sent: auth gave no access token within {options.timeout_s:g} s"
            ) from None
        return (("Authorization", f"Bearer {_check_token(given)}"),)

    return token
