"""What may be shown of private values: a number in part, a text as its length, a secret not at all.

In: any value. Out: a short text for logs, `repr` and error messages. No I/O.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, cast

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}(?!\.?[0-9A-Za-z])"
_SERVER_NAME = rf"(?:{_IPV4}|[A-Za-z][0-9A-Za-z.-]*)"
# 20.12.34.56 may be a number in Denmark, so it is a server only where an error names one: as
# `masked_address` does, or libpq.
_SERVER = (
    rf"postgresql://{_SERVER_NAME}(?:,{_SERVER_NAME})*"
    rf'|server at "{_SERVER_NAME}"(?: \({_IPV4}\))?'
)

# Digits within a word are an id (a hex reference), and stay: it is what a message is found by.
# 7002001 is a code of the gateway, the one that is as long as a number; and a date is none.
_LONG_NUMBER = re.compile(
    rf"(?P<server>{_SERVER})|"
    r"(?<![0-9A-Za-z])(?!7002001\b|\d{4}-\d\d-\d\d\b)\+?\d(?:[\s()/.-]{0,2}\d){6,}(?![0-9A-Za-z])"
)

# An address of PostgreSQL, with its reserved characters where they mean something only.
_PLAIN = r"(?:[^\s@/?#%]|%[0-9A-Fa-f]{2})*"
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|[^\s@/?#:,]*)(?::\d*)?"
_SETTING = r"[^\s=&#%]+=(?:[^\s=&#%]|%[0-9A-Fa-f]{2})*"
_ADDRESS = re.compile(
    rf"postgres(?:ql)?://(?:{_PLAIN}@)?(?P<hosts>{_HOST}(?:,{_HOST})*)(?P<path>(?:/{_PLAIN})?)"
    rf"(?:\?(?:{_SETTING}(?:&{_SETTING})*)?)?"
)
_PORT = re.compile(r":\d*(?=,|$)")


def masked_number(value: object) -> str:
    """`+491711234567` as `+49171…567`; of a short number or a name only the last two characters."""
    if value is None:
        return "None"
    if isinstance(value, tuple):
        several = cast("tuple[object, ...]", value)
        return f"({', '.join(masked_number(number) for number in several)})"
    text = str(value)
    if "," in text:
        return ",".join(masked_number(number.strip()) for number in text.split(","))
    digits = sum(character.isdigit() for character in text)
    if digits >= 9:
        return f"{text[:6] if text.startswith('+') else text[:5]}…{text[-3:]}"
    return f"…{text[-2:]}" if len(text) > 2 else "…"


def masked_sender(value: object) -> str:
    """A sender's name as it is, a sender's number masked."""
    return repr(without_numbers(value) if isinstance(value, str) else value)


def masked_text(value: object) -> str:
    """A text as its length; what is not a text as its type."""
    if value is None:
        return "None"
    if isinstance(value, str):
        return f"<{len(value)} characters>"
    return f"<{type(value).__name__}>"


def masked_secret(value: object) -> str:
    """Return whether there is a secret, and nothing about it."""
    return "None" if value is None else "<secret>"


def masked_address(address: str) -> str:
    """The address of a database without user and password; nothing of one that cannot be read."""
    parts = _ADDRESS.fullmatch(address)
    if parts is None:
        return "postgresql://…"
    return f"postgresql://{_PORT.sub('', parts['hosts'])}{parts['path']}"


def is_readable_address(address: str) -> bool:
    """Tell whether each part of the address of a database is what it seems to be.

    libpq takes a password with / in it for a host and a database, and quotes it in its errors.
    """
    return _ADDRESS.fullmatch(address) is not None


def without_numbers(text: str) -> str:
    """The text with each run of seven or more digits masked as a phone number.

    The server of a database stays: who reads an error about it needs to know where it is.
    """
    return _LONG_NUMBER.sub(
        lambda match: match.group() if match["server"] else masked_number(match.group()), text
    )


_LONGEST_BRIEF: Final = 40
_MOST_BRIEF: Final = 10**18


def brief(value: object) -> str:
    """A wrong value as a short text that any terminal can show: `'12 €'`, `-5`, or its type.

    For what is neither private nor a secret. Half of a surrogate pair is escaped, and an int of
    more digits than Python converts to a text (`sys.set_int_max_str_digits`) is told by its size.
    """
    if isinstance(value, str):
        cut = value[:_LONGEST_BRIEF]
        return repr(cut) if cut == value else f"{cut!r}…"
    if isinstance(value, int) and abs(value) >= _MOST_BRIEF:
        return f"a whole number of {value.bit_length()} bits"
    if value is None or isinstance(value, (int, float, Decimal)):
        return repr(value)
    return type(value).__name__
