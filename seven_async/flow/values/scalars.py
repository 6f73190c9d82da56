"""How single values of the gateway are read: texts, numbers, amounts, flags, times.

In: decoded JSON that is no list and no object. Out: values, or an `UnreadableError`. No I/O.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from seven_async.flow.values.model import OpenEnum
from seven_async.flow.values.moment import moment

# 100 is the gateway's code for yes.
_TRUE = frozenset({"true", "1", "yes", "on", "100"})
_FALSE = frozenset({"false", "0", "no", "off", ""})


class UnreadableError(ValueError):
    """A value that is not of its field's kind; `path` grows while the error travels up."""

    def __init__(self, expected: str, value: object) -> None:
        super().__init__(f"cannot be read: expected {expected}, found {_kind_of(value)}")
        self.path: str = ""

    def under(self, step: str) -> UnreadableError:
        """The same error, seen from one level higher."""
        self.path = step + ("." if self.path and not self.path.startswith("[") else "") + self.path
        return self


class MissingError(UnreadableError):
    """A field without default that the reply does not have."""

    def __init__(self) -> None:
        ValueError.__init__(self, "is missing in the reply")
        self.path = ""


def is_short_count(text: str) -> bool:
    """Tell whether a text is nothing but ASCII digits, few enough for a code or a small number."""
    return text.isascii() and text.isdecimal() and len(text) < 10


def _kind_of(value: object) -> str:
    """What JSON calls a value."""
    return "null" if value is None else _KINDS.get(type(value), type(value).__name__)


_KINDS: dict[type, str] = {
    bool: "true or false",
    str: "a text",
    int: "a number",
    Decimal: "a number",
    list: "a list",
    dict: "an object",
}


def as_text(value: object, _: object) -> str:
    """A text, or a number as one."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, Decimal, float)) and not isinstance(value, bool):
        return str(value)
    raise UnreadableError("a text", value)


# A count of 64 bits, which is what a database takes.
_GREATEST_COUNT: Final = 2**63 - 1
# Nobody has a trillion euros, and a sum of such prices would not fit a database.
_MOST_DIGITS: Final = 12
# Exponents of this size are no amounts, and would cost gigabytes when written out.
_GREATEST_EXPONENT: Final = 100


def as_integer(value: object, _: object) -> int:
    """Read a whole number of at most 64 bits, from a text or number."""
    if isinstance(value, int):
        count = int(value)
    else:
        number = _number(value)
        if number is None or number != number.to_integral_value():
            raise UnreadableError("a whole number", value)
        count = int(number)
    if abs(count) > _GREATEST_COUNT:
        raise UnreadableError("a whole number of 64 bits", value)
    return count


def as_money(value: object, _: object) -> Decimal:
    """Read an amount below a trillion, exact, from a text or number."""
    number = value if type(value) is Decimal else _number(value)
    # As `_has_measure`, of which there are three a receipt.
    if (
        number is None
        or not number.is_finite()
        or not -_GREATEST_EXPONENT < number.adjusted() < _MOST_DIGITS
    ):
        raise UnreadableError("an amount", value)
    return number


def _has_measure(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) < _GREATEST_EXPONENT


def as_float(value: object, _: object) -> float:
    """A number."""
    number = _number(value)
    if number is None:
        raise UnreadableError("a number", value)
    return float(number)


def _number(value: object) -> Decimal | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, (str, float, Decimal)):
        return None
    text = str(value).strip()
    # Decimal would read digits of any script, and underscores between them.
    if not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if _has_measure(number) else None


def as_flag(value: object, _: object) -> bool:
    """Yes or no, in any of their spellings."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, (str, int)) else None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise UnreadableError("a flag", value)


def as_time(value: object, _: object) -> datetime:
    """An aware time, in any of the four notations."""
    moment_ = moment(value)
    if moment_ is None:
        raise UnreadableError("a time", value)
    return moment_


def as_day(value: object, _: object) -> date:
    """A date, from a date or a time."""
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        raise UnreadableError("a date", value) from None


def as_open_enum(value: object, kind: type[OpenEnum]) -> OpenEnum:
    """A member, made up for a text that is not known yet."""
    return kind(as_text(value, str))


def as_code_or_text(value: object, _: object) -> int | str:
    """A number where it is one, otherwise the text."""
    text = as_text(value, str)
    return int(text) if is_short_count(text) else text


def as_scalar(value: object, _: object) -> bool | int | str:
    """Whatever single value it is."""
    return value if isinstance(value, (bool, int)) else as_text(value, str)


def as_it_is(value: object, _: object) -> Any:
    """The value itself."""
    return value
