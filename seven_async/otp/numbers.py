"""Which number a code goes to: one spelling for a person, its country, and what it must not be.

In: what a person typed. Out: a `PhoneNumber`, or an error that says why there is none. No I/O.
Needs the package phonenumbers (extra `otp`), since no cap on a country holds without it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import attrs

from seven_async.errors import ConfigurationError
from seven_async.masking import masked_number
from seven_async.otp.errors import NumberNotAllowedError
from seven_async.recipients.library import has_phonenumbers
from seven_async.recipients.recipient import recipient_of

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber as ParsedNumber

#: What nobody reads a code on, and what callers are charged extra for.
_SERVICES: Final = ("PREMIUM_RATE", "SHARED_COST", "TOLL_FREE", "UAN", "PAGER", "VOICEMAIL")
_RANGE_DIGITS: Final = 3


@attrs.frozen
class PhoneNumber:
    """A number: as it goes out, and as its spellings have it in common.

    `range` is what it shares with the thousand numbers around it.
    """

    to: str = attrs.field(repr=masked_number)
    key: str = attrs.field(repr=masked_number)

    @property
    def country(self) -> str:
        """The ISO code of its country, `001` for a code that is no country's."""
        return _country_of(self.to)

    @property
    def range(self) -> str:
        """The number without its last three digits."""
        return self.key[:-_RANGE_DIGITS]


def require_phonenumbers() -> None:
    """Raise `ConfigurationError` without the package phonenumbers."""
    if not has_phonenumbers():
        raise ConfigurationError(
            "one-time passwords need the package phonenumbers: pip install 'seven-async[otp]'"
        )


def read_number(text: str, default_country: str | None) -> PhoneNumber:
    """Return the number that a text means, in whatever spelling.

    Raises:
        RecipientError: It is no number, or it has no country.
    """
    recipient = recipient_of(text, default_country, in_file=True)
    return PhoneNumber(recipient.to, recipient.key)


def check_allowed(number: PhoneNumber, countries: Collection[str] | None) -> None:
    """Raise `NumberNotAllowedError` for a service number, and for a country that is not allowed."""
    import phonenumbers  # noqa: PLC0415 (an extra)

    country = number.country
    if countries is not None and country not in countries:
        raise NumberNotAllowedError(f"its country {country} is not among the allowed ones")
    kinds = phonenumbers.PhoneNumberType
    services = [getattr(kinds, kind) for kind in _SERVICES]
    if phonenumbers.number_type(_parse(number.to)) in services:
        raise NumberNotAllowedError("it is a service number")


def _parse(to: str) -> ParsedNumber:
    import phonenumbers  # noqa: PLC0415 (an extra)

    return phonenumbers.parse(to if to.startswith("+") else f"+{to}")


def _country_of(to: str) -> str:
    """Return a country's ISO code; raises `NumberNotAllowedError` where no plan has the number."""
    import phonenumbers  # noqa: PLC0415 (an extra)

    try:
        number = _parse(to)
    except phonenumbers.NumberParseException:
        raise NumberNotAllowedError("no country has such numbers") from None
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)
