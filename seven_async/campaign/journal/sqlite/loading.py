"""What is written into a journal before a run: messages to be sent later, by the journal alone.

In: a connection within a transaction, and values. Out: counts. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from seven_async.campaign.journal.rows import Intent, Plain
from seven_async.campaign.journal.sqlite.statements import in_chunks


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
