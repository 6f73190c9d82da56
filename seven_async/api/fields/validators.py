"""Validators that several request classes share.

They refuse before any I/O, with the limit and what arrived, never with the value of a text
or number. Limits are those of seven-api.md and messaging-facts.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Final, TypeGuard

from seven_async.api.fields.refusals import Argument, Validator, refusal
from seven_async.flow.values.schedule import departure_s
from seven_async.flow.values.shapes import is_sequence
from seven_async.flow.wire import WireValue, plain
from seven_async.masking import brief, masked_number
from seven_async.texts import has_blank, is_web_address

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._@-]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
_is_plain: Final = re.compile(r"\+?[0-9]{1,20}").fullmatch
_is_country: Final = re.compile(r"[A-Za-z]{2,3}").fullmatch
_is_day: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
# No counter or id of the gateway comes near it, and SQL databases hold no larger one.
_MOST: Final = 2**63 - 1


def to_wire(name: str, value: object, write: Callable[[object], WireValue] = plain) -> WireValue:
    """Return a nested argument as it goes out; refuse one that holds itself."""
    try:
        return write(value)
    except RecursionError:
        raise refusal(name, "a value holds itself, or is nested too deeply") from None


def valid_recipients(_: object, attribute: Argument, to: object) -> None:
    """Take numbers in any notation and names of contacts or groups, none with a comma."""
    if isinstance(to, str) and _is_plain(to):
        return  # what nearly all of a million are
    several = to if is_sequence(to) else (to,)
    if {*map(type, several)} == {str} and all(map(_is_plain, several)):
        return
    if not several:
        raise refusal(attribute.name, "there is no recipient; give at least one")
    for place, recipient in enumerate(several, 1):
        name = attribute.name if len(several) == 1 else f"{attribute.name}, number {place}"
        # A comma separates recipients, so within a list it would add one.
        _check_recipient(name, recipient, comma_ok=not isinstance(to, tuple))


def _check_recipient(name: str, recipient: object, *, comma_ok: bool) -> None:
    if not isinstance(recipient, str):
        kind = type(recipient).__name__
        raise refusal(name, f"a recipient is a text such as “+4917…”, not {kind}")
    parts = recipient.split(",") if comma_ok else [recipient]
    if not all(part.strip() for part in parts):
        raise refusal(name, "a recipient is empty")
    if "," in recipient and not comma_ok:
        raise refusal(name, f"{masked_number(recipient)} has a comma, which separates recipients")
    if _CONTROL.search(recipient):
        raise refusal(name, "a recipient has a control character or line break")


def text_of(longest: int | None) -> Validator:
    """Return a validator that takes a text of 1 to `longest` characters."""

    def check(_: object, attribute: Argument, text: object) -> None:
        if not isinstance(text, str):
            raise refusal(attribute.name, f"must be a text, not {type(text).__name__}")
        if not text:
            raise refusal(attribute.name, "is empty")
        if longest is not None and len(text) > longest:
            raise refusal(
                attribute.name, f"has {len(text)} characters, at most {longest} are taken"
            )

    return check


def any_text(_: object, attribute: Argument, text: object) -> None:
    """Take a text or None; an empty text clears something."""
    if text is not None and not isinstance(text, str):
        raise refusal(attribute.name, f"must be a text, not {type(text).__name__}")


def any_texts(_: object, attribute: Argument, texts: object) -> None:
    """Take one text or several, or None."""
    for text in texts if is_sequence(texts) else (texts,):
        any_text(_, attribute, text)


def reference(longest: int) -> Validator:
    """Return a validator for labels and foreign ids: 1 to `longest` of `A-Z a-z 0-9 . _ @ -`."""

    def check(_: object, attribute: Argument, value: object) -> None:
        if value is None:
            return
        if not isinstance(value, str):
            raise refusal(attribute.name, f"must be a text, not {type(value).__name__}")
        is_spelt = _REFERENCE.fullmatch(value) is not None
        if not is_spelt or len(value) > longest:
            raise refusal(
                attribute.name,
                f"takes 1 to {longest} of the characters A-Z a-z 0-9 . _ @ -; "
                f"this has {len(value)}" + ("" if is_spelt else " and others"),
            )

    return check


def between(least: int, most: int | None, unit: str) -> Validator:
    """Return a validator that takes a whole number from `least` to `most`, or None."""
    bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"

    def check(_: object, attribute: Argument, value: object) -> None:
        if value is None:
            return
        if not _is_whole(value) or not least <= value <= (_MOST if most is None else most):
            raise refusal(
                attribute.name, f"takes a whole number {bounds} {unit}, not {brief(value)}"
            )

    return check


def _is_whole(value: object) -> TypeGuard[int]:
    # True and False are ints to Python, and a mistake here.
    return isinstance(value, int) and not isinstance(value, bool)


def number_between(least: float, most: float) -> Validator:
    """Return a validator that takes a number from `least` to `most`, which NaN is not."""

    def check(_: object, attribute: Argument, value: object) -> None:
        if not (_is_whole(value) or isinstance(value, float)) or not least <= value <= most:
            raise refusal(attribute.name, f"takes a number from {least} to {most}")

    return check


def one_of(*words: str) -> Validator:
    """Return a validator that takes one of these words, or None."""

    def check(_: object, attribute: Argument, value: object) -> None:
        if value is not None and value not in words:
            raise refusal(attribute.name, f"takes {' or '.join(words)}, not {brief(value)}")

    return check


def sending_time(_: object, __: Argument, value: object) -> None:
    """Take a time in one of its forms. A time in the past is refused when the call begins."""
    if value is not None:
        departure_s(value)


def optional(check: Validator) -> Validator:
    """Return a validator that takes None, too."""

    def check_given(instance: object, attribute: Argument, value: object) -> None:
        if value is not None:
            check(instance, attribute, value)

    return check_given


def one_recipient(_: object, attribute: Argument, to: object) -> None:
    """Take one number, contact or group, for channels that take no list of recipients."""
    _check_recipient(attribute.name, to, comma_ok=True)
    if isinstance(to, str) and "," in to:
        raise refusal(attribute.name, "takes one recipient per call, and this has a comma")


def one_number(_: object, attribute: Argument, number: object) -> None:
    """Take one phone number in any notation."""
    _check_number(attribute.name, number)


def several_numbers(_: object, attribute: Argument, numbers: object) -> None:
    """Take at least one phone number, none of them with a comma."""
    if not is_sequence(numbers):
        raise refusal(attribute.name, f"takes a list of numbers, not {type(numbers).__name__}")
    if not numbers:
        raise refusal(attribute.name, "there is no number; give at least one")
    for place, number in enumerate(numbers, 1):
        _check_number(f"{attribute.name}, place {place}", number)


def _check_number(name: str, number: object) -> None:
    if not isinstance(number, str):
        raise refusal(name, f"a number is a text such as “+4917…”, not {type(number).__name__}")
    if not number.strip():
        raise refusal(name, "is empty")
    if "," in number:
        raise refusal(name, "a comma separates numbers; give several as a list")


def day(_: object, attribute: Argument, value: object) -> None:
    """Take a date, its text as `YYYY-MM-DD`, or None; refuse other forms of ISO 8601."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return
    if not (isinstance(value, str) and _is_day(value)):
        raise refusal(attribute.name, "takes a date or YYYY-MM-DD")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise refusal(attribute.name, "takes a date or YYYY-MM-DD; there is no such day") from None


def flag(_: object, attribute: Argument, value: object) -> None:
    """Take True or False (or 1 or 0), or None. Refuse texts: “false” would count as true."""
    if value is not None and not (isinstance(value, int) and value in (0, 1)):
        raise refusal(attribute.name, f"takes True or False, not {type(value).__name__}")


def hexadecimal(_: object, attribute: Argument, value: object) -> None:
    """Take bytes in hex, or None."""
    if value is not None and not (isinstance(value, str) and _HEX.fullmatch(value)):
        raise refusal(attribute.name, "takes hex digits, for example 050003CC0201")


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return _is_whole(value) and 0 <= value <= _MOST


def valid_id(_: object, attribute: Argument, value: object) -> None:
    """Take one id: a whole number, or a text that is not empty."""
    if not _is_id(value):
        raise refusal(attribute.name, "takes an id, a whole number or its text")


def valid_ids(_: object, attribute: Argument, value: object) -> None:
    """Take at least one id, none of them empty."""
    several = value if is_sequence(value) else (value,)
    if not several or not all(map(_is_id, several)):
        raise refusal(attribute.name, "there is no id, or one is empty")


def any_ids(_: object, attribute: Argument, value: object) -> None:
    """Take ids, none of them empty; also no id at all, where that empties a list."""
    several = value if is_sequence(value) else (value,)
    if not all(map(_is_id, several)):
        raise refusal(attribute.name, "takes ids, whole numbers or their texts")


def country_code(_: object, attribute: Argument, value: object) -> None:
    """Take an ISO code of two letters, or None (three letters pass, as in a published client)."""
    if value is None:
        return
    if not (isinstance(value, str) and _is_country(value)):
        raise refusal(attribute.name, "takes an ISO country code such as DE")


def web_address(_: object, attribute: Argument, value: object) -> None:
    """Take a URL that the gateway can fetch."""
    if value == "":
        raise refusal(attribute.name, "is empty")
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise refusal(attribute.name, "takes a public URL that begins with http:// or https://")
    if has_blank(value):
        raise refusal(attribute.name, "takes a URL without blanks; write %20 where one belongs")
    if not is_web_address(value):
        raise refusal(attribute.name, "takes a public URL, and this has no host that can be read")
