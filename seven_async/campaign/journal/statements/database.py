"""A connection to a journal as statements see it, whatever database it is. No I/O of its own.

What is written for it here keeps to the SQL that SQLite and PostgreSQL understand alike: `?` for
values, tables of one campaign (`message`, `run`, `note`, …), no upsert, sums as `int(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

MICRO: Final = 1_000_000
"""Prices are whole millionths of a euro in a journal, which sum up exactly."""


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row; None at the end."""
        ...

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection to the journal of one campaign."""

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows:
        """Execute a statement."""
        ...
