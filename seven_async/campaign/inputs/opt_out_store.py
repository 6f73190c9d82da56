"""What keeps a list of opt-outs: any database, and the file that does.

In: changes of a list. Out: who is listed. I/O: one SQLite file, readable by its owner only, that
any number of processes share.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from seven_async.errors import Outcome, SevenError
from seven_async.sqlite_sharing import close_all, identity_of, transaction

_OWNER_ONLY: Final = 0o600
_BUSY_S: Final = 30.0

# `suppression` follows from `change`, and has the names by which `Suppression.read` finds a list.
_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS change (
    id          INTEGER PRIMARY KEY,
    recipient   TEXT NOT NULL,
    is_listed   INTEGER NOT NULL,
    at          REAL NOT NULL,
    recorded_at REAL NOT NULL,
    reason      TEXT NOT NULL,
    source      TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS change_by_recipient ON change (recipient, at);
CREATE TABLE IF NOT EXISTS suppression (
    recipient TEXT PRIMARY KEY,
    since     REAL NOT NULL,
    reason    TEXT NOT NULL
) WITHOUT ROWID;
COMMIT;
"""


class OptOutError(SevenError):
    """The list of opt-outs cannot be read or written. Nothing is sent as long as that is so."""

    outcome = Outcome.NOT_SENT


class ChangeRow(NamedTuple):
    """A change as it is written down; times are Unix seconds."""

    recipient: str
    is_listed: bool
    at_s: float
    recorded_at_s: float
    reason: str
    source: str | None


class OptOutStore(Protocol):
    """What keeps a list. Recipients are `+` and digits; failures are an `OptOutError`."""

    @property
    def is_current(self) -> bool:
        """True if `refresh` would change nothing."""
        ...

    @property
    def version(self) -> Hashable:
        """What is another value when the list may have changed."""
        ...

    def refresh(self) -> None:
        """Take over what has changed."""
        ...

    def count(self) -> int:
        """Return how many recipients are listed."""
        ...

    def is_empty(self) -> bool:
        """Tell whether nobody is listed."""
        ...

    def has(self, recipient: str) -> bool:
        """Tell whether a recipient is listed."""
        ...

    def record(self, row: ChangeRow) -> bool:
        """Write a change down; return whether the list has changed by it."""
        ...

    def read_history(self, recipient: str) -> list[tuple[bool, float, float, str]]:
        """Return what was recorded of a recipient, oldest first: the fields of `OptOutChange`."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class OptOutFile:
    """A list in a SQLite file (`OptOutStore`)."""

    is_current = True
    """The file itself is asked each time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._explain():
            # Two connections: SQLite tells the reading one when anything else has written.
            self._writing = self._open()
            self._reading = self._connect()
            self._identity = identity_of(path)
        weakref.finalize(self, close_all, self._writing, self._reading)

    def refresh(self) -> None:
        """Do nothing."""

    @property
    def version(self) -> Hashable:
        """What is another value when the list may have changed.

        Raises `OptOutError` when the file is gone or is another one: opt-outs would be missed.
        """
        self._check_file()
        with self._lock, self._explain():
            version: int = self._reading.execute("PRAGMA data_version").fetchone()[0]
            return version

    def count(self) -> int:
        """Return how many recipients are listed."""
        with self._lock, self._explain():
            count: int = self._reading.execute("SELECT count(*) FROM suppression").fetchone()[0]
            return count

    def is_empty(self) -> bool:
        """Tell whether nobody is listed."""
        with self._lock, self._explain():
            return self._reading.execute("SELECT 1 FROM suppression LIMIT 1").fetchone() is None

    def has(self, recipient: str) -> bool:
        """Tell whether a recipient is listed."""
        query = "SELECT 1 FROM suppression WHERE recipient = ?"
        with self._lock, self._explain():
            return self._reading.execute(query, (recipient,)).fetchone() is not None

    def record(self, row: ChangeRow) -> bool:
        """Write a change down; return whether the list has changed by it."""
        with self._lock, self._explain(), transaction(self._writing):
            before = self._writing.total_changes
            self._writing.execute(
                "INSERT OR IGNORE INTO change (recipient, is_listed, at, recorded_at, reason,"
                " source) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            if self._writing.total_changes == before:
                return False  # the same event was recorded before
            return _apply(self._writing, row.recipient)

    def read_history(self, recipient: str) -> list[tuple[bool, float, float, str]]:
        """Return what was recorded of a recipient, oldest first."""
        query = """SELECT is_listed, at, recorded_at, reason FROM change
                   WHERE recipient = ? ORDER BY at, id"""
        with self._lock, self._explain():
            rows = self._reading.execute(query, (recipient,)).fetchall()
        return [(bool(is_listed), *rest) for is_listed, *rest in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            close_all(self._writing, self._reading)

    def _check_file(self) -> None:
        with self._explain():
            if identity_of(self.path) != self._identity:
                raise OptOutError(f"{self.path} was replaced while it was in use; open it anew")

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        database = self._connect()
        try:
            self._refuse_others(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
        except BaseException:
            database.close()
            raise
        return database

    def _refuse_others(self, database: sqlite3.Connection) -> None:
        """Refuse a database of something else, before a byte of it is changed."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        tables = {name for (name,) in database.execute(query)}
        if tables and not tables >= {"change", "suppression"}:
            raise OptOutError(f"{self.path} is a database of something else, no opt-out list")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
        )

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OptOutError(f"the opt-out list {self.path} cannot be used: {error}") from error


def _apply(database: sqlite3.Connection, recipient: str) -> bool:
    """List a recipient or not, as its latest word says; return whether that changed anything."""
    is_listed, at_s, reason = database.execute(
        "SELECT is_listed, at, reason FROM change WHERE recipient = ?"
        " ORDER BY at DESC, is_listed DESC, id DESC LIMIT 1",
        (recipient,),
    ).fetchone()
    if is_listed:
        statement = "INSERT OR IGNORE INTO suppression VALUES (?, ?, ?)"
        return database.execute(statement, (recipient, at_s, reason)).rowcount > 0
    statement = "DELETE FROM suppression WHERE recipient = ?"
    return database.execute(statement, (recipient,)).rowcount > 0
