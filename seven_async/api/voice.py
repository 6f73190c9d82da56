"""Calls that read a text aloud. Source: seven-api.md section 15."""

from typing import Final

import attrs

from seven_async.api.fields.converters import recipients
from seven_async.api.fields.senders import voice_sender
from seven_async.api.fields.validators import (
    between,
    reference,
    text_of,
    valid_id,
    valid_recipients,
)
from seven_async.api.replies.deletion import Confirmation
from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.wire import join_values, on_wire
from seven_async.masking import masked_number, masked_sender, masked_text

__all__ = [
    "HangUp",
    "SendVoice",
]


@attrs.frozen(kw_only=True)
class SendVoice:
    """Call one or several recipients, and speak a text.

    Its price is an estimate for a minute; the webhook `voice_status` tells the real one.

    Example:
        receipt = await seven.voice.send("+491711234567", "Your table is ready.", ringtime=20)

    Args:
        to: A number in any notation, or the name of a contact or group; several as a list.
        text: Plain text or SSML, at most 10000 characters.
        from_: A verified caller id, or a booked or shared number; at most 16 digits.
        ringtime: Seconds to let it ring, 5 to 60; 30 unless given.
        foreign_id: Your reference, up to 64 of `A-Z a-z 0-9 . _ @ -`; made up unless given.

    Raises:
        InvalidRequestError: A value was refused before anything was sent.
        InsufficientCreditError: The account is out of credit (code 500).
        OutcomeUnknownError: The answer was lost; the phone may ring. Never repeated.
    """

    to: str | tuple[str, ...] = attrs.field(
        kw_only=False,
        converter=recipients,
        validator=valid_recipients,
        metadata=on_wire(write=join_values),
        repr=masked_number,
    )
    text: str = attrs.field(kw_only=False, validator=text_of(10_000), repr=masked_text)
    from_: str | None = attrs.field(default=None, validator=voice_sender, repr=masked_sender)
    ringtime: int | None = attrs.field(default=None, validator=between(5, 60, "seconds"))
    foreign_id: str | None = attrs.field(default=None, validator=reference(64))


@attrs.frozen(kw_only=True)
class HangUp:
    """End a call. Only calls in progress can be ended.

    Example:
        await seven.voice.hangup(1384013)

    Args:
        call_id: The id of the call's message in its receipt.

    Raises:
        ApiError: There is no such call in progress.
    """

    call_id: str | int = attrs.field(kw_only=False, validator=valid_id)


class Voice(Endpoints[M]):
    """Calls that read a text aloud."""

    send: Final = Route("POST", "/voice", SendVoice, Receipt, repeat=Repeat.NEVER)
    hangup: Final = Route(
        "POST", "/voice/{call_id}/hangup", HangUp, Confirmation, repeat=Repeat.IDEMPOTENT
    )
