"""The table of the products' commands: which there are, under which words.

A line says which method of the client a command calls, what it is for, an example that a test
runs, and which columns a terminal shows. Options, their help and their checks come from the method
itself. No I/O, and no import of the client: `seven --help` needs the names alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seven_async.cli.products.account import ACCOUNT
from seven_async.cli.products.line import Command, Product
from seven_async.cli.products.messages import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

PRODUCTS: Final[dict[str, Product | Command]] = MESSAGES | ACCOUNT
"""Every product by the word for it; one that has a single command is that command."""


def lines() -> Iterator[tuple[str, Command]]:
    """Yield every command with the words that call it: `sms send`."""
    for word, product in PRODUCTS.items():
        if isinstance(product, Command):
            yield word, product
        else:
            yield from ((f"{word} {command.word}", command) for command in product.commands)


def find_command(words: str) -> Command:
    """Return a command by the words that call it; raises KeyError if there is none."""
    return dict(lines())[words]
