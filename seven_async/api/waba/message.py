"""The fields that all WhatsApp messages have. No I/O."""

from datetime import datetime

import attrs

from seven_async.api.fields.validators import (
    between,
    flag,
    one_number,
    one_recipient,
    reference,
    sending_time,
)
from seven_async.masking import masked_number, masked_sender

__all__ = [
    "WhatsAppMessage",
]


@attrs.frozen(kw_only=True)
class WhatsAppMessage:
    """A WhatsApp message.

    Args:
        to: The recipient's number.
        from_: Your WhatsApp number.
        delay: Send at this time: an aware datetime, Unix seconds, or the gateway's own form
            `2026-02-10 09:00:00` (Europe/Berlin). One that has passed is refused.
        ttl: Minutes in which delivery is tried; 2880 unless given.
        label: Up to 100 of `A-Z a-z 0-9 . _ @ -`, for statistics.
        foreign_id: Your reference, up to 64 of the same characters; made up unless given.
        performance_tracking: Shorten links and count clicks.

    Raises:
        InvalidRequestError: A value was refused before anything was sent.
        InsufficientCreditError: The account is out of credit (code 500).
        NotInConversationError: Outside a conversation only templates are taken (code 7002001).
        OutcomeUnknownError: The answer was lost; the message may have been sent. Never repeated.
    """

    to: str = attrs.field(kw_only=False, validator=one_recipient, repr=masked_number)
    from_: str = attrs.field(validator=one_number, repr=masked_sender)
    delay: datetime | int | str | None = attrs.field(default=None, validator=sending_time)
    ttl: int | None = attrs.field(default=None, validator=between(1, None, "minutes"))
    label: str | None = attrs.field(default=None, validator=reference(100))
    foreign_id: str | None = attrs.field(default=None, validator=reference(64))
    performance_tracking: bool | None = attrs.field(default=None, validator=flag)
