"""How long until the next request may leave.

In: arrivals, departures, and what the gateway said about being asked too often. Out: permission.
No I/O; clock and sleep are passed in.

Three limits stand in one line: how many requests are in flight (`gate_for`), how many messages may
leave within a window of time (`Rate`), and a pause that the gateway asked for with HTTP 429. The
last two belong to an account, so all clients and campaigns of a process that act for it share them
(`Departures`): each rate that one of them has holds for all of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Hashable
from typing import Final
from weakref import WeakValueDictionary, ref

import anyio
import attrs

from seven_async.errors import Outcome, RateLimitError
from seven_async.flow.clock import Clock
from seven_async.flow.shared_pace import SharedPace
from seven_async.flow.window import Rate, Window

# After a pause the first requests leave about this far apart, each gap a fifth shorter than the one
# before: about two dozen requests in the first second, then all of them. Without it every waiting
# task would fire in the same instant, and be refused again.
_FIRST_GAP_S: Final = 0.2
_GAP_FACTOR: Final = 0.8
_LAST_GAP_S: Final = 0.001
# A pause holds back the whole process, so a damaged header must not end it for good: after a day
# the gateway is asked once more, and can say it again.
_LONGEST_PAUSE_S: Final = 86_400.0
# Who waits behind a request that may leave, but has not yet, looks again after this time.
_LOOK_S: Final = 0.005
# After a wait for other processes that was longer, they are asked once more for a pause.
_LONG_S: Final = 0.25
# A request that does not leave when it may is overtaken after this time: its event loop may be
# blocked, and requests on other ones must not wait for it.
_ABSENT_S: Final = 0.25


@attrs.define(eq=False)
class Ticket:
    """A place in the line of an account, for a request that counts as so many messages.

    `before_leaving` is awaited when the request may leave, each time that it does. `looks_at` is
    when its owner will look next whether it is its turn, in monotonic seconds. `is_paced` is true
    if its time among processes that share a rate has come.
    """

    messages: int = 1
    before_leaving: Callable[[], Awaitable[None]] | None = None
    looks_at: float = 0.0
    is_paced: bool = False


class RateLease:
    """A rate that holds for an account until `end`, or until this object is gone."""

    def __init__(self, window: Window, departures: Departures) -> None:
        self.window = window
        self._departures = departures

    def end(self) -> None:
        """Let the rate hold no longer; ending twice does nothing."""
        self._departures.end(self)


class Departures:
    """What left for one account, who waits to leave, and until when nobody may.

    Safe between threads: clients on several event loops share it. The line is first come, first
    served, so that many single messages cannot keep a large request waiting for ever.
    """

    def __init__(self) -> None:
        self.name = ""
        self._paces: dict[str, SharedPace] = {}
        # Not a WeakSet: before every request it is asked whether it is empty, and a set answers in
        # a tenth of the time.
        self._leases: set[ref[RateLease]] = set()
        self._paused_until = 0.0
        self._gap_s = 0.0
        self._next_at = 0.0
        self.renew()

    def renew(self) -> None:
        """Forget who holds the lock and who waits: in a forked child nobody does."""
        self._lock = threading.Lock()
        self._line: list[Ticket] = []

    @property
    def is_free(self) -> bool:
        """True if no rate holds, and neither a pause nor the ramp after one is on."""
        return not self._gap_s and not self._leases

    @property
    def is_paced(self) -> bool:
        """True if a rate holds."""
        return bool(self._leases)

    @property
    def most_together(self) -> int | None:
        """How many messages fit into the narrowest window; None without a rate."""
        return min((window.rate.n for window in self._windows()), default=None)

    async def wait_for_others(self, clock: Clock, ticket: Ticket) -> None:
        """Wait for the turn among processes that share a rate, if any is shared.

        Not where one of them was asked for a pause: then this process pauses, too, and the ticket
        is not paced.
        """
        slowest: dict[str, float] = {}  # of two rates in one row the slower one holds
        for rate in (window.rate for window in self._windows()):
            if rate.shared is not None:
                slowest[rate.shared] = max(slowest.get(rate.shared, 0.0), rate.per_s / rate.n)
        for address, message_s in slowest.items():
            pace = self._paces[address]
            turn = await pace.take(ticket.messages, message_s, clock.monotonic)
            paused_s = turn.paused_s
            if turn.wait_s > 0:
                await clock.sleep(turn.wait_s)
                if turn.wait_s > _LONG_S:
                    paused_s = await pace.look()
            if paused_s > 0:
                self.pause(clock.monotonic() + paused_s)
                return
        ticket.is_paced = True

    async def tell_others(self, seconds: float) -> None:
        """Tell processes that share a rate of a pause that the gateway has asked for."""
        for address in {window.rate.shared for window in self._windows()}:
            if address is not None:
                await self._paces[address].pause(seconds)

    def lease(self, rate: Rate) -> RateLease:
        """Let a rate hold for the account, beside all others that do."""
        if rate.shared is not None and rate.shared not in self._paces:
            self._paces[rate.shared] = SharedPace(rate.shared, self.name)
        with self._lock:
            windows = self._windows()
            same = next((window for window in windows if window.rate == rate), None)
            window = same or Window(rate)
            if same is None and windows:
                widest = max(windows, key=lambda window: window.rate.per_s)
                window.copy_departures(widest.departures)
            lease = RateLease(window, self)
            self._leases.add(ref(lease, self._leases.discard))
            return lease

    def end(self, lease: RateLease) -> None:
        """Let a rate hold no longer, unless others hold it too."""
        with self._lock:
            self._leases.discard(ref(lease))

    def paused_s(self, now: float) -> float:
        """Seconds until the end of the pause; zero or less when there is none."""
        return self._paused_until - now

    def pause(self, until: float) -> None:
        """Let nothing leave until this point in monotonic time; never shortens a pause."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)
            self._gap_s = _FIRST_GAP_S

    def wait_s(self, now: float, ticket: Ticket, draw: float) -> float:
        """Zero when a request leaves now (and is counted), otherwise seconds to ask again after.

        `draw`, from 0 to 1, jitters the gaps after a pause.
        """
        with self._lock:
            wait_s = max(self._paused_until - now, self._next_at - now)
            wait_s = max(wait_s, self._room_s(now, ticket))
            ticket.looks_at = now + max(0.0, wait_s)
            if wait_s <= 0:
                self._leave(now, ticket, draw)
                return 0.0
            return wait_s

    def room_s(self, now: float, ticket: Ticket) -> float:
        """Zero when the windows have room for a request; it keeps its place and is not counted."""
        with self._lock:
            wait_s = self._room_s(now, ticket)
            ticket.looks_at = now + wait_s
            return wait_s

    def is_in_line(self, ticket: Ticket) -> bool:
        """Tell whether a ticket has a place in the line."""
        with self._lock:
            return ticket in self._line

    def step_out(self, ticket: Ticket) -> None:
        """Give a place in the line back."""
        with self._lock:
            if ticket in self._line:
                self._line.remove(ticket)

    def _windows(self) -> list[Window]:
        leases = [lease for held in tuple(self._leases) if (lease := held()) is not None]
        # Two leases of one rate share a window.
        return list({id(lease.window): lease.window for lease in leases}.values())

    def _is_told(self, rate: Rate) -> bool:
        return rate.shared is not None and not self._paces[rate.shared].is_away

    def _room_s(self, now: float, ticket: Ticket) -> float:
        """Seconds until the windows have room for a request and for those before it.

        Of a rate that processes share only while its database is away: else that says when.
        """
        if ticket not in self._line:
            self._line.append(ticket)
        windows = [window for window in self._windows() if not self._is_told(window.rate)]
        before = [
            other
            for other in self._line[: self._line.index(ticket)]
            # Its event loop is busy, or its journal slow: the others do not stand still meanwhile.
            if now <= other.looks_at + _ABSENT_S
        ]
        together = sum(other.messages for other in before) + ticket.messages
        if before and any(together > window.rate.n for window in windows):
            first_s = max(window.wait_s(now, before[0].messages) for window in windows)
            return max(_LOOK_S, first_s)
        return max((window.wait_s(now, together) for window in windows), default=0.0)

    def _leave(self, now: float, ticket: Ticket, draw: float) -> None:
        self._line.remove(ticket)
        for window in self._windows():
            window.leave(now, ticket.messages)
        if self._gap_s:
            self._next_at = now + self._gap_s * (0.5 + draw)
            self._gap_s *= _GAP_FACTOR
            if self._gap_s < _LAST_GAP_S:
                self._gap_s = 0.0


_accounts: WeakValueDictionary[Hashable, Departures] = WeakValueDictionary()
_accounts_lock = threading.Lock()


def departures_of(account: Hashable, name: str = "") -> Departures:
    """The departures that all clients of this process share for an account.

    `name` is what tells the account from others in other processes, too.
    """
    with _accounts_lock:
        departures = _accounts.get(account)
        if departures is None:
            departures = _accounts[account] = Departures()
            departures.name = name
        return departures


def gate_for(concurrency: int) -> anyio.Semaphore:
    """At most so many in flight. It stands before the connections, so that no pool ever queues."""
    return anyio.Semaphore(concurrency, fast_acquire=True)


def _renew_locks() -> None:
    """A lock that another thread held at a fork would never be released in the child."""
    global _accounts_lock  # noqa: PLW0603 - the module's own, after a fork
    _accounts_lock = threading.Lock()
    for departures in _accounts.values():
        departures.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Limiter:
    """The line that every attempt stands in: first the gate, then its turn.

    A cancelled wait leaves nothing behind: departures are counted when they happen, and a pause is
    a point in time, not a door that somebody has to open.
    """

    def __init__(self, gate: anyio.Semaphore, shared: Departures) -> None:
        self._gate = gate
        self._turn = anyio.Lock(fast_acquire=True)
        self._shared = shared

    @property
    def is_paced(self) -> bool:
        """True if a rate holds for the account."""
        return self._shared.is_paced

    @property
    def most_together(self) -> int | None:
        """How many messages a request may have without waiting for an empty window."""
        return self._shared.most_together

    def lease(self, rate: Rate) -> RateLease:
        """Let a rate hold for the account, beside all others that do."""
        return self._shared.lease(rate)

    async def enter(self, clock: Clock, longest_wait_s: float, ticket: Ticket) -> None:
        """Wait for a place among those in flight and for the turn to leave.

        A ticket that stands in the line already (`wait_for_room`) keeps its place there.

        Raises:
            RateLimitError: The gateway asked for a pause that lasts longer than `longest_wait_s`.
        """
        await self._gate.acquire()
        if self._shared.is_free and ticket.before_leaving is None:
            return
        try:
            if not self._shared.is_free:
                await self._take_turn(clock, longest_wait_s, ticket)
            if ticket.before_leaving is not None:
                await ticket.before_leaving()
        except BaseException:
            self._gate.release()
            raise

    def leave(self) -> None:
        """Give the place free."""
        self._gate.release()

    async def pause(self, clock: Clock, seconds: float) -> None:
        """Let nothing leave for so long, here and in processes that share a rate."""
        pause_s = min(seconds, _LONGEST_PAUSE_S)
        self._shared.pause(clock.monotonic() + pause_s)
        await self._shared.tell_others(pause_s)

    def paused_s(self, clock: Clock) -> float:
        """Return for how many seconds nothing may leave, since the gateway has asked for that."""
        return self._shared.paused_s(clock.monotonic())

    async def wait_for_room(self, clock: Clock, ticket: Ticket) -> None:
        """Return when a request might leave; it keeps its place in the line until it does.

        For what has to be done right before a request leaves, and not long before. A ticket that is
        not used has to be given back with `step_out`.
        """
        try:
            while not ticket.is_paced:
                while (wait_s := self._shared.room_s(clock.monotonic(), ticket)) > 0:
                    await clock.sleep(wait_s)
                await self._shared.wait_for_others(clock, ticket)
                if not ticket.is_paced:
                    await clock.sleep(self._shared.paused_s(clock.monotonic()))
        except BaseException:
            self.step_out(ticket)
            raise

    def step_out(self, ticket: Ticket) -> None:
        """Give a place in the line back, if the ticket has one."""
        self._shared.step_out(ticket)

    async def _take_turn(self, clock: Clock, longest_wait_s: float, ticket: Ticket) -> None:
        try:
            while not ticket.is_paced:
                self._check_pause(clock, longest_wait_s)
                await self._shared.wait_for_others(clock, ticket)
                if not ticket.is_paced:
                    self._check_pause(clock, longest_wait_s)
                    await clock.sleep(self._shared.paused_s(clock.monotonic()))
            if self._shared.is_in_line(ticket):
                await self._wait(clock, longest_wait_s, ticket)
            else:
                # One waits, the others stand behind it: no crowd wakes up at the same moment.
                async with self._turn:
                    await self._wait(clock, longest_wait_s, ticket)
        finally:
            ticket.is_paced = False  # another attempt takes its turn anew

    def _check_pause(self, clock: Clock, longest_wait_s: float) -> None:
        paused_s = self._shared.paused_s(clock.monotonic())
        if paused_s > longest_wait_s:
            raise _build_pause_error(paused_s)

    async def _wait(self, clock: Clock, longest_wait_s: float, ticket: Ticket) -> None:
        try:
            while True:
                now = clock.monotonic()
                wait_s = self._shared.wait_s(now, ticket, clock.draw())
                if wait_s <= 0:
                    return
                self._check_pause(clock, longest_wait_s)
                await clock.sleep(wait_s)
        finally:
            self.step_out(ticket)


def _build_pause_error(seconds: float) -> RateLimitError:
    error = RateLimitError(
        message="not sent: the gateway asked for a pause that is not over",
        status=429,
        retry_after_s=seconds,
    )
    error.outcome = Outcome.NOT_SENT
    return error
