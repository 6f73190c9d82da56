"""National numbers, read by the package phonenumbers: as the country's own first, else refused.

In: digits without `+`, and the country they were written in. Out: digits of E.164, or a
`RecipientError` that offers what the number could be. No I/O. Importing this module needs the extra
`phone`.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final

import phonenumbers
from attrs import frozen
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType

from seven_async.errors import InvalidRequestError
from seven_async.recipients.e164 import to_current
from seven_async.recipients.errors import RecipientError, no_country


class Line(Enum):
    """What a number is, as far as messages go."""

    MOBILE = "a mobile"
    """Or a number whose plan does not tell mobiles from landlines."""
    LIKE_MOBILE = "like a mobile"
    """Not assigned, but as long as a mobile and in a range of mobiles."""
    LANDLINE = "a landline"
    """Or another number that can be called at the usual price."""
    OTHER = "a service number"
    NONE = ""


_LINES: Final = {
    PhoneNumberType.MOBILE: Line.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Line.MOBILE,
    PhoneNumberType.FIXED_LINE: Line.LANDLINE,
    PhoneNumberType.VOIP: Line.LANDLINE,
    PhoneNumberType.PERSONAL_NUMBER: Line.LANDLINE,
    PhoneNumberType.UAN: Line.LANDLINE,
    PhoneNumberType.TOLL_FREE: Line.LANDLINE,
    PhoneNumberType.UNKNOWN: Line.NONE,
}


_NOTHING: Final = "(?!)"  # a pattern that matches nothing


@frozen
class Country:
    """Where numbers without `+` belong: calling code, and the prefixes that dial abroad."""

    region: str
    calling_code: str
    mobile: re.Pattern[str]
    dial_abroad: re.Pattern[str]


@frozen
class NumberReading:
    """One way to read a number: E.164 digits, and what they are."""

    digits: str
    line: Line
    region: str

    @property
    def is_assigned(self) -> bool:
        """True if the number exists by its plan."""
        return self.line not in (Line.NONE, Line.LIKE_MOBILE)

    def takes_message(self, *, rings: bool) -> bool:
        """Tell whether a message reaches it; a call reaches landlines, too."""
        is_mobile = self.line in (Line.MOBILE, Line.LIKE_MOBILE)
        return is_mobile or (rings and self.line is Line.LANDLINE)

    def __str__(self) -> str:
        code = phonenumbers.country_code_for_region(self.region)
        return f"{self.line.value} of {self.region} (+{code})"


@lru_cache(maxsize=64)
def find_country(name: str) -> Country:
    """Return the country by ISO name (`DE`, `de`) or calling code (`49`, `+49`).

    Raises `InvalidRequestError` if there is none.
    """
    asked = name.strip().upper()
    region = asked
    if region not in phonenumbers.SUPPORTED_REGIONS:
        digits = asked.removeprefix("+").removeprefix("00")
        is_code = digits.isascii() and digits.isdecimal()
        region = phonenumbers.region_code_for_country_code(int(digits)) if is_code else ""
    metadata = PhoneMetadata.metadata_for_region(region) if region else None
    if metadata is None:
        raise InvalidRequestError(no_country(asked))
    mobile = metadata.mobile.national_number_pattern if metadata.mobile else None
    return Country(
        region,
        str(metadata.country_code),
        mobile=re.compile(mobile or _NOTHING),
        dial_abroad=re.compile(metadata.international_prefix or _NOTHING),
    )


def read_national(digits: str, country: Country, *, rings: bool = False) -> str:
    """Return the E.164 digits of a number that was written in a country, without `+`.

    The reading as a number of the country counts first, and only if it can take the message: a
    mobile, with `rings` (a call) also a landline. Digits of other countries are never guessed.

    Raises:
        RecipientError: Nothing or more than one thing that this could be; the reason offers all.
    """
    home = _read(country.calling_code + digits, country)
    own = _read(digits, country) if digits.startswith(country.calling_code) else None
    if own == home:
        own = None
    if home is not None and home.line is Line.MOBILE and not (own and own.is_assigned):
        return home.digits
    dialled = _find_dialled_abroad(digits, country)
    abroad = None if own else _find_assigned(digits)
    choice = _choose(home, own, dialled, abroad, rings=rings)
    if choice is None:
        raise RecipientError(_describe_choices([home, own, *dialled, abroad]))
    return choice.digits


def _choose(
    home: NumberReading | None,
    own: NumberReading | None,
    dialled: list[NumberReading],
    abroad: NumberReading | None,
    *,
    rings: bool,
) -> NumberReading | None:
    """Return the reading that counts, where none at home is a mobile for certain."""
    if own is not None and own.line is not Line.NONE:
        is_two = dialled or (home is not None and home.takes_message(rings=False))
        return own if own.takes_message(rings=rings) and not is_two else None
    if dialled and not abroad:
        is_home = home is not None and home.line is not Line.NONE
        return dialled[0] if len(dialled) == 1 and not is_home else None
    is_reached = home is not None and home.takes_message(rings=rings)
    return home if is_reached and not abroad else None


def _find_dialled_abroad(digits: str, country: Country) -> list[NumberReading]:
    """Return the readings as a number dialled abroad from the country (011 49…, 00 49…)."""
    prefix = country.dial_abroad.match(digits)
    rests = {digits[prefix.end() :] if prefix else "", digits[2:] if digits[:2] == "00" else ""}
    readings = [_read(rest, None) for rest in sorted(rests)]
    return [reading for reading in readings if reading and reading.line is not Line.NONE]


def _find_assigned(digits: str) -> NumberReading | None:
    """Return the reading of digits with calling code, None unless a plan has them."""
    reading = _read(digits, None)
    return reading if reading is not None and reading.is_assigned else None


def _read(digits: str, country: Country | None) -> NumberReading | None:
    """Return what E.164 digits are, None if no number can begin like this."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    national = phonenumbers.national_significant_number(number)
    read = f"{number.country_code}{national}"
    if country is not None and country.mobile.fullmatch(national):
        # What number_type() says, too, but it asks every country of the calling code first.
        return NumberReading(read, Line.MOBILE, country.region)
    line = _LINES.get(phonenumbers.number_type(number), Line.OTHER)
    if line is Line.NONE:
        current = to_current(read)
        if current != read:
            return _read_old(current, country)
        if _is_like_mobile(number):
            line = Line.LIKE_MOBILE
    region = country.region if country else _region_of(number)
    return NumberReading(read, line, region)


def _read_old(current: str, country: Country | None) -> NumberReading | None:
    """Return the reading of an old number as the one of today.

    At home it is no certain reading: `1 55 1234 5678` of a Mexican table is more often American.
    """
    reading = _read(current, country)
    if reading is None or country is None or reading.line is not Line.MOBILE:
        return reading
    return NumberReading(reading.digits, Line.LIKE_MOBILE, reading.region)


def _region_of(number: PhoneNumber) -> str:
    region = phonenumbers.region_code_for_number(number)
    return region or phonenumbers.region_code_for_country_code(number.country_code or 0)


def _is_like_mobile(number: PhoneNumber) -> bool:
    """Tell whether a number that is not assigned is as long as a mobile, and begins like one.

    Plans lag behind, and leave gaps: 07700 900127 of the British numbers for drama, for example.
    """
    national = phonenumbers.national_significant_number(number)
    is_possible = phonenumbers.is_possible_number_for_type_with_reason(
        number, PhoneNumberType.MOBILE
    )
    if is_possible != phonenumbers.ValidationResult.IS_POSSIBLE or number.italian_leading_zero:
        return False
    return _begins_like_mobile(number.country_code or 0, national[:_BEGINNING])


_BEGINNING: Final = 3  # digits that tell a mobile from a landline in nearly all plans


@lru_cache(maxsize=4096)
def _begins_like_mobile(calling_code: int, beginning: str) -> bool:
    """Tell whether a mobile can begin with these digits, going on with the same digit."""
    region = phonenumbers.region_code_for_country_code(calling_code)
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None or metadata.mobile is None:
        return False
    mobile = re.compile(metadata.mobile.national_number_pattern or _NOTHING)
    general = metadata.general_desc
    lengths = metadata.mobile.possible_length or (general.possible_length if general else ())
    return any(
        mobile.fullmatch(beginning + digit * (length - len(beginning)))
        for digit in "0123456789"
        for length in lengths
    )


def _describe_choices(readings: list[NumberReading | None]) -> str:
    """Return the reason of a refusal, with all that the number could be."""
    assigned = [str(each) for each in readings if each is not None and each.is_assigned]
    if not assigned:
        return "no number of its country, nor of another; does it lack a digit?"
    could_be = " or ".join(dict.fromkeys(assigned))
    if could_be.startswith(Line.LANDLINE.value) and len(assigned) == 1:
        return f"{could_be}, which gets no message; if it does, write + and calling code"
    return f"without + this could be {could_be}; write it with + and calling code"


def is_valid(digits: str) -> bool:
    """Tell whether the plan of its country has a number of E.164 digits."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False
