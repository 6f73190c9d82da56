"""How many billed segments a text makes, counted offline: text in, numbers out, no I/O.

The gateway picks the encoding itself: one character outside the GSM-7 alphabet turns the whole
text to UCS-2, and every segment is billed. The alphabet is 3GPP TS 23.038 with the nine extension
characters that the gateway's own counter knows (form feed, a tenth one in the specification, is
not among them, so it counts as UCS-2 here: the estimate is then never too low).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from attrs import field, frozen

__all__ = ["Encoding", "ForcingCharacter", "Segments", "segments", "split"]

# The escape septet that stands before an extension character. It is not a character of the
# alphabet itself, so a text that contains it is UCS-2 and the marks below cannot be confused.
_ESCAPE: Final = "\x1b"
_EXTENSION: Final = "^|€{}[]~\\"
_BASIC: Final = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_outside_gsm: Final = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]")
_only_basic: Final = re.compile(f"[{re.escape(_BASIC)}]+")
_extension: Final = re.compile(f"[{re.escape(_EXTENSION)}]")

_GSM_SINGLE, _GSM_PART = 160, 153  # septets; a part gives 7 of them to the concatenation header
_UCS2_SINGLE, _UCS2_PART = 70, 67  # UTF-16 units; a part gives 3 of them to that header

_ALIKE: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′‵`´ʼ‹›", "'"),
        **dict.fromkeys("“”„‟″‶«»", '"'),
        **dict.fromkeys("‐‑‒–—―−⁃•", "-"),
        **dict.fromkeys("\t\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009", " "),
        **dict.fromkeys("\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\v\f\u0085\u2028\u2029", "\n"),
        # Invisible in every script.
        **dict.fromkeys("\u00ad\u200b\u200e\u200f\u2060\ufeff", ""),
        "…": "...",
        "⁄": "/",
        "×": "x",
        "·": ".",
        "ﬁ": "fi",
        "ﬂ": "fl",
    }
)
# What shows nothing of itself: control characters, and the code points that Unicode lets programs
# leave out (Default_Ignorable_Code_Point of DerivedCoreProperties.txt). Among them are the joiners
# that hold emoji together and shape Persian words, so they only go where nothing is left of such.
_invisible: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


class Encoding(StrEnum):
    """The two alphabets of an SMS, by the gateway's names."""

    GSM = "gsm"
    UCS2 = "ucs2"


class ForcingCharacter(NamedTuple):
    """A character that GSM-7 does not have, and where in the text it stands (from 0)."""

    character: str
    indices: tuple[int, ...]


@frozen
class Segments:
    """What a text will be billed as.

    `units` are septets (GSM-7) or UTF-16 units (UCS-2), padding at the end of a part not counted;
    `units_left` is the room in the last segment. An empty text has no segments. The repr leaves
    the text out.
    """

    encoding: Encoding
    count: int
    units: int
    units_left: int
    _text: str = field(repr=False)

    @property
    def characters_forcing_ucs2(self) -> tuple[ForcingCharacter, ...]:
        """The distinct characters outside GSM-7, in order of first appearance."""
        places: dict[str, list[int]] = {}
        for match in _outside_gsm.finditer(self._text):
            places.setdefault(match[0], []).append(match.start())
        return tuple(ForcingCharacter(each, tuple(starts)) for each, starts in places.items())

    @property
    def suggestion(self) -> str | None:
        """The text with look-alikes for its typographic characters, if that makes fewer segments.

        Curly quotes, dashes, ellipses, unusual spaces and invisible characters are replaced, and
        letters with separate accents are composed. Letters are never exchanged for other letters.
        Invisible characters that join or shape others (U+200C, U+200D, variation selectors) are
        removed only where the whole text then fits GSM-7, which has nothing to be joined.
        """
        if self.encoding is Encoding.GSM:
            return None
        plain = _compose(_compose(self._text).translate(_ALIKE))
        bare = _compose(_invisible.sub("", plain))
        if _outside_gsm.search(bare) is None:
            plain = bare
        return plain if segments(plain).count < self.count else None


def _compose(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def segments(text: str) -> Segments:
    """Count the segments of a text: encoding, number, and the room left in the last one."""
    if _outside_gsm.search(text) is None:
        septets = _with_escapes(text)
        cuts = _gsm_cuts(septets)
        return _count(Encoding.GSM, text, cuts, len(septets))
    utf16 = _utf16(text)
    cuts = _ucs2_cuts(utf16)
    return _count(Encoding.UCS2, text, cuts, len(utf16) // 2)


def is_one_gsm_segment(text: str) -> bool:
    """Tell whether a text is one segment of GSM-7 without extension characters, but fast."""
    return len(text) <= _GSM_SINGLE and _only_basic.fullmatch(text) is not None


def split(text: str) -> tuple[str, ...]:
    """Split a text into parts, one for each segment; joined they are the text again."""
    if not text:
        return ()
    if _outside_gsm.search(text) is None:
        septets = _with_escapes(text)
        spans = _spans(_gsm_cuts(septets), len(septets))
        return tuple(septets[start:end].replace(_ESCAPE, "") for start, end in spans)
    utf16 = _utf16(text)
    spans = _spans(_ucs2_cuts(utf16), len(utf16) // 2)
    return tuple(
        utf16[2 * start : 2 * end].decode("utf-16-be", "surrogatepass") for start, end in spans
    )


def _count(encoding: Encoding, text: str, cuts: list[int], units: int) -> Segments:
    is_gsm = encoding is Encoding.GSM
    if not cuts:
        single = _GSM_SINGLE if is_gsm else _UCS2_SINGLE
        return Segments(encoding, 1 if text else 0, units, single - units, text)
    part = _GSM_PART if is_gsm else _UCS2_PART
    return Segments(encoding, len(cuts) + 1, units, part - (units - cuts[-1]), text)


def _with_escapes(text: str) -> str:
    """Return the text as septets, with an escape before every extension character."""
    return _extension.sub(rf"{_ESCAPE}\g<0>", text)


def _utf16(text: str) -> bytes:
    # A lone surrogate cannot be sent, but saying so belongs to the request, not to the counter.
    return text.encode("utf-16-be", "surrogatepass")


def _gsm_cuts(septets: str) -> list[int]:
    """Return where parts after the first begin, in septets; an escape stays with its character."""
    cuts: list[int] = []
    if len(septets) <= _GSM_SINGLE:
        return cuts
    cut = _GSM_PART
    while cut < len(septets):
        cut -= septets[cut - 1] == _ESCAPE
        cuts.append(cut)
        cut += _GSM_PART
    return cuts


def _ucs2_cuts(utf16: bytes) -> list[int]:
    """Return where the parts after the first begin, in UTF-16 units; surrogate pairs stay whole."""
    cuts: list[int] = []
    if len(utf16) <= 2 * _UCS2_SINGLE:
        return cuts
    cut = _UCS2_PART
    while 2 * cut < len(utf16):
        # The first byte of a unit tells: D8-DB opens a pair, DC-DF closes it.
        opens, closes = utf16[2 * cut - 2] >> 2 == 0x36, utf16[2 * cut] >> 2 == 0x37
        cut -= opens and closes
        cuts.append(cut)
        cut += _UCS2_PART
    return cuts


def _spans(cuts: list[int], end: int) -> Iterator[tuple[int, int]]:
    return zip([0, *cuts], [*cuts, end], strict=True)
