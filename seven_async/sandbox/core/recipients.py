"""Phone numbers as the gateway reads and returns them: digits in international form, no plus."""

from __future__ import annotations

import re
from typing import Final

_DECORATION = re.compile(r"[\s()/.\-]+")
HOME_PREFIX: Final = "49"
"""National numbers (`0171…`) belong to the account's country, which is Germany here."""


def parse_number(number: str) -> str | None:
    """Read any usual spelling as `4917…`; None for what cannot be a phone number."""
    digits = number.removeprefix("+")
    if not digits.isdecimal():
        digits = _DECORATION.sub("", number).removeprefix("+")
    if not (digits.isascii() and digits.isdecimal()):
        return None
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = HOME_PREFIX + digits[1:]
    return digits if 8 <= len(digits) <= 15 and digits[0] != "0" else None


def number_or_text(number: str) -> str:
    """Return the normalised number, or the text itself where it is none (names, agents)."""
    return parse_number(number) or number


def mask_number(number: str) -> str:
    """Show enough of a number to recognise it, not enough to call it: `+49171…567`."""
    digits = number.removeprefix("+")
    return f"+{digits[:5]}…{digits[-3:]}" if len(digits) > 8 and digits.isdecimal() else "…"
