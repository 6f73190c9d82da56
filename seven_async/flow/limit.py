"""How long until the next request may leave.

In: arrivals, departures, and what the gateway said about being asked too often. Out: permission.
No I/O; clock and sleep are passed in.

Three limits stand in one line: how many are in flight (`Gate`), how many may leave within a window
of time (`Rate`), and a pause that the gateway asked for with HTTP 429. The last two belong to an
account, so all clients of a process that act for it share them (`Departures`).
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Hashable
from contextlib import AsyncExitStack
from typing import Final
from weakref import WeakValueDictionary

import anyio
import attrs

from seven_async.errors import Outcome, RateLimitError
from seven_async.flow.clock import Clock

# After a pause the first requests leave about this far apart, each gap a fifth shorter than the one
# before: about two dozen requests in the first second, then all of them. Without it every waiting
# task would fire in the same instant, and be refused again.
_FIRST_GAP_S: Final = 0.2
_GAP_FACTOR: Final = 0.8
_LAST_GAP_S: Final = 0.001
# A pause holds back the whole process, so a damaged header must not end it for good: after a day
# the gateway is asked once more, and can say it again.
_LONGEST_PAUSE_S: Final = 86_400.0


@attrs.frozen
class Rate:
    """At most `n` requests in any `per_s` seconds, counted in a sliding window.

    A burst of `n` may leave at once; the next one waits until the first is `per_s` old.
    """

    n: int = attrs.field(validator=attrs.validators.ge(1))
    per_s: float = attrs.field(default=1.0, kw_only=True, validator=attrs.validators.gt(0))


class Departures:
    """When requests of one account left, and until when none may. Safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: deque[float] = deque()
        self._longest = 0
        self._paused_until = 0.0
        self._gap_s = 0.0
        self._next_at = 0.0

    def renew_lock(self) -> None:
        """Forget who holds the lock: in a forked child nobody does."""
        self._lock = threading.Lock()

    @property
    def is_free(self) -> bool:
        """Whether neither a pause nor the ramp after one is on."""
        return not self._gap_s

    def paused_s(self, now: float) -> float:
        """Seconds until the end of the pause; zero or less when there is none."""
        return self._paused_until - now

    def pause(self, until: float) -> None:
        """Let nothing leave until this point in monotonic time; never shortens a pause."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)
            self._gap_s = _FIRST_GAP_S

    def wait_s(self, now: float, rate: Rate | None, draw: float) -> float:
        """Zero when a request leaves now (and is counted), otherwise seconds to ask again after.

        `draw`, from 0 to 1, jitters the gaps after a pause.
        """
        with self._lock:
            wait_s = max(self._paused_until - now, self._next_at - now)
            if rate is not None:
                wait_s = max(wait_s, self._window_s(now, rate))
            if wait_s <= 0:
                self._leave(now, rate, draw)
                return 0.0
            return wait_s

    def _window_s(self, now: float, rate: Rate) -> float:
        """Until the departure `n` before this one is `per_s` old."""
        if len(self._times) < rate.n:
            return 0.0
        return self._times[-rate.n] + rate.per_s - now

    def _leave(self, now: float, rate: Rate | None, draw: float) -> None:
        if rate is not None:
            self._longest = max(self._longest, rate.n)
            self._times.append(now)
            while len(self._times) > self._longest:
                self._times.popleft()
        if self._gap_s:
            self._next_at = now + self._gap_s * (0.5 + draw)
            self._gap_s *= _GAP_FACTOR
            if self._gap_s < _LAST_GAP_S:
                self._gap_s = 0.0


_accounts: WeakValueDictionary[Hashable, Departures] = WeakValueDictionary()
_accounts_lock = threading.Lock()


def departures_of(account: Hashable) -> Departures:
    """The departures that all clients of this process share for an account."""
    with _accounts_lock:
        found = _accounts.get(account)
        if found is None:
            found = _accounts[account] = Departures()
        return found


def gate_for(concurrency: int) -> anyio.Semaphore:
    """At most so many in flight. It stands before the connections, so that no pool ever queues."""
    return anyio.Semaphore(concurrency, fast_acquire=True)


def _renew_locks() -> None:
    """A lock that another thread held at a fork would never be released in the child."""
    global _accounts_lock  # noqa: PLW0603 - the module's own, after a fork
    _accounts_lock = threading.Lock()
    for departures in _accounts.values():
        departures.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Limiter:
    """The line that every attempt stands in: first the gate, then its turn.

    A cancelled wait leaves nothing behind: departures are counted when they happen, and a pause is
    a point in time, not a door that somebody has to open.
    """

    def __init__(self, gate: anyio.Semaphore, rate: Rate | None, shared: Departures) -> None:
        self._gate = gate
        self._turn = anyio.Lock(fast_acquire=True)
        self._rate = rate
        self._shared = shared

    async def enter(self, clock: Clock, longest_wait_s: float) -> None:
        """Wait for a place among those in flight and for the turn to leave.

        Raises:
            RateLimitError: The gateway asked for a pause that lasts longer than `longest_wait_s`.
        """
        await self._gate.acquire()
        if self._rate is None and self._shared.is_free:
            return
        async with AsyncExitStack() as undo:
            undo.callback(self._gate.release)
            await self._take_turn(clock, longest_wait_s)
            undo.pop_all()

    def leave(self) -> None:
        """Give the place free."""
        self._gate.release()

    def pause(self, clock: Clock, seconds: float) -> None:
        """The gateway asked to be left alone for so long."""
        self._shared.pause(clock.monotonic() + min(seconds, _LONGEST_PAUSE_S))

    async def _take_turn(self, clock: Clock, longest_wait_s: float) -> None:
        # One waits, the others stand behind it: no crowd wakes up at the same moment.
        async with self._turn:
            while True:
                now = clock.monotonic()
                wait_s = self._shared.wait_s(now, self._rate, clock.draw())
                if wait_s <= 0:
                    return
                paused_s = self._shared.paused_s(now)
                if paused_s > longest_wait_s:
                    raise _paused(paused_s)
                await clock.sleep(wait_s)


def _paused(seconds: float) -> RateLimitError:
    error = RateLimitError(
        message="not sent: the gateway asked for a pause that is not over",
        status=429,
        retry_after_s=seconds,
    )
    error.outcome = Outcome.NOT_SENT
    return error
