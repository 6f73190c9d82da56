"""The rows of a journal as they are written, whatever database keeps them. No I/O.

In: messages and their results. Out: values of columns, in the order of `Intent` and `Result`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.inputs.stored_content import (
    KEPT_WHEN_SERVED,
    StoreTexts,
    text_of,
    write_content,
)
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.results import SUPPRESSED

STORED: Final = ", ".join(StoredMessage._fields)
"""The columns of a `StoredMessage`."""

KEPT: Final = f"CASE WHEN message.content LIKE '{KEPT_WHEN_SERVED}%' THEN message.content END"
"""What stays of the content of a message that was accepted: what its next form may be needed of."""


MICRO: Final = 1_000_000
"""Prices are whole millionths of a euro in a journal, which sum up exactly."""


@lru_cache(maxsize=256)  # there are few prices
def micro(price: Decimal | None) -> int | None:
    """Convert a price to millionths of a euro; None for what is no price of a message.

    No message costs a million, and a sum of such prices would not fit SQLite's 64 bits.
    """
    return None if price is None or abs(price) >= MICRO else int(price * MICRO)


class Intent(NamedTuple):
    """A message that is about to leave; `state` is `skipped` for one that shall not."""

    key: str
    recipient: str
    channel: str
    state: str
    foreign_id: str | None
    digest: str
    step: int
    line: int | None
    run: int
    intent_at: float | None
    due_at: float | None
    reason: str | None
    text: str | None
    is_own_reference: int | None
    text_mark: str | None
    attempts: int
    boot_id: str | None
    boot_s: float | None
    gateway_at: float | None
    content: str | None


class Result(NamedTuple):
    """What became of a message that left."""

    state: str
    result_at: float
    message_id: str | None
    segments: int | None
    price_micro_eur: int | None
    code: int | None
    reason: str | None
    error: str | None
    foreign_id: str | None
    gateway_at: float | None
    key: str


Plain: TypeAlias = tuple[Any, ...]
"""The values of an `Intent` or `Result`."""


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


def to_stored(intent: Intent) -> StoredMessage:
    """Return what a journal knows of a message that was just claimed."""
    shared = set(StoredMessage._fields) & set(Intent._fields)
    return StoredMessage(**{name: getattr(intent, name) for name in shared})


_OF_RECIPIENT: Final = frozenset({"key", "recipient", "foreign_id", "message_id"})
_OF_BATCH: Final = _OF_RECIPIENT | {"intent_at", "boot_s", "gateway_at", "result_at"}
_OF_TEXT: Final = _OF_BATCH | {
    "digest",
    "line",
    "segments",
    "price_micro_eur",
    "text_mark",
    "content",
}

_VARYING: Final = (_OF_RECIPIENT, _OF_BATCH, _OF_TEXT)
"""Columns that differ between the rows of one batch, of several, and of those with other texts."""


def find_varying(columns: tuple[str, ...], by_column: Sequence[Plain]) -> tuple[int, ...]:
    """Return the places of the columns that are handed over row by row.

    Not of exactly those that differ: every combination would be another statement to compile. It is
    the smallest of a few sets that has them all.
    """
    different = {
        name
        for name, values in zip(columns, by_column, strict=True)
        if values.count(values[0]) < len(values)
    }
    given = next((names for names in _VARYING if different <= names), frozenset(columns))
    return tuple(place for place, name in enumerate(columns) if name in given)
