"""What is asked of a journal, and the small things that are written, in any database.

In: a connection within a transaction, and values. Out: rows. I/O: the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from seven_async.campaign.journal.forget_key import Forgotten, read_key
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import STORED
from seven_async.campaign.journal.statements.database import Database

_KEYS: Final = 500
"""Keys in one statement."""


COUNTS: Final = """
SELECT state, reason, delivery, content IS NOT NULL, count(*), sum(1.0 * segments),
    sum(1.0 * price_micro_eur)
FROM message GROUP BY 1, 2, 3, 4
"""
"""How many messages there are of each kind. Not as whole numbers: of those a sum may be too large
for SQLite. PostgreSQL keeps the counts, and answers this query from there."""


class MessageCount(NamedTuple):
    """How many messages are alike, and what is known of their segments and prices."""

    state: str
    reason: str | None
    delivery: str | None
    has_content: bool
    size: int
    segments: int
    micro_eur: int


def count_messages(database: Database) -> list[MessageCount]:
    """Return how many messages there are of each kind, in one pass."""
    return [
        MessageCount(
            state, reason, delivery, bool(content), int(count), int(parts or 0), int(cost or 0)
        )
        for state, reason, delivery, content, count, parts, cost in database.execute(COUNTS)
    ]


def insert_refusal(
    database: Database,
    *,
    run: int,
    line: int | None,
    recipient: str,
    reason: str,
) -> None:
    """Note an item of the input that cannot be sent."""
    database.execute("INSERT INTO refused VALUES (?, ?, ?, ?)", (run, line, recipient, reason))


def refuse_message(database: Database, *, run: int, key: str, reason: str) -> None:
    """Note that a message that was written down cannot be sent."""
    database.execute(
        """UPDATE message SET state = 'refused', reason = ?, run = ?
           WHERE key = ? AND state = 'planned'""",
        (reason, run, key),
    )


def find_messages(database: Database, keys: Sequence[str]) -> dict[str, StoredMessage]:
    """Return what the journal knows of some keys."""
    messages: dict[str, StoredMessage] = {}
    for begin in range(0, len(keys), _KEYS):
        chunk = keys[begin : begin + _KEYS]
        places = ", ".join("?" * len(chunk))
        query = f"SELECT {STORED} FROM message WHERE key IN ({places})"  # noqa: S608
        for row in database.execute(query, chunk):
            messages[row[0]] = StoredMessage(*row)
    return messages


def cost_micro_eur(database: Database) -> int:
    """Return what has been spent, in millionths of a euro."""
    query = "SELECT coalesce(sum(price_micro_eur), 0) FROM message WHERE state = 'accepted'"
    return int(database.execute(query).fetchone()[0])


def latest_report_at(database: Database) -> float | None:
    """Return when the latest delivery report was made, in Unix seconds; None without any."""
    query = "SELECT max(delivery_at) FROM message WHERE delivery IS NOT NULL"
    latest: float | None = database.execute(query).fetchone()[0]
    return latest


def read_forgotten(database: Database) -> frozenset[bytes]:
    """Return the fingerprints of all who were forgotten."""
    return frozenset(
        fingerprint for (fingerprint,) in database.execute("SELECT fingerprint FROM forgotten")
    )


def find_forgotten(database: Database) -> Forgotten | None:
    """Return who was forgotten; None if nobody was. Raises `JournalError` without the key."""
    fingerprints = read_forgotten(database)
    return Forgotten(fingerprints, read_key()) if fingerprints else None
