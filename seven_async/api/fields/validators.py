"""Validators that several request classes share.

They refuse before any I/O, with the limit and what arrived, never with the value of a text
or number. Limits are those of seven-api.md and messaging-facts.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import attrs

from seven_async.api.fields.refusals import refused
from seven_async.flow.values.schedule import departure_s
from seven_async.flow.values.shapes import is_sequence
from seven_async.flow.wire import plain
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
Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def going_out(name: str, value: object, write: Callable[[Any], Any] = plain) -> Any:
    """Return what goes out of a nested argument; one that holds itself is refused."""
    try:
        return write(value)
    except RecursionError:
        raise refused(name, "a value holds itself, or is nested too deeply") from None


def valid_recipients(_: object, attribute: attrs.Attribute[Any], to: object) -> None:
    """Numbers in any notation, contact or group names; none may hold a comma (it separates)."""
    if isinstance(to, str) and _is_plain(to):
        return  # what nearly all of a million are
    several = to if is_sequence(to) else (to,)
    if {*map(type, several)} == {str} and all(map(_is_plain, several)):
        return
    if not several:
        raise refused(attribute.name, "there is no recipient; give at least one")
    for place, one in enumerate(several, 1):
        name = attribute.name if len(several) == 1 else f"{attribute.name}, number {place}"
        _check_recipient(name, one, comma_ok=not isinstance(to, tuple))


def _check_recipient(name: str, one: object, *, comma_ok: bool) -> None:
    if not isinstance(one, str):
        raise refused(name, f"a recipient is a text such as “+4917…”, not {type(one).__name__}")
    parts = one.split(",") if comma_ok else [one]
    if not all(part.strip() for part in parts):
        raise refused(name, "a recipient is empty")
    if "," in one and not comma_ok:
        raise refused(name, f"{masked_number(one)} has a comma, which separates recipients")
    if _CONTROL.search(one):
        raise refused(name, "a recipient has a control character or line break")


def text_of(longest: int | None) -> Validator:
    """A text that is not empty and has at most `longest` characters."""

    def check(_: object, attribute: attrs.Attribute[Any], text: object) -> None:
        if not isinstance(text, str):
            raise refused(attribute.name, f"must be a text, not {type(text).__name__}")
        if not text:
            raise refused(attribute.name, "is empty")
        if longest is not None and len(text) > longest:
            raise refused(
                attribute.name, f"has {len(text)} characters, at most {longest} are taken"
            )

    return check


def any_text(_: object, attribute: attrs.Attribute[Any], text: object) -> None:
    """A text, which may be empty where that clears something; or nothing."""
    if text is not None and not isinstance(text, str):
        raise refused(attribute.name, f"must be a text, not {type(text).__name__}")


def any_texts(_: object, attribute: attrs.Attribute[Any], texts: object) -> None:
    """One text or several, or nothing."""
    for text in texts if is_sequence(texts) else (texts,):
        any_text(_, attribute, text)


def reference(longest: int) -> Validator:
    """A label or foreign id: `A-Z a-z 0-9 . _ @ -`, at most `longest` of them."""

    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        if not isinstance(value, str):
            raise refused(attribute.name, f"must be a text, not {type(value).__name__}")
        is_spelt = _REFERENCE.fullmatch(value) is not None
        if not is_spelt or len(value) > longest:
            raise refused(
                attribute.name,
                f"takes 1 to {longest} of the characters A-Z a-z 0-9 . _ @ -; "
                f"this has {len(value)}" + ("" if is_spelt else " and others"),
            )

    return check


def between(least: int, most: int | None, unit: str) -> Validator:
    """A whole number from `least` to `most`."""
    bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"

    def check(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or not least <= value <= (_MOST if most is None else most):
            raise refused(
                attribute.name, f"takes a whole number {bounds} {unit}, not {brief(value)}"
            )

    return check


def number_between(least: float, most: float) -> Validator:
    """A number from `least` to `most`, which NaN is not."""

    def check(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:
            raise refused(attribute.name, f"takes a number from {least} to {most}")

    return check


def one_of(*words: str) -> Validator:
    """One of some words, or nothing."""

    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None and value not in words:
            raise refused(attribute.name, f"takes {' or '.join(words)}, not {brief(value)}")

    return check


def sending_time(_: object, __: attrs.Attribute[Any], value: object) -> None:
    """A time in one of its forms; whether it has passed is asked when the call begins."""
    if value is not None:
        departure_s(value)


def optional(check: Validator) -> Validator:
    """The check, for values that may be left out."""

    def check_given(instance: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None:
            check(instance, attribute, value)

    return check_given


def one_recipient(_: object, attribute: attrs.Attribute[Any], to: object) -> None:
    """One number, contact or group; channels that take no list of recipients."""
    _check_recipient(attribute.name, to, comma_ok=True)
    if isinstance(to, str) and "," in to:
        raise refused(attribute.name, "takes one recipient per call, and this has a comma")


def one_number(_: object, attribute: attrs.Attribute[Any], number: object) -> None:
    """One phone number in any notation."""
    _check_number(attribute.name, number)


def several_numbers(_: object, attribute: attrs.Attribute[Any], numbers: Any) -> None:
    """At least one phone number, none of them with a comma."""
    if not is_sequence(numbers):
        raise refused(attribute.name, f"takes a list of numbers, not {type(numbers).__name__}")
    if not numbers:
        raise refused(attribute.name, "there is no number; give at least one")
    for place, number in enumerate(numbers, 1):
        _check_number(f"{attribute.name}, place {place}", number)


def _check_number(name: str, number: object) -> None:
    if not isinstance(number, str):
        raise refused(name, f"a number is a text such as “+4917…”, not {type(number).__name__}")
    if not number.strip():
        raise refused(name, "is empty")
    if "," in number:
        raise refused(name, "a comma separates numbers; give several as a list")


def day(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """A date, or its text as `YYYY-MM-DD`; other forms of ISO 8601 are refused."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return
    if not (isinstance(value, str) and _is_day(value)):
        raise refused(attribute.name, "takes a date or YYYY-MM-DD")
    try:
        date.fromisoformat(value)
    except ValueError:
        raise refused(attribute.name, "takes a date or YYYY-MM-DD; there is no such day") from None


def flag(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """True or False (or 1 or 0), or nothing. A text is refused: “false” would count as true."""
    if value is not None and not (isinstance(value, int) and value in (0, 1)):
        raise refused(attribute.name, f"takes True or False, not {type(value).__name__}")


def hexadecimal(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Bytes in hex, or nothing."""
    if value is not None and not (isinstance(value, str) and _HEX.fullmatch(value)):
        raise refused(attribute.name, "takes hex digits, for example 050003CC0201")


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def valid_id(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """One id: a whole number, or a text that is not empty."""
    if not _is_id(value):
        raise refused(attribute.name, "takes an id, a whole number or its text")


def valid_ids(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """At least one id, none of them empty."""
    several = value if is_sequence(value) else (value,)
    if not several or not all(map(_is_id, several)):
        raise refused(attribute.name, "there is no id, or one is empty")


def any_ids(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Ids, none of them empty; no id at all where that means something."""
    several = value if is_sequence(value) else (value,)
    if not all(map(_is_id, several)):
        raise refused(attribute.name, "takes ids, whole numbers or their texts")


def country_code(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """An ISO code of two letters (three are let through, as a published client does)."""
    if value is None:
        return
    if not (isinstance(value, str) and _is_country(value)):
        raise refused(attribute.name, "takes an ISO country code such as DE")


def web_address(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """A URL that the gateway can fetch."""
    if value == "":
        raise refused(attribute.name, "is empty")
    if not isinstance(value, str) or not value.startswith(("http://", "https://")):
        raise refused(attribute.name, "takes a public URL that begins with http:// or https://")
    if has_blank(value):
        raise refused(attribute.name, "takes a URL without blanks; write %20 where one belongs")
    if not is_web_address(value):
        raise refused(attribute.name, "takes a public URL, and this has no host that can be read")
