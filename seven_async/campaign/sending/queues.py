"""Entries on their way from the workers to the caller: bounded, and never in a worker's way.

In: entries as they are known. Out: the same, one by one. No I/O.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterable

from seven_async.campaign.entry import Entry
from seven_async.campaign.sending.waiters import Waiters


class Outbox:
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

    async def room(self) -> None:
        """Return when fewer entries wait than the limit."""
        while len(self._entries) >= self._limit and not self._is_closed:
            await self._workers.wait()
