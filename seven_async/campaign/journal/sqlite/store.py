"""The file of a campaign, open for writing, and the right to send with it.

In: operations. Out: their results, once they are on disk; a group of them is one commit. I/O: the
file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.gateway import refuse_other_gateway
from seven_async.campaign.journal.rows import PlannedRow, to_intents
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.doubt_table import SqliteDoubtTable
from seven_async.campaign.journal.sqlite.loading import load_messages
from seven_async.campaign.journal.sqlite.lock import SendingLock, WatchedFiles
from seven_async.campaign.journal.sqlite.schema import (
    FAILURES,
    connect,
    to_journal_error,
)
from seven_async.campaign.journal.statements.queries import cost_micro_eur
from seven_async.campaign.journal.writer import Claim, Operation, Record, Renewal, Writer
from seven_async.campaign.journal.writing_journal import WritingJournal
from seven_async.sqlite_sharing import transaction


class SqliteStore:
    """The file of a campaign. One thread at a time writes, the others wait."""

    def __init__(self, path: Path, *, name: str, gateway: str, now_s: float) -> None:
        self.path = path
        self.database: sqlite3.Connection = connect(path)
        self._files = WatchedFiles()
        self._turn = threading.Lock()
        self.groups_written: int = 0
        try:
            self.watch(path)
            self.apply([lambda database: _refuse_foreign(database, path, name, gateway, now_s)])
            file = path.resolve()
            log = file.with_name(f"{file.name}-wal")
            if log.exists():  # not where the system has no shared memory for it
                self.watch(log)
        except BaseException:
            self.close()
            raise

    def watch(self, path: Path) -> None:
        """Notice from now on when a file is gone or is another one."""
        try:
            self._files.add(path)
        except FAILURES as error:
            raise to_journal_error(path, error) from error

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """Write operations; return their results once all of them are on disk.

        Raises `JournalError`; also after writing, when a path leads to another file by now. What
        was written can still be found, but nothing may leave that the next run would not know of.
        """
        with self._turn:
            try:
                results = self._write(operations)
            except FAILURES as error:
                raise to_journal_error(self.path, error) from error
            self.groups_written += 1
            self._files.check()
            return results

    def count_written(self) -> int:
        """Return the number of groups that are on disk, after the one that is being written."""
        with self._turn:
            return self.groups_written

    def _write(self, operations: Sequence[Operation]) -> list[Any]:
        if _is_short(operations):
            return _execute(self.database, operations)
        with transaction(self.database):
            return _execute(self.database, operations)

    def close(self) -> None:
        """Close the file, after what is being written to it."""
        with self._turn:
            self.database.close()


def _is_short(operations: Sequence[Operation]) -> bool:
    """Tell whether a group is two statements, results and claims.

    Then each is a transaction of its own. That saves two more statements, and neither needs the
    other to be on disk.
    """
    claims = records = 0
    for operation in operations:
        if isinstance(operation, Claim):
            claims += len(operation.intents)
        elif isinstance(operation, Record):
            records += len(operation.results)
        else:
            return False
    return max(claims, records) <= rows.MOST_ROWS


def _execute(database: sqlite3.Connection, operations: Sequence[Operation]) -> list[Any]:
    """Return the results of a group, in its order; claims and records are one statement each.

    Their order among each other makes no difference: a result is only ever recorded for what was
    claimed in an earlier group.
    """
    records = [each.results for each in operations if isinstance(each, Record)]
    if records:
        rows.write_results(database, list(chain.from_iterable(records)))
    claims = [each.intents for each in operations if isinstance(each, Claim)]
    intents = list(chain.from_iterable(claims))
    stored = iter(rows.claim_messages(database, intents) if intents else ())
    results: list[Any] = []
    for operation in operations:
        if isinstance(operation, Claim):
            results.append(list(islice(stored, len(operation.intents))))
        else:
            results.append(_perform(database, operation))
    return results


def _perform(database: sqlite3.Connection, operation: Operation) -> Any:
    """Do what is neither a claim nor a record, whose statements were executed before."""
    if isinstance(operation, Renewal):
        return rows.update_intents(database, operation.intents)
    return None if isinstance(operation, (Claim, Record)) else operation(database)


def _refuse_foreign(
    database: sqlite3.Connection, path: Path, name: str, gateway: str, now_s: float
) -> None:
    """Refuse the journal of another campaign, or of another gateway: a test run is no send."""
    row = database.execute("SELECT name, gateway FROM campaign").fetchone()
    if row is None:
        database.execute("INSERT INTO campaign VALUES (?, ?, ?)", (name, gateway, now_s))
    elif row[0] != name:
        raise JournalError(
            f"{path} is the journal of the campaign {row[0]!r}, not of {name!r}; "
            f"give another file, or that name"
        )
    else:
        refuse_other_gateway(path, row[1], gateway)
        if row[1] != gateway:
            # It was not known then which one that is, and it is none that really sends.
            database.execute("UPDATE campaign SET gateway = ?", (gateway,))


class SqliteBackend:
    """A journal file that a campaign writes (`Backend`)."""

    journal_class = WritingJournal
    keeps_reserved = False

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

    def join_reports(self, database: Any) -> None:
        """Do nothing: they are joined as they come."""

    def wait_for_claims(self, database: Any) -> None:
        """Do nothing: nobody else claims."""

    def reserve_open(self, database: Any, estimate: Callable[[str, str | None], int]) -> None:
        """Do nothing: it keeps no reservations."""

    def count_spent(self, database: Any) -> int:
        """Return what was spent."""
        return cost_micro_eur(database)

    def prepare_load(self, planned: Sequence[PlannedRow]) -> Callable[[Any], int]:
        """Return what writes messages down that are to be sent later; it tells how many are new."""
        return partial(load_messages, planned=to_intents(planned))
