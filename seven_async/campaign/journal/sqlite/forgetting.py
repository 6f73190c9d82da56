"""A recipient is erased from a journal and from its copies; a fingerprint stays.

In: a journal that nobody sends with, and a recipient. Out: how many messages were erased. I/O: the
file, its log, and the copies that migrations left beside it.

Counts, cost and delivery states stay, so that reports add up. What was written is overwritten
(`secure_delete`), and the log is cut off. What a file system or a backup keeps of it is not ours.
"""

from __future__ import annotations

import glob
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.forget_key import digits_of, fingerprint_of, make_key, may_be
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.campaign.journal.sqlite.schema import connect, explain_failures
from seven_async.campaign.results import FORGOTTEN
from seven_async.sqlite_sharing import transaction

#: Its messages by any channel. Keys of the caller's own are not made of the number.
_OF_RECIPIENT: Final = "(substr(key, 1, length(?1) + 1) = ?1 || '/' OR digits_of(recipient) = ?1)"

_ERASE: Final = f"""
UPDATE message SET key = ?2 || rowid, recipient = '', foreign_id = NULL, digest = '', line = NULL,
    message_id = NULL, error = NULL, text = NULL, content = NULL, text_mark = NULL,
    reason = CASE WHEN state IN ('accepted', 'rejected', 'refused') THEN reason ELSE ?3 END,
    state = CASE WHEN state IN ('intent', 'unknown') THEN 'forgotten'
                 WHEN state = 'planned' THEN 'skipped' ELSE state END
WHERE {_OF_RECIPIENT}
"""  # noqa: S608 - our own names


#: Rows of a file that were refused have recipients as the file spells them; their number stays.
_ERASE_REFUSED: Final = "UPDATE refused SET recipient = '', line = NULL WHERE may_be(recipient, ?)"


def erase_recipient(journal: Path, digits: str, now_s: float) -> int:
    """Erase a recipient under the lock of those who send; return how many messages it had.

    Raises:
        JournalLockedError: A process is sending the campaign.
    """
    lock = SendingLock(journal)
    lock.acquire(now_s)
    try:
        return forget_recipient(journal, digits, fingerprint_of(make_key(), digits), now_s)
    finally:
        lock.release()


def forget_recipient(journal: Path, digits: str, fingerprint: bytes, now_s: float) -> int:
    """Erase a recipient; return how many messages it had in the journal."""
    database = connect(journal)
    with closing(database), explain_failures(journal):
        _prepare(database)
        with transaction(database):
            # A name that says nothing, and that no other message has.
            name = f"{FORGOTTEN}:{secrets.token_hex(4)}:"
            count = database.execute(_ERASE, (digits, name, FORGOTTEN)).rowcount
            database.execute(_ERASE_REFUSED, (digits,))
            database.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (fingerprint, now_s))
        _cut_log(database, journal)
    for copy in _copies_of(journal):
        _forget_in_copy(copy, digits)
    return count


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA secure_delete = ON")
    database.create_function("digits_of", 1, digits_of, deterministic=True)
    database.create_function("may_be", 2, may_be, deterministic=True)


def _cut_log(database: sqlite3.Connection, journal: Path) -> None:
    (is_busy, _, _) = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise JournalError(
            f"{journal} is being read by another process, and what was erased still lies in its "
            f"log; forget the recipient again when nobody reads it"
        )


def _copies_of(journal: Path) -> Iterator[Path]:
    file = journal.resolve()
    return file.parent.glob(f"{glob.escape(file.name)}.schema-*")


def _forget_in_copy(copy: Path, digits: str) -> None:
    """Erase a recipient from the copy of an earlier schema; its counts matter to nobody."""
    with explain_failures(copy), closing(sqlite3.connect(copy, isolation_level=None)) as database:
        _prepare(database)
        database.execute(f"DELETE FROM message WHERE {_OF_RECIPIENT}", (digits,))  # noqa: S608
        database.execute(_ERASE_REFUSED, (digits,))
