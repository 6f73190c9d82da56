"""What a person sees: lines, a progress bar on a terminal, and plain lines without one.

In: text, also from files, names and the gateway. Out: lines whose characters do no more than stand
there. I/O: writes to standard output and error.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Final, TextIO

from seven_async.cli.wording import to_command_words

if TYPE_CHECKING:
    from rich.console import Console

#: Of a folded line; a narrower terminal breaks it by itself.
_LEAST_WIDTH: Final = 20

#: What a terminal obeys instead of showing it: control characters (escape sequences begin with
#: one), line and paragraph separators, halves of surrogates, and what turns the direction of
#: writing (bidi embeddings, overrides, isolates and marks), so that a line reads as another.
_not_shown: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def to_visible(text: str) -> str:
    r"""Return a text as it can be shown anywhere: `\x1b[31m` instead of what turns a screen red."""
    return _not_shown.sub(lambda match: repr(match[0])[1:-1], text)


def say(line: str) -> None:
    """Write a line to standard output; on a terminal it breaks between words."""
    line, width = to_visible(line), terminal_width(sys.stdout)
    if width is None or len(line) <= width:
        _write(line)
        return
    from seven_async.cli.folding import fold  # noqa: PLC0415 - needs a part of rich

    indent = len(line) - len(line.lstrip())
    first, *rest = fold(line.lstrip(), max(_LEAST_WIDTH, width - indent - 2))
    _write(" " * indent + first)
    for following in rest:
        _write(" " * (indent + 2) + following)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@functools.cache
def _err() -> Console:
    from rich.console import Console  # noqa: PLC0415 - see complain

    return Console(stderr=True, highlight=False, soft_wrap=True)


def write_line(line: str) -> None:
    """Write a line of JSON: never coloured, folded or shortened.

    What a terminal obeys is escaped as JSON has it, and what the output cannot encode, so that the
    line stays JSON and says the same.
    """
    line = _not_shown.sub(lambda match: f"\\u{ord(match[0]):04x}", line)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        line = "".join(map(_escape_beyond_ascii, line))
    _write(line)


def _escape_beyond_ascii(character: str) -> str:
    return character if character.isascii() else json.dumps(character)[1:-1]


def write_cells(line: str) -> None:
    """Write a line of CSV: as it is into a pipe or a file, and visible on a terminal."""
    _write(to_visible(line) if sys.stdout.isatty() else line)


def terminal_width(stream: TextIO) -> int | None:
    """Return how many columns the terminal of a stream has; None where it is no terminal."""
    if not stream.isatty():
        return None
    # Asked of this stream: the other one may be a pipe.
    given = os.environ.get("COLUMNS", "")
    columns = int(given) if given.isdecimal() else os.get_terminal_size(stream.fileno()).columns
    return columns or _USUAL_WIDTH  # a terminal that does not know says 0


_USUAL_WIDTH: Final = 80


def complain(line: str) -> None:
    """Write a line to standard error, with the name of the command; a terminal's is folded."""
    from rich.text import Text  # noqa: PLC0415 - takes a third of a start, and most runs need none

    from seven_async.cli.folding import (  # noqa: PLC0415 - the same
        fold,
        keep_commands_together,
        to_plain_blanks,
    )

    name = "seven: "
    sentence = name + to_visible(to_command_words(line))
    width = terminal_width(sys.stderr)
    if width is not None:
        sentence = "\n".join(fold(keep_commands_together(sentence), width))
    rest = to_plain_blanks(sentence.removeprefix(name))
    _err().print(Text.assemble((name, "bold red"), rest))


def table(rows: list[tuple[str, str]]) -> None:
    """Write names and numbers, the last row a sum under a line."""
    names = max(len(name) for name, _ in rows)
    numbers = max(len(number) for _, number in rows)
    for name, number in rows[:-1]:
        say(f"{name:<{names}}  {number:>{numbers}}")
    name, number = rows[-1]
    say("─" * (names + 2 + numbers))
    say(f"{name:<{names}}  {number:>{numbers}}")
