"""The help of every command of `seven`: for the page that shows it, and for its test. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from typer.main import get_command

from seven_async.cli.app import app as command_line

COLUMNS = 92


class CommandHelp(NamedTuple):
    """A command as it is called, and what its `--help` shows."""

    words: str
    text: str


def find_commands() -> Iterator[CommandHelp]:
    """Yield every command of `seven`, groups before what is below them."""
    root: Any = get_command(command_line)
    context = root.make_context("seven", [], resilient_parsing=True, terminal_width=COLUMNS)
    yield CommandHelp("seven", root.get_help(context))
    yield from _commands_below(root, context)


def _commands_below(group: Any, context: Any) -> Iterator[CommandHelp]:
    for name in group.list_commands(context):
        _, command, _ = group.resolve_command(context, [name])
        below = command.make_context(
            name, [], parent=context, resilient_parsing=True, terminal_width=COLUMNS
        )
        yield CommandHelp(below.command_path, command.get_help(below))
        if hasattr(command, "list_commands"):
            yield from _commands_below(command, below)
