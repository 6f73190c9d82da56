"""Validation of a number as the sender of calls. Source: seven-api.md section 14."""

from typing import ClassVar, Final

import attrs

from seven_async.api.fields.validators import one_number, optional, web_address
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, ReplyKind
from seven_async.masking import masked_number, masked_secret

__all__ = [
    "StartVoiceValidation",
    "VoiceValidation",
]


@attrs.frozen(kw_only=True, slots=False)
class VoiceValidation(Model):
    """A validation that was started, or was done before.

    `code` is what the called person types into the phone. A number that was validated before has
    no code, an `id`, and a remark in `error` in spite of the success.
    """

    reply_kind: ClassVar[ReplyKind] = ReplyKind.DTMF

    success: bool
    code: str | None = attrs.field(default=None, repr=masked_secret)
    error: str | None = None
    id: str | None = None
    sender: str | None = attrs.field(default=None, repr=masked_number)
    formatted_output: str | None = attrs.field(default=None, repr=masked_number)
    voice: bool | None = None


@attrs.frozen(kw_only=True)
class StartVoiceValidation:
    """Have a number called; the person who answers types the `code` of the reply.

    Example:
        validation = await seven.validate_for_voice.start("+491711234567")
        print("type this into the phone:", validation.code)

    Args:
        number: The number to validate, in any notation.
        callback: A URL that the gateway asks (GET) once it is done.

    Raises:
        ApiError: The number cannot be called.
        OutcomeUnknownError: The answer was lost; the phone may ring. Never repeated.
    """

    number: str = attrs.field(kw_only=False, validator=one_number, repr=masked_number)
    callback: str | None = attrs.field(default=None, validator=optional(web_address))


class ValidateForVoice(Endpoints[M], group="validate_for_voice"):
    """Validation of a number as the sender of calls."""

    start: Final = Route(
        "POST",
        "/validate_for_voice",
        StartVoiceValidation,
        VoiceValidation,
        repeat=Repeat.NEVER,
    )
