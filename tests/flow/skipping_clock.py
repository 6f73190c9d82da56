"""A clock whose sleep takes no time: the hands are moved on instead."""

from __future__ import annotations

import time

import anyio.lowlevel

from seven_async import Clock


class SkippingClock:
    """Real time plus all that was slept; remembers each sleep."""

    def __init__(self, *, start: float | None = None) -> None:
        self.skipped_s = 0.0
        self.slept: list[float] = []
        self._start = start

    def monotonic(self) -> float:
        """Seconds; from a fixed start they move by sleeping only."""
        return (time.monotonic() if self._start is None else self._start) + self.skipped_s

    def now(self) -> float:
        """Unix seconds, moved on like the others."""
        return (time.time() if self._start is None else 1_700_000_000.0) + self.skipped_s

    async def sleep(self, seconds: float) -> None:
        """Move the hands; let other tasks run."""
        self.slept.append(seconds)
        self.skipped_s += max(0.0, seconds)
        await anyio.lowlevel.checkpoint()

    @property
    def clock(self) -> Clock:
        """The same for the option `clock`, without jitter."""
        return Clock(monotonic=self.monotonic, now=self.now, sleep=self.sleep, draw=lambda: 0.5)
