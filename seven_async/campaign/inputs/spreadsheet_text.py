"""Values that a spreadsheet would compute or shorten, kept as text by an apostrophe.

In: a value. Out: the value as a spreadsheet leaves it alone, or as it was before. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

# Signs that begin a formula, in full width, too; tab and line ends may come before it
# (OWASP, CSV Injection).
_FORMULA: Final = r"=+\-@\t\r\n＝＋－＠"

#: What a spreadsheet computes or cuts: formulas, and digits with zeros in front. Apostrophes in
#: front of those get one more to be taken off. A number such as +491713920011 is no formula:
#: programs that read an export find it as it was.
_changed: Final = re.compile(rf"(?!\+[0-9]{{7,15}}\Z)'*\s*[{_FORMULA}]|'+[0-9]|0[0-9]+\Z")
_apostrophe: Final = re.compile(rf"'(?='*\s*[{_FORMULA}]|'*[0-9])")
_quoted: Final = re.compile(r'=\s*"([^"]*)"\s*')


def protect_cell(value: str) -> str:
    """Return a value that a spreadsheet shows as it is: `'=1+1`, `'00815`.

    `read_csv` gives the value back.

    Example:
        row = [protect_cell(value) for value in ("=1+1", "+491711234567", "Ann")]
    """
    return f"'{value}" if _changed.match(value) else value


def unprotect(value: str) -> str:
    """Return a value without what keeps it as text in a spreadsheet: `'00815`, `="00815"`.

    An apostrophe in front of a letter belongs to the value: `'s-Gravenhage`.
    """
    if value[:1] == "'":
        return value[1:] if _apostrophe.match(value) else value
    quoted = _quoted.fullmatch(value) if value[:1] == "=" else None
    return quoted[1] if quoted else value
