"""A group of commands whose modules are loaded when their command is called, not before.

In: a table of names, places and first lines of help. Out: a class for `typer.Typer(cls=…)`.
I/O: imports the module of the command that is called.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from collections.abc import Callable


class CommandPlace(NamedTuple):
    """Where a command is.

    `attribute` is the name of a function, or of a `typer.Typer` with commands below it; with a
    `product` it is what builds one of these of that word. `help` is the first line of its help: a
    list of all commands loads none of them. A test compares both.
    """

    module: str
    attribute: str
    help: str
    has_help_option: bool = True
    product: str = ""


class WholeLines(TyperGroup):
    """Commands whose lines of help are folded, never cut short."""

    def format_commands(self, ctx: object, formatter: Any) -> None:  # noqa: ARG002 - typer's signature
        """Write a list of the commands."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, command.get_short_help_str(_WHOLE))
                    for name, command in self.commands.items()
                    if not command.hidden
                ]
            )


_WHOLE: Final = 10_000


class LazyGroup(WholeLines):
    """Commands by their names; a subclass has the table."""

    places: ClassVar[Mapping[str, CommandPlace]]

    def __init__(self, *, commands: object = None, **settings: Any) -> None:
        del commands  # typer's own list, which is empty
        # Not `help`, which shells would be shown the beginning of.
        lines = {
            name: TyperCommand(name, short_help=place.help) for name, place in self.places.items()
        }
        super().__init__(commands=dict(lines), **settings)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called: its name, itself, and the words that follow."""
        name, line, rest = super().resolve_command(ctx, args)
        return name, line and load_command(str(name), self.places[str(name)]), rest


def load_command(name: str, place: CommandPlace) -> Any:
    """Import a command, and return it as typer makes it."""
    command: typer.Typer | Callable[..., Any]
    command = getattr(import_module(place.module), place.attribute)
    if place.product:
        command = command(place.product)
    holder = build_app()
    if isinstance(command, typer.Typer):
        holder.add_typer(command, name=name, cls=command.info.cls or WholeLines)
    else:
        holder.command(name, add_help_option=place.has_help_option)(command)
    return typer.main.get_group(holder).commands[name]


def build_app(*, add_completion: bool = False, **settings: Any) -> typer.Typer:
    """Return an app as all of this command line are: help is plain text, which needs no rich."""
    return typer.Typer(
        add_completion=add_completion,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        **settings,
    )
