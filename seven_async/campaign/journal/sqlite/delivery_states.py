"""Delivery states in a journal: they only go forward, whatever order reports come in.

In: a connection and reports. Out: how many messages they changed. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.delivery_order import DeliveryChange, advance
from seven_async.campaign.journal.sqlite.schema import connect, explain_failures
from seven_async.sqlite_sharing import transaction

# Only rows that change are written: a report that comes twice costs no page of the log.
_UPDATE: Final = """
UPDATE message SET delivery = ?1, delivery_at = ?2,
       price_micro_eur = coalesce(price_micro_eur, ?3)
WHERE message_id = ?4 AND advanced(delivery, ?1) IS NOT delivery
"""


def define_advance(database: sqlite3.Connection) -> None:
    """Let the statements of a connection call `advanced(before, after)`."""
    database.create_function("advanced", 2, advance, deterministic=True)


def update_deliveries(database: sqlite3.Connection, deliveries: Iterable[DeliveryChange]) -> int:
    """Write states to the messages that have them; return how many messages changed.

    Wants `define_advance`, and a transaction.
    """
    before = database.total_changes
    database.executemany(_UPDATE, deliveries)
    return database.total_changes - before


def record_deliveries(path: Path, deliveries: Iterable[DeliveryChange]) -> int:
    """Write states into a file; return how many messages changed. Raises `JournalError`."""
    with explain_failures(path), closing(connect(path)) as database:
        define_advance(database)
        with transaction(database):
            return update_deliveries(database, deliveries)
