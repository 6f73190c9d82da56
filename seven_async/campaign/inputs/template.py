"""Texts with `{column}` placeholders: nothing but plain replacement, so a text cannot run code.

In: a text, or a value with texts in it, and the columns there are. Out: the same of a row. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs
from attrs import frozen

from seven_async.campaign.inputs.csv_headings import find_column, similar_column
from seven_async.errors import InvalidRequestError
from seven_async.flow.values.shapes import is_object, is_sequence

Fill: TypeAlias = Callable[[Sequence[str]], Any]
"""Gives the value of a row."""

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
    _filled: tuple[tuple[int, str], ...]  # the place of each column, and what an empty value gives

    @classmethod
    def compile(cls, source: str, columns: Sequence[str], *, option: str = "text") -> Template:
        """Return the template of a text over the columns of a table.

        `{name}` is the value of a column, `{name|there}` gives `there` where that is empty, `{{`
        and `}}` are braces; there are no attributes, no indices and no formats. `option` is the
        argument's name for the error's text. Raises `InvalidRequestError` for unknown columns,
        naming what may be meant, for single braces, and for a column's name in the notation of
        another program: it would go out as it stands.
        """
        _refuse_other_styles(source, columns, option)
        parts, asked, end = [""], list[tuple[str, str]](), 0
        for token in _token.finditer(source):
            parts.append(_literal(source[end : token.start()]))
            parts.append(_replacement(token, option))
            if token[1] is not None:
                asked.append(_require_column(token[1], columns, option))
            end = token.end()
        parts.append(_literal(source[end:]))
        filled = tuple((columns.index(name), default) for name, default in asked)
        return cls(tuple(name for name, _ in asked), "".join(parts), filled)

    @property
    def is_constant(self) -> bool:
        """True if every row gets the same text."""
        return not self._filled

    def fill(self, row: Sequence[str]) -> str:
        """Return the text of a row; the values lose the spaces around them."""
        return self._format % tuple(self._values(row))

    def _values(self, row: Sequence[str]) -> Iterator[str]:
        return (row[index].strip() or default for index, default in self._filled)


@frozen(repr=False)
class ValueCompiler:
    """Compiles values of any shape: texts, and lists, mappings and attrs values with texts in them.

    `texts` gets each text with the name that errors have for it: `components, body, place 1`.
    """

    columns: Sequence[str]
    texts: dict[str, Template] = attrs.field(factory=dict[str, Template])

    def compile(self, value: object, option: str) -> Fill:
        """Return what gives the value of a row. Raises `InvalidRequestError`."""
        if isinstance(value, str):
            template = Template.compile(value, self.columns, option=option)
            self.texts[option] = template
            return template.fill
        if is_sequence(value):
            return self._compile_list(value, option)
        # Before mappings: rich content is both, and its limits hold for what a row fills in.
        if hasattr(value, "__attrs_attrs__"):
            return self._compile_parts(value, option)
        if is_object(value):
            members = self._compile_members(value, option)
            return lambda row: {name: fill(row) for name, fill in members.items()}
        return lambda _: value

    def _compile_list(self, values: Sequence[object], option: str) -> Fill:
        fills = [
            self.compile(part, f"{option}, place {place}") for place, part in enumerate(values, 1)
        ]
        if isinstance(values, tuple):
            return lambda row: tuple(fill(row) for fill in fills)
        return lambda row: [fill(row) for fill in fills]

    def _compile_members(self, members: Mapping[str, object], option: str) -> dict[str, Fill]:
        return {
            name: self.compile(part, f"{option}, {str(name).rstrip('_')}")
            for name, part in members.items()
        }

    def _compile_parts(self, parts: Any, option: str) -> Fill:
        fields: tuple[attrs.Attribute[Any], ...] = parts.__attrs_attrs__
        values = {
            field.alias or field.name: getattr(parts, field.name) for field in fields if field.init
        }
        members = self._compile_members(values, option)

        def fill(row: Sequence[str]) -> Any:
            try:
                return type(parts)(**{name: fill(row) for name, fill in members.items()})
            except InvalidRequestError as refused:  # it names a field of the parts only
                raise InvalidRequestError(f"{option}, {refused}") from None

        return fill


def _refuse_other_styles(source: str, columns: Sequence[str], option: str) -> None:
    placeholders = [token.span() for token in _token.finditer(source) if token[1] is not None]
    for match in _other_styles.finditer(source):
        if any(start < match.start() < end for start, end in placeholders):
            continue  # brackets in a column's name
        name = str(match[match.lastgroup or 0])
        # Many of them write a default behind a bar, too.
        for meant in (name, name.partition("|")[0]):
            column = find_column(meant, columns) or similar_column(meant, columns, cutoff=1)
            if column is not None:
                raise InvalidRequestError(
                    f"{option}: {match[0]!r} would be sent as it is; write {{{column}}} for the "
                    f"value of the column {column!r}"
                    + (f", {{{column}|there}} for one with a default" if meant != name else "")
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


def _require_column(placeholder: str, columns: Sequence[str], option: str) -> tuple[str, str]:
    """Return the column of a placeholder, and its default: empty if it has none."""
    column = find_column(placeholder, columns)
    if column is not None:  # a column's name may have a bar itself
        return column, ""
    name, bar, default = placeholder.rpartition("|")
    while bar:
        column = find_column(name, columns)
        if column is not None:
            return column, default
        name, bar, rest = name.rpartition("|")
        default = f"{rest}|{default}"
    raise _unknown_column(placeholder.partition("|")[0], columns, option)


def _unknown_column(name: str, columns: Sequence[str], option: str) -> InvalidRequestError:
    similar = similar_column(name, columns)
    meant = f"; did you mean {{{similar}}}?" if similar else ""
    return InvalidRequestError(
        f"{option}: there is no column {name!r}; the columns are {', '.join(columns)}{meant} "
        "(a placeholder is a column's name alone, or with a default: {name|there}; {{ and }} are "
        "braces)"
    )
