"""Texts with `{column}` placeholders: nothing but plain replacement, so a text cannot run code.

In: a text and the columns there are. Out: the text of a row. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from attrs import frozen

from seven_async.campaign.inputs.csv_headings import find_column, similar_column
from seven_async.errors import InvalidRequestError

_token: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

#: How other programs write a placeholder: mail merge, shops, newsletters. `${…}` is none of them:
#: "you owe ${amount}" is a sum in dollars.
_other_styles: Final = re.compile(
    r"(?<!\{)\{\{(?P<a>[^{}]*)\}\}(?!\})|\*\|(?P<b>[^|{}]*)\|\*"
    r"|(?<!\[)\[(?P<c>[^][{}]*)\](?!\])|<<(?P<d>[^<>{}]*)>>|<(?P<e>[^<>{}]*)>|«(?P<f>[^«»{}]*)»"
    r"|%%(?P<g>[^%{}]*)%%|%\((?P<h>[^(){}]*)\)s|%(?P<i>[^%\s{}][^%{}]*)%|##(?P<j>[^#{}]*)##"
    r"|\$(?P<k>[A-Za-z_]\w*)"
)


@frozen(repr=False)
class Template:
    """A compiled text. `columns` are the names it asks for, in the order of the text."""

    columns: tuple[str, ...]
    _format: str  # of the % operator, whose only directive here is %s
    _indices: tuple[int, ...]

    @classmethod
    def compile(cls, source: str, columns: Sequence[str], *, option: str = "text") -> Template:
        """Return the template of a text over the columns of a table.

        `{name}` is the value of a column, `{{` and `}}` are braces; there are no attributes, no
        indices and no formats. `option` is the argument's name for the error's text. Raises
        `InvalidRequestError` for unknown columns, naming what may be meant, for single braces, and
        for a column's name in the notation of another program: it would go out as it stands.
        """
        _refuse_other_styles(source, columns, option)
        parts, names, end = [""], list[str](), 0
        for token in _token.finditer(source):
            parts.append(_literal(source[end : token.start()]))
            parts.append(_replacement(token, option))
            if token[1] is not None:
                names.append(_require_column(token[1], columns, option))
            end = token.end()
        parts.append(_literal(source[end:]))
        return cls(tuple(names), "".join(parts), tuple(columns.index(name) for name in names))

    @property
    def is_constant(self) -> bool:
        """True if every row gets the same text."""
        return not self._indices

    def fill(self, row: Sequence[str]) -> str:
        """Return the text of a row; the values lose the spaces around them."""
        return self._format % tuple(self._values(row))

    def _values(self, row: Sequence[str]) -> Iterator[str]:
        return (row[index].strip() for index in self._indices)


def _refuse_other_styles(source: str, columns: Sequence[str], option: str) -> None:
    placeholders = [token.span() for token in _token.finditer(source) if token[1] is not None]
    for match in _other_styles.finditer(source):
        if any(start < match.start() < end for start, end in placeholders):
            continue  # brackets in a column's name
        name = str(match[match.lastgroup or 0])
        column = find_column(name, columns) or similar_column(name, columns, cutoff=1)
        if column is not None:
            raise InvalidRequestError(
                f"{option}: {match[0]!r} would be sent as it is; write {{{column}}} for the value "
                f"of the column {column!r}"
            )


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


def _require_column(name: str, columns: Sequence[str], option: str) -> str:
    column = find_column(name, columns)
    if column is not None:
        return column
    similar = similar_column(name, columns)
    meant = f"; did you mean {{{similar}}}?" if similar else ""
    raise InvalidRequestError(
        f"{option}: there is no column {name!r}; the columns are {', '.join(columns)}{meant} "
        "(a placeholder is a column's name alone, {{ and }} are braces)"
    )
