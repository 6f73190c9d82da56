"""How fast recipients may follow each other, and how fast they do.

In: a clock. Out: waits and rates. No I/O but the sleep of the clock.
"""

from __future__ import annotations

from collections import deque
from typing import Final

import anyio

from seven_async.flow.clock import Clock

_WINDOW_S: Final = 10


class Pacer:
    """Lets so many recipients per second go, evenly; whoever asks waits for the turn."""

    def __init__(self, rate: float | None, clock: Clock) -> None:
        self._interval_s = 0.0 if rate is None else 1.0 / rate
        self._clock = clock
        self._next_at = clock.monotonic()
        self.turn = anyio.Lock(fast_acquire=True)

    async def wait(self) -> None:
        """Return when the next may go."""
        wait_s = self._next_at - self._clock.monotonic()
        if self._interval_s and wait_s > 0:
            await self._clock.sleep(wait_s)

    def spent(self, count: int) -> None:
        """So many have gone; time that was not used is not made up for."""
        begin = max(self._next_at, self._clock.monotonic())
        self._next_at = begin + count * self._interval_s


class Speedometer:
    """The rate over the last ten seconds."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()
        self._begun_s: float | None = None

    def count(self, now_s: float, count: int) -> None:
        """So many more, now."""
        if self._begun_s is None:
            self._begun_s = now_s
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + count)
        else:
            self._seconds.append((second, count))
            self._forget(second)

    def per_s(self, now_s: float) -> float:
        """How many per second there were lately."""
        if self._begun_s is None:
            return 0.0
        self._forget(int(now_s))
        span_s = min(float(_WINDOW_S), max(1.0, now_s - self._begun_s))
        return sum(count for _, count in self._seconds) / span_s

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - _WINDOW_S:
            self._seconds.popleft()
