"""Rows as the parameters of one statement: arrays for what differs, one value for what does not.

In: rows, and the names of their columns. Out: a table in SQL, and values for it. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from seven_async.campaign.journal.postgres.connection import to_storable
from seven_async.campaign.journal.rows import Plain, find_varying

_TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("step", "segments", "code", "is_own_reference", "attempts", "attempt"), "int"),
    **dict.fromkeys(("line", "run", "n", "price_micro_eur", "looked_run"), "bigint"),
    "reserved_micro_eur": "bigint",
    **dict.fromkeys(("intent_at", "due_at", "boot_s", "gateway_at", "result_at"), "float8"),
}
"""Types of columns; of the others it is text."""

_MOST_ROWS: Final = 5_000
"""Rows in one statement."""

_GAP: Final = 1_000
"""So many rows are rather read in vain than asked for by a statement of their own."""


@lru_cache(maxsize=128)
def _build_table(columns: tuple[str, ...], varying: tuple[int, ...]) -> str:
    """Return a table of parameters: arrays for what varies, one value for what does not."""
    given = [(name, _TYPES.get(name, "text")) for name in columns]
    arrays = ", ".join(f"%({name})s::{kind}[]" for name, kind in (given[v] for v in varying))
    names = ", ".join(columns[place] for place in varying)
    shown = ", ".join(
        name if place in varying else f"%({name})s::{kind} AS {name}"
        for place, (name, kind) in enumerate(given)
    )
    return f"(SELECT {shown} FROM unnest({arrays}) AS varying ({names}))"


def in_chunks(
    rows: Sequence[Plain], columns: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give rows as a table of parameters and their values; `low` and `high` are the range of n."""
    for chunk in _split(rows, columns):
        by_column = list(zip(*chunk, strict=True))
        varying = _find_varying(columns, by_column)
        values: dict[str, Any] = {
            name: _write_array(name, by_column[place])
            if place in varying
            else to_storable(by_column[place][0])
            for place, name in enumerate(columns)
        }
        if "n" in columns:
            places = by_column[columns.index("n")]
            values |= {"low": min(places), "high": max(places)}
        yield _build_table(columns, varying), values


def _split(rows: Sequence[Plain], columns: tuple[str, ...]) -> Iterator[Sequence[Plain]]:
    """Give rows some thousand at a time; those with an `n` by it, with no wide gap in its range."""
    begin, previous = 0, None
    place = columns.index("n") if "n" in columns else None
    if place is not None:
        rows = sorted(rows, key=itemgetter(place))
    for at, row in enumerate(rows):
        n = None if place is None else row[place]
        is_far = n is not None and previous is not None and n - previous > _GAP
        if is_far or at - begin == _MOST_ROWS:
            yield rows[begin:at]
            begin = at
        previous = n
    if begin < len(rows):
        yield rows[begin:]


_ESCAPED: Final = str.maketrans({'"': r"\"", "\\": r"\\"})


_SPECIAL: Final = re.compile(r'["\\\x00\ud800-\udfff]')


def is_plain(values: Sequence[Any], special: re.Pattern[str]) -> bool:
    """Tell whether values are texts without a special character, all of them looked at together."""
    try:
        return special.search("".join(values)) is None
    except TypeError:  # a number, or none at all
        return False


def _write_array(name: str, values: Plain) -> str:
    """Return values as PostgreSQL reads an array; psycopg takes ten times as long for that."""
    if is_plain(values, _SPECIAL):
        return '{"' + '","'.join(values) + '"}'
    if name in _TYPES:
        texts = ["NULL" if value is None else str(value) for value in values]
    else:
        texts = ["NULL" if value is None else f'"{_escape(value)}"' for value in values]
    return f"{{{','.join(texts)}}}"


def _escape(value: str) -> str:
    return str(to_storable(value)).translate(_ESCAPED)


def _find_varying(columns: tuple[str, ...], by_column: Sequence[Plain]) -> tuple[int, ...]:
    """Return the places of the columns that are handed over row by row; those of a place always."""
    placed = {place for place, name in enumerate(columns) if name in ("n", "attempt")}
    shared = [place for place in range(len(columns)) if place not in placed]
    varying = find_varying(
        tuple(columns[place] for place in shared), [by_column[place] for place in shared]
    )
    return tuple(sorted({*placed, *(shared[place] for place in varying)}))
