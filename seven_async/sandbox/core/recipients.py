"""Phone numbers as the gateway reads and returns them: digits in international form, no plus."""

from __future__ import annotations

import re
from typing import Final

_DECORATION = re.compile(r"[\s()/.\-]+")
HOME_PREFIX: Final = "49"
"""National numbers (`0171…`) belong to the account's country, which is Germany here."""


def normalised(number: str) -> str | None:
    """`4917…` from any usual spelling, None for what cannot be a phone number."""
    digits = number if number.isdecimal() else _DECORATION.sub("", number).removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = HOME_PREFIX + digits[1:]
    return digits if 8 <= len(digits) <= 15 and digits[0] != "0" else None


def comparable(number: str) -> str:
    """The normalised number, or the text itself where it is none (names, agents)."""
    return normalised(number) or number


def masked(number: str) -> str:
    """Enough of a number to recognise it, not enough to call it: `+49171…567`."""
    digits = number.removeprefix("+")
    return f"+{digits[:5]}…{digits[-3:]}" if len(digits) > 8 and digits.isdecimal() else "…"
