"""Texts with `{column}` placeholders: nothing but plain replacement, so a text cannot run code.

In: a text and the columns there are. Out: the text of a row. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from seven_async.errors import InvalidRequestError

_token: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@frozen(repr=False)
class Template:
    """A compiled text. `columns` are the names it asks for, in the order of the text."""

    columns: tuple[str, ...]
    _format: str  # of the % operator, whose only directive here is %s
    _indices: tuple[int, ...]

    @classmethod
    def compiled(cls, source: str, columns: Sequence[str], *, option: str = "text") -> Template:
        """The template of a text over the columns of a table.

        `{name}` is the value of a column, `{{` and `}}` are braces; there are no attributes, no
        indices and no formats. `option` is the argument's name for the error's text. Raises
        `InvalidRequestError` for unknown columns, naming those there are, and for single braces.
        """
        parts, names, end = [""], list[str](), 0
        for token in _token.finditer(source):
            parts.append(_literal(source[end : token.start()]))
            parts.append(_replacement(token, option))
            if token[1] is not None:
                names.append(_known(token[1], columns, option))
            end = token.end()
        parts.append(_literal(source[end:]))
        return cls(tuple(names), "".join(parts), tuple(columns.index(name) for name in names))

    @property
    def is_constant(self) -> bool:
        """Whether every row gets the same text."""
        return not self._indices

    def filled(self, row: Sequence[str]) -> str:
        """The text of a row; the values lose the spaces around them."""
        return self._format % tuple(self._values(row))

    def _values(self, row: Sequence[str]) -> Iterator[str]:
        return (row[index].strip() for index in self._indices)


def _literal(text: str) -> str:
    return text.replace("%", "%%")


def _replacement(token: re.Match[str], option: str) -> str:
    if token[1] is not None:
        return "%s"
    if len(token[0]) == 2:
        return token[0][0]
    raise InvalidRequestError(
        f"{option}: a single {token[0]!r} at character {token.start() + 1}; "
        f"write {token[0] * 2!r} for a brace, {{column}} for a placeholder"
    )


def _known(name: str, columns: Sequence[str], option: str) -> str:
    for candidate in (name, name.strip()):
        if candidate and candidate in columns:
            return candidate
    raise InvalidRequestError(
        f"{option}: there is no column {name!r}; the columns are {', '.join(columns)} "
        "(a placeholder is a column's name alone, {{ and }} are braces)"
    )
