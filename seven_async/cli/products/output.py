"""What a command shows of a reply: a table or a block, JSON for programs, CSV for spreadsheets.

In: replies of the client. Out: lines on standard output. I/O: writes them.
"""

from __future__ import annotations

import csv
import io
import sys
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

from seven_async.cli.products.layout import TableLayout, block, build_layout
from seven_async.cli.products.rows import Column, Row, parse_columns, rows_of, to_cell, to_full_text
from seven_async.cli.screen import say, terminal_width, to_visible, write_cells, write_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seven_async.cli.products.line import Command


class OutputForm(Enum):
    """How replies are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Output(Protocol):
    """Writes the replies of a call, some at a time."""

    def write(self, replies: Sequence[object]) -> int:
        """Write some replies, and return how many rows they are."""
        ...


class JsonOutput:
    """A line of JSON for each reply, with all its values."""

    def write(self, replies: Sequence[Any]) -> int:
        """Write a line for each, and return how many."""
        for reply in replies:
            write_line(reply.to_json())
        return len(replies)


class CsvOutput:
    """A line of CSV for each row, with all its values, and a heading before the first.

    Values that a spreadsheet would compute have an apostrophe in front.
    """

    def __init__(self, rows: str) -> None:
        self._rows = rows
        self._names: list[str] = []

    def write(self, replies: Sequence[object]) -> int:
        """Write the rows of some replies, and return how many."""
        from seven_async.campaign import protect_cell  # noqa: PLC0415 - large, and only for this

        rows = list(_rows_of(replies, self._rows))
        if rows and not self._names:
            # What the gateway said beyond the fields goes last, a column for each object.
            self._names = sorted(rows[0], key=lambda name: name.rpartition(".")[2] == "extra")
            self._write_cells(self._names)
        for row in rows:
            self._write_cells(protect_cell(to_full_text(row.get(name))) for name in self._names)
        return len(rows)

    def _write_cells(self, cells: Iterable[str]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(cells)
        write_cells(line.getvalue())


class TableOutput:
    """A table whose columns are as wide as the first rows need them."""

    def __init__(self, columns: Sequence[Column], rows: str) -> None:
        self._columns = columns
        self._rows = rows
        self._layout: TableLayout | None = None

    def write(self, replies: Sequence[object]) -> int:
        """Write the rows of some replies, and return how many; headings go before the first."""
        rows = list(_rows_of(replies, self._rows))
        lines = [[_to_shown(row, column) for column in self._columns] for row in rows]
        if self._layout is None and rows:
            numbers = [_has_numbers(rows, column) for column in self._columns]
            headings = [column.heading for column in self._columns]
            self._layout = build_layout(headings, lines, numbers, terminal_width(sys.stdout))
            _say_all(self._layout.head())
        if self._layout is not None:
            for cells in lines:
                _say_all(self._layout.row(cells))
        return len(rows)


class BlockOutput:
    """A single object: a line for each of its values."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns

    def write(self, replies: Sequence[object]) -> int:
        """Write the values of each reply."""
        for row in _rows_of(replies, ""):
            names = [column.heading for column in self._columns]
            cells = [_to_shown(row, column) for column in self._columns]
            _say_all(block(names, cells, terminal_width(sys.stdout)))
        return len(replies)


def build_output(command: Command, form: OutputForm) -> Output:
    """Return what writes the replies of a command in a form."""
    if form is OutputForm.JSON:
        return JsonOutput()
    if form is OutputForm.CSV:
        return CsvOutput(command.rows)
    columns = parse_columns(command.columns)
    is_table = command.noun or command.rows
    return TableOutput(columns, command.rows) if is_table else BlockOutput(columns)


def _rows_of(replies: Sequence[object], names: str) -> Iterable[Row]:
    return (row for reply in replies for row in rows_of(reply, names))


def _to_shown(row: Row, column: Column) -> str:
    return to_visible(to_cell(row[column.path]))


def _has_numbers(rows: Sequence[Row], column: Column) -> bool:
    values = [row[column.path] for row in rows if row[column.path] is not None]
    return bool(values) and all(
        isinstance(value, (int, Decimal)) and not isinstance(value, bool) for value in values
    )


def _say_all(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)
