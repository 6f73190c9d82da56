"""A journal in use: opened with the campaign, locked when it sends, asked first of all.

In: a place and a client; then the messages of a run and their results. Out: what was in the journal
before. I/O: the journal, and that of the gateway for what earlier runs left in doubt.

What leaves is written down first (`claim`), what became of it right after (`record_results`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from anyio.abc import TaskGroup

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.backend import Backend
from seven_async.campaign.journal.doubts import look_up_doubts
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.forget_key import Forgotten
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.rows import MICRO, build_planned
from seven_async.campaign.journal.run_journal import WritingJournal
from seven_async.campaign.journal.statements import runs
from seven_async.campaign.journal.statements.queries import cost_micro_eur, find_forgotten
from seven_async.campaign.journal.statements.runs import write_notes
from seven_async.campaign.journal.writer import Store, Writer
from seven_async.client import AsyncSeven
from seven_async.finder import Finder
from seven_async.flow.event_loop import protect
from seven_async.worker_thread import WorkerThread


class JournalSession:
    """The journal of a campaign that is open."""

    def __init__(
        self,
        client: AsyncSeven,
        place: JournalPlace,
        name: str,
        *,
        store_texts: StoreTexts,
        default_country: str | None,
        notes: Mapping[str, Any],
        grace_s: float,
    ) -> None:
        self._place = place
        self._default_country = default_country
        self._notes = notes
        self._client = client
        self._name = name
        self._store_texts = store_texts
        self._now = client.options.clock.now
        self._backend: Backend = place.build_backend(grace_s, client.options.deadline_s)
        self._is_locked = False
        self._thread = WorkerThread("journal")
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._forgotten: Forgotten | None = None

    async def open(self, tasks: TaskGroup) -> None:
        """Open the journal, make it if there is none, and have it written from now on."""
        self._backend.check_event_loop()
        gateway = await gateway_of(self._client)
        self._store = await self._thread.run(self._open_store, gateway)
        self._writer = Writer(self._store, self._thread)
        # Started, not only scheduled: `close` waits for its end.
        await tasks.start(protect(self._writer.main))

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
                f"{self._place} has only a part of its input, whose reading was cut off, or "
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

    async def begin_load(self) -> None:
        """Note that an input is being written down, of which the journal has a part so far."""
        writer = self._require_open()
        await self._acquire_lock(writer)
        await writer.do(runs.begin_load)
        self._forgotten = await writer.do(find_forgotten)

    async def end_load(self) -> None:
        """Note that all of the input is written down."""
        await self._require_open().do(runs.end_load)

    async def load(self, batch: Sequence[OutgoingMessage]) -> int:
        """Write messages down to be sent later; return how many the journal had not known."""
        writer = self._require_open()
        forgotten = self._forgotten
        planned = [
            build_planned(message, self._store_texts)
            for message in batch
            if forgotten is None or message.digits not in forgotten
        ]
        count: int = await writer.do(partial(self._backend.load_messages, planned=planned))
        return count

    async def plan_again(self, reason: str) -> int:
        """Let those be sent again that the gateway refused for a reason; return how many."""
        writer = self._require_open()
        await self._acquire_lock(writer)
        count: int = await writer.do(partial(runs.plan_again, reason=reason))
        return count

    def _require_open(self) -> Writer:
        assert self._writer is not None, "the journal is not open"  # noqa: S101
        return self._writer

    async def cost(self) -> Decimal:
        """Return the EUR that the campaign has cost so far."""
        micro_eur: int = await self._require_open().do(cost_micro_eur)
        return Decimal(micro_eur) / MICRO

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
