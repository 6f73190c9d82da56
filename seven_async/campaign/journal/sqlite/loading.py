"""What is written into a journal before a run: messages to be sent later, by the journal alone.

In: a connection within a transaction, and values. Out: counts. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.inputs.stored_content import StoreTexts, text_of, write_content
from seven_async.campaign.journal.sqlite.statements import Intent, Plain, in_chunks
from seven_async.campaign.results import SUPPRESSED


def build_planned(message: OutgoingMessage, store_texts: StoreTexts) -> Plain:
    """Return the values of an `Intent` for a message that no request is made with yet."""
    is_suppressed = message.hold == SUPPRESSED
    return Intent(
        key=message.key,
        recipient=message.to,
        channel=message.channel.name,
        state="skipped" if is_suppressed else "planned",
        foreign_id=message.foreign_id,
        digest=message.digest,
        step=0,
        line=message.line,
        run=0,
        intent_at=None,
        due_at=message.due_at,
        reason=message.hold if is_suppressed else None,
        text=text_of(message.message)
        if store_texts is StoreTexts.ALWAYS and not is_suppressed
        else None,
        is_own_reference=0,
        text_mark=message.text_mark,
        attempts=1,
        boot_id=None,
        boot_s=None,
        gateway_at=None,
        content=None if is_suppressed else write_content(message.forms, message.delivery_rule),
    )


def load_messages(database: sqlite3.Connection, planned: Sequence[Plain]) -> int:
    """Write messages down that are to be sent later; return how many were not there before.

    Those that no request was made with take the content of now; what is known of others stays. What
    is not served, and has no content or one that was refused, gets that of now.
    """
    columns = ", ".join(Intent._fields)
    before = _last_row(database)
    chunks = list(in_chunks(planned, Intent._fields))
    for table, values in chunks:
        database.execute(
            f"""WITH new ({columns}) AS ({table})
                INSERT INTO message ({columns}) SELECT * FROM new WHERE true
                ON CONFLICT (key) DO UPDATE SET recipient = excluded.recipient,
                channel = excluded.channel, foreign_id = excluded.foreign_id,
                digest = excluded.digest, step = excluded.step, line = excluded.line,
                due_at = excluded.due_at, text = excluded.text, content = excluded.content,
                state = excluded.state, reason = excluded.reason
                WHERE message.state = 'planned' AND message.intent_at IS NULL""",  # noqa: S608
            values,
        )
    new = _last_row(database) - before
    for table, values in chunks if new < len(planned) else ():
        database.execute(
            f"""WITH new ({columns}) AS ({table})
                UPDATE message SET content = new.content,
                state = CASE WHEN message.state = 'refused' THEN 'planned' ELSE message.state END
                FROM new WHERE message.key = new.key AND new.content IS NOT NULL AND
                (message.state = 'refused' OR (message.content IS NULL AND message.state IN
                    ('planned', 'intent', 'unknown', 'rejected', 'skipped')))""",  # noqa: S608
            values,
        )
    return new


def _last_row(database: sqlite3.Connection) -> int:
    """Return the number of the last row: rows are only added, and to count them takes long."""
    last: int = database.execute("SELECT coalesce(max(rowid), 0) FROM message").fetchone()[0]
    return last


def plan_again(database: sqlite3.Connection, reason: str) -> int:
    """Let those be sent again that the gateway refused for a reason, or with a code."""
    # In the form that was refused: the one before it may have been accepted.
    return database.execute(
        """UPDATE message SET state = 'planned', reason = NULL
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
