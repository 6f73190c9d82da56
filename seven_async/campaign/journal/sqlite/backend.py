"""A journal file that a campaign writes.

In: its path. Out: an open journal, and the right to send with it. I/O: the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seven_async.campaign.journal.rows import Plain
from seven_async.campaign.journal.run_journal import WritingJournal
from seven_async.campaign.journal.sqlite.doubt_table import SqliteDoubtTable
from seven_async.campaign.journal.sqlite.loading import load_messages
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.campaign.journal.sqlite.store import SqliteStore
from seven_async.campaign.journal.writer import Writer


class SqliteBackend:
    """A journal file that a campaign writes (`Backend`)."""

    journal_class = WritingJournal

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = SendingLock(path)
        self._store: SqliteStore | None = None

    def __str__(self) -> str:
        return str(self._path)

    def check_event_loop(self) -> None:
        """Do nothing: any will do."""

    def open_store(self, *, name: str, gateway: str, now_s: float) -> SqliteStore:
        """Open the file, made if there is none."""
        self._store = SqliteStore(self._path, name=name, gateway=gateway, now_s=now_s)
        return self._store

    def check_lease(self) -> None:
        """Do nothing: the files are looked at after each commit."""

    def lock(self, now_s: float) -> None:
        """Take the right to send."""
        self._lock.acquire(now_s)
        if self._store is not None:
            self._store.watch(self._lock.path)

    def unlock(self) -> None:
        """Give the right back."""
        self._lock.release()

    def build_doubts(self, writer: Writer, run: int) -> SqliteDoubtTable:
        """Return the messages in doubt, for a search in a run."""
        return SqliteDoubtTable(writer, run)

    def load_messages(self, database: Any, planned: Sequence[Plain]) -> int:
        """Write messages down that are to be sent later; return how many are new."""
        return load_messages(database, planned)
