"""The options of `OneTimePasswords`, checked where they are given. No I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from seven_async.api.fields.senders import valid_sender
from seven_async.api.sms import SendSms
from seven_async.campaign.inputs.message import Message
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.masking import masked_sender, masked_text
from seven_async.option_checks import Option, build_refusal, instance_of, seconds, whole
from seven_async.otp.codes import Fingerprints
from seven_async.otp.limits import OtpLimits
from seven_async.otp.store import OtpStore
from seven_async.recipients.recipient import check_country

BuildMessage: TypeAlias = Callable[[str, str], Message]
"""Makes the message of a number and a code."""

TEXT = "{code} is your code. It is valid for {minutes} minutes. Tell it to nobody."


def _message(_: object, attribute: Option, message: object) -> None:
    check_message(attribute.name, message)


def check_message(name: str, message: object) -> None:
    """Refuse what is neither a text with `{code}` nor a function."""
    if callable(message):
        return
    if not isinstance(message, str):
        raise build_refusal(
            name, f"takes a text with {{code}} or a function, not {type(message).__name__}"
        )
    if "{code}" not in message:
        raise build_refusal(name, "is a text without {code}, so that nobody would get the code")


def _country(_: object, __: Option, country: str | None) -> None:
    check_country(country)
    if country == "international":
        raise ConfigurationError("default_country takes a country, for example 'DE'")


@attrs.frozen(kw_only=True)
class OtpSettings:
    """All options but client and store."""

    fingerprints: Fingerprints
    message: str | BuildMessage = attrs.field(validator=_message, repr=masked_text)
    from_: str | None = attrs.field(validator=valid_sender, repr=masked_sender)
    digits: int = attrs.field(validator=whole(4, 10))
    valid_s: float = attrs.field(validator=seconds())
    attempts: int = attrs.field(validator=whole(1, 20))
    valid_codes: int = attrs.field(validator=whole(1, 5))
    limits: OtpLimits = attrs.field(validator=instance_of(OtpLimits, "OtpLimits(…)"))
    default_country: str | None = attrs.field(validator=_country)
    answer_s: float = attrs.field(validator=seconds(0, is_exclusive=False))

    def build_message(self, message: str | BuildMessage | None, to: str, code: str) -> Message:
        """Return the message with a code: by the function that was given, or an SMS."""
        message = self.message if message is None else message
        if not isinstance(message, str):
            return message(to, code)
        minutes = max(1, int(self.valid_s // 60))
        text = message.replace("{minutes}", str(minutes)).replace("{code}", code)
        return SendSms(to, text, from_=self.from_)


def check_store(store: object) -> OtpStore:
    """Return a store, or raise `ConfigurationError` for what is none."""
    if not isinstance(store, OtpStore) or isinstance(store, type):
        raise build_refusal(
            "store", f"must be a MemoryOtpStore() or another store, not {type(store).__name__}"
        )
    return store


def check_purpose(purpose: object) -> None:
    """Refuse a purpose that is no text."""
    if not isinstance(purpose, str) or not purpose:
        raise InvalidRequestError("purpose: say what the code is for, for example 'login'")
