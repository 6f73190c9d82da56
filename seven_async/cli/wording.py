"""Errors in the words of the command line: `--encoding cp1250` instead of `encoding='cp1250'`.

In: a sentence of the package. Out: the same for a terminal. No I/O.
"""

from __future__ import annotations

import ast
import re
import shlex
from typing import Final

_OPTIONS: Final = {
    "default_country": "--country",
    "delimiter": "--delimiter",
    "encoding": "--encoding",
    "from_": "--from",
    "journal": "--journal",
    "holidays": "--holidays",
    "label": "--label",
    "max_cost": "--max-cost",
    "not_after": "--not-after",
    "quiet_hours": "--quiet-hours",
    "rate": "--rate",
    "recipient": "--recipient",
    "resend_changed": "--resend-changed",
    "resend_unknown": "--resend-unknown",
    "start": "--start",
    "store_texts": "--store-texts",
    "suppress": "--suppress",
    "weekdays": "--weekdays",
    "zone": "--zone",
}
"""Arguments that commands have an option for. Others stay: they can be said in Python only."""

_argument: Final = re.compile(
    rf"""(?<![(\w])({"|".join(_OPTIONS)})=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|True\b)?"""
)


_key: Final = re.compile(r" or api_key=")
"""The key is no option of a command: other users of the machine would see it."""

#: An argument that a sentence begins with: `max_cost must be …`.
_subject: Final = re.compile(rf"""^({"|".join(_OPTIONS)})(?= (?:must|is|has)\b)""")


def to_command_words(sentence: str) -> str:
    """Return a sentence in which arguments of functions are options of commands."""
    sentence = _subject.sub(lambda match: _OPTIONS[match[1]], sentence)
    return _argument.sub(_option, _key.sub(" or another profile", sentence))


def count_of(count: int, noun: str) -> str:
    """Return a number with its noun: `1 message`, `1,200 messages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _option(match: re.Match[str]) -> str:
    option, value = _OPTIONS[match[1]], match[2]
    if value is None or value == "True":
        return option
    return f"{option} {shlex.quote(str(ast.literal_eval(value)))}"
