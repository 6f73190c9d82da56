"""A journal in use: opened with the campaign, locked when it sends, asked first of all.

In: what it is written by, and a client; then the messages of a run and their results. Out: what was
in the journal before. I/O: the journal, and the one of the gateway for what earlier runs left in
doubt.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.doubts import look_up_doubts
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.forget_key import Forgotten
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.campaign.journal.protocol import DoubtTable
from seven_async.campaign.journal.rows import PlannedBuilder, PlannedRow
from seven_async.campaign.journal.statements import runs
from seven_async.campaign.journal.statements.database import MICRO
from seven_async.campaign.journal.statements.queries import (
    find_forgotten,
)
from seven_async.campaign.journal.statements.runs import write_notes
from seven_async.campaign.journal.writer import PendingWrite, Store, Writer
from seven_async.campaign.journal.writing_journal import WritingJournal
from seven_async.client import AsyncSeven
from seven_async.finder import Finder
from seven_async.worker_thread import WorkerThread

_LOADED_TOGETHER: Final = 5_000
"""Rows that are written down in one transaction."""

_TURN_S: Final = 0.000_01
"""What it takes another thread to wake up, or a little less than that."""


class SearchTable(DoubtTable, Protocol):
    """A `DoubtTable` that is prepared for one search."""

    async def open(self) -> None:
        """Prepare the search."""
        ...

    async def close(self) -> None:
        """Forget what the search needed; what it brought to light stays."""
        ...


class Backend(Protocol):
    """What a `JournalSession` writes by: an open journal, and the right to send with it."""

    journal_class: type[WritingJournal]
    keeps_reserved: bool
    """True if it keeps what messages in flight or in doubt may cost."""

    def check_event_loop(self) -> None:
        """Raise `ConfigurationError` on an event loop that it does not run on."""
        ...

    def open_store(self, *, name: str, gateway: str, now_s: float) -> Store:
        """Open the journal, made if there is none."""
        ...

    def check_lease(self) -> None:
        """Raise `JournalError` where this process may have lost the right to send; no I/O."""
        ...

    def lock(self, now_s: float) -> None:
        """Take the right to send; raises `JournalLockedError` if another process has it."""
        ...

    def unlock(self) -> None:
        """Give the right back, if it was taken."""
        ...

    def build_doubts(self, writer: Writer, run: int) -> SearchTable:
        """Return the messages in doubt, for a search in a run."""
        ...

    def join_reports(self, database: Any) -> object:
        """Write delivery reports that are kept to their messages."""
        ...

    def wait_for_claims(self, database: Any) -> None:
        """Return when no other process is writing a claim that does not know of this one."""
        ...

    def reserve_open(self, database: Any, estimate: Callable[[str, str | None], int]) -> None:
        """Reserve what was claimed before the campaign had a limit; by recipient and content."""
        ...

    def count_spent(self, database: Any) -> int:
        """Return the millionths of a euro that were spent, with what is reserved if it has that."""
        ...

    def prepare_load(self, planned: Sequence[PlannedRow]) -> Callable[[Any], int]:
        """Return what writes messages down that are to be sent later; it tells how many are new.

        It is called while the group before is written: all that needs no database is done by then.
        """
        ...


class JournalSession:
    """The journal of a campaign that is open."""

    def __init__(
        self,
        client: AsyncSeven,
        backend: Backend,
        name: str,
        *,
        store_texts: StoreTexts,
        default_country: str | None,
        notes: Mapping[str, Any],
    ) -> None:
        self._default_country = default_country
        self._notes = notes
        self._client = client
        self._name = name
        self._store_texts = store_texts
        self._now = client.options.clock.now
        self._backend = backend
        self._is_locked = False
        self._thread = WorkerThread("journal")
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._forgotten: Forgotten | None = None
        self._builder = PlannedBuilder(store_texts)
        self._planned: list[PlannedRow] = []
        self._loading: PendingWrite | None = None
        self._loaded = 0

    async def open(self, tasks: TaskGroup) -> None:
        """Open the journal, make it if there is none, and have it written from now on."""
        self._backend.check_event_loop()
        gateway = await gateway_of(self._client)
        self._store = await self._thread.run(self._open_store, gateway)
        self._writer = Writer(self._store, self._thread)
        # Started, not only scheduled: `close` waits for its end.
        await self._writer.begin(tasks)

    def _open_store(self, gateway: str) -> Store:
        return self._backend.open_store(name=self._name, gateway=gateway, now_s=self._now())

    async def begin(
        self, total: int | None, *, resumes: bool = False, is_loaded: bool = False
    ) -> WritingJournal:
        """Begin a run: look up what earlier runs left in doubt, and return the run's journal.

        A run that `resumes` has the refused rows and duplicates of the one before, whose input it
        goes on with. Until another run has read its input to the end, the journal has a part of it,
        unless all of it `is_loaded`. Takes the lock; raises `JournalLockedError` if another process
        has it.
        """
        writer = self._require_open()
        await self._acquire_lock(writer)
        if resumes and await writer.do(runs.has_part_of_input):
            raise JournalError(
                f"{self._backend} has only a part of its input, whose reading was cut off, or "
                f"nothing of it; give the input again"
            )
        host, pid = socket.gethostname(), os.getpid()
        begun: runs.Beginning = await writer.do(
            partial(
                runs.begin_run,
                now_s=self._now(),
                host=host,
                pid=pid,
                total=total,
                reads_input=not (resumes or is_loaded),
            )
        )
        run, gateway = begun.run, self._client.gateway_time
        await writer.do(self._backend.join_reports)
        if resumes:
            await writer.do(partial(runs.take_over_refusals, run=run))
        if begun.has_doubts:
            finder, table = (
                Finder(self._client.journal, gateway),
                self._backend.build_doubts(writer, run),
            )
            await table.open()
            await look_up_doubts(table, finder, gateway)
            await table.close()
        return self._backend.journal_class(
            writer,
            run,
            gateway,
            store_texts=self._store_texts,
            resumes=resumes,
            is_asked=begun.is_asked,
            forgotten=await writer.do(find_forgotten) if begun.has_forgotten else None,
            default_country=self._default_country,
            check_lease=self._backend.check_lease,
        )

    async def _acquire_lock(self, writer: Writer) -> None:
        if not self._is_locked:
            await self._thread.run(self._backend.lock, self._now())
            self._is_locked = True
            # From now on others may ask for something, also while an input is loaded.
            await writer.do(runs.forget_asked)
            if self._notes:  # not before: another process may be sending with its own
                await writer.do(partial(write_notes, notes=self._notes))
        if await writer.do(runs.is_cancelled):
            raise JournalError(
                f"the campaign in {self._backend} was cancelled; CampaignJournal.reopen(), or "
                f"seven campaign resume --reopen, lets it be sent again"
            )

    async def begin_load(self) -> None:
        """Note that an input is being written down, of which the journal has a part so far."""
        writer = self._require_open()
        await self._acquire_lock(writer)
        await writer.do(runs.begin_load)
        self._forgotten = await writer.do(find_forgotten)
        self._planned, self._loading, self._loaded = [], None, 0

    async def end_load(self) -> int:
        """Note that all of the input is written down; return how many messages are new."""
        await self._write_planned()
        await self._wait_for_loaded()
        await self._require_open().do(runs.end_load)
        return self._loaded

    async def load(self, batch: Sequence[OutgoingMessage]) -> None:
        """Write messages down to be sent later, at the latest when the load ends."""
        forgotten, build = self._forgotten, self._builder.build
        self._planned += [
            build(message)
            for message in batch
            if forgotten is None or message.digits not in forgotten
        ]
        if len(self._planned) >= _LOADED_TOGETHER:
            await self._write_planned()
        await checkpoint()  # a group is written while the next is read
        self._give_way()

    def _give_way(self) -> None:
        """Let the writing thread have the interpreter, where it writes a group.

        It needs it for a moment after each wait for the database. The event loop lets go of it at
        each turn, but takes it back before a thread is awake; to be asked for it, as Python does
        after 5 ms, it would have to keep it so long.
        """
        if self._loading is not None and not self._loading.ended.is_set():
            time.sleep(_TURN_S)  # asyncio's own sleep takes 1 ms at least

    async def _write_planned(self) -> None:
        """Have rows written while the next are read, no more than one group ahead."""
        planned, self._planned = self._planned, []
        write = self._backend.prepare_load(planned)
        await self._wait_for_loaded()
        self._loading = self._require_open().start(write)

    async def _wait_for_loaded(self) -> None:
        job, self._loading = self._loading, None
        if job is not None:
            self._loaded += await self._require_open().wait_for(job)

    async def plan_again(self, reason: str) -> int:
        """Let those be sent again that the gateway refused for a reason; return how many."""
        writer = self._require_open()
        await self._acquire_lock(writer)
        count: int = await writer.do(partial(runs.plan_again, reason=reason))
        return count

    def _require_open(self) -> Writer:
        assert self._writer is not None, "the journal is not open"  # noqa: S101
        return self._writer

    async def begin_budget(self, estimate: Callable[[str, str | None], int]) -> Decimal:
        """Return the EUR that the campaign has cost so far; for one that has the right to send.

        `estimate` gives the millionths of a euro that a message may cost, by recipient and content.
        """
        writer = self._require_open()
        await writer.do(self._backend.wait_for_claims)
        await writer.do(partial(self._backend.reserve_open, estimate=estimate))
        return await self.count_spent()

    async def count_spent(self) -> Decimal:
        """Return the EUR that the campaign has cost so far.

        What is in flight or in doubt counts with what was reserved for it, if that is kept.
        """
        micro_eur: int = await self._require_open().do(self._backend.count_spent)
        return Decimal(micro_eur) / MICRO

    @property
    def keeps_reserved(self) -> bool:
        """True if the journal keeps what messages in flight or in doubt may cost."""
        return self._backend.keeps_reserved

    async def close(self) -> None:
        """Write what is queued, and give lock and file back."""
        if self._writer is not None:
            await self._writer.close()
        if self._store is not None:
            await self._thread.run(self._store.close)
        if self._store is not None or self._is_locked:
            await self._thread.run(self._backend.unlock)
            self._is_locked = False
        self._thread.stop()
