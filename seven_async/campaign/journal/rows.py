"""The rows of a journal as they are written, whatever database keeps them. No I/O.

In: messages and their results. Out: values of columns, in the order of `Intent` and `Result`.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import attrs

from seven_async.campaign.inputs.message import OutgoingMessage, departure_of
from seven_async.campaign.inputs.stored_content import (
    KEPT_WHEN_SERVED,
    StoreTexts,
    text_of,
    write_content,
)
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.statements.database import MICRO
from seven_async.campaign.results import SUPPRESSED, SendResult, State
from seven_async.flow.values.gateway_time import Departure, GatewayTime, read_departure
from seven_async.texts import to_encodable

STORED: Final = ", ".join(StoredMessage._fields)
"""The columns of a `StoredMessage`."""

KEPT: Final = f"CASE WHEN message.content LIKE '{KEPT_WHEN_SERVED}%' THEN message.content END"
"""What stays of the content of a message that was accepted: what its next form may be needed of."""


@lru_cache(maxsize=256)  # there are few prices
def micro(price: Decimal | None) -> int | None:
    """Convert a price to millionths of a euro; None for what is no price of a message.

    No message costs a million, and a sum of such prices would not fit SQLite's 64 bits.
    """
    return None if price is None or abs(price) >= MICRO else int(price * MICRO)


_MOST_INT: Final = 2**31 - 1


def fit(number: int | None) -> int | None:
    """Return a count or a code as any database has room for it; None for what is none.

    A reply may claim anything, and must not keep the others of its group from being written.
    """
    return None if number is None or abs(number) > _MOST_INT else number


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


@attrs.frozen
class RowBuilder:
    """Makes the rows of a run's messages, and of what became of them."""

    run: int
    gateway: GatewayTime
    stores_texts: bool
    stores_content: bool

    def build_intents(self, batch: Sequence[OutgoingMessage]) -> list[Plain]:
        """Return the values of an `Intent` for each message, and note when it is about to leave.

        Plain tuples, since there may be millions. What messages of the same content and the same
        departure have in common is made once: fingerprints above all are slow.
        """
        now = read_departure(self.gateway)
        departure, proof = None, self._proof(now)
        message, is_own, digest, mark, due_at, text = None, False, "", None, None, None
        forms: tuple[object, ...] | None = None
        stored: str | None = None
        intents: list[Plain] = []
        for each in batch:
            content = each.forms[each.step]
            if each.forms is not forms:
                forms = each.forms
                stored = self._write_content(each)
            if content is not message or each.is_own_reference is not is_own:
                message, is_own = content, each.is_own_reference
                digest, mark, due_at = each.digest, each.text_mark, each.due_at
                text = text_of(message) if self.stores_texts else None
            each.share_digest(digest)
            # Under the reload lock the first of several departures counts.
            if each.attempts == 1 or each.departure is None:
                each.departure = now
            if each.departure is not departure:
                departure = each.departure
                proof = self._proof(departure)
            intent_at, boot_id, boot_s, gateway_at = proof
            intents.append(
                (
                    each.key,
                    each.to,
                    each.channel.name,
                    "intent" if each.hold is None else "skipped",
                    each.foreign_id,
                    digest,
                    each.step,
                    each.line,
                    self.run,
                    intent_at,
                    due_at,
                    each.hold,
                    text,
                    int(each.is_own_reference),
                    mark,
                    each.attempts,
                    boot_id,
                    boot_s,
                    gateway_at,
                    None if each.hold == SUPPRESSED else stored,
                )
            )
        return intents

    def build_result(self, message: OutgoingMessage, result: SendResult, now_s: float) -> Plain:
        """Return the values of a `Result`."""
        answer, error = result.message, result.error
        gateway_at = None
        if result.state is State.UNKNOWN:
            # The intent may have been written before any reply told the gateway's time.
            gateway_at = departure_of(message, self.gateway).gateway_s
        return (
            # What could not leave, for no fault of its own, waits for the next run.
            "planned" if result.again else str(result.state),
            now_s,
            None if answer is None else answer.id,
            None if answer is None else fit(answer.parts),
            None if answer is None else micro(answer.price),
            None if error is None else fit(result.code),
            result.reason,
            None if error is None else to_encodable(str(error)),
            message.foreign_id,
            gateway_at,
            message.key,
        )

    def _write_content(self, message: OutgoingMessage) -> str | None:
        if not self.stores_content:
            return None
        return write_content(message.forms, message.delivery_rule)

    def _proof(self, departure: Departure) -> tuple[float, str | None, float | None, float | None]:
        boot_id, boot_s = departure.boot or (None, None)
        reading = departure.reading
        intent_at = self.gateway.clock.now() if reading is None else reading.now_s
        return intent_at, boot_id, boot_s, departure.gateway_s


PlannedRow: TypeAlias = tuple[str, str, int | None, Plain]
"""Key, recipient and line of a message to be sent later, and an `Intent` with all else of it.

Messages of the same content have the same `Intent`: what they have in common is made and written
once.
"""

_AFTER_RECIPIENT: Final = Intent._fields.index("recipient") + 1
_LINE: Final = Intent._fields.index("line")


class PlannedBuilder:
    """Builds the rows of messages that no request is made with yet.

    It remembers the row that it built last: most messages of a campaign have the same content, and
    to hash and write that takes ten times as long as all else.
    """

    def __init__(self, store_texts: StoreTexts) -> None:
        self._store_texts = store_texts
        self._group: Hashable | None = None
        self._latest: Plain = ()

    def build(self, message: OutgoingMessage) -> PlannedRow:
        """Return a message as it is written down."""
        group = message.group
        if group is None or message.hold is not None:
            intent = _build_planned(message, self._store_texts)
        else:
            if group is not self._group:  # the same object for the same content, mostly
                self._group, self._latest = group, _build_planned(message, self._store_texts)
            intent = self._latest
        return message.key, message.to, message.line, intent


def to_intents(planned: Iterable[PlannedRow]) -> list[Plain]:
    """Return the values of an `Intent` for each message to be sent later."""
    return [
        (key, recipient, *intent[_AFTER_RECIPIENT:_LINE], line, *intent[_LINE + 1 :])
        for key, recipient, line, intent in planned
    ]


def _build_planned(message: OutgoingMessage, store_texts: StoreTexts) -> Plain:
    """Return the values of an `Intent` without those of one recipient."""
    is_suppressed = message.hold == SUPPRESSED
    return Intent(
        key="",
        recipient="",
        channel=message.channel.name,
        state="skipped" if is_suppressed else "planned",
        foreign_id=message.foreign_id,
        digest=message.digest,
        step=0,
        line=None,
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
