"""What stands in a field, as digits: separators are looked at before they are removed.

In: what people type and spreadsheets store. Out: digits, with `+` in front where it was written; or
a `RecipientError` that says what the field is instead. No I/O.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

from seven_async.recipients.e164 import calling_code_of, keeps_zero
from seven_async.recipients.errors import RecipientError

SEVERAL: Final = "more than one recipient in the field"

_compact: Final = re.compile(r"\+?[0-9]+")
# Groups between single blanks, behind a plus also between dashes: no date, no decimals.
_groups: Final = re.compile(r"\+[0-9]+(?:[ -][0-9]+)*|[0-9]+(?: [0-9]+)*")
_separators: Final = re.compile(r"[\s/.()\[\]~-]+")
_not_digits: Final = re.compile(r"[^0-9]+")

# Excel's ways to keep a number as text: ="0171…" and '0171…
_excel: Final = re.compile(r"""=\s*"([^"]*)"|'(.*)""", re.DOTALL)
_scientific: Final = re.compile(r"\+?[0-9][.,]?[0-9]*[eE][+-]?[0-9]+")

#: RFC 3966 and what chat programs and phones copy.
_link: Final = re.compile(r"(?:tel|callto|sms|whatsapp):(?://)?(.*)", re.IGNORECASE | re.DOTALL)
#: Links of WhatsApp name the number with its calling code and without a plus.
_chat_link: Final = re.compile(
    r"(?:https?://)?(?:wa\.me/|(?:api\.whatsapp\.com/|whatsapp://)send/?\?phone=)\+?([0-9]+)"
    r"(?:[?&/].*)?",
    re.IGNORECASE,
)

_extension: Final = re.compile(
    r"[+(]?[0-9][0-9\s()/.-]{4,}[\s,;-]*"
    r"(?:x|ext(?:n|ension)?\.?|dw\.?|durchwahl|poste|anexo|ramal|int\.?|доб\.?|[pw#]|,{2,}|;ext)"
    r"\s*[:.=]?\s*[0-9]{1,7}",
    re.IGNORECASE,
)

_date: Final = re.compile(
    r"(?:(?P<year>(?:19|20)[0-9]{2})(?P<mark>[-./])(?P<first>[0-9]{1,2})(?P=mark)(?P<second>[0-9]{1,2})"
    r"|(?P<one>[0-9]{1,2})(?P<sign>[-./])(?P<two>[0-9]{1,2})(?P=sign)(?:(?:19|20)[0-9]{2}|[0-9]{2}))"
    r"(?:[T ]+[0-9]{1,2}:[0-9]{2}.*)?"
)
_thousands: Final = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?:\.[0-9]*)?")
_only_zeros: Final = re.compile(r"(\+?[0-9]+)[.,]0{1,3}")
_decimals: Final = re.compile(r"(.*?[0-9]{5,})[.,]([0-9]+)", re.DOTALL)
_line_break: Final = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_spaced_dash: Final = re.compile(r"\s-+\s")
_plus_within: Final = re.compile(r"[0-9].*\+|\+.*\+", re.DOTALL)

#: Signs that mean the same as one of ASCII, beyond digits, blanks and dashes.
_LOOK_ALIKES: Final = {
    "＋": "+", "﹢": "+", "−": "-", "／": "/", "⁄": "/", "∕": "/", "．": ".", "（": "(", "）": ")",
    "［": "[", "］": "]", "，": ",", "､": ",", "、": ",", "；": ";", "：": ":", "＝": "=",
    "＇": "'", "’": "'", "＂": '"', "～": "~", "٫": ".", "٬": ",", "،": ",",
}  # fmt: skip

# Digits before a dot that is no separator: no group of a number is that long.
_WHOLE_NUMBER: Final = 7
_MOST_DECIMALS: Final = 3

# Digits of an area code with its trunk prefix, at most (ITU-T E.164 national plans).
_LONGEST_AREA: Final = 6
_SHORTEST_NUMBER: Final = 6
_LONGEST_PAIR: Final = 3  # digits between slashes that separate pairs


def to_digits(text: str) -> str | None:
    """Return the digits of a number, with its plus; None for a text that has letters.

    Raises `RecipientError` with the reason for a date, an amount, an extension, a rounded number,
    several numbers, and for what has no digits at all.
    """
    if _compact.fullmatch(text):
        return text
    if _groups.fullmatch(text):
        return text.replace(" ", "").replace("-", "")
    text = _unwrap(_to_ascii(text))
    if not text:
        raise RecipientError("the number is empty")
    _refuse_what_only_looks_like_a_number(text)
    if any(character.isalpha() for character in text):
        return None
    text = _without_decimals(text)
    _refuse_several(text)
    number = _separators.sub("", _without_optional_zero(text))
    if not number.strip("+"):
        raise RecipientError("the number is empty")
    if not _compact.fullmatch(number):
        raise RecipientError("a character that no number has")
    return number


def _to_ascii(text: str) -> str:
    return text if text.isascii() else "".join(map(_to_ascii_character, text))


@lru_cache(maxsize=1024)
def _to_ascii_character(character: str) -> str:
    """Return what a character means in a number: Arabic-Indic, full-width and invisible ones."""
    if character.isascii() or _line_break.match(character):
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Cf":  # BOM, direction marks, zero-width characters, soft hyphens
        return ""
    if character.isspace():
        return " "
    return "-" if category == "Pd" else _LOOK_ALIKES.get(character, character)


def _unwrap(text: str) -> str:
    """Return the text without what spreadsheets and links put around it."""
    text = text.strip()
    quoted = _excel.fullmatch(text)
    if quoted:
        text = (quoted[1] or quoted[2] or "").strip()
    chat = _chat_link.fullmatch(text)
    if chat:
        return f"+{chat[1]}"
    link = _link.fullmatch(text)
    return link[1].strip() if link else text


def _refuse_what_only_looks_like_a_number(text: str) -> None:
    if _scientific.fullmatch(text):
        raise RecipientError("a spreadsheet has rounded the number (1.23E+11); format it as text")
    if _is_date(text):
        raise RecipientError("a date, not a number")
    if _extension.fullmatch(text):
        raise RecipientError("an extension behind the number (x11): no message reaches it")
    if any(unicodedata.category(character) == "Sc" for character in text) or (
        _thousands.fullmatch(text)
    ):
        raise RecipientError("an amount, not a number; format the column as text")


def _is_date(text: str) -> bool:
    date = _date.fullmatch(text)
    if date is None:
        return False
    first, second = sorted((int(date["first"] or date["one"]), int(date["second"] or date["two"])))
    return 1 <= first <= 12 and second <= 31


def _without_decimals(text: str) -> str:
    """Return `491713920011.00` as `491713920011`; raises `RecipientError` for other decimals.

    Dots between shorter groups are separators: `0171.392.00.11`.
    """
    zeros = _only_zeros.fullmatch(text)
    if zeros:
        return zeros[1]
    decimals = _decimals.fullmatch(text)
    if decimals is None:
        return text
    before, fraction = decimals.groups()
    run = len(before) - len(before.rstrip("0123456789"))
    if run < _WHOLE_NUMBER and len(fraction) > _MOST_DECIMALS:
        return text
    if run >= _WHOLE_NUMBER and not fraction.strip("0") and len(fraction) <= _MOST_DECIMALS:
        return before
    raise RecipientError("decimals behind the number; format the column as text")


def _refuse_several(text: str) -> None:
    if re.search("[,;|&]", text) or _plus_within.search(text):
        raise RecipientError(SEVERAL)
    for separator in (_line_break, _spaced_dash):
        parts = [_not_digits.sub("", part) for part in separator.split(text)]
        if sum(len(part) >= _SHORTEST_NUMBER for part in parts) > 1:
            raise RecipientError(SEVERAL)
    _check_slashes(text.split("/"))


def _check_slashes(parts: list[str]) -> None:
    """Refuse a slash that stands behind a whole number: it gives another ending or number.

    Behind an area code, and between pairs (`0475/12/34/56`), it is a separator.
    """
    before = parts[0]
    for left, right in pairwise(parts):
        sizes = len(_not_digits.sub("", left)), len(_not_digits.sub("", right))
        if _national_length(before) > _LONGEST_AREA and max(sizes) > _LONGEST_PAIR:
            if sizes[1] >= _SHORTEST_NUMBER:
                raise RecipientError(SEVERAL)
            raise RecipientError("a slash with another ending; write one number")
        before += right


def _national_length(text: str) -> int:
    digits = _not_digits.sub("", text)
    if "+" in text or digits.startswith("00"):
        digits = digits.removeprefix("00")
        return len(digits) - len(calling_code_of(digits) or "")
    return len(digits)


def _without_optional_zero(text: str) -> str:
    """Return `+49 (0)171` as `+49 171`; behind anything but a calling code `(0)` is a digit."""
    before, zero, after = text.partition("(0)")
    digits = _not_digits.sub("", before).removeprefix("00")
    is_optional = zero and digits and calling_code_of(digits) == digits
    return before + after if is_optional and not keeps_zero(digits) else text
