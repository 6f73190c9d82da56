"""The tables of a journal, their version, and how a file becomes one.

In: a path. Out: an open SQLite connection whose tables are as they should be. I/O: the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.sqlite.migration import VERSION, migrate, show_as_current

_OWNER_ONLY: Final = 0o600
_OLDEST_SQLITE: Final = (3, 33)  # UPDATE … FROM
_BUSY_S: Final = 30.0
"""How long a write waits for one of another process (a delivery report, say)."""

# Times are Unix seconds, money is in millionths of a euro, so that sums are exact.
_TABLES: Final = """
CREATE TABLE campaign (
    name       TEXT NOT NULL,
    gateway    TEXT NOT NULL,
    created_at REAL NOT NULL
);
CREATE TABLE run (
    id         INTEGER PRIMARY KEY,
    started_at REAL NOT NULL,
    ended_at   REAL,
    ending     TEXT,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    total      INTEGER,
    duplicates INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE message (
    key             TEXT NOT NULL UNIQUE,
    recipient       TEXT NOT NULL,
    channel         TEXT NOT NULL,
    state           TEXT NOT NULL,
    foreign_id      TEXT,
    digest          TEXT NOT NULL,
    step            INTEGER NOT NULL DEFAULT 0,
    line            INTEGER,
    run             INTEGER NOT NULL REFERENCES run(id),
    intent_at       REAL,
    due_at          REAL,
    result_at       REAL,
    message_id      TEXT,
    segments        INTEGER,
    price_micro_eur INTEGER,
    code            INTEGER,
    reason          TEXT,
    error           TEXT,
    delivery        TEXT,
    delivery_at     REAL,
    text            TEXT,
    is_own_reference INTEGER,
    text_mark       TEXT,
    attempts        INTEGER NOT NULL DEFAULT 1,
    boot_id         TEXT,
    boot_s          REAL,
    gateway_at      REAL,
    absent_at       REAL,
    looked_run      INTEGER,
    looked_absent   INTEGER,
    looked_age_s    REAL,
    looked_due_s    REAL,
    content         TEXT
);
CREATE INDEX message_by_id ON message(message_id) WHERE message_id IS NOT NULL;
CREATE TABLE refused (
    run       INTEGER NOT NULL REFERENCES run(id),
    line      INTEGER,
    recipient TEXT NOT NULL,
    reason    TEXT NOT NULL
);
CREATE INDEX refused_by_run ON refused(run);
CREATE TABLE note (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE control (
    name     TEXT NOT NULL PRIMARY KEY,
    value    REAL,
    asked_at REAL NOT NULL
);
CREATE TABLE moment (
    run   INTEGER NOT NULL PRIMARY KEY,
    at    REAL NOT NULL,
    value TEXT NOT NULL
);
CREATE TABLE forgotten (
    fingerprint  BLOB NOT NULL PRIMARY KEY,
    forgotten_at REAL NOT NULL
);
"""

_OWN_TABLES: Final = frozenset({"campaign", "run", "message", "refused"})


def connect(
    path: Path, *, read_only: bool = False, may_be_empty: bool = False
) -> sqlite3.Connection:
    """Connect to a journal, made if there is none; raises `JournalError`.

    With `may_be_empty` a database without any table is none to refuse, though it is only read.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise JournalError(
            f"a journal needs SQLite {_spelt(_OLDEST_SQLITE)} or later, this Python has "
            f"{sqlite3.sqlite_version}"
        )
    with explain_failures(path):
        file = path.resolve()
        is_new = not read_only and _create(file)
        if not file.exists():
            raise JournalError(f"there is no journal {path}")
        _refuse_hard_links(path)
        if not read_only and not is_new and file.stat().st_size:
            # Read-only first: nothing else leaves a file as it is that turns out to be no journal.
            connect(path, read_only=True, may_be_empty=True).close()
        database = sqlite3.connect(
            f"{file.as_uri()}?mode={'ro' if read_only else 'rw'}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_S,
            cached_statements=128,
        )
        try:
            _prepare(database, path, read_only=read_only, may_be_empty=may_be_empty)
        except BaseException:
            database.close()
            raise
        return database


def _create(file: Path) -> bool:
    """Make an empty file before SQLite does, so that nobody else can read it; True if it is new.

    A file that is there is not opened: closing it again would end SQLite's locks of this process
    on it, and another process could take the campaign over.
    """
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
    except FileExistsError:
        return False
    return True


def _refuse_hard_links(path: Path) -> None:
    """Refuse a file of two names: SQLite keeps what is new beside one, and the other misses it."""
    if path.stat().st_nlink > 1:
        raise JournalError(
            f"{path} has another name (a hard link), under which it may be in use. Copy it to a "
            f"file of its own, with the file that ends with -wal if there is one"
        )


def _spelt(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _prepare(
    database: sqlite3.Connection, path: Path, *, read_only: bool, may_be_empty: bool
) -> None:
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    tables = {name for (name,) in database.execute(query)}
    # Also what a process leaves that was killed before its tables were on disk.
    is_empty = not version and not tables
    if is_empty and read_only and may_be_empty:
        return
    is_new = is_empty and not read_only
    if not is_new and not (version and tables >= _OWN_TABLES):
        raise JournalError(f"{path} is no journal of a campaign; give another file")
    if not read_only:
        database.execute("PRAGMA journal_mode = WAL")
        # FULL: a result that was told is on the disk, whatever happens to the machine.
        database.execute("PRAGMA synchronous = FULL")
        # What is erased from a page that is written anyway is overwritten, not only given free.
        database.execute("PRAGMA secure_delete = FAST")
    if is_new:
        database.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {VERSION};COMMIT")
    elif version > VERSION:
        raise JournalError(
            f"{path} has schema version {version}, this version of seven_async knows versions up "
            f"to {VERSION}; use the version of seven_async that wrote it, or a later one"
        )
    elif version < VERSION and read_only:
        show_as_current(database)
    elif version < VERSION:
        migrate(database, path)


FAILURES: Final = (sqlite3.Error, OSError, OverflowError, UnicodeEncodeError)
"""What using a file can raise; the last two are for what SQLite cannot hold."""


def to_journal_error(path: Path, error: Exception) -> JournalError:
    """Return the error for what SQLite and the system say about a file."""
    return JournalError(f"the journal {path} cannot be used: {error}")


@contextmanager
def explain_failures(
    path: Path, failures: tuple[type[Exception], ...] = FAILURES
) -> Generator[None]:
    """Turn what SQLite and the system say about a file into a `JournalError`."""
    try:
        yield
    except failures as error:
        raise to_journal_error(path, error) from error


@contextmanager
def open_snapshot(path: Path) -> Generator[sqlite3.Connection]:
    """Open a connection that sees the journal as it is at one moment."""
    # An OSError in the block is not the journal's: an export has a file of its own to write.
    database = connect(path, read_only=True)
    with closing(database), explain_failures(path, (sqlite3.Error,)):
        database.execute("BEGIN")
        yield database
