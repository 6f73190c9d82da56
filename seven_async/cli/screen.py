"""What a person sees: lines, a progress bar on a terminal, and plain lines without one."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """A line on standard output, as it is."""
    _out.print(Text(line))


def complain(line: str) -> None:
    """A line on standard error, with the name of the command."""
    _err.print(Text.assemble(("seven: ", "bold red"), line))


def table(rows: list[tuple[str, str]]) -> None:
    """Names and numbers, the last row a sum under a line."""
    names = max(len(name) for name, _ in rows)
    numbers = max(len(number) for _, number in rows)
    for name, number in rows[:-1]:
        say(f"{name:<{names}}  {number:>{numbers}}")
    name, number = rows[-1]
    say("─" * (names + 2 + numbers))
    say(f"{name:<{names}}  {number:>{numbers}}")
