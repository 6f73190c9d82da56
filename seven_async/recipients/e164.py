"""International numbers: their calling code, what their plan says for certain, one key a person.

In: digits that begin with a calling code. Out: digits of E.164, or a `RecipientError`. No I/O.

Rules for single countries stand here only where a `+` number is read wrongly without them; national
numbers are read by the package phonenumbers (`national.py`).
"""

from __future__ import annotations

import re
from typing import Final

from seven_async.recipients.errors import RecipientError

SHORTEST, LONGEST = 7, 15  # digits with calling code: the smallest plans in use, and E.164's limit

#: The assigned calling codes (ITU-T E.164, list of country codes). None is the start of another.
_calling_code: Final = re.compile(
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|21[12368]|2[2346][0-9]|25[0-8]|29[01789]|35[0-9]|37[0-8]|38[0-35-79]|42[013]"
    "|50[0-9]|59[0-9]|67[02-9]|68[0-35-9]|69[0-2]"
    "|80[08]|85[02356]|87[08]|88[0-368]|96[0-8]|97[0-79]|99[2-68]"
)

#: Plans with a few service numbers that begin with 0, as 0800 in Botswana: a zero stays, too.
_HAS_ZERO: Final = frozenset({"47", "227", "267", "268", "501", "676", "679", "687", "853"})

#: The first digit of a national number is no 0, so a 0 after the calling code is a trunk prefix.
#: In these plans it belongs to the number (phonenumbers: numbers with a leading zero): Italy, San
#: Marino, Ivory Coast, Benin, Gabon, Congo, and the codes that are no country's.
_KEEPS_ZERO: Final = frozenset(
    {"39", "378", "225", "229", "241", "242", "800", "808"}
    | {"870", "878", "881", "882", "883", "888", "979"}
)

#: Plans whose numbers all have one form: what has another form was meant for another country.
_forms: Final = {
    # NANP: area code and exchange start with 2-9, and no area code is N11.
    "1": re.compile(r"1(?![2-9]11)[2-9][0-9]{2}[2-9][0-9]{6}"),
    # Russia and Kazakhstan: ten digits, the first of which is no 0, 1 or 2.
    "7": re.compile(r"7[3-9][0-9]{9}"),
}

#: Old numbers and what they are today: the same line, the same person.
_renumberings: Final = {
    code: [(re.compile(old), new) for old, new in rules]
    for code, rules in {
        # Mexico, 2019-08-03: the mobile prefix 1 and the dialling prefixes are gone (IFT, Plan
        # Técnico Fundamental de Numeración).
        "52": [(r"52(?:1|0[12]|04[45])([1-9][0-9]{9})", r"52\1")],
        # Argentina: a mobile is dialled as area code, 15, number at home and as 9, area code,
        # number from abroad (ENACOM). Area codes have 2 (only 11), 3 or 4 digits.
        "54": [
            (r"549?(11)15([0-9]{8})", r"549\1\2"),
            (r"549?([23][0-9]{2})15([0-9]{7})", r"549\1\2"),
            (r"549?([23][0-9]{3})15([0-9]{6})", r"549\1\2"),
        ],
        # Brazil, until 2016: mobiles got a 9 in front of their eight digits (Anatel, resolution
        # 553/2010). Those with 7 stay: phonenumbers has valid ones of eight digits.
        "55": [(r"55([1-9][1-9])([689][0-9]{7})", r"55\g<1>9\2")],
        # Ivory Coast, 2021-01-31: from 8 to 10 digits, two for the operator (ARTCI). Of mobiles
        # the second digit told it, of landlines (2 and 3) the third.
        "225": [
            (r"225([23][0-9]8[0-9]{5})", r"22521\1"),
            (r"225([23][0-9]0[0-9]{5})", r"22525\1"),
            (r"225([23][0-9]{7})", r"22527\1"),
            (r"225([0-9][0-3][0-9]{6})", r"22501\1"),
            (r"225([0-9][4-6][0-9]{6})", r"22505\1"),
            (r"225([0-9][7-9][0-9]{6})", r"22507\1"),
        ],
        # Benin, 2024-11-30: 01 in front of the eight digits of mobiles and landlines (ARCEP Bénin).
        "229": [(r"229([24-69][0-9]{7})", r"22901\1")],
    }.items()
}

_argentinian_mobile: Final = re.compile(r"549([0-9]{10})")


def calling_code_of(digits: str) -> str | None:
    """Return the calling code that international digits start with, None if there is none."""
    code = _calling_code.match(digits)
    return code.group() if code else None


def keeps_zero(calling_code: str) -> bool:
    """Tell whether numbers keep a zero after the calling code when dialled from abroad."""
    return calling_code in _KEEPS_ZERO


def to_international(digits: str) -> str:
    """Return the number as it is dialled today, from digits with calling code.

    A trunk zero after the calling code is left out, an old number becomes the one of today. Raises
    `RecipientError` for what cannot be a number of its country.
    """
    check_length(digits)
    code = calling_code_of(digits)
    if code is None:
        raise RecipientError("no country has this calling code")
    form = _forms.get(code)
    if form is not None and not form.fullmatch(digits):
        # German mobiles without their 0 (151…, 171…) look American, British ones (7700…) Russian.
        name = "North American" if code == "1" else "Russian or Kazakh"
        raise RecipientError(f"no {name} number (+{code}); has a spreadsheet dropped a 0?")
    return to_current(_without_trunk_zero(to_current(digits), code))


def to_current(digits: str) -> str:
    """Return the number of today for an old one; any other number as it is."""
    for old, new in _renumberings.get(calling_code_of(digits) or "", ()):
        match = old.fullmatch(digits)
        if match:
            return match.expand(new)
    return digits


def to_key(digits: str) -> str:
    """Return what all spellings of a person's number have in common.

    Argentinian numbers with and without the 9 are one line: the 9 says only that it is a mobile.
    """
    return _argentinian_mobile.sub(r"54\1", digits) if digits.startswith("549") else digits


def check_length(digits: str) -> None:
    """Raise `RecipientError` for more or fewer digits than a number has."""
    if len(digits) < SHORTEST:
        raise RecipientError("the number is too short")
    if len(digits) > LONGEST:
        raise RecipientError("the number is too long")


def _without_trunk_zero(digits: str, code: str) -> str:
    if digits[len(code)] != "0" or code in _HAS_ZERO or keeps_zero(code):
        return digits
    # Hungary's trunk prefix is 06 (ITU-T E.164, national dialling prefixes).
    trunk = "06" if code == "36" and digits.startswith("3606") else "0"
    shorter = code + digits[len(code) + len(trunk) :]
    check_length(shorter)
    if shorter[len(code)] == "0":
        # It is not known which of the two is too much: without both it could be another's number.
        raise RecipientError("two zeros after the calling code")
    return shorter
