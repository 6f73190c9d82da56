"""What the gateway tells about: one class for each kind of event.

In: the fields of a webhook (`parse` finds out which class they belong to). Out: frozen values. No
I/O. Source: webhooks.md section 3; field names are those of the wire, in snake_case, but for three:
`message_id` and `call_id` are the id of the message or call, `state` is its state.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias, final

import attrs

from seven_async.api.status import DeliveryState
from seven_async.flow.values.model import NOT_ON_WIRE, Model, OpenEnum, wire_name
from seven_async.flow.values.shapes import is_object
from seven_async.masking import masked_number, masked_text


class CallState(OpenEnum):
    """How far a call got; the vendor's lists are incomplete, so other words may come."""

    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """True if the call is over."""
        return self in _FINAL_CALLS


_FINAL_CALLS: Final = frozenset(
    {
        CallState.COMPLETED,
        CallState.BUSY,
        CallState.NO_ANSWER,
        CallState.FAILED,
        CallState.CANCELED,
    }
)


class RcsState(OpenEnum):
    """What is told of an RCS message: its delivery, and what the recipient does."""

    IS_TYPING = "IS_TYPING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"

    @property
    def is_final(self) -> bool:
        """True if no further report on the delivery is to be expected."""
        return self in _FINAL_RCS


_FINAL_RCS: Final = frozenset(
    {
        RcsState.DELIVERED,
        RcsState.READ,
        RcsState.FAILED,
        RcsState.EXPIRED,
        RcsState.REVOKED,
    }
)


class WhatsAppState(OpenEnum):
    """How far a WhatsApp message got."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """True if no further report on the delivery is to be expected."""
        return self in _FINAL_WHATSAPP


_FINAL_WHATSAPP: Final = frozenset(
    {WhatsAppState.DELIVERED, WhatsAppState.READ, WhatsAppState.FAILED}
)


@attrs.frozen(kw_only=True, slots=False)
class WebhookEvent(Model):
    """What all events have.

    `occurred_at` is when it happened (aware; naive times are Europe/Berlin), `reported_at` when
    the gateway made the webhook. `raw` has everything that came, `extra` the fields that no
    attribute took.
    """

    occurred_at: datetime | None = attrs.field(
        default=None, metadata=wire_name("timestamp", "time", "status_time")
    )
    reported_at: datetime | None = attrs.field(
        default=None, metadata=wire_name("webhook_timestamp")
    )
    raw: Mapping[str, Any] = attrs.field(
        factory=dict[str, Any], eq=False, repr=False, metadata=NOT_ON_WIRE
    )


@final
@attrs.frozen(kw_only=True, slots=False)
class InboundSms(WebhookEvent):
    """An SMS to one of your numbers. `system` is that number."""

    message_id: str | None = attrs.field(default=None, metadata=wire_name("id", "msg_id"))
    sender: str = attrs.field(repr=masked_number, metadata=wire_name("sender", "from"))
    system: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("system", "to")
    )
    text: str = attrs.field(repr=masked_text)
    message_type: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class DeliveryReport(WebhookEvent):
    """How far an SMS got. `foreign_id` is promised by the documentation, and in no example."""

    message_id: str = attrs.field(metadata=wire_name("msg_id", "message_id", "id"))
    state: DeliveryState = attrs.field(metadata=wire_name("status", "state", "dlr"))
    foreign_id: str | None = None
    label: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class LinkTracking(WebhookEvent):
    """A click on a shortened link, or a view. `type` is `click` or `view`."""

    type: str | None = None
    tracking_url: str = attrs.field(repr=False)
    final_url: str | None = attrs.field(default=None, repr=False)
    message_id: str | None = attrs.field(default=None, metadata=wire_name("sms_id"))
    label: str | None = attrs.field(default=None, metadata=wire_name("sms_label"))
    foreign_id: str | None = None
    total_clicks: int | None = None
    total_views: int | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class VoiceStatus(WebhookEvent):
    """How far a call got. `duration` in seconds, `price_per_minute` in EUR."""

    call_id: str = attrs.field(metadata=wire_name("id", "call_id"))
    state: CallState = attrs.field(metadata=wire_name("status"))
    caller_id: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("callerId")
    )
    recipient: str | None = attrs.field(default=None, repr=masked_number)
    duration: int | None = None
    price_per_minute: Decimal | None = attrs.field(
        default=None, metadata=wire_name("pricePerMinute")
    )
    total_price: Decimal | None = None
    foreign_id: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class InboundCall(WebhookEvent):
    """A call to one of your numbers. `system` is that number."""

    call_id: str | None = attrs.field(default=None, metadata=wire_name("id"))
    caller: str = attrs.field(repr=masked_number)
    system: str | None = attrs.field(default=None, repr=masked_number)


@final
@attrs.frozen(kw_only=True, slots=False)
class DtmfInput(WebhookEvent):
    """A key pressed during a call. `dtmf_digit` is text, since `*` and `#` are keys, too."""

    call_id: str | None = attrs.field(default=None, metadata=wire_name("id"))
    dtmf_digit: str
    caller_id: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("callerId")
    )
    recipient: str | None = attrs.field(default=None, repr=masked_number)
    system: str | None = attrs.field(default=None, repr=masked_number)
    state: CallState | None = attrs.field(default=None, metadata=wire_name("status"))
    duration: int | None = None
    price_per_minute: Decimal | None = attrs.field(
        default=None, metadata=wire_name("pricePerMinute")
    )
    total_price: Decimal | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class RcsStatus(WebhookEvent):
    """How far an RCS message got, or that its recipient is typing (then without `message_id`)."""

    state: RcsState = attrs.field(metadata=wire_name("status"))
    message_id: str | None = attrs.field(default=None, metadata=wire_name("msg_id"))
    agent_id: str | None = None
    sender: str | None = attrs.field(default=None, repr=masked_number)
    foreign_id: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class InboundRcs(WebhookEvent):
    """What all inbound RCS messages have. `agent_id` is the agent they went to."""

    message_id: str | None = attrs.field(default=None, metadata=wire_name("id", "msg_id"))
    sender: str = attrs.field(repr=masked_number)
    agent_id: str | None = None
    message_type: str | None = None
    content_type: str | None = None
    foreign_id: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class RcsText(InboundRcs):
    """A text to an RCS agent."""

    text: str = attrs.field(repr=masked_text)


@final
@attrs.frozen(kw_only=True, slots=False)
class RcsSuggestion(InboundRcs):
    """A suggested reply or action that was tapped. `postback_data` is what you gave it."""

    postback_data: str = attrs.field(repr=masked_text, metadata=wire_name("postbackData"))
    text: str | None = attrs.field(default=None, repr=masked_text)
    type: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class RcsFilePart(Model):
    """A file, or the small picture of one. `file_size_bytes` is what its sender claims."""

    file_uri: str = attrs.field(repr=False, metadata=wire_name("fileUri"))
    file_name: str | None = attrs.field(default=None, metadata=wire_name("fileName"))
    file_size_bytes: int | None = attrs.field(default=None, metadata=wire_name("fileSizeBytes"))
    mime_type: str | None = attrs.field(default=None, metadata=wire_name("mimeType"))


@final
@attrs.frozen(kw_only=True, slots=False)
class RcsFile(InboundRcs):
    """A file to an RCS agent; images and videos have a `thumbnail`."""

    file: RcsFilePart = attrs.field(metadata=wire_name("payload"))
    thumbnail: RcsFilePart | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class RcsLocation(InboundRcs):
    """A place that was sent to an RCS agent, in degrees."""

    latitude: Decimal
    longitude: Decimal


@final
@attrs.frozen(kw_only=True, slots=False)
class InboundWhatsApp(WebhookEvent):
    """A WhatsApp message to your number `system`. `text` is None for media; see `content`."""

    message_id: str | None = attrs.field(
        default=None, metadata=wire_name("id", "msg_id", "message_id")
    )
    sender: str = attrs.field(repr=masked_number, metadata=wire_name("from", "sender"))
    system: str | None = attrs.field(
        default=None, repr=masked_number, metadata=wire_name("to", "system")
    )
    message_type: str | None = attrs.field(default=None, metadata=wire_name("type", "message_type"))
    text: str | None = attrs.field(default=None, repr=masked_text)
    foreign_id: str | None = None

    @property
    def content(self) -> Mapping[str, Any]:
        """The message as it came; the vendor says that its shape may vary."""
        fields = self.raw.get("data", self.raw)
        message: object = fields.get("message") if is_object(fields) else None
        return message if is_object(message) else {}


@final
@attrs.frozen(kw_only=True, slots=False)
class WhatsAppReport(WebhookEvent):
    """How far a WhatsApp message got."""

    message_id: str = attrs.field(metadata=wire_name("msg_id", "message_id", "id"))
    state: WhatsAppState = attrs.field(metadata=wire_name("status"))
    sender: str | None = attrs.field(default=None, repr=masked_number, metadata=wire_name("from"))
    recipient: str | None = attrs.field(default=None, repr=masked_number, metadata=wire_name("to"))
    foreign_id: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class CallerIdValidation(WebhookEvent):
    """The end of `validate_for_voice`, told to its `callback` URL.

    `success` may come together with an `error` text (“The sender ID is already saved.”).
    """

    validation_id: str | None = attrs.field(default=None, metadata=wire_name("id"))
    sender: str | None = attrs.field(default=None, repr=masked_number)
    formatted_output: str | None = attrs.field(default=None, repr=masked_number)
    success: bool | None = None
    voice: bool | None = None
    error: str | None = None


@final
@attrs.frozen(kw_only=True, slots=False)
class UnknownEvent(WebhookEvent):
    """An event of a kind, or of a shape, that this version does not know. `raw` has all of it."""

    name: str | None = None


Event: TypeAlias = (
    InboundSms
    | DeliveryReport
    | LinkTracking
    | VoiceStatus
    | InboundCall
    | DtmfInput
    | RcsStatus
    | RcsText
    | RcsSuggestion
    | RcsFile
    | RcsLocation
    | InboundWhatsApp
    | WhatsAppReport
    | CallerIdValidation
    | UnknownEvent
)
"""What `parse_event` and `WebhookVerifier.verify` return; a `match` over it can be exhaustive."""
