"""Group commit: whatever has queued up while the last commit ran goes to disk with the next one.

In: operations from many tasks. Out: their results after the commit. I/O through the store, on a
thread, one group at a time; nothing lingers to make a group larger.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import anyio
from anyio import to_thread

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.store import Operation, Store

_GROUP: Final = 5_000
"""Operations in one commit, so that memory and time of a group stay bounded."""


class _Job:
    __slots__ = ("done", "ended", "operation", "result")

    def __init__(self, operation: Operation, done: Callable[[], None] | None) -> None:
        self.operation = operation
        self.done = done
        self.ended = anyio.Event() if done is None else None
        self.result: Any = None


class Writer:
    """Writes for a run. After one failure everything fails: nothing may leave unrecorded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._jobs: list[_Job] = []
        self._unwritten: list[Operation] = []
        self._failure: JournalError | None = None
        self._is_closing = False
        self._limiter = anyio.CapacityLimiter(1)
        self._more = anyio.Event()
        self.ended = anyio.Event()

    async def do(self, operation: Operation) -> Any:
        """The result of an operation that is on disk; raises `JournalError`."""
        job = _Job(operation, None)
        self._queue(job)
        if job.ended is not None:
            await job.ended.wait()
        if self._failure is not None:
            raise self._failure
        return job.result

    def post(self, operation: Operation, done: Callable[[], None]) -> None:
        """Have an operation written soon, and `done` called then (or when it cannot be)."""
        self._queue(_Job(operation, done))

    def _queue(self, job: _Job) -> None:
        self._jobs.append(job)
        self._more.set()

    async def main(self) -> None:
        """Write until closed; whoever cancels waits for that."""
        with anyio.CancelScope(shield=True):
            async with anyio.create_task_group() as telling:
                while self._jobs or not self._is_closing:
                    if not self._jobs:
                        await self._more.wait()
                    self._more = anyio.Event()
                    jobs, self._jobs = self._jobs[:_GROUP], self._jobs[_GROUP:]
                    if jobs:
                        await self._write(jobs)
                        # By another task: the disk has the next group while this one is told of.
                        telling.start_soon(self._tell, jobs)
            await self._write_what_could_not_be()
            self.ended.set()

    async def close(self) -> None:
        """Write what is queued, then end."""
        self._is_closing = True
        self._more.set()
        await self.ended.wait()

    async def _write(self, jobs: list[_Job]) -> None:
        if self._failure is None:
            try:
                results = await self._applied([job.operation for job in jobs])
            except JournalError as error:
                self._failure = error
            else:
                for job, result in zip(jobs, results, strict=True):
                    job.result = result
        if self._failure is not None:
            self._unwritten += [job.operation for job in jobs if job.done is not None]

    async def _tell(self, jobs: list[_Job]) -> None:
        for job in jobs:
            if job.done is not None:
                job.done()
            if job.ended is not None:
                job.ended.set()

    async def _applied(self, operations: list[Operation]) -> list[Any]:
        return await to_thread.run_sync(self._store.apply, operations, limiter=self._limiter)

    async def _write_what_could_not_be(self) -> None:
        """Try results once more at the end: there may be room on the disk again."""
        if self._unwritten:
            try:
                await self._applied(self._unwritten)
            except JournalError:
                return  # they stay intents, which the next run looks up
