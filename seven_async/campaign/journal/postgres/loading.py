"""Messages that are written down to be sent later, by COPY.

In: values, and a transaction. Out: a block, which needs no transaction; how many messages are new.
I/O: the database.

Rows go straight into the table, which is twice as fast as any other way. A COPY ends at the first
key that is there already; then the rows of that group go beside the messages first, and are merged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.postgres.connection import CampaignTables
from seven_async.campaign.journal.postgres.row_tables import is_plain
from seven_async.campaign.journal.rows import Intent, PlannedRow

_COLUMNS: Final = ", ".join(Intent._fields)

_TABLE: Final = "seven.message"
_STAGED: Final = "pg_temp.staged"
_STAGE: Final = f"""
CREATE TEMP TABLE staged ON COMMIT DROP AS SELECT campaign, {_COLUMNS} FROM seven.message
WITH NO DATA
"""

# No row refers to its campaign by a key that is checked with each; see the schema.
_KEEP_CAMPAIGN: Final = "SELECT 1 FROM seven.campaign WHERE id = %s FOR KEY SHARE"

_CHANGED: Final = ", ".join(
    f"{name} = excluded.{name}"
    for name in (
        *("recipient", "channel", "foreign_id", "digest", "step", "line", "due_at", "text"),
        *("content", "state", "reason"),
    )
)

# With another `attempt`, or a worker would send what it had read of the row before.
_MERGE: Final = f"""
WITH loaded AS (
    INSERT INTO seven.message AS message (campaign, {_COLUMNS})
    SELECT campaign, {_COLUMNS} FROM pg_temp.staged
    ON CONFLICT (campaign, key) DO UPDATE SET {_CHANGED}, attempt = message.attempt + 1
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


class Block(NamedTuple):
    """Rows as COPY reads them, how many, and their columns: those that have a value in any row."""

    size: int
    columns: Sequence[str]
    rows: str


def load_messages(tables: CampaignTables, block: Block) -> int:
    """Write messages down that are to be sent later; return how many were not there before.

    Those that no request was made with take the content of now; what is known of others stays.
    """
    if not block.size:
        return 0
    connection = tables.connection
    if connection.execute(_KEEP_CAMPAIGN.encode(), (tables.campaign,)).fetchone() is None:
        raise JournalError("the campaign was deleted meanwhile; begin it again")
    try:
        with connection.transaction():
            _copy(connection, _TABLE, block)
    except psycopg.errors.UniqueViolation:
        return _merge(tables, block)
    return block.size


def _merge(tables: CampaignTables, block: Block) -> int:
    """Write rows of which some are there already; return how many are new."""
    connection = tables.connection
    connection.execute(_STAGE.encode())
    _copy(connection, _STAGED, block)
    counted = connection.execute(_MERGE.encode()).fetchone()
    new, written = (0, 0) if counted is None else counted
    if written < block.size:
        connection.execute(_FILL.encode(), {"campaign": tables.campaign})
    return int(new)


def _copy(connection: psycopg.Connection, table: str, block: Block) -> None:
    command = f"COPY {table} ({', '.join(block.columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(command.encode()) as copy:
        copy.write(block.rows)


# What ends a value or a row, and what that is told by; NUL is what PostgreSQL keeps in no text.
_ESCAPED: Final = str.maketrans(
    {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r", "\0": "\ufffd"}
)
_NULL: Final = r"\N"
_SPECIAL: Final = re.compile(r"[\\\t\n\r\x00]")


def write_block(campaign: int, planned: Sequence[PlannedRow]) -> Block:
    """Return rows as COPY reads them.

    By columns, most of which have one value in all rows: so a row is one format of some values. Of
    a key that comes twice the last one is written, as if they had come one after the other.
    """
    rows = list({row[0]: row for row in planned}.values())
    columns, line, varying = ["campaign"], [str(campaign)], list[Sequence[str]]()
    for name, values in _to_columns(rows) if rows else ():
        if name == "key" or values.count(values[0]) < len(values):
            line.append("%s")
            varying.append(_write_values(values))
        elif values[0] is None:
            continue
        else:
            (text,) = _write_values(values[:1])
            line.append(text.replace("%", "%%"))
        columns.append(name)
    form = "\t".join(line) + "\n"
    return Block(len(rows), columns, "".join([form % row for row in zip(*varying, strict=True)]))


def _to_columns(rows: Sequence[PlannedRow]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield each column and its values; one value where all rows have the same `Intent`."""
    keys, recipients, lines, intents = zip(*rows, strict=True)
    own = {"key": keys, "recipient": recipients, "line": lines}
    is_one = intents.count(intents[0]) == len(intents)  # mostly the same object: no values compared
    shared = zip(*(intents[:1] if is_one else intents), strict=True)
    for name, values in zip(Intent._fields, shared, strict=True):
        yield name, own.get(name, values)


def _write_values(values: Sequence[Any]) -> Sequence[str]:
    if is_plain(values, _SPECIAL):
        return values
    return [_NULL if value is None else str(value).translate(_ESCAPED) for value in values]
