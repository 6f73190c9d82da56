"""One spelling for every recipient, so that two spellings are not two messages.

In: what people type and spreadsheets store. Out: a number of E.164, or the reason why there is
none. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from attrs import field, frozen

from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.masking import masked_number
from seven_async.recipients import e164, spelling
from seven_async.recipients.errors import RecipientError, no_country
from seven_async.recipients.library import has_phonenumbers

INTERNATIONAL: Final = "international"
"""The `default_country` of digits that begin with a calling code, though nothing says so."""

#: Where `00` may begin a longer prefix (009, 0011, 001): what follows 00 could be another country.
#: By phonenumbers' international_prefix; a test compares.
_LONGER_THAN_00: Final = re.compile(
    "AU|B[OR]|C[COX]|GY|HK|ID|K[EHR]|MN|NG|SG|T[HWZ]|UG"
    "|5[57]|6[1256]|82|234|25[456]|59[12]|85[25]|886|976"
)

_NO_COUNTRY: Final = (
    "digits without + and without a country: write +, or say default_country='DE' "
    "for the numbers of a country, default_country='international' for digits that begin with "
    "their calling code"
)
_NO_LIBRARY: Final = (
    "national numbers need the package phonenumbers (pip install 'seven-async[phone]'); "
    "without it, write + and calling code"
)

# What nearly all of a million are: a calling code whose numbers need no second look, and no 0.
ORDINARY: Final = re.compile(
    r"\+(?:2[07]|3[0-469]|4[013-9]|5[136-8]|6[0-6]|8[1246]|9[0-58]"
    r"|21[12368]|2[34][0-9]|22[0-46-8]|25[0-8]|26[0-9]|35[0-9]|37[0-8]|38[0-35-79]|42[013]"
    r"|50[0-9]|59[0-9]|96[0-8]|97[0-79]|99[2-68])[1-9][0-9]{5,11}"
)
_international: Final = re.compile(r"\+|00")


@frozen(slots=False)
class Recipient:
    """A recipient in two spellings.

    `to` goes to the gateway: `+` and digits, or digits alone where the plus was left out, a
    national number as it was given, or a name. `key` is the same for all spellings of one number:
    the digits of E.164 (`49171…`), of a national number in no known country its digits (`0171…`).
    """

    to: str = field(repr=masked_number)
    key: str = field(repr=masked_number)

    @property
    def digits(self) -> str:
        """The recipient as the gateway answers it, where it is a number with its calling code."""
        return self.to.removeprefix("+")


def normalise(text: str, default_country: str | None = None) -> str:
    """Return the one spelling that all spellings of a number share: `Recipient.key`.

    Example:
        assert "491711234567" == normalise("0171 1234567", "DE")

    Raises:
        RecipientError: The text is no number.
        InvalidRequestError: There is no such country.
    """
    return recipient_of(text, default_country).key


def recipient_of(
    text: str,
    default_country: str | None = None,
    *,
    allow_names: bool = False,
    in_file: bool = False,
    channel: str = "sms",
) -> Recipient:
    """Return the recipient that a text means.

    Numbers with `+` and `00` are international. Without a country, other digits are what they are
    to the gateway: international, or with a `0` in front a number of the account's country.

    Example:
        recipient = recipient_of("0171 1234567", "DE")
        assert "+491711234567" == recipient.to

    Args:
        text: A number in any usual spelling, or a name.
        default_country: Where numbers without `+` belong (`DE` or `49`); needs the extra `phone`.
            `international`: they begin with their calling code.
        allow_names: Take names of contacts and groups, too.
        in_file: Refuse digits without a country, instead of leaving them to the gateway.
        channel: `voice` reaches landlines, too.

    Raises:
        RecipientError: What the text is instead of a number, or what it could be.
        InvalidRequestError: There is no such country.
    """
    if ORDINARY.fullmatch(text):
        return Recipient(text, text[1:])
    number = spelling.to_digits(text)
    if number is None:
        return _name(text.strip(), allow_names=allow_names)
    country = _country(default_country)
    if not country:
        return _without_country(number, in_file=in_file)
    return _with_country(number, country, channel)


def _with_country(number: str, country: str, channel: str) -> Recipient:
    is_local = number[0] == "0" and _LONGER_THAN_00.fullmatch(country)
    if _international.match(number) and not is_local:
        return _to_international(number.removeprefix("+").removeprefix("00"), plus="+")
    if country != INTERNATIONAL:
        return _at_home(number, country, channel)
    if number[0] == "0":
        raise RecipientError(_NO_COUNTRY)
    return _to_international(number, plus="+")


def _without_country(number: str, *, in_file: bool) -> Recipient:
    if _international.match(number):
        return _to_international(number.removeprefix("+").removeprefix("00"), plus="+")
    if in_file:
        raise RecipientError(_NO_COUNTRY)
    if number[0] != "0":
        return _to_international(number, plus="")
    e164.check_length(number)
    return Recipient(number, number)


def check_country(default_country: str | None) -> None:
    """Raise `InvalidRequestError` for what is no country; asks phonenumbers if it is there."""
    country = _country(default_country)
    if country in ("", INTERNATIONAL):
        return
    if has_phonenumbers():
        from seven_async.recipients.national import find_country  # noqa: PLC0415 (an extra)

        find_country(country)
    elif not re.fullmatch(r"[A-Z]{2}|[0-9]{1,3}", country):
        raise InvalidRequestError(no_country(country))


def _country(default_country: str | None) -> str:
    """Return a country as it is compared: `DE`, `49`, `international`; empty for none."""
    name = (default_country or "").strip().upper().removeprefix("+").removeprefix("00")
    return INTERNATIONAL if name == INTERNATIONAL.upper() else name


def _at_home(number: str, country: str, channel: str) -> Recipient:
    if not has_phonenumbers():
        raise RecipientError(_NO_LIBRARY)
    from seven_async.recipients import national  # noqa: PLC0415 (an extra)

    rings = channel == "voice"
    digits = national.read_national(number, national.find_country(country), rings=rings)
    return Recipient(f"+{digits}", e164.to_key(digits))


def _to_international(digits: str, *, plus: str) -> Recipient:
    digits = e164.to_international(digits)
    return Recipient(plus + digits, e164.to_key(digits))


def _name(text: str, *, allow_names: bool) -> Recipient:
    if re.search("[,;|]|.[+]", text):
        raise RecipientError(spelling.SEVERAL)
    if not allow_names:
        raise RecipientError("letters in the number")
    return Recipient(text, text)


def plan_check() -> Callable[[str], str | None]:
    """Return a function that gives the reason against a key, by the plan of its country.

    National numbers of an unknown country and names pass, because no plan can be asked about them.
    Raises `ConfigurationError` without the extra `phone`.
    """
    if not has_phonenumbers():
        raise ConfigurationError(
            "strict_numbers needs phonenumbers: pip install 'seven-async[phone]'"
        )
    from seven_async.recipients.national import is_valid  # noqa: PLC0415 (an extra)

    def reason_against(key: str) -> str | None:
        if key.startswith("0") or not key.isdecimal() or is_valid(key):
            return None
        return "no number of its country's plan"

    return reason_against
