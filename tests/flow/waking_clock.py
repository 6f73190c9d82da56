"""A clock for several tasks: time passes only while all of them sleep, to the next awakening."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heapify, heappush

import anyio.lowlevel

from seven_async import Clock

# Turns of the event loop after which a task that does not sleep has done what it could.
_TURNS = 25


class WakingClock:
    """Tasks wake in the order of their times, each at its own."""

    def __init__(self, begun_s: float = 1000.0) -> None:
        self.begun_s = self.now_s = begun_s
        self._sleepers: list[float] = []
        self._stirred = 0
        # One object: clients whose clocks differ do not share the limits of an account.
        self.clock = Clock(
            monotonic=self.monotonic, now=self.monotonic, sleep=self.sleep, draw=lambda: 0.5
        )

    def monotonic(self) -> float:
        """Seconds."""
        self._stirred += 1
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Return when that much time has passed."""
        until = self.now_s + max(0.0, seconds)
        heappush(self._sleepers, until)
        try:
            await self._pass(until)
        finally:
            self._sleepers.remove(until)
            heapify(self._sleepers)

    async def _pass(self, until: float) -> None:
        quiet, seen = 0, -1
        await anyio.lowlevel.checkpoint()
        while self.now_s < until:
            quiet, seen = (quiet + 1, seen) if seen == self._stirred else (0, self._stirred)
            if quiet > _TURNS and self._sleepers[0] == until:
                self.now_s = until
            else:
                await anyio.lowlevel.checkpoint()


def most_within(departures: Sequence[tuple[float, int]], per_s: float) -> Iterator[tuple[int, int]]:
    """For each departure, how many messages left from then on for `per_s` seconds, in how many."""
    for place, (begin, _) in enumerate(departures):
        # A departure exactly `per_s` later is in the next window.
        within = [n for at, n in departures[place:] if at < begin + per_s - 1e-9]
        yield sum(within), len(within)
