"""A journal that is open for writing: whatever has queued up goes to the database in one commit.

In: operations from many tasks. Out: their results, once they are safe. I/O: a `Store`, on a thread,
one group of operations at a time; nothing is waited for to make a group larger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol, TypeAlias

import anyio
import attrs
from anyio.abc import TaskGroup, TaskStatus

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.rows import Plain
from seven_async.flow.conceal import without_frames
from seven_async.flow.event_loop import protect
from seven_async.worker_thread import WorkerThread


@attrs.frozen(eq=False)
class Claim:
    """Messages that want to leave; what stood in the journal before is the result."""

    intents: Sequence[Plain] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Record:
    """What became of messages."""

    results: Sequence[Plain] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Renewal:
    """Messages that are in the journal and leave again."""

    intents: Sequence[Plain] = attrs.field(repr=False)


Operation: TypeAlias = Claim | Record | Renewal | Callable[[Any], Any]
"""What a store does; a function gets its connection."""


class Store(Protocol):
    """What keeps a journal. Threads may call it; one at a time is let in."""

    groups_written: int

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """Write operations; return their results once all of them are safe.

        Raises `JournalError`.
        """
        ...

    def count_written(self) -> int:
        """Return the number of groups that are safe, after the one that is being written."""
        ...

    def close(self) -> None:
        """Close it, after what is being written."""
        ...


_GROUP: Final = 5_000
"""Operations in one commit, so that memory and time of a group stay bounded."""


class PendingWrite:
    """An operation on its way to the database, and its result."""

    __slots__ = ("done", "ended", "failure", "operation", "result")

    def __init__(
        self, operation: Operation, done: Callable[[], None] | None, ended: anyio.Event
    ) -> None:
        self.operation: Operation = operation
        self.done: Callable[[], None] | None = done
        self.ended: anyio.Event = ended
        """The end of its group: all of a group are safe at the same moment."""

        self.result: Any = None
        self.failure: JournalError | None = None


class Writer:
    """Writes for a run. After one failure everything fails: nothing may leave unrecorded.

    However it ends, all who wait for it are woken, and results that are known are written down.
    """

    def __init__(self, store: Store, thread: WorkerThread) -> None:
        self._store = store
        self._thread = thread
        self._jobs: list[PendingWrite] = []
        self._at_work: list[PendingWrite] = []
        self._groups_before = 0
        self._untold: list[list[PendingWrite]] = []
        self._unwritten: list[Operation] = []
        self._failure: JournalError | None = None
        self._is_closing = False
        self._is_written = False
        self._more = anyio.Event()
        self._group_ended = self._more
        self._has_untold = anyio.Event()
        self.ended: anyio.Event = anyio.Event()

    async def do(self, operation: Operation) -> Any:
        """Return the result of an operation once it is on disk; raises `JournalError`."""
        return await self.wait_for(self.start(operation))

    def start(self, operation: Operation) -> PendingWrite:
        """Have an operation written, whose result `wait_for` returns."""
        return self._queue(operation, None)

    async def wait_for(self, job: PendingWrite) -> Any:
        """Return the result of an operation once it is on disk; raises `JournalError`."""
        await job.ended.wait()
        # Its own failure: what is on disk stays true when a later group fails.
        if job.failure is not None:
            raise without_frames(job.failure)
        return job.result

    def post(self, operation: Operation, done: Callable[[], None]) -> None:
        """Have an operation written soon, and `done` called then (or when it cannot be)."""
        self._queue(operation, done)

    def _queue(self, operation: Operation, done: Callable[[], None] | None) -> PendingWrite:
        if len(self._jobs) % _GROUP == 0:
            self._group_ended = anyio.Event()
        job = PendingWrite(operation, done, self._group_ended)
        self._jobs.append(job)
        if self.ended.is_set():
            self._end()
        else:
            self._more.set()
        return job

    async def begin(self, tasks: TaskGroup) -> None:
        """Begin to write, also in a scope that was cancelled: `close` ends it.

        A start that is cancelled waits for the end of its task, and `main` ends when it is closed.
        """
        with anyio.CancelScope(shield=True):
            await tasks.start(protect(self.main))

    async def main(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Write until closed; a cancellation waits for that.

        asyncio can end it all the same: at a second Ctrl-C it cancels every task, shielded or not.
        """
        try:
            with anyio.CancelScope(shield=True):
                task_status.started()
                await self._write_all()
                await self._write_what_could_not_be()
        finally:
            self._end()

    async def _write_all(self) -> None:
        async with anyio.create_task_group() as telling:
            telling.start_soon(protect(self._tell_all))
            while self._jobs or not self._is_closing:
                if not self._jobs:
                    await self._more.wait()
                self._more = anyio.Event()
                jobs, self._jobs = self._jobs[:_GROUP], self._jobs[_GROUP:]
                if jobs:
                    await self._write(jobs)
                    # By another task: the disk has the next group while this one is told of.
                    self._untold.append(jobs)
                    self._has_untold.set()
            self._is_written = True
            self._has_untold.set()

    async def close(self) -> None:
        """Write what is queued, then end."""
        self._is_closing = True
        self._more.set()
        await self.ended.wait()

    async def _write(self, jobs: list[PendingWrite]) -> None:
        self._at_work = jobs
        self._groups_before = self._store.groups_written
        if self._failure is None:
            try:
                results = await self._apply([job.operation for job in jobs])
            except JournalError as error:
                self._failure = error
            else:
                for job, result in zip(jobs, results, strict=True):
                    job.result = result
        if self._failure is not None:
            for job in jobs:
                job.failure = self._failure
        if self._failure is not None and self._store.groups_written == self._groups_before:
            self._unwritten += _results_of(jobs)
        self._at_work = []

    async def _tell_all(self) -> None:
        """Tell of written groups. One task for all: one a group could be cancelled unbegun."""
        while True:
            while self._untold:
                _tell(self._untold.pop(0))
            if self._is_written:
                return
            self._has_untold = anyio.Event()
            await self._has_untold.wait()

    async def _apply(self, operations: list[Operation]) -> list[Any]:
        return await self._thread.run(self._store.apply, operations)

    async def _write_what_could_not_be(self) -> None:
        """Try results once more at the end: there may be room on the disk again."""
        unwritten, self._unwritten = self._unwritten, []
        if unwritten:
            try:
                await self._apply(unwritten)
            except JournalError:
                return  # they stay intents, which the next run looks up

    def _end(self) -> None:
        """Write what is left without the event loop, and wake all who wait.

        Nothing is left of a writer that was closed. After any other end nothing may leave any more:
        those who wait for an intent get an error.
        """
        left = [*self._at_work, *self._jobs]
        # The thread may have written the group whose task was cancelled meanwhile.
        has_written = bool(self._at_work) and self._store.count_written() > self._groups_before
        unwritten = _results_of(self._jobs if has_written else left)
        self._at_work, self._jobs = [], []
        if left and self._failure is None:
            self._failure = JournalError(f"the sending was interrupted; go on with it by {_AGAIN}")
        for job in left:
            job.failure = self._failure
        self.ended.set()
        try:
            self._write_at_once([*self._unwritten, *unwritten])
        finally:
            untold, self._untold = self._untold, []
            for jobs in (*untold, left):
                _tell(jobs)

    def _write_at_once(self, operations: list[Operation]) -> None:
        self._unwritten = []
        if operations:
            try:
                self._store.apply(operations)
            except JournalError:
                return  # as above


_AGAIN: Final = "sending the same messages with the same journal"


def _results_of(jobs: Sequence[PendingWrite]) -> list[Operation]:
    """Return the operations that no task waits for: results, which are worth another attempt."""
    return [job.operation for job in jobs if job.done is not None]


def _tell(jobs: Sequence[PendingWrite]) -> None:
    for job in jobs:
        if job.done is not None:
            job.done()
        job.ended.set()
