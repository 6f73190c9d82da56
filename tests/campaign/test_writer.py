"""A journal's writer: who is told that an operation is safe, and when."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import anyio
import pytest

from seven_async.campaign.journal import writer as writers
from seven_async.campaign.journal.writer import Operation, Writer
from seven_async.worker_thread import WorkerThread


class HeldStore:
    """A store whose second group is written when it is let."""

    def __init__(self) -> None:
        self.groups_written = 0
        self.may_go_on = threading.Event()

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """Write a group; the results are the operations themselves."""
        if self.groups_written:
            self.may_go_on.wait()
        self.groups_written += 1
        return list(operations)

    def count_written(self) -> int:
        """Return the number of groups."""
        return self.groups_written

    def close(self) -> None:
        """Close nothing."""


async def test_nobody_is_told_before_the_own_group_is_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much for one commit waits for the next one."""
    monkeypatch.setattr(writers, "_GROUP", 2)
    store, thread = HeldStore(), WorkerThread("test")
    writer = Writer(store, thread)
    operations = [lambda _, number=number: number for number in range(5)]
    async with anyio.create_task_group() as tasks:
        jobs = [writer.start(operation) for operation in operations[:3]]
        await tasks.start(writer.main)
        told = [await writer.wait_for(job) for job in jobs[:2]]
        jobs += [writer.start(operation) for operation in operations[3:]]

        too_early = [job.ended.is_set() for job in jobs[2:]]
        store.may_go_on.set()
        assert (operations[:2], [False] * 3) == (told, too_early)
        assert operations[2:] == [await writer.wait_for(job) for job in jobs[2:]]
        await writer.close()
    thread.stop()


async def test_writer_begins_in_a_scope_that_was_cancelled() -> None:
    """Who is cancelled while a journal opens goes on to close it, and does not wait for the end."""
    thread, begun, seen = WorkerThread("test"), anyio.Event(), list[bool]()
    writer = Writer(HeldStore(), thread)

    async def close_when_nothing_goes_on() -> None:
        await anyio.wait_all_tasks_blocked()
        seen.append(begun.is_set())
        await writer.close()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(close_when_nothing_goes_on)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await writer.begin(tasks)
        begun.set()
    thread.stop()
    assert [True] == seen
