"""A journal in use: opened with the campaign, locked when it sends, asked first of all.

In: a path and a client. Out: a `RunJournal` for each run. I/O:
the file, and the gateway's journal.
"""

from __future__ import annotations

import os
import socket
from decimal import Decimal
from functools import partial
from pathlib import Path

from anyio import to_thread
from anyio.abc import TaskGroup

from seven_async.campaign.interrupts import protected
from seven_async.campaign.journal.doubts import look_up_doubts
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.campaign.journal.sqlite.run_journal import SqliteRunJournal
from seven_async.campaign.journal.sqlite.store import Store
from seven_async.campaign.journal.sqlite.writer import Writer
from seven_async.client import AsyncSeven
from seven_async.finder import Finder


class JournalSession:
    """The journal of a campaign that is open."""

    def __init__(self, client: AsyncSeven, path: Path, name: str, *, store_texts: bool) -> None:
        self.path = path
        self._client = client
        self._name = name
        self._store_texts = store_texts
        self._now = client.options.clock.now
        self._lock = SendingLock(path)
        self._is_locked = False
        self._store: Store | None = None
        self._writer: Writer | None = None

    async def open(self, tasks: TaskGroup) -> None:
        """Open the file, make it if there is none, and have it written from now on."""
        gateway = await gateway_of(self._client)
        self._store = await to_thread.run_sync(self._opened, gateway)
        self._writer = Writer(self._store)
        # Started, not only scheduled: `close` waits for its end.
        await tasks.start(protected(), self._writer.main)

    def _opened(self, gateway: str) -> Store:
        return Store(self.path, name=self._name, gateway=gateway, now_s=self._now())

    async def begin(self, total: int | None) -> SqliteRunJournal:
        """Begin a run: look up what earlier runs left in doubt, and return the run's journal.

        Takes the lock; raises `JournalLockedError` if another process has it.
        """
        if not self._is_locked:
            await to_thread.run_sync(self._lock.acquire, self._now())
            self._is_locked = True
            self.store.watch(self._lock.path)
        writer = self.writer
        host, pid = socket.gethostname(), os.getpid()
        run: int = await writer.do(
            partial(rows.insert_run, now_s=self._now(), host=host, pid=pid, total=total)
        )
        gateway = self._client.gateway_time
        looked = await look_up_doubts(writer, Finder(self._client.journal, gateway), gateway)
        return SqliteRunJournal(writer, run, gateway, looked, store_texts=self._store_texts)

    async def cost(self) -> Decimal:
        """EUR that the campaign has cost so far."""
        micro_eur: int = await self.writer.do(rows.cost_micro_eur)
        return Decimal(micro_eur) / rows.MICRO

    @property
    def writer(self) -> Writer:
        """What writes."""
        assert self._writer is not None, "the journal is not open"  # noqa: S101
        return self._writer

    @property
    def store(self) -> Store:
        """The file."""
        assert self._store is not None, "the journal is not open"  # noqa: S101
        return self._store

    async def close(self) -> None:
        """Write what is queued, and give lock and file back."""
        if self._writer is not None:
            await self._writer.close()
        if self._store is not None:
            await to_thread.run_sync(self._store.close)
        if self._is_locked:
            await to_thread.run_sync(self._lock.release)
            self._is_locked = False
