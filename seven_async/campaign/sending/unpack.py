"""The items of an input, and what of each goes out.

In: messages, rows of a file, refused rows. Out: `OutgoingMessage` values, or a refusal. No
I/O of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, cast

import attrs

from seven_async.campaign.inputs.csv_file import CsvMessages, CsvRow, Refused
from seven_async.campaign.inputs.message import (
    Channel,
    Fallback,
    KeyOf,
    Message,
    OutgoingMessage,
    Sendable,
    channel_of,
    check_spelling,
    is_e164,
    recipients_in,
)
from seven_async.campaign.inputs.stored_content import read_content
from seven_async.campaign.journal.stored_messages import StoredItem, StoredMessages
from seven_async.campaign.results import Entry, SendResult, State
from seven_async.campaign.sending.outcomes import result_of_error
from seven_async.campaign.sending.quiet_hours import NO_ZONE, QuietHours
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.suppressing import hold_back
from seven_async.errors import InvalidRequestError
from seven_async.flow.conceal import without_frames
from seven_async.recipients.recipient import ORDINARY, recipient_of

Messages: TypeAlias = Iterable[Message] | StoredMessages
AsyncMessages: TypeAlias = AsyncIterable[Message]
Item: TypeAlias = Message | CsvRow | Refused | StoredItem
_NEEDS_A_JOURNAL: Final = (
    "on_failed_delivery needs Campaign(…, journal=…): a report comes after the message was served, "
    "and the next run sends the next form"
)

CHUNK: Final = 250
"""Items that are read before others get a turn on the event loop."""

_MOST_BYTES: Final = 2_000  # a page of PostgreSQL's index takes 2,700

Refusal: TypeAlias = tuple[Entry, SendResult]


def items(messages: Messages) -> Iterator[Item]:
    """Return the items of an input: for a file its refused rows first, then its other rows."""
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


def in_item_chunks(messages: Messages) -> Iterator[list[Item]]:
    """Yield the items of an input, some hundred at a time."""
    source = items(messages)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


class _Like(NamedTuple):
    """What a message had whose content was looked at last."""

    request: type
    channel: Channel
    values: tuple[Any, ...]
    reference: str | None
    group: Hashable


class OutgoingBuilder:
    """Builds the outgoing messages of one input.

    It remembers the content that it saw last. Most messages of a campaign have the same content, or
    one of few, and looking at it takes longer than all the rest.
    """

    def __init__(
        self,
        default_country: str | None = None,
        key_of: KeyOf | None = None,
        *,
        is_sent: bool = True,
    ) -> None:
        """Messages of which none `is_sent` need not say which of them may share a request."""
        self._default_country = default_country
        self._key_of = key_of
        self._is_sent = is_sent
        self._latest: _Like | None = None

    def build(self, message: Message, line: int | None = None) -> list[OutgoingMessage]:
        """Return the message for each of its recipients.

        The key is recipient and channel (`491711234567/sms`), or what `key_of` says.

        Raises:
            InvalidRequestError: It is no message, or one that no request could carry.
        """
        alike = self._build_alike(message, line)
        if alike is not None:
            return [alike]
        forms = message.forms if isinstance(message, Fallback) else (message,)
        first = forms[0]
        channel = channel_of(type(first))
        reference: str | None = getattr(first, "foreign_id", None)
        if len(forms) == 1:
            shared, is_call = self._group_of(channel, first, reference), channel.name == "voice"
        else:
            shared, is_call = None, _check_forms(forms)
        read_for = "voice" if is_call else "sms"
        messages: list[OutgoingMessage] = []
        for given in recipients_in(first):
            if ORDINARY.fullmatch(given):  # what `recipient_of` would find, in half of the time
                to, digits, group = given, given[1:], shared
                key = f"{digits}/{channel.name}"
            else:
                recipient = recipient_of(
                    given, self._default_country, allow_names=True, channel=read_for
                )
                to, digits = recipient.to, recipient.digits
                check_spelling("to", to)
                _check_size("to", to)
                key = f"{recipient.key}/{channel.name}"
                group = shared if is_e164(digits) else None
            messages.append(
                OutgoingMessage(key, to, digits, forms, channel, group, line, 0, reference)
            )
        if isinstance(message, Fallback):
            for each in messages:
                each.delivery_rule = message.delivery_rule
        if self._key_of is not None:
            own = _own_key(self._key_of, message)
            for each in messages:
                each.key = own if len(messages) == 1 else f"{own}/{each.digits}"
        return messages

    def _build_alike(self, message: Message, line: int | None) -> OutgoingMessage | None:
        """Build a message with the content of the one before; None where it has to be looked at."""
        like = self._latest
        if like is None or self._key_of is not None or type(message) is not like.request:
            return None
        to, channel = message.to, like.channel
        if not (
            type(to) is str and ORDINARY.fullmatch(to) and channel.values(message) == like.values
        ):
            return None
        reference = getattr(message, "foreign_id", None)
        if reference != like.reference:
            return None
        digits = to[1:]
        key = f"{digits}/{channel.name}"
        return OutgoingMessage(key, to, digits, (message,), channel, like.group, line, 0, reference)

    def _group_of(
        self, channel: Channel, message: Sendable, reference: str | None
    ) -> Hashable | None:
        """Check the content of a message; return what is equal for all that may share a request."""
        if not self._is_sent:
            channel.check(message)
            return None
        values = channel.values(message)
        group = (channel.row.name, values, reference)
        like = self._latest
        if like is not None and group == like.group:
            # The same object for the same content: the batcher compares by identity first.
            return like.group
        channel.check(message)
        if not channel.takes_several:
            return None
        try:
            hash(group)
        except TypeError:  # rich content, which may change
            return None
        self._latest = _Like(type(message), channel, values, reference, group)
        return group


def _check_forms(forms: Sequence[Sendable]) -> bool:
    """Check the content of every form; return True if all of them are calls.

    A landline is called, but gets no text: every form has to reach the recipient.
    """
    channels = [channel_of(type(form)) for form in forms]
    for channel, form in zip(channels, forms, strict=True):
        channel.check(form)
    return all(channel.name == "voice" for channel in channels)


def _own_key(key_of: KeyOf, message: Message) -> str:
    key = cast("object", key_of(message))
    if not isinstance(key, str) or not key:
        # Whatever else it is: two messages may have it, or nobody finds it again.
        shown = "an empty text" if key == "" else type(key).__name__
        raise InvalidRequestError(f"key: gives each message a text of its own, here {shown}")
    if "\0" in key:
        raise InvalidRequestError("key: has a character (NUL) that no database keeps in a text")
    check_spelling("key", key)
    _check_size("key", key)
    return key


def _check_size(name: str, text: str) -> None:
    """Refuse what no index of a database has room for, so that it keeps no other from its place."""
    if len(text.encode()) > _MOST_BYTES:
        raise InvalidRequestError(f"{name}: takes {_MOST_BYTES:,} bytes at most")


class Unpacker:
    """Unpacks the items of one input."""

    def __init__(self, settings: Settings, *, is_sent: bool = True) -> None:
        self._suppress = settings.suppress
        self._quiet = settings.quiet_hours
        self._has_journal = settings.has_journal
        self._builder = OutgoingBuilder(settings.default_country, settings.key, is_sent=is_sent)
        self._latest_stored: tuple[str, OutgoingMessage | None] = ("", None)
        self._builder_of_stored = OutgoingBuilder()  # number and key are as they were written down

    def unpack(self, item: Item) -> list[OutgoingMessage] | Refusal:
        """Return what goes out of an item; a refusal if nothing can."""
        if isinstance(item, Refused):
            return _refuse_row(item)
        try:
            messages = self._build(item)
            if not self._has_journal:
                _check_needs_no_journal(item.message if isinstance(item, CsvRow) else item)
            if self._suppress is not None:
                hold_back(messages, self._suppress)
            if self._quiet is not None:
                _hold_unknown_zones(messages, self._quiet)
        except InvalidRequestError as error:
            refusal = error
        else:
            return messages
        return _refuse_item(item, refusal)

    def _build(self, item: Message | CsvRow | StoredItem) -> list[OutgoingMessage]:
        if isinstance(item, CsvRow):
            return self._builder.build(item.message, item.line)
        if isinstance(item, StoredItem):
            return [self._build_stored(item)]
        return self._builder.build(item)

    def _build_stored(self, item: StoredItem) -> OutgoingMessage:
        """Build a message of a journal; of the same content as the one before only what differs."""
        content, like = self._latest_stored
        if like is not None and content == item.content and ORDINARY.fullmatch(item.recipient):
            return OutgoingMessage(
                item.key,
                item.recipient,
                item.recipient[1:],
                like.forms,
                like.channel,
                like.group,
                item.line,
                0,
                like.foreign_id,
                row=item.row,
            )
        (message,) = self._builder_of_stored.build(
            read_content(item.content, item.recipient), item.line
        )
        message.key, message.row = item.key, item.row
        # A time that has passed meanwhile is noticed where a message is read anew.
        is_shared = message.group is not None and message.due_at is None
        self._latest_stored = item.content, attrs.evolve(message) if is_shared else None
        return message


def _check_needs_no_journal(message: object) -> None:
    if isinstance(message, Fallback) and message.delivery_rule is not None:
        raise InvalidRequestError(_NEEDS_A_JOURNAL)


def _hold_unknown_zones(messages: list[OutgoingMessage], quiet: QuietHours) -> None:
    for message in messages:
        if message.hold is None and not quiet.zones_of(message.digits):
            message.hold, message.group = NO_ZONE, None


def _refuse_row(row: Refused) -> Refusal:
    error = InvalidRequestError(f"line {row.line}, column {row.column}: {row.reason}")
    result = SendResult(state=State.REFUSED, error=error, reason=row.reason)
    return _entry(row.recipient, row.line, result), result


def _refuse_item(item: Message | CsvRow | StoredItem, error: InvalidRequestError) -> Refusal:
    message, line = (item.message, item.line) if isinstance(item, CsvRow) else (item, None)
    error.request = message
    result = result_of_error(without_frames(error))
    if isinstance(item, StoredItem):
        return attrs.evolve(_entry(item.recipient, item.line, result), key=item.key), result
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
