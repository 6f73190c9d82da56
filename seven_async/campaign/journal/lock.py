"""The right to send a campaign: one process at a time has it.

In: the path of a journal. Out: a held lock, or `JournalLockedError`. I/O: a small SQLite file next
to the journal, in which an open transaction is the lock.

SQLite's locks work on every system, end with the process however it ends, and are not passed on to
forked processes. The journal itself stays free for delivery reports from other processes.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalLockedError
from seven_async.campaign.journal.schema import explained

_SUFFIX: Final = "-sending"


class SendingLock:
    """Held from `acquire` to `release`."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._path = journal.with_name(journal.name + _SUFFIX)
        self._database: sqlite3.Connection | None = None

    def acquire(self, now_s: float) -> None:
        """Take the lock; raises `JournalLockedError` that names who has it."""
        with explained(self._path):
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            database = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=0
            )
            try:
                _take(database, now_s)
            except sqlite3.OperationalError as found:
                holder = _holder(database)
                database.close()
                raise JournalLockedError(
                    f"The campaign {self._journal} is being sent by {holder}. Wait until it ends, "
                    f"or stop it; `seven campaign status` shows how far it is."
                ) from found
            self._database = database

    def release(self) -> None:
        """Give the lock back."""
        if self._database is not None:
            self._database.close()
            self._database = None


def is_held(journal: Path) -> bool:
    """Whether a process is sending the campaign of a journal now."""
    path = journal.with_name(journal.name + _SUFFIX)
    if not path.exists():
        return False
    with explained(path), closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as lock:
        try:
            lock.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


def _take(database: sqlite3.Connection, now_s: float) -> None:
    since = datetime.fromtimestamp(now_s, UTC).isoformat(" ", "seconds")
    database.execute("BEGIN IMMEDIATE")
    database.execute("CREATE TABLE IF NOT EXISTS holder (host TEXT, pid INTEGER, since TEXT)")
    database.execute("DELETE FROM holder")
    row = (socket.gethostname(), os.getpid(), since)
    database.execute("INSERT INTO holder VALUES (?, ?, ?)", row)
    database.execute("COMMIT")
    # Who comes in between is refused, or refuses us: never both are let in.
    database.execute("BEGIN IMMEDIATE")


def _holder(database: sqlite3.Connection) -> str:
    try:
        found = database.execute("SELECT host, pid, since FROM holder").fetchone()
    except sqlite3.Error:
        found = None
    if found is None:
        return "another process"
    host, pid, since = found
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"process {pid}{where} since {since} UTC"
