"""Codes and counts in one SQLite file, for the processes of one machine.

In: keys, and a function that changes their records. Out: what the function returns. I/O: one file,
readable by its owner only.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from seven_async.flow.clock import Clock
from seven_async.otp.errors import OtpStoreError
from seven_async.otp.store import OtpRecord, Records
from seven_async.otp.store_time import advance, parse_store_time
from seven_async.sqlite_sharing import close_all, transaction

R = TypeVar("R")

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS otp_record (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    expires_at REAL NOT NULL       -- seconds of the store: after that it may be forgotten
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS otp_expiring ON otp_record (expires_at);
CREATE TABLE IF NOT EXISTS otp_time (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL);
"""
_APPLICATION_ID: Final = 0x374F5450  # "7OTP": tells a store from other SQLite files
_BUSY_S: Final = 30.0
_OF_PARENTS: Final[list[sqlite3.Connection]] = []
"""Connections that a fork has brought here; kept, so that nothing closes them."""
_FORGET: Final = (
    "DELETE FROM otp_record WHERE key IN"
    " (SELECT key FROM otp_record WHERE expires_at <= ? ORDER BY expires_at LIMIT 100)"
)


class SqliteOtpStore:
    """Codes and counts in a file, which processes of one machine share.

    A count is on disk before the message leaves, so that no crash empties a cap.

    Args:
        path: The file; made if there is none.
        clock: For tests.

    Raises:
        OtpStoreError: The file cannot be used, or is a database of something else.
    """

    def __init__(self, path: str | os.PathLike[str], *, clock: Clock | None = None) -> None:
        self._path = Path(path)
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._connect()

    def __repr__(self) -> str:
        return f"<SqliteOtpStore {os.fspath(self._path)!r}>"

    def update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        """Have some records changed in one step."""
        with self._lock:
            if self._process != os.getpid():
                self._leave_to_parent()
                self._connect()
            return self._update(keys, change)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._finalizer()

    def _update(self, keys: Sequence[str], change: Callable[[Records, float], R]) -> R:
        with self._explain(), transaction(self._database):
            now_s = self._advance_time()
            self._database.execute(_FORGET, (now_s,))
            before = self._read(keys, now_s)
            records = dict(before)
            value = change(records, now_s)
            for key in keys:
                if records.get(key) != before.get(key):
                    self._write(key, records.get(key))
            return value

    def _advance_time(self) -> float:
        row = self._database.execute("SELECT text FROM otp_time").fetchone()
        before = parse_store_time(row[0]) if row else None
        time = advance(before, self._clock.read())
        if time.is_due_after(before):
            self._database.execute(
                "INSERT OR REPLACE INTO otp_time VALUES (1, ?)", (time.to_text(),)
            )
        return time.now_s

    def _read(self, keys: Sequence[str], now_s: float) -> Records:
        marks = ", ".join("?" * len(keys))
        rows = self._database.execute(
            f"SELECT key, text, expires_at FROM otp_record WHERE key IN ({marks})"  # noqa: S608 - marks only
            " AND expires_at > ?",
            (*keys, now_s),
        )
        return {key: OtpRecord(text, expires_at) for key, text, expires_at in rows}

    def _write(self, key: str, record: OtpRecord | None) -> None:
        if record is None:
            self._database.execute("DELETE FROM otp_record WHERE key = ?", (key,))
            return
        self._database.execute(
            "INSERT OR REPLACE INTO otp_record VALUES (?, ?, ?)",
            (key, record.text, record.expires_at),
        )

    def _leave_to_parent(self) -> None:
        """Let go of a connection after a fork: SQLite forbids to use it, and to close it."""
        self._finalizer.detach()
        _OF_PARENTS.append(self._database)
        self._process = os.getpid()

    def _connect(self) -> None:
        with self._explain():
            # Before SQLite makes it, which would let others read it.
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
            )
            self._finalizer = weakref.finalize(self, close_all, self._database)
            try:
                self._prepare()
            except BaseException:
                self._finalizer()
                raise

    def _prepare(self) -> None:
        """Refuse a database of something else before a byte is changed; make the tables."""
        mark = self._database.execute("PRAGMA application_id").fetchone()[0]
        tables = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and mark != _APPLICATION_ID:
            raise OtpStoreError(f"{self._path} is a database of something else")
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("PRAGMA secure_delete = ON")
        self._database.executescript(_SCHEMA)
        self._database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OtpStoreError(f"the store {self._path} cannot be used: {error}") from error
