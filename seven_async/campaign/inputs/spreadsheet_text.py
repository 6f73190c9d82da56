"""Values that a spreadsheet would compute or shorten, kept as text by an apostrophe.

In: a value. Out: the value as a spreadsheet leaves it alone, or as it was before. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

# Signs that begin a formula, in full width, too; tab and line ends may come before it
# (OWASP, CSV Injection).
_FORMULA: Final = r"=+\-@\t\r\n＝＋－＠"

#: What a spreadsheet changes: formulas, numbers with zeros in front, which it drops, numbers of 12
#: digits and more, which it rounds. Apostrophes in front of those get one more to be taken off.
_changed: Final = re.compile(rf"'*[{_FORMULA}]|'+[0-9]|0[0-9]|[0-9]{{12,}}$")
_apostrophe: Final = re.compile(rf"'(?='*[0-9{_FORMULA}])")
_quoted: Final = re.compile(r'=\s*"([^"]*)"\s*')


def protect(value: str) -> str:
    """Return a value that a spreadsheet shows as it is: `'=1+1`, `'00815`, `'+49171…`.

    `unprotect` gives the value back.
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
