"""How a text is billed: its encoding and its number of parts.

GSM 7-bit takes 160 characters in one part and 153 in each of several, UCS-2 70 and 67. Characters
of the extension table cost two septets, characters beyond the basic plane two UCS-2 units. A pair
is never torn apart, so a part may end one unit early.
"""

from __future__ import annotations

from typing import Final

_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("^{}\\[~]|€")
_GSM: Final = _GSM_BASIC | _GSM_EXTENDED
_BASIC_PLANE_END: Final = 0xFFFF

LONGEST_TEXT: Final = 1520
"""Characters of the longest SMS text, as published; longer ones are refused with 401."""


def encoding_and_parts(text: str) -> tuple[str, int]:
    """Return `gsm` or `ucs2`, and how many parts a text is billed as (an empty one is one)."""
    if _GSM.issuperset(text):
        return "gsm", _gsm_parts(text)
    return "ucs2", _ucs2_parts(text)


def _gsm_parts(text: str) -> int:
    if len(text) <= 80:  # even if every character were an extended one
        return 1
    return _parts([2 if letter in _GSM_EXTENDED else 1 for letter in text], 160, 153)


def _ucs2_parts(text: str) -> int:
    return _parts([2 if ord(letter) > _BASIC_PLANE_END else 1 for letter in text], 70, 67)


def _parts(widths: list[int], alone: int, chained: int) -> int:
    if sum(widths) <= alone:
        return 1
    parts, used = 1, 0
    for width in widths:
        if used + width > chained:
            parts, used = parts + 1, 0
        used += width
    return parts
