"""Tasks that wait for something to change, woken as many at a time as there is use for. No I/O."""

from __future__ import annotations

from collections import deque

import anyio


class Waiters:
    """Whoever waits looks again after waking: what it waited for may be gone by then."""

    def __init__(self) -> None:
        self._waiting: deque[anyio.Event] = deque()

    async def wait(self) -> None:
        """Return when woken. Nothing is missed between the look before and the wait."""
        woken = anyio.Event()
        self._waiting.append(woken)
        try:
            await woken.wait()
        except BaseException:
            if woken.is_set():
                self.wake(1)  # its turn goes to another one
            else:
                self._waiting.remove(woken)
            raise

    def wake(self, count: int | None = None) -> None:
        """Wake the longest waiting `count`, or all."""
        for _ in range(len(self._waiting) if count is None else min(count, len(self._waiting))):
            self._waiting.popleft().set()
