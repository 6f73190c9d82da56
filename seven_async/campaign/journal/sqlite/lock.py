"""The right to send a campaign: one process at a time has it, as long as its files are there.

In: the path of a journal. Out: a held lock, or `JournalLockedError`; `JournalLostError` when a file
is gone or is another one. I/O: two small SQLite files, in each of which an open transaction is the
lock.

One lies next to the journal, the other in the system's temporary folder under the journal's inode:
links lead to the first, and a journal that is moved while it is being sent keeps the second.

SQLite's locks work on every system, end with the process however it ends, and are not passed on to
forked processes. The journal itself stays free for delivery reports from other processes.

A file that was deleted, moved or replaced stays open: SQLite goes on writing to it, and the next
run would not find there who was served. So its path is looked at after every commit.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
import tempfile
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalError, JournalLockedError, JournalLostError
from seven_async.campaign.journal.sqlite.schema import FAILURES, explain_failures, to_journal_error
from seven_async.sqlite_sharing import identity_of

_SUFFIX: Final = "-sending"
_OWNER_ONLY: Final = 0o600
_ATTEMPTS: Final = 5
"""How often a lock is taken anew whose file was deleted in between by the process that held it."""

_PATIENCE_S: Final = 0.5
"""How long to wait for a lock: `is_held` of another process takes it for an instant."""


_WHAT_TO_DO: Final = (
    "nothing more is sent. Put the journal back, with the file that ends with -wal if there is "
    "one, and send with it again: it knows who was served"
)


class SendingLock:
    """Held from `acquire` to `release`."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._held: list[sqlite3.Connection] = []
        self._in_temporary_folder: Path | None = None

    @property
    def path(self) -> Path:
        """The file next to the journal, or next to the file that it is a link to."""
        return _beside(self._journal)

    def acquire(self, now_s: float) -> None:
        """Take the lock; raises `JournalLockedError` that names who has it."""
        try:
            self._held.append(self._take_file(self.path, now_s))
            by_inode = _by_inode(self._journal)
            if by_inode is not None:
                self._held.append(self._take_file(by_inode, now_s))
                self._in_temporary_folder = by_inode
        except BaseException as error:
            self.release()
            if isinstance(error, FAILURES):
                raise to_journal_error(self._journal, error) from error
            raise

    def release(self) -> None:
        """Give the lock back."""
        if self._in_temporary_folder is not None:
            # While it is held: whoever waits for it sees that the file is another one.
            self._in_temporary_folder.unlink(missing_ok=True)
            self._in_temporary_folder = None
        while self._held:
            self._held.pop().close()

    def _take_file(self, path: Path, now_s: float) -> sqlite3.Connection:
        for _ in range(_ATTEMPTS):
            _create(path)
            before = identity_of(path)
            database = _connect(path, _PATIENCE_S)
            try:
                _take(database, now_s)
                if path.exists() and identity_of(path) == before:
                    return database
            except sqlite3.OperationalError as error:
                self._refuse(database, error)
            except BaseException:
                database.close()
                raise
            database.close()
        raise JournalError(f"the lock {path} cannot be taken: something deletes it again and again")

    def _refuse(self, database: sqlite3.Connection, error: sqlite3.OperationalError) -> None:
        holder = _holder(database) if _is_busy(error) else None
        database.close()
        if holder is None:
            raise error
        raise JournalLockedError(
            f"The campaign {self._journal} is being sent by {holder}. Wait until it ends, "
            f"or stop it; `seven campaign status` shows how far it is."
        ) from error


def is_held(journal: Path) -> bool:
    """Tell whether a process is sending the campaign of a journal now."""
    with explain_failures(journal):
        by_inode = _by_inode(journal, is_made=False) if journal.exists() else None
        paths = [_beside(journal), *([] if by_inode is None else [by_inode])]
        return any(_is_taken(path) for path in paths if path.exists())


def _is_taken(path: Path) -> bool:
    with closing(_connect(path)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            return True
        return False


def _beside(journal: Path) -> Path:
    file = journal.resolve()
    return file.with_name(file.name + _SUFFIX)


def _by_inode(journal: Path, *, is_made: bool = True) -> Path | None:
    """Return the lock in the temporary folder; None where that is not to be had.

    The folder may belong to everybody. A file that somebody else has put there is left alone.
    """
    device, inode = identity_of(journal)
    user = os.getuid() if hasattr(os, "getuid") else 0  # not on Windows
    name = f"seven-async-{user}-{device:x}-{inode:x}{_SUFFIX}"
    try:
        path = Path(tempfile.gettempdir()) / name
        if is_made:
            _create(path)
        status = path.lstat()
    except OSError:
        return None
    is_own = stat.S_ISREG(status.st_mode) and status.st_uid in {user, 0}
    return path if is_own else None


def _create(path: Path) -> None:
    """Make the file if there is none.

    One that is there is not opened: closing it again would end the locks of this process on it.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))


def _connect(path: Path, timeout_s: float = 0.0) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=timeout_s)


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


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
        row = database.execute("SELECT host, pid, since FROM holder").fetchone()
    except sqlite3.Error:
        row = None
    if row is None:
        return "another process"
    host, pid, since = row
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"process {pid}{where} since {since} UTC"


class WatchedFiles:
    """Files by their path, with device and inode of the moment when they were added."""

    def __init__(self) -> None:
        self._identities: dict[Path, tuple[int, int]] = {}

    def add(self, path: Path) -> None:
        """Watch a file; raises OSError if there is none."""
        # Not resolved: a link that leads elsewhere later has to be noticed, too.
        self._identities[path.absolute()] = identity_of(path)

    def check(self) -> None:
        """Raise `JournalLostError` for a file that is gone, or is another one by now."""
        for path, identity in self._identities.items():
            try:
                now = identity_of(path)
            except OSError as error:
                raise JournalLostError(
                    f"{path} is gone ({error.strerror}): it was deleted or moved while the "
                    f"campaign was being sent; {_WHAT_TO_DO}"
                ) from None
            if now != identity:
                raise JournalLostError(
                    f"{path} is another file by now: it was replaced while the campaign was being "
                    f"sent; {_WHAT_TO_DO}"
                )
