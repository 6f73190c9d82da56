"""Delivery states in a journal: they only go forward, whatever order reports come in.

In: a connection and reports. Out: how many messages they changed. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from seven_async.api.status import DeliveryState
from seven_async.webhooks.events import CallState


class DeliveryChange(NamedTuple):
    """One report: the state a message has since a moment (Unix seconds), and its price if known."""

    state: str
    at_s: float | None
    price_micro_eur: int | None
    message_id: str


_CALL_RANKS: Final[Mapping[str, int]] = {
    CallState.RINGING.value: 1,
    CallState.IN_PROGRESS.value: 2,
    **{state.value: 3 for state in CallState if state.is_final},
}

# Only rows that change are written: a report that comes twice costs no page of the log.
_UPDATE: Final = """
UPDATE message SET delivery = ?1, delivery_at = ?2,
       price_micro_eur = coalesce(price_micro_eur, ?3)
WHERE message_id = ?4 AND advanced(delivery, ?1) IS NOT delivery
"""


def advance(before: str | None, after: str) -> str:
    """Return the state of a message after one more report; late and repeated ones change nothing.

    The order is that of `DeliveryState.advance`; calls have words and an order of their own.
    """
    if before is None:
        return after
    if before in _CALL_RANKS or after in _CALL_RANKS:
        return after if _CALL_RANKS.get(after, 0) > _CALL_RANKS.get(before, 0) else before
    return DeliveryState(before).advance(DeliveryState(after)).value


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


def latest_report_at(database: sqlite3.Connection) -> float | None:
    """Return when the latest delivery report was made, in Unix seconds; None without any."""
    query = "SELECT max(delivery_at) FROM message WHERE delivery IS NOT NULL"
    latest: float | None = database.execute(query).fetchone()[0]
    return latest
