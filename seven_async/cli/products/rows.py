"""Replies as rows of values, under the names of their fields.

In: replies of the client. Out: rows, and cells as a person reads them. No I/O.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import attrs

from seven_async.cli.folding import keep_together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row: TypeAlias = dict[str, object]
"""Values by the path of their field: `properties.email`."""


class Column(NamedTuple):
    """A column of a table: the path of its field, and its heading."""

    path: str
    heading: str


def parse_columns(columns: str) -> tuple[Column, ...]:
    """Return the columns that a line of the table names: `id, parts=segments`."""
    pairs = (column.strip().partition("=") for column in columns.split(","))
    return tuple(Column(path, heading or path.replace("_", " ")) for path, _, heading in pairs)


def row_of(reply: Any) -> Row:
    """Return the values of a reply, those of objects in it with a path in front."""
    row: Row = {}
    for field in attrs.fields(reply.__class__):
        value = getattr(reply, field.name)
        if attrs.has(value.__class__):
            row |= {f"{field.name}.{path}": each for path, each in row_of(value).items()}
        else:
            row[field.name] = value
    return row


def rows_of(reply: object, names: str) -> Iterator[Row]:
    """Yield the rows of a reply: the reply itself, or the members of the lists that `names` names.

    With `countries.networks` there is a row for each network, with the values of its country.
    """
    name, _, rest = names.partition(".")
    if not name:
        yield row_of(reply)
        return
    for member in getattr(reply, name):
        if not rest:
            yield row_of(member)
            continue
        inner = rest.partition(".")[0]
        outer = {path: value for path, value in row_of(member).items() if path != inner}
        for row in rows_of(member, rest):
            yield outer | {f"{inner}.{path}": value for path, value in row.items()}


def to_cell(value: object) -> str:
    """Return a value as a person reads it; times are in the terminal's zone."""
    if isinstance(value, datetime):
        return keep_together(f"{value.astimezone():%Y-%m-%d %H:%M:%S}")
    return to_full_text(value)


def to_full_text(value: object) -> str:
    """Return a value as a file keeps it: times with their offset, lists and objects in words."""
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=to_full_text) if value else ""
    if isinstance(value, (tuple, list)):
        texts = [to_full_text(each) for each in cast("Sequence[object]", value)]
        return ("; " if any("," in text for text in texts) else ", ").join(texts)
    if isinstance(value, datetime):
        return value.isoformat()
    return _to_text(value)


def _to_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    return format(value, "f") if isinstance(value, Decimal) else str(value)
