"""The tables of a journal, their version, and how a file becomes one.

In: a path. Out: an open SQLite connection whose tables are as they should be. I/O: the file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.migration import migrate, show_as_current

VERSION: Final = 2
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
    absent_at       REAL
);
CREATE INDEX message_by_id ON message(message_id) WHERE message_id IS NOT NULL;
CREATE TABLE refused (
    run       INTEGER NOT NULL REFERENCES run(id),
    line      INTEGER,
    recipient TEXT NOT NULL,
    reason    TEXT NOT NULL
);
CREATE INDEX refused_by_run ON refused(run);
"""


def connected(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection to a journal, made if there is none; raises `JournalError`."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise JournalError(
            f"a journal needs SQLite {_spelt(_OLDEST_SQLITE)} or later, this Python has "
            f"{sqlite3.sqlite_version}"
        )
    with explained(path):
        if not read_only:
            # Before SQLite does, so that nobody else can read the numbers for even a moment.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        elif not path.exists():
            raise JournalError(f"there is no journal {path}")
        mode = "ro" if read_only else "rw"
        database = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_S,
            cached_statements=128,
        )
        try:
            _prepare(database, path, read_only=read_only)
        except BaseException:
            database.close()
            raise
        return database


def _spelt(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _prepare(database: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    if not read_only:
        database.execute("PRAGMA journal_mode = WAL")
        # FULL: a result that was told is on the disk, whatever happens to the machine.
        database.execute("PRAGMA synchronous = FULL")
    found = int(database.execute("PRAGMA user_version").fetchone()[0])
    is_empty = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    if found == 0 and is_empty and not read_only:
        database.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {VERSION};COMMIT")
    elif found == 0:
        raise JournalError(f"{path} is no journal of a campaign; give another file")
    elif found > VERSION:
        raise JournalError(
            f"{path} has schema version {found}, this version of seven_async knows versions up to "
            f"{VERSION}; use the version of seven_async that wrote it, or a later one"
        )
    elif found < VERSION and read_only:
        show_as_current(database)
    elif found < VERSION:
        migrate(database, path)


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn what SQLite and the system say about a file into a `JournalError`."""
    try:
        yield
    except (sqlite3.Error, OSError) as found:
        raise JournalError(f"the journal {path} cannot be used: {found}") from found
