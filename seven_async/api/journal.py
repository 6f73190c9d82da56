"""The gateway's records of messages and calls. Source: seven-api.md section 6."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.fields.validators import any_text, between, day, optional, valid_id
from seven_async.api.routes.endpoint import Endpoints, Listing, M
from seven_async.api.status import DeliveryState
from seven_async.flow.values.model import Model, wire_name
from seven_async.masking import masked_number, masked_text

__all__ = [
    "InboundMessage",
    "JournalEntry",
    "ListCalls",
    "ListInbound",
    "ListOutbound",
    "ListReplies",
    "OutboundMessage",
    "Reply",
    "VoiceCall",
]

# The documented maximum and default; a full page is followed by another one.
_PAGE_SIZE: Final = 100


@attrs.frozen(kw_only=True, slots=False)
class JournalEntry(Model):
    """The fields of all journals: sender, recipient, text, time. `price` is in EUR."""

    id: str | None = None
    from_: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("from", "sender")
    )
    to: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("to", "system")
    )
    text: str | None = attrs.field(default=None, repr=masked_text)
    timestamp: datetime | None = attrs.field(default=None, metadata=wire_name("timestamp", "time"))
    price: Decimal | None = None


@attrs.frozen(kw_only=True, slots=False)
class OutboundMessage(JournalEntry):
    """A message that was sent; `dlr` is its last delivery report, `latency` seconds until it."""

    dlr: DeliveryState | None = None
    dlr_timestamp: datetime | None = None
    mccmnc: str | None = None
    latency: Decimal | None = None
    type: str | None = None
    channel: str | None = None
    connection: str | None = None
    label: str | None = None
    foreign_id: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class InboundMessage(JournalEntry):
    """A message that came in; `reply_to_message_id` is the sent one that it answers."""

    reply_to_message_id: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class Reply(JournalEntry):
    """An answer to a message that was sent with `get_replies`."""


@attrs.frozen(kw_only=True, slots=False)
class VoiceCall(JournalEntry):
    """A call that was made; `duration` in seconds."""

    duration: int | None = None
    status: str | None = None
    error: str | None = None
    xml: bool | None = None


@attrs.frozen(kw_only=True)
class _ListJournal:
    """The filters of all journals.

    Args:
        id: Only the entry with this id.
        date_from: From this day on (a date or `YYYY-MM-DD`).
        date_to: Up to this day.
        to: Only to this recipient, in any notation.
        state: Only with this state.
        limit: Entries per page, 1 to 100; 100 unless given.
        offset: Entries to skip.
    """

    id: int | str | None = attrs.field(default=None, validator=optional(valid_id))
    date_from: date | str | None = attrs.field(default=None, validator=day)
    date_to: date | str | None = attrs.field(default=None, validator=day)
    to: str | None = attrs.field(default=None, validator=any_text, repr=masked_number)
    state: str | None = attrs.field(default=None, validator=any_text)
    limit: int | None = attrs.field(default=None, validator=between(1, _PAGE_SIZE, "per page"))
    offset: int | None = attrs.field(default=None, validator=between(0, None, "entries"))


@attrs.frozen(kw_only=True)
class ListOutbound(_ListJournal):
    """List the messages that were sent, newest first.

    Example:
        async for message in seven.journal.outbound(date_from="2026-01-01", state="NOTDELIVERED"):
            print(message.id, message.to, message.dlr)

    Args:
        id: Only the message with this id.
        state: Only with this delivery state, for example `DELIVERED`.
    """


@attrs.frozen(kw_only=True)
class ListInbound(_ListJournal):
    """List the messages that came in, newest first.

    Example:
        page = await seven.journal.inbound(limit=10)
        texts = [message.text for message in page]

    Args:
        id: Only the message with this id.
        to: Only to this one of your numbers.
    """


@attrs.frozen(kw_only=True)
class ListReplies(_ListJournal):
    """List the answers to messages sent with `get_replies`, newest first.

    In the gateway's specification, but no longer in its clients: it may answer an error.

    Example:
        async for reply in seven.journal.replies(date_from="2026-01-01"):
            print(reply.from_, reply.text)

    Args:
        id: Only the answer with this id.
    """


@attrs.frozen(kw_only=True)
class ListCalls(_ListJournal):
    """List the calls that were made, newest first.

    Example:
        async for call in seven.journal.voice(state="completed"):
            print(call.to, call.duration)

    Args:
        id: Only the call with this id.
        state: Only with this state, for example `completed`.
    """


class Journal(Endpoints[M]):
    """The gateway's records of messages and calls."""

    outbound: Final = Listing(
        "GET", "/journal/outbound", ListOutbound, OutboundMessage, page_size=_PAGE_SIZE
    )
    inbound: Final = Listing(
        "GET", "/journal/inbound", ListInbound, InboundMessage, page_size=_PAGE_SIZE
    )
    replies: Final = Listing("GET", "/journal/replies", ListReplies, Reply, page_size=_PAGE_SIZE)
    voice: Final = Listing("GET", "/journal/voice", ListCalls, VoiceCall, page_size=_PAGE_SIZE)
