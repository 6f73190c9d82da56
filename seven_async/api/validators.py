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

from seven_async.errors import InvalidRequestError
from seven_async.flow.shapes import is_sequence
from seven_async.masking import masked_number

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._@-]+")
_ALPHANUMERIC_SENDER: Final = re.compile(r"[A-Za-z0-9/.\-@_!()+$,& ]{1,11}")
_NUMERIC_SENDER: Final = re.compile(r"\+?\d{1,16}")
Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def refused(name: str, why: str) -> InvalidRequestError:
    """The error for a value that cannot be sent."""
    return InvalidRequestError(f"{name.rstrip('_')}: {why}")


def valid_recipients(_: object, attribute: attrs.Attribute[Any], to: object) -> None:
    """Numbers in any notation, contact or group names; none may hold a comma (it separates)."""
    several = to if is_sequence(to) else (to,)
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
    if any(ord(character) < 32 for character in one):
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


def reference(longest: int) -> Validator:
    """A label or foreign id: `A-Z a-z 0-9 . _ @ -`, at most `longest` of them."""

    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is None:
            return
        text = str(value)
        if not isinstance(value, str) or not _REFERENCE.fullmatch(text) or len(text) > longest:
            raise refused(
                attribute.name,
                f"takes 1 to {longest} of the characters A-Z a-z 0-9 . _ @ -; "
                f"this has {len(text)}" + (" and others" if not _REFERENCE.fullmatch(text) else ""),
            )

    return check


def valid_sender(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """A sender of at most 11 letters and digits, or 16 digits (messaging-facts.md section 3)."""
    if value is None:
        return
    text = str(value)
    if not (_NUMERIC_SENDER.fullmatch(text) or _ALPHANUMERIC_SENDER.fullmatch(text)):
        raise refused(
            attribute.name,
            f"a sender has at most 11 letters and digits, or at most 16 digits; "
            f"this has {len(text)} characters",
        )


def between(least: int, most: int | None, unit: str) -> Validator:
    """A whole number from `least` to `most`."""
    bounds = f"from {least} to {most}" if most is not None else f"of at least {least}"

    def check(_: object, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if not is_number or value < least or (most is not None and value > most):
            raise refused(attribute.name, f"takes a whole number {bounds} {unit}, not {value!r}")

    return check


def aware(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """A time with a zone: the gateway would read one without as Berlin time."""
    if value is not None and isinstance(value, datetime) and value.utcoffset() is None:
        raise refused(
            attribute.name,
            "the time has no time zone; give an aware datetime, for example "
            "datetime(2026, 1, 31, 9, 0, tzinfo=ZoneInfo('Europe/Berlin'))",
        )


def day(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """A date, or its text as `YYYY-MM-DD`."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return
    try:
        date.fromisoformat(str(value))
    except ValueError:
        raise refused(attribute.name, "takes a date or YYYY-MM-DD") from None


def valid_ids(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """At least one id, none of them empty."""
    several = value if is_sequence(value) else (value,)
    if not several or not all(str(one).strip() for one in several):
        raise refused(attribute.name, "there is no id, or one is empty")
