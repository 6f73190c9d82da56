"""One spelling for every recipient, so that nobody is written to twice because of two spellings.

In: what people type and spreadsheets store. Out: the digits of E.164. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

from attrs import field, frozen

from seven_async.campaign.calling_codes import Country, calling_code_of, country_of, trunk_of
from seven_async.errors import InvalidRequestError
from seven_async.masking import masked_number

SHORTEST, LONGEST = 7, 15  # digits with calling code: the smallest plans in use, and E.164's limit

_plain = re.compile(r"\+?[0-9]+")
_not_in_numbers: Final = re.compile(r"[^0-9+]")
_scientific: Final = re.compile(r"[0-9][.,]?[0-9]*[eE][+-]?[0-9]+")
_float: Final = re.compile(r"\+?[0-9]{7,}\.0")
# Excel's ways to keep a number as text: ="0171…" and '0171…
_excel: Final = re.compile(r"""=\s*"([^"]*)"|'(.*)""", re.DOTALL)

_SEPARATORS: Final = str.maketrans(
    "",
    "",
    " \t\r\n\u00a0\u2007\u2009\u202f/.-()[]‐‑‒–—―−\u00ad"
    # Direction marks and zero-width characters come along when a number is copied from a phone.
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\ufeff",
)

# In these plans the zero after the calling code belongs to the number, also when it is in brackets.
_KEEPS_ZERO: Final = frozenset({"39", "378", "225", "241", "242"})

# North American numbers: area code and exchange start with 2-9, and no area code is N11.
_north_american: Final = re.compile(r"1(?![2-9]11)[2-9][0-9]{2}[2-9][0-9]{6}")


class RecipientError(InvalidRequestError):
    """What was given is no recipient. `reason` says why, without the number."""

    reason: str

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is no recipient: {reason}")
        self.reason = reason


@frozen(slots=False)
class Recipient:
    """A recipient in two spellings.

    `to` goes to the gateway: `+` and digits, or digits alone where the plus was left out, a
    national number as it was given, or a name. `key` is the same for all spellings of one number:
    the digits of E.164 (`49171…`), of a national number in no known country its digits (`0171…`).
    """

    to: str = field(repr=masked_number)
    key: str = field(repr=masked_number)


def normalise(text: str, default_country: str | None = None) -> str:
    """The one spelling that all spellings of a number share: `Recipient.key`.

    Raises `RecipientError`, and `InvalidRequestError` for an unknown country.
    """
    return recipient_of(text, default_country).key


def recipient_of(
    text: str, default_country: str | None = None, *, allow_names: bool = False
) -> Recipient:
    """The recipient in a field of a table.

    National numbers belong to `default_country` (ISO name or calling code); without one they stay
    as they are, because only the gateway knows the account's country. `allow_names` takes contact
    and group names, too. Raises `RecipientError` with the reason.
    """
    country = country_of(default_country) if default_country else None
    if _plain.fullmatch(text):  # what nearly all of a million are
        return _number(text, country)
    number = _compact(text)
    if _not_in_numbers.search(number) or "+" in number[1:]:
        return _name(text.strip(), allow_names=allow_names)
    if not number.strip("+"):
        raise RecipientError("the number is empty")
    return _number(number, country)


def _compact(text: str) -> str:
    """The number without separators, brackets and what spreadsheets put around it."""
    text = text.strip()
    quoted = _excel.fullmatch(text)
    if quoted:
        text = quoted[1] or quoted[2] or ""
    if _float.fullmatch(text):
        text = text.removesuffix(".0")
    return _without_optional_zero(text).translate(_SEPARATORS)


def _without_optional_zero(text: str) -> str:
    """`+49 (0)171` as `+49 171`; behind anything but a calling code a `(0)` is a digit."""
    before, zero, after = text.partition("(0)")
    digits = before.translate(_SEPARATORS).removeprefix("+").removeprefix("00")
    is_optional = zero and digits and calling_code_of(digits) == digits
    return before + after if is_optional and digits not in _KEEPS_ZERO else text


def _name(text: str, *, allow_names: bool) -> Recipient:
    if _scientific.fullmatch(text):
        raise RecipientError("a spreadsheet has rounded the number (1.23E+11); format it as text")
    if re.search("[,;|]|.[+]", text):
        raise RecipientError("more than one recipient in the field")
    if not any(character.isalpha() for character in text):
        raise RecipientError("a character that no number has")
    if not allow_names:
        raise RecipientError("letters in the number")
    return Recipient(text, text)


def _number(number: str, country: Country | None) -> Recipient:
    if number[0] == "+" or number.startswith("00"):
        return _international(number.removeprefix("+").removeprefix("00"), plus="+")
    if country is None:
        return _national(number) if number[0] == "0" else _international(number, plus="")
    digits = _at_home(number, country)
    return _international(digits or number, plus="+" if digits else "")


def _at_home(number: str, country: Country) -> str | None:
    """The E.164 digits of a number written as in its country, None if it is written otherwise."""
    national = number.removeprefix(country.trunk)
    if not country.national_length:
        return country.calling_code + national if number[0] == "0" else None
    # Without a telling prefix, only the length tells a national number from an international one.
    return country.calling_code + national if len(national) <= country.national_length else None


def _national(number: str) -> Recipient:
    _check_length(number)
    return Recipient(number, number)


def _international(digits: str, *, plus: str) -> Recipient:
    if not SHORTEST <= len(digits) <= LONGEST:
        _check_length(digits)
    code = calling_code_of(digits)
    if code is None:
        raise RecipientError("no country has this calling code")
    if code == "1" and not _north_american.fullmatch(digits):
        # German mobiles without their 0 (151…, 171…) look like this, and would go to America.
        raise RecipientError("no North American number (+1); has a spreadsheet dropped a 0?")
    if digits[len(code)] == "0" and trunk_of(code) == "0":
        digits = code + digits[len(code) + 1 :]
        _check_length(digits)
        if digits[len(code)] == "0":
            # Which of the two is too much, nobody knows: leaving both out could reach a stranger.
            raise RecipientError("two zeros after the calling code")
    return Recipient(plus + digits, digits)


def _check_length(digits: str) -> None:
    if len(digits) < SHORTEST:
        raise RecipientError("the number is too short")
    if len(digits) > LONGEST:
        raise RecipientError("the number is too long")
