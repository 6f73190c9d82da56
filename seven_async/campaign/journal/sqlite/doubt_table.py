"""Messages in doubt in the file, read in pages and marked.

In: keys, references and looks. Out: rows. I/O: the database, and temporary tables of its
connection, which SQLite keeps in a file of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from seven_async.api.journal import OutboundMessage, VoiceCall
from seven_async.campaign.journal.protocol import Look, StoredMessage
from seven_async.campaign.journal.rows import STORED, Plain, Result, micro
from seven_async.campaign.journal.sqlite.statements import in_chunks
from seven_async.campaign.journal.writer import Record, Writer
from seven_async.campaign.results import State
from seven_async.finder import digits_of

_PAGE: Final = 200
_IN_DOUBT: Final = "message.state IN ('intent', 'unknown')"

# What an entry of the gateway's journal is compared with is found by its reference. A reference of
# the caller may be on a whole mailing, so there the number decides, too; '' is for messages that
# have to be compared whatever number an entry has.
_TABLES: Final = (
    """CREATE TEMP TABLE doubt (
        reference TEXT NOT NULL, number TEXT NOT NULL, key TEXT NOT NULL,
        PRIMARY KEY (reference, number, key)
    ) WITHOUT ROWID""",
    f"""INSERT INTO doubt
        SELECT foreign_id, CASE WHEN is_own_reference THEN '' ELSE number_of(recipient) END, key
        FROM message WHERE {_IN_DOUBT} AND channel <> 'voice' AND foreign_id <> ''""",  # noqa: S608
    """CREATE TEMP TABLE beside (
        reference TEXT NOT NULL, recipient TEXT NOT NULL, PRIMARY KEY (reference, recipient)
    ) WITHOUT ROWID""",
    """INSERT OR IGNORE INTO beside SELECT foreign_id, recipient FROM message
       WHERE is_own_reference AND foreign_id IN (SELECT reference FROM doubt)""",
)

_LOOK: Final = f"""
UPDATE message SET looked_run = ?1,
    looked_absent = ?2 AND NOT (looked_run IS ?1 AND looked_absent = 0),
    looked_age_s = ?3, looked_due_s = ?4,
    absent_at = CASE WHEN ?2 AND NOT (looked_run IS ?1 AND looked_absent = 0)
                     THEN coalesce(absent_at, ?5) ELSE absent_at END
WHERE key = ?6 AND {_IN_DOUBT}
"""  # noqa: S608


class SqliteDoubtTable:
    """The messages in doubt of a file (`DoubtTable`), between `open` and `close`."""

    def __init__(self, writer: Writer, run: int) -> None:
        self._writer = writer
        self._run = run

    async def open(self) -> None:
        """Prepare the look-up, with two passes through the messages."""
        await self._writer.do(_create_tables)

    async def close(self) -> None:
        """Forget what the look-up needed; what it found stays."""
        await self._writer.do(_drop_tables)

    async def page(self, after: str | None) -> Sequence[StoredMessage]:
        """Return the next messages in doubt, in the order in which they came to the journal."""
        # By `rowid`, the order of the file: by key each row would be a page of its own.
        query = f"""
            SELECT {STORED} FROM message WHERE {_IN_DOUBT}
            AND rowid > coalesce((SELECT rowid FROM message WHERE key = ?), 0)
            ORDER BY rowid LIMIT {_PAGE}
        """  # noqa: S608
        page: list[StoredMessage] = await self._writer.do(
            lambda database: [StoredMessage(*row) for row in database.execute(query, (after,))]
        )
        return page

    async def candidates(
        self, sent: Collection[tuple[str, str | None]], after: str | None
    ) -> Sequence[StoredMessage]:
        """Return the next messages in doubt that entries with these references may be."""
        candidates: list[StoredMessage] = await self._writer.do(
            partial(_find_candidates, sent=sent, after=after or "")
        )
        return candidates

    async def neighbours(self, references: Collection[str]) -> Sequence[tuple[str, str]]:
        """Return reference and recipient of every message that has one of some references."""
        pairs: list[tuple[str, str]] = await self._writer.do(
            partial(_find_neighbours, references=references)
        )
        return pairs

    async def accept(
        self,
        present: Sequence[tuple[StoredMessage, OutboundMessage | VoiceCall]],
        now_s: float,
    ) -> None:
        """Record messages as accepted, with id and price of their entries."""
        await self._writer.do(
            Record([_build_result(stored, entry, now_s) for stored, entry in present])
        )

    async def note_looks(self, looks: Sequence[Look], gateway_at: float | None) -> None:
        """Note what a look says of messages that it did not show, for this run."""
        values = [
            (self._run, each.is_absent, each.age_s, each.due_s, gateway_at, key)
            for key, each, _ in looks
        ]
        await self._writer.do(partial(_write_looks, values=values))


def _create_tables(database: sqlite3.Connection) -> None:
    database.create_function("number_of", 1, _number_of, deterministic=True)
    _drop_tables(database)
    for statement in _TABLES:
        database.execute(statement)


def _number_of(recipient: str) -> str:
    return digits_of(recipient) or ""


def _drop_tables(database: sqlite3.Connection) -> None:
    for table in ("doubt", "beside"):
        database.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _find_candidates(
    database: sqlite3.Connection, sent: Collection[tuple[str, str | None]], after: str
) -> list[StoredMessage]:
    # An entry without a number is compared with all that have its reference.
    pairs = {*sent, *((reference, "") for reference, _ in sent)}
    messages: dict[str, StoredMessage] = {}
    for table, values in in_chunks(sorted(pairs, key=repr), ("foreign_id", "recipient")):
        query = f"""
            WITH entry (reference, number) AS ({table})
            SELECT {STORED} FROM message WHERE {_IN_DOUBT} AND key > ? AND key IN (
                SELECT doubt.key FROM entry JOIN doubt USING (reference, number)
                UNION SELECT doubt.key FROM entry JOIN doubt USING (reference)
                WHERE entry.number IS NULL
            ) ORDER BY key LIMIT {_PAGE}
        """  # noqa: S608 - question marks
        for row in database.execute(query, (*values, after)):
            messages[row[0]] = StoredMessage(*row)
    # Of several chunks each may go on after this page.
    return [messages[key] for key in sorted(messages)[:_PAGE]]


def _find_neighbours(
    database: sqlite3.Connection, references: Collection[str]
) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for table, values in in_chunks([(each,) for each in references], ("foreign_id",)):
        query = f"SELECT reference, recipient FROM beside WHERE reference IN ({table})"  # noqa: S608
        pairs += database.execute(query, values)
    return pairs


def _write_looks(database: sqlite3.Connection, values: Sequence[Plain]) -> None:
    database.executemany(_LOOK, values)


def _build_result(
    stored: StoredMessage, entry: OutboundMessage | VoiceCall, now_s: float
) -> Result:
    return Result(
        state=State.ACCEPTED.value,
        result_at=now_s,
        message_id=entry.id,
        segments=None,
        price_micro_eur=micro(entry.price),
        code=None,
        reason=None,
        error=None,
        foreign_id=stored.foreign_id,
        gateway_at=None,
        key=stored.key,
    )
