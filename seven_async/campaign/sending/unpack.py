"""The items of an input, and what of each goes out.

In: messages, rows of a file, refused rows. Out: `OutgoingMessage` values, or a refusal. No
I/O of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from seven_async.campaign.inputs.csv_file import CsvMessages, CsvRow, Refused
from seven_async.campaign.inputs.message import Message, OutgoingMessage, build_outgoing
from seven_async.campaign.results import Entry, SendResult, State
from seven_async.campaign.sending.outcomes import result_of_error
from seven_async.campaign.sending.quiet_hours import NO_ZONE, QuietHours
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.suppressing import hold_back
from seven_async.errors import InvalidRequestError
from seven_async.flow.conceal import without_frames

Messages: TypeAlias = Iterable[Message]
AsyncMessages: TypeAlias = AsyncIterable[Message]
Item: TypeAlias = Message | CsvRow | Refused
_NEEDS_A_JOURNAL: Final = (
    "on_failed_delivery needs Campaign(…, journal=…): a report comes after the message was served, "
    "and the next run sends the next form"
)

Refusal: TypeAlias = tuple[Entry, SendResult]


def items(messages: Messages) -> Iterator[Item]:
    """The items of an input: for a file, its refused rows first, then its rows with their lines."""
    if isinstance(messages, CsvMessages):
        return _file_items(messages)
    try:
        return iter(messages)
    except TypeError:
        raise TypeError(
            f"a campaign sends an iterable or async iterable of messages, "
            f"not {type(messages).__name__}"
        ) from None


def _file_items(messages: CsvMessages) -> Iterator[Item]:
    yield from messages.refused
    yield from messages.rows()


def accepted(item: Item, settings: Settings) -> list[OutgoingMessage] | Refusal:
    """What goes out of an item; a refusal if nothing can."""
    if isinstance(item, Refused):
        return _refused_row(item)
    line, message = (item.line, item.message) if isinstance(item, CsvRow) else (None, item)
    try:
        found = build_outgoing(message, line, settings.default_country, settings.key)
        _check_journal(found, settings)
        if settings.suppress is not None:
            hold_back(found, settings.suppress)
        if settings.quiet_hours is not None:
            _hold_unknown_zones(found, settings.quiet_hours)
    except InvalidRequestError as error:
        refusal = error
    else:
        return found
    return _refused_message(message, line, refusal)


def _check_journal(found: list[OutgoingMessage], settings: Settings) -> None:
    if not settings.has_journal and any(one.delivery_rule is not None for one in found):
        raise InvalidRequestError(_NEEDS_A_JOURNAL)


def _hold_unknown_zones(found: list[OutgoingMessage], quiet: QuietHours) -> None:
    for one in found:
        if one.hold is None and not quiet.zones_of(one.digits):
            one.hold, one.group = NO_ZONE, None


def _refused_row(row: Refused) -> Refusal:
    error = InvalidRequestError(f"line {row.line}, column {row.column}: {row.reason}")
    result = SendResult(state=State.REFUSED, error=error, reason=row.reason)
    return _entry(row.recipient, row.line, result), result


def _refused_message(message: object, line: int | None, error: InvalidRequestError) -> Refusal:
    error.request = message
    result = result_of_error(without_frames(error))
    to: Any = getattr(message, "to", "")
    return _entry(to if isinstance(to, str) else ",".join(to), line, result), result


def _entry(recipient: str, line: int | None, result: SendResult) -> Entry:
    return Entry(
        key=recipient,
        recipient=recipient,
        channel="",
        state=result.state,
        error=result.error,
        line=line,
        reason=result.reason,
    )
