"""The rows of a table, streamed, with the lines they start at.

In: a `Layout`. Out: lines and rows, or a `CsvError` with line and column. I/O: reads the file,
a line at a time.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from itertools import islice
from typing import Final

from seven_async.campaign.inputs.csv_dialect import (
    LONGEST_LINE,
    TOO_LONG,
    CsvError,
    Layout,
    nul_error,
)
from seven_async.campaign.inputs.csv_headings import clean_heading
from seven_async.campaign.inputs.spreadsheet_text import unprotect

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
