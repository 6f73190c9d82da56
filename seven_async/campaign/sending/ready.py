"""What is claimed and waits for its turn to leave. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

from seven_async.campaign.sending.waiters import Waiters

T = TypeVar("T")


class Ready(Generic[T]):
    """A queue whose two sides wait for each other: those who fill it, and those who empty it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: deque[T] = deque()
        self._is_closed = False
        self._takers = Waiters()
        self._fillers = Waiters()

    def put(self, jobs: Sequence[T]) -> None:
        """Queue jobs; those who ask for `room` before keep the queue short."""
        self._jobs.extend(jobs)
        self._takers.wake(len(jobs))

    def close(self) -> None:
        """No more will come."""
        self._is_closed = True
        self._takers.wake()

    async def room(self) -> None:
        """Return when fewer wait than the limit."""
        while len(self._jobs) >= self._limit:
            await self._fillers.wait()

    async def take(self) -> T | None:
        """The next job, None at the end."""
        while not self._jobs:
            if self._is_closed:
                return None
            await self._takers.wait()
        job = self._jobs.popleft()
        if len(self._jobs) == self._limit // 2:
            self._fillers.wake()
        return job

    def left(self) -> list[T]:
        """All that nobody will take any more."""
        jobs = list(self._jobs)
        self._jobs.clear()
        return jobs
