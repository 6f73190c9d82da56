"""Lines that fit a terminal, broken at words; what must stay on one line has hard blanks.

In: texts, and a width in columns. Out: lines. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len

_HARD: Final = "\u00a0"
_quoted: Final = re.compile(r"`[^`]*`")


def keep_together(text: str) -> str:
    """Return a text whose words stay on one line, such as a command that somebody will copy."""
    return text.replace(" ", _HARD)


def keep_commands_together(sentence: str) -> str:
    """Return a sentence whose quoted commands (`seven login`) are not broken."""
    return _quoted.sub(lambda match: keep_together(match[0]), sentence)


def to_plain_blanks(line: str) -> str:
    """Return a line that is not broken any more, with usual blanks."""
    return line.replace(_HARD, " ")


def fold(text: str, width: int) -> list[str]:
    """Return a text as lines of at most a width, broken at words.

    A longer word stays whole, so that it can be copied: the terminal goes on with it by itself.
    """
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        lines = [*lines, word] if lines[-1] else [*lines[:-1], word]
    return lines
