"""Where tasks wait for each other: wake-ups, and the entries on their way to the caller. No I/O."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable

import anyio

from seven_async.campaign.results import Entry


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


class ResultQueue:
    """A queue that is put to without waiting; workers ask for `room` before they take on more.

    So what is in flight always finishes, whether or not somebody still listens.
    """

    def __init__(self, limit: int, *, workers: Waiters, caller: Waiters) -> None:
        self._limit = limit
        self._workers = workers
        self._caller = caller
        self._entries: deque[Entry] = deque()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_over(self) -> bool:
        """Whether all entries were handed out and no more will come."""
        return self._is_closed and not self._entries

    def put(self, entries: Iterable[Entry]) -> None:
        """Queue entries."""
        self._entries.extend(entries)
        self._caller.wake()

    def lift_limit(self) -> None:
        """Let workers go on though nobody takes entries any more."""
        self._limit = sys.maxsize
        self._workers.wake()

    def close(self) -> None:
        """No more will come."""
        self._is_closed = True
        self._caller.wake()

    def pop(self) -> Entry | None:
        """An entry, if one waits."""
        if not self._entries:
            return None
        entry = self._entries.popleft()
        if len(self._entries) == self._limit - 1:
            self._workers.wake()
        return entry

    def pop_all(self) -> list[Entry]:
        """All that wait."""
        entries = list(self._entries)
        self._entries.clear()
        if len(entries) >= self._limit:
            self._workers.wake()
        return entries

    async def get(self) -> Entry | None:
        """The next entry, None at the end."""
        while True:
            entry = self.pop()
            if entry is not None or self._is_closed:
                return entry
            await self._caller.wait()

    async def wait_for_room(self) -> None:
        """Return when fewer entries wait than the limit."""
        while len(self._entries) >= self._limit and not self._is_closed:
            await self._workers.wait()
