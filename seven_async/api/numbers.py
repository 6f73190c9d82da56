"""Inbound numbers: on offer, and booked. Source: seven-api.md section 8."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.fields.converters import texts_or_none
from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import (
    any_text,
    any_texts,
    country_code,
    flag,
    one_number,
    one_of,
)
from seven_async.api.replies.deletion import Confirmation, Deletion
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, OpenEnum
from seven_async.flow.wire import Place, list_values, on_wire, word
from seven_async.masking import masked_number, masked_secret, masked_text

__all__ = [
    "ActiveNumber",
    "AvailableNumber",
    "Charges",
    "DeleteNumber",
    "EmailForwarding",
    "GetNumber",
    "ListActiveNumbers",
    "ListAvailableNumbers",
    "NumberBilling",
    "NumberFeatures",
    "NumberFees",
    "NumberOffer",
    "OrderNumber",
    "PaymentInterval",
    "SlackForwarding",
    "SmsForwarding",
    "SmsForwards",
    "UpdateNumber",
]


class PaymentInterval(OpenEnum):
    """The interval of a number's basic charge."""

    MONTHLY = "monthly"
    ANNUALLY = "annually"


@attrs.frozen(kw_only=True, slots=False)
class Charges(Model):
    """The charge per interval and the one for setting up, in EUR."""

    basic_charge: Decimal | None = None
    setup: Decimal | None = None


@attrs.frozen(kw_only=True, slots=False)
class NumberOffer(Model):
    """The prices of an offered number in EUR: by interval, per inbound SMS and call minute."""

    monthly: Charges = attrs.field(factory=Charges)
    annually: Charges = attrs.field(factory=Charges)
    sms_mo: Decimal | None = None
    voice_mo: Decimal | None = None


@attrs.frozen(kw_only=True, slots=False)
class NumberFeatures(Model):
    """The features of a number."""

    sms: bool = False
    a2p_sms: bool = False
    voice: bool = False


@attrs.frozen(kw_only=True, slots=False)
class AvailableNumber(Model):
    """A number that can be booked; `number` has digits only, `number_parsed` is for reading."""

    number: str = attrs.field(repr=masked_number)
    country: str | None = None
    number_parsed: str | None = attrs.field(default=None, repr=masked_number)
    fees: NumberOffer = attrs.field(factory=NumberOffer)
    features: NumberFeatures = attrs.field(factory=NumberFeatures)


@attrs.frozen(kw_only=True, slots=False)
class NumberFees(Charges):
    """The prices of a booked number in EUR: charges, and per inbound SMS and call minute."""

    sms_mo: Decimal | None = None
    voice_mo: Decimal | None = None


@attrs.frozen(kw_only=True, slots=False)
class NumberBilling(Model):
    """The fees of a booked number, and their interval."""

    fees: NumberFees = attrs.field(factory=NumberFees)
    payment_interval: PaymentInterval | None = None


@attrs.frozen(kw_only=True, slots=False)
class SmsForwarding(Model):
    """The numbers that inbound SMS are forwarded to."""

    number: tuple[str, ...] = attrs.field(default=(), repr=masked_number)
    enabled: bool = False


@attrs.frozen(kw_only=True, slots=False)
class EmailForwarding(Model):
    """The e-mail addresses that inbound SMS are forwarded to."""

    address: tuple[str, ...] = attrs.field(default=(), repr=masked_text)
    enabled: bool = False


@attrs.frozen(kw_only=True, slots=False)
class SlackForwarding(Model):
    """The Slack webhook that inbound SMS are forwarded to; its `uri` is a secret."""

    uri: str | None = attrs.field(default=None, repr=masked_secret)
    enabled: bool = False


@attrs.frozen(kw_only=True, slots=False)
class SmsForwards(Model):
    """Where inbound SMS are forwarded to."""

    sms: SmsForwarding = attrs.field(factory=SmsForwarding)
    email: EmailForwarding = attrs.field(factory=EmailForwarding)
    slack: SlackForwarding = attrs.field(factory=SlackForwarding)


@attrs.frozen(kw_only=True, slots=False)
class ActiveNumber(Model):
    """A booked number; `expires` is None while it is not cancelled."""

    number: str = attrs.field(repr=masked_number)
    country: str | None = None
    friendly_name: str | None = None
    billing: NumberBilling = attrs.field(factory=NumberBilling)
    features: NumberFeatures = attrs.field(factory=NumberFeatures)
    forward_sms_mo: SmsForwards = attrs.field(factory=SmsForwards)
    expires: datetime | None = None
    created: datetime | None = None


_is_spelt: Final = re.compile(r"[0-9+()\s./-]*").fullmatch


def _digits(number: object) -> str:
    """Return a number as the paths of this group have it: digits without `+`."""
    return re.sub("[^0-9]", "", str(number))


def _has_digits(_: object, attribute: Argument, number: object) -> None:
    one_number(_, attribute, number)
    text = str(number)
    if not _digits(text):
        raise refusal(attribute.name, "has no digit (0 to 9)")
    # What is left out of the path must not be part of the number: the rest would be another one.
    if not _is_spelt(text):
        raise refusal(
            attribute.name, "a number has digits (0 to 9), + and separators, and this has more"
        )


_IN_PATH: Final = on_wire(write=_digits)


@attrs.frozen(kw_only=True)
class ListAvailableNumbers:
    """List the numbers that can be booked now, with their fees.

    Example:
        for offer in await seven.numbers.available(country="DE", features_voice=True):
            print(offer.number_parsed, offer.fees.monthly.basic_charge)

    Args:
        country: Only numbers of this country, ISO alpha-2.
        features_sms: Only numbers that receive SMS.
        features_a2p_sms: Only numbers that receive SMS sent by applications.
        features_voice: Only numbers that take calls.
    """

    country: str | None = attrs.field(default=None, validator=country_code)
    features_sms: bool | None = attrs.field(
        default=None, validator=flag, metadata=on_wire(write=word)
    )
    features_a2p_sms: bool | None = attrs.field(
        default=None, validator=flag, metadata=on_wire(write=word)
    )
    features_voice: bool | None = attrs.field(
        default=None, validator=flag, metadata=on_wire(write=word)
    )


@attrs.frozen(kw_only=True)
class OrderNumber:
    """Book a number. Costs money, and is never repeated.

    Example:
        offers = await seven.numbers.available(country="DE")
        await seven.numbers.order(offers[0].number, payment_interval="monthly")

    Args:
        number: One of `numbers.available()`.
        payment_interval: `annually` unless given, or `monthly`.

    Raises:
        ApiError: The number could not be booked.
        OutcomeUnknownError: The answer was lost; `numbers.active()` tells.
    """

    number: str = attrs.field(kw_only=False, validator=_has_digits, repr=masked_number)
    payment_interval: PaymentInterval | str | None = attrs.field(
        default=None, validator=one_of("monthly", "annually")
    )


@attrs.frozen(kw_only=True)
class ListActiveNumbers:
    """List the booked numbers, with their settings.

    Example:
        expiring = [number for number in await seven.numbers.active() if number.expires]
    """


@attrs.frozen(kw_only=True)
class GetNumber:
    """Get a booked number with its settings.

    Example:
        number = await seven.numbers.get("49176123456789")
        print(number.friendly_name, number.billing.payment_interval)

    Args:
        number: In international notation.

    Raises:
        NotFoundError: There is no such number on the account.
    """

    number: str = attrs.field(
        kw_only=False, validator=_has_digits, repr=masked_number, metadata=_IN_PATH
    )


@attrs.frozen(kw_only=True)
class UpdateNumber:
    """Change a number. What is not given stays; an empty value turns forwarding off.

    Example:
        await seven.numbers.update("49176123456789", sms_forward=["+491711234567"])

    Args:
        number: In international notation.
        friendly_name: A name for yourself.
        sms_forward: Numbers that inbound SMS are forwarded to, one or a list.
        email_forward: E-mail addresses that inbound SMS are forwarded to, one or a list.
        slack_forward: The Slack webhook that inbound SMS are forwarded to.

    Raises:
        NotFoundError: There is no such number on the account.
    """

    number: str = attrs.field(
        kw_only=False, validator=_has_digits, repr=masked_number, metadata=_IN_PATH
    )
    friendly_name: str | None = attrs.field(default=None, validator=any_text)
    sms_forward: str | Sequence[str] | None = attrs.field(
        default=None,
        converter=texts_or_none,
        validator=any_texts,
        repr=masked_number,
        metadata=on_wire(write=list_values),
    )
    email_forward: str | Sequence[str] | None = attrs.field(
        default=None,
        converter=texts_or_none,
        validator=any_texts,
        repr=masked_text,
        metadata=on_wire(write=list_values),
    )
    slack_forward: str | None = attrs.field(default=None, validator=any_text, repr=masked_secret)


@attrs.frozen(kw_only=True)
class DeleteNumber:
    """Cancel a booked number.

    Example:
        deletion = await seven.numbers.delete("49176123456789")

    Args:
        number: In international notation.
        delete_immediately: True gives it up at once, for good; otherwise it ends with the billing
            period.
    """

    number: str = attrs.field(
        kw_only=False, validator=_has_digits, repr=masked_number, metadata=_IN_PATH
    )
    # The specification wants it in the body, published clients send it in the query.
    delete_immediately: bool | None = attrs.field(
        default=None, validator=flag, metadata=on_wire(write=word, place=Place.QUERY_AND_BODY)
    )


class Numbers(Endpoints[M]):
    """Inbound numbers."""

    available: Final = Route(
        "GET",
        "/numbers/available",
        ListAvailableNumbers,
        list[AvailableNumber],
        unwrap="availableNumbers",
    )
    order: Final = Route("POST", "/numbers/order", OrderNumber, Confirmation, repeat=Repeat.NEVER)
    active: Final = Route(
        "GET", "/numbers/active", ListActiveNumbers, list[ActiveNumber], unwrap="activeNumbers"
    )
    get: Final = Route("GET", "/numbers/active/{number}", GetNumber, ActiveNumber)
    update: Final = Route("PATCH", "/numbers/active/{number}", UpdateNumber, ActiveNumber)
    delete: Final = Route("DELETE", "/numbers/active/{number}", DeleteNumber, Deletion)
