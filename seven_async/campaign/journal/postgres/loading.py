"""Messages that are written down to be sent later, by COPY.

In: a transaction, and values. Out: how many are new. I/O: the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.rows import Intent, Plain

_COLUMNS: Final = ", ".join(Intent._fields)

# Beside the messages, not in them: a COPY ends at the first key that is there already.
_STAGE: Final = f"""
CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT {_COLUMNS} FROM seven.message WITH NO DATA
"""
_COPY: Final = f"COPY pg_temp.staged ({_COLUMNS}) FROM STDIN"

_CHANGED: Final = ", ".join(
    f"{name} = excluded.{name}"
    for name in (
        *("recipient", "channel", "foreign_id", "digest", "step", "line", "due_at", "text"),
        *("content", "state", "reason"),
    )
)

# Of a key that comes twice the last one is written, as if they had come one after the other.
_MERGE: Final = f"""
WITH loaded AS (
    INSERT INTO seven.message AS message (campaign, {_COLUMNS})
    SELECT %(campaign)s, {_COLUMNS} FROM (
        SELECT DISTINCT ON (key) * FROM
            (SELECT *, row_number() OVER () AS place FROM pg_temp.staged) AS staged
        ORDER BY key, place DESC
    ) AS latest ORDER BY place
    ON CONFLICT (campaign, key) DO UPDATE SET {_CHANGED}
    WHERE message.state = 'planned' AND message.intent_at IS NULL
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FROM loaded
"""

# What is not served, and has no content or one that was refused, gets that of now.
_FILL: Final = """
UPDATE seven.message AS message SET content = staged.content,
    state = CASE WHEN message.state = 'refused' THEN 'planned' ELSE message.state END
FROM pg_temp.staged AS staged
WHERE message.campaign = %(campaign)s AND message.key = staged.key AND staged.content IS NOT NULL
    AND (message.state = 'refused' OR (message.content IS NULL AND message.state IN
         ('planned', 'intent', 'unknown', 'rejected', 'skipped')))
"""


def load_messages(tables: CampaignTables, planned: Sequence[Plain]) -> int:
    """Write messages down that are to be sent later; return how many were not there before.

    Those that no request was made with take the content of now; what is known of others stays.
    """
    if not planned:
        return 0
    connection, values = tables.connection, {"campaign": tables.campaign}
    connection.execute(_STAGE.encode())
    with connection.cursor() as cursor:
        with cursor.copy(_COPY.encode()) as copy:
            for row in planned:
                copy.write_row(row)
        counted = cursor.execute(_MERGE.encode(), values).fetchone()
    new, written = (0, 0) if counted is None else counted
    if written < len({row[0] for row in planned}):
        connection.execute(_FILL.encode(), values)
    return int(new)
