"""What a line of the table of commands has. No I/O."""

from __future__ import annotations

from typing import Final, NamedTuple

RECONCILE: Final = "reconcile {foreign_id}"
"""The command that finds a message by its reference."""


class Command(NamedTuple):
    """A command that calls one method of the client.

    Its name is the method's unless `name` is given. `example` is what follows the name. `columns`
    are fields of the reply, separated by commas, with dots into objects and a heading after `=`.
    `rows` names the lists in the reply whose members are the rows. A listing has `noun`: what one
    row is. In place of columns `says` is a sentence, with fields of the reply and arguments in
    braces. `words` are the arguments that stand without a name; unless given, those that do so in
    Python. `look` is the command that tells what became of a call whose answer was lost.
    """

    method: str
    help: str
    example: str = ""
    columns: str = ""
    rows: str = ""
    noun: str = ""
    says: str = ""
    words: tuple[str, ...] | None = None
    look: str = ""
    name: str = ""

    @property
    def word(self) -> str:
        """The name on the command line: `send-text`."""
        return self.name or self.method.partition(".")[2].replace("_", "-")


class Product(NamedTuple):
    """Commands under one word: `seven sms …`; `others` are in modules of their own."""

    help: str
    commands: tuple[Command, ...]
    others: tuple[tuple[str, str], ...] = ()
