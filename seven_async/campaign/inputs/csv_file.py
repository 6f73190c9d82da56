"""A CSV file as a stream of messages that can be read as often as needed.

In: a `Layout` and a `RowMapper`. Out: messages with their lines, and the rows that cannot be sent.
I/O: reads the file, a line at a time, and writes nothing.
"""

from __future__ import annotations

import csv
import os
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeAlias

import attrs

from seven_async.campaign.inputs.csv_dialect import (
    LONGEST_LINE,
    TOO_LONG,
    CsvError,
    Layout,
    nul_error,
)
from seven_async.campaign.inputs.csv_encoding import prove_encoding
from seven_async.campaign.inputs.csv_footer import FOOTER, footer_lines
from seven_async.campaign.inputs.csv_headings import clean_heading, is_header
from seven_async.campaign.inputs.duplicates import DuplicateIndex
from seven_async.campaign.inputs.message import Message
from seven_async.campaign.inputs.row_mapper import RowError, RowMapper
from seven_async.campaign.inputs.spreadsheet_text import unprotect
from seven_async.masking import masked_number

if TYPE_CHECKING:
    # Checkers know it without the package: a default, so that a bare CsvMessages means any message.
    from typing_extensions import TypeVar

    MessageT_co = TypeVar("MessageT_co", bound=Message, covariant=True, default=Message)
else:
    from typing import TypeVar

    MessageT_co = TypeVar("MessageT_co", bound=Message, covariant=True)


@attrs.frozen
class Refused:
    """A row that cannot be sent.

    `line` is the line in the file it starts at (from 1), `column` the one to look at, `reason`
    why, `recipient` what stands in the recipient's column. `row` has the original values.
    """

    line: int
    column: str
    reason: str
    recipient: str = attrs.field(repr=masked_number)
    _columns: tuple[str, ...] = attrs.field(repr=False)
    _values: tuple[str, ...] = attrs.field(repr=False)

    @property
    def row(self) -> dict[str, str]:
        """The values by column; a missing column is missing, a surplus one is `column 5`."""
        return by_column(self._columns, self._values)


class CsvRow(NamedTuple, Generic[MessageT_co]):
    """A row that can be sent: the line it starts at, its original values, and its message."""

    line: int
    row: Mapping[str, str]
    message: MessageT_co

    def __repr__(self) -> str:
        return f"CsvRow(line={self.line}, row=<{len(self.row)} values>, message={self.message!r})"


OnRow: TypeAlias = Callable[[CsvRow[Any]], None]


def by_column(columns: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """Return the values of a row by the names of their columns."""
    count = len(columns)
    if len(values) <= count:  # nearly all rows
        return dict(zip(columns, values, strict=False))
    names = [*columns, *(f"column {place}" for place in range(count + 1, len(values) + 1))]
    return dict(zip(names, values, strict=True))


class CsvMessages(Generic[MessageT_co]):
    """The messages of a CSV file: each `iter()` streams the file again, in constant memory.

    Before the first message, one pass over the whole file finds every row that cannot be sent
    (`refused`) and every error of the file itself, so that nothing is sent from a broken file.
    That pass keeps 16 to 40 bytes a row, to find the same number in two spellings, and the refused
    rows. All of this reads a file: in an event loop, call `check` in a thread first.
    """

    def __init__(self, layout: Layout, mapper: RowMapper) -> None:
        self._layout = layout
        self._mapper = mapper
        self._stamp = _stamp(layout.path)
        self._refused: tuple[Refused, ...] | None = None
        self._sendable = 0

    def __repr__(self) -> str:
        return f"<CsvMessages {os.fspath(self._layout.path)!r}>"

    @property
    def path(self) -> Path:
        """The file."""
        return self._layout.path

    def __iter__(self) -> Iterator[MessageT_co]:
        return (row.message for row in self.rows())

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header row."""
        return self._layout.columns

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns whose values stand in the messages."""
        return self._mapper.placeholders

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The rows that cannot be sent, in the order of the file; raises `CsvError`."""
        return self._check_all()

    @property
    def sendable(self) -> int:
        """The number of messages that iterating gives; raises `CsvError`."""
        self._check_all()
        return self._sendable

    def check(self) -> None:
        """Read the file through once, unless that is done; raises `CsvError` if it is broken.

        Example:
            await anyio.to_thread.run_sync(messages.check)
        """
        self._check_all()

    def rows(self) -> Iterator[CsvRow[MessageT_co]]:
        """Yield the rows that can be sent, with line and original values; raises `CsvError`.

        Example:
            for row in messages.rows():
                print(row.line, row.row["first_name"])
        """
        skipped = iter(array("Q", (row.line for row in self._check_all())))
        skip = next(skipped, None)
        for line, values in rows_of(self._layout):
            # Asked for every row: campaigns take hours, and what is written meanwhile is unchecked.
            self._check_unchanged()
            if line == skip:
                skip = next(skipped, None)
                continue
            message: Any = self._mapper.message(values)[1]
            yield CsvRow(line, by_column(self.columns, values), message)

    def survey(self, on_row: Callable[[CsvRow[MessageT_co]], None]) -> tuple[Refused, ...]:
        """Call `on_row` for each row that can be sent; return the others. Raises `CsvError`.

        A file that was not read through yet is read once for all of this.

        Example:
            refused = messages.survey(lambda row: print(row.line))
        """
        if self._refused is None:
            return self._check_all(on_row)
        for row in self.rows():
            on_row(row)
        return self._refused

    def _check_all(self, on_row: OnRow | None = None) -> tuple[Refused, ...]:
        if self._refused is None:
            self._check_unchanged()
            self._layout = prove_encoding(self._layout)
            self._sendable, self._refused = self._sort_rows(on_row)
        return self._refused

    def _sort_rows(self, on_row: OnRow | None) -> tuple[int, tuple[Refused, ...]]:
        seen, refused, rows = DuplicateIndex(), list[Refused](), 0
        for line, values in rows_of(self._layout):
            rows += 1
            try:
                message = self._check_row(line, values, seen)
            except RowError as error:
                self._check_is_row(line, values)
                refused.append(self._refusal(line, values, error))
            else:
                if on_row is not None:
                    on_row(CsvRow(line, by_column(self.columns, values), message))
        return rows - len(refused), tuple(self._with_footers(refused))

    def _check_is_row(self, line: int, values: list[str]) -> None:
        """Refuse the file where another table begins: its columns may stand in another order."""
        if is_header(values, self.columns):
            raise CsvError(
                "a second header row with other columns: two tables were joined; "
                "send each by itself",
                line=line,
            )

    def _with_footers(self, refused: Sequence[Refused]) -> Iterator[Refused]:
        lines = footer_lines((row.line, tuple(row.row.values())) for row in refused)
        return (attrs.evolve(row, reason=FOOTER) if row.line in lines else row for row in refused)

    def _check_row(self, line: int, values: list[str], seen: DuplicateIndex) -> Any:
        recipient, message = self._mapper.message(values)
        earlier = seen.earlier(recipient.key, line)
        if earlier is not None:
            raise RowError(self._mapper.recipient_column.column, f"duplicate of line {earlier}")
        return message

    def _refusal(self, line: int, values: list[str], error: RowError) -> Refused:
        given = by_column(self.columns, values).get(self._mapper.recipient_column.column, "")
        return Refused(line, error.column, error.reason, given, self.columns, tuple(values))

    def _check_unchanged(self) -> None:
        if _stamp(self._layout.path) != self._stamp:
            raise CsvError(f"{self._layout.path} has changed while it was used; read it again")


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written; None if it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


_BYTE_ORDER_MARK: Final = "\ufeff"

# The module's own limit, 131,072 characters, refuses files over a picture in a column that is not
# used. It is one for the whole process; ours still stops a quote that is never closed.
csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))

_BREAKS: Final = {
    "unexpected end of data": "a quote is opened and never closed",
    "field larger than": "a field is too long; is a quote opened and never closed?",
    "expected after": "text after a closing quote; a quote inside a quoted field is doubled",
}
"""What the csv module says, and what it means in the table."""


def rows_of(layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Yield every row below the header with the line it starts at.

    Rows without any value are no rows, nor is the header where it comes again, as in joined files.
    What keeps a value as text in a spreadsheet (`="00815"`, `'00815`) is taken off.
    """
    with layout.path.open(encoding=layout.encoding, newline="") as file:
        for _ in range(1, layout.header_line):
            file.readline()
        rows = _number_rows(file, layout)
        _, header = next(rows, (0, list[str]()))
        for line, row in rows:
            if row != header and _has_value(row):
                yield line, row


def _has_value(row: list[str]) -> bool:
    return bool(row) and (not (row[0] == "" or row[0].isspace()) or bool("".join(row).strip()))


def _number_rows(file: TextIOWrapper, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    lines = _lines(file, layout) if layout.has_marks else file
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True, skipinitialspace=True)
    while True:
        # A row may span lines, and the reader counts those it has taken.
        line = layout.header_line + reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _row_error(layout, line, error) from None
        except UnicodeDecodeError as error:
            raise CsvError(f"this is not {error.encoding}: {error.reason}", line=line) from None
        if layout.has_protected:
            row = list(map(unprotect, row))
        yield line, row


def _lines(file: TextIOWrapper, layout: Layout) -> Iterator[str]:
    read = partial(file.readline, LONGEST_LINE + 1)
    for line, text in enumerate(iter(read, ""), layout.header_line):
        if len(text) > LONGEST_LINE:
            raise CsvError(TOO_LONG, line=line, column=layout.column_at(text[:1000]))
        if "\0" in text:
            raise CsvError(
                nul_error(text), line=line, column=layout.column_at(text.partition("\0")[0])
            )
        if _BYTE_ORDER_MARK in text:
            yield _without_mark(text, layout)
        else:
            yield text


def _without_mark(text: str, layout: Layout) -> str:
    """Return a line without the mark that the second of two joined files began with.

    Where the first file had no line end, the header of the second is cut off, too.
    """
    before, _, after = text.partition(_BYTE_ORDER_MARK)
    if not before:
        return after
    headings = next(
        csv.reader([after], delimiter=layout.delimiter, skipinitialspace=True), list[str]()
    )
    is_header = tuple(map(clean_heading, headings))[: len(layout.columns)] == layout.columns
    return f"{before}\n" if is_header else text


def _row_error(layout: Layout, line: int, error: csv.Error) -> CsvError:
    """Return what is wrong with a row, in the column its first line leads to."""
    with layout.path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        text = next(islice(file, line - 1, line), "")
    meaning = next((words for sign, words in _BREAKS.items() if sign in str(error)), str(error))
    return CsvError(meaning, line=line, column=layout.column_at(text[:1000].rstrip("\r\n")))
