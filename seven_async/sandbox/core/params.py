"""The parameters of one call, read the tolerant way the gateway reads them."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from seven_async.sandbox.core.wire import Json

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_UNSET: Final = frozenset({"", "undefined", "null"})
"""Texts that mean nothing was given; a widespread client sends `undefined` for unset values."""
_EXPONENT = re.compile(r"\d(\.\d{1,17})?[eE]\+?\d{1,2}", re.ASCII)
LONGEST_ID: Final = 20
MOST: Final = 10**15
"""Integers and amounts beyond this are nonsense on every parameter."""


class Params:
    """Read access by name; no reader ever raises."""

    __slots__ = ("fields",)

    def __init__(self, fields: Json) -> None:
        self.fields: Json = fields

    def drop(self, name: str) -> None:
        """Forget a parameter that has done its part."""
        self.fields.pop(name, None)

    def has(self, name: str) -> bool:
        """Return True if the parameter was sent at all, even empty."""
        return name in self.fields

    def raw(self, name: str) -> object:
        """Return the value as it was sent, None if it was not."""
        return self.fields.get(name)

    def text(self, name: str) -> str:
        """Return the value as text: lists comma-joined, objects and missing values empty."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) else as_text(value)

    def optional(self, name: str) -> str | None:
        """Return the value as text, None where it is empty."""
        return self.text(name) or None

    def flag(self, name: str) -> bool:
        """Return True for 1, true, yes or on, in any of the encodings that clients use."""
        return name in self.fields and self.text(name).lower() in _TRUE

    def integer(self, name: str, default: int, *, least: int = 0, most: int = MOST) -> int:
        """Return the value as an integer within bounds, `default` where it is none."""
        number = self.amount(name)
        return default if number is None else max(least, min(most, int(number)))

    def amount(self, name: str) -> Decimal | None:
        """Return the value as a finite decimal, None where it is none."""
        text = self.text(name).strip()
        if not text or len(text) > 40:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            return None
        return number if number.is_finite() and abs(number) <= MOST else None

    def texts(self, name: str) -> list[str]:
        """Return a list parameter: a JSON or bracketed list, or one comma-joined text."""
        value = self.fields.get(name)
        if isinstance(value, list):
            return [as_text(item) for item in cast("list[object]", value)]
        return [part.strip() for part in as_text(value).split(",") if part.strip()]

    def text_if_set(self, name: str) -> str:
        """Return the value as text, empty where a client sent `undefined` or `null` for nothing."""
        text = self.text(name).strip()
        return "" if text in _UNSET else text


def as_id(text: str) -> int | None:
    """Read the number of a contact, group or hook; None for what cannot be one."""
    text = plain_id(text)
    plausible = text.isascii() and text.isdecimal() and len(text) < LONGEST_ID
    return int(text) if plausible else None


def plain_id(text: str) -> str:
    """Write an id that a spreadsheet made `7.7214E+10` of in digits, as PHP reads it."""
    if not _EXPONENT.fullmatch(text):
        return text
    number = float(text)
    return str(int(number)) if number.is_integer() and number < MOST else text


def as_text(value: object) -> str:
    """Write one JSON value as the text that a form would have carried."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**40 else ""
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, list):
        return ",".join(as_text(item) for item in cast("list[object]", value))
    return ""


def _float_text(value: float) -> str:
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < MOST else str(value)
