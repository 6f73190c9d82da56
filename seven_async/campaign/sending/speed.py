"""How many recipients a second were served lately. No I/O; the time is passed in."""

from __future__ import annotations

from collections import deque
from typing import Final

_WINDOW_S: Final = 10


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
