"""What is written into a journal before a run: messages to be sent later, by the journal alone.

In: a connection within a transaction, and values. Out: counts. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from seven_async.campaign.journal.sqlite.statements import Intent, Plain, in_chunks

#: A note that only stands there while an input is being written down.
LOADING: Final = "(loading)"


def begin_load(database: sqlite3.Connection) -> None:
    """Note that an input is being written down: until `end_load` the journal has a part of it."""
    database.execute("INSERT OR REPLACE INTO note VALUES (?, 'true')", (LOADING,))


def end_load(database: sqlite3.Connection) -> None:
    """Note that all of an input is written down."""
    database.execute("DELETE FROM note WHERE name = ?", (LOADING,))


def has_part_of_input(database: sqlite3.Connection) -> bool:
    """Return whether the writing down of an input was cut off."""
    query = "SELECT count(*) FROM note WHERE name = ?"
    return bool(database.execute(query, (LOADING,)).fetchone()[0])


def load_messages(database: sqlite3.Connection, planned: Sequence[Plain]) -> int:
    """Write messages down that are to be sent later; return how many were not there before.

    Those that no request was made with take the content of now; what is known of others stays.
    """
    columns = ", ".join(Intent._fields)
    count = "SELECT count(*) FROM message"
    before: int = database.execute(count).fetchone()[0]
    for table, values in in_chunks(planned, Intent._fields):
        database.execute(
            f"""WITH new ({columns}) AS ({table})
                INSERT INTO message ({columns}) SELECT * FROM new WHERE true
                ON CONFLICT (key) DO UPDATE SET recipient = excluded.recipient,
                channel = excluded.channel, foreign_id = excluded.foreign_id,
                digest = excluded.digest, step = excluded.step, line = excluded.line,
                due_at = excluded.due_at, text = excluded.text, content = excluded.content
                WHERE message.state = 'planned' AND message.intent_at IS NULL""",  # noqa: S608
            values,
        )
    after: int = database.execute(count).fetchone()[0]
    return after - before


def plan_again(database: sqlite3.Connection, reason: str) -> int:
    """Let those be sent again that the gateway refused for a reason, or with a code."""
    return database.execute(
        """UPDATE message SET state = 'planned', intent_at = NULL, step = 0, reason = NULL
           WHERE state = 'rejected' AND (reason = ?1 OR CAST(code AS TEXT) = ?1)""",
        (reason,),
    ).rowcount


def take_over_refusals(database: sqlite3.Connection, run: int) -> None:
    """Give a run that goes on with an earlier input what could not be sent of that."""
    before = "(SELECT max(id) FROM run WHERE id < ?1)"
    database.execute(f"UPDATE refused SET run = ?1 WHERE run = {before}", (run,))  # noqa: S608
    database.execute(
        f"""UPDATE run SET duplicates = coalesce(
                (SELECT duplicates FROM run WHERE id = {before}), 0)
            WHERE id = ?1""",  # noqa: S608
        (run,),
    )
