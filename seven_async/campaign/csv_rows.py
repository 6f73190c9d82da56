"""The rows of a table, streamed, with the lines they start at.

In: a `Layout`. Out: lines and rows, or a `CsvError` with line and column. I/O: reads the file,
a line at a time.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from io import BufferedReader, TextIOWrapper
from itertools import islice
from typing import Final

from seven_async.campaign.csv_layout import LONGEST_LINE, NUL, CsvError, Layout, likely_encoding

_WIDE: Final = ("utf-16", "utf-32")  # a newline is more than one byte: no lines without decoding
_MIXED: Final = "the file mixes two encodings; save it as UTF-8, or say encoding="
_TOO_LONG: Final = f"the line is longer than {LONGEST_LINE:,} characters"

_BREAKS: Final = {
    "unexpected end of data": "a quote is opened and never closed",
    "field larger than": "a field is too long; is a quote opened and never closed?",
    "expected after": "text after a closing quote; a quote inside a quoted field is doubled",
}
"""What the csv module says, and what it means for whoever wrote the table."""


def proved_encoding(layout: Layout) -> str:
    """The encoding that every line of the file can be read with.

    Guessed between UTF-8 and Windows-1252, the superset of Latin-1 that spreadsheets write, unless
    the file or the caller says it. Raises `CsvError` for the first line that does not fit.
    """
    if layout.encoding and layout.encoding.startswith(_WIDE):
        return layout.encoding
    with layout.path.open("rb") as file:
        if layout.encoding is None:
            return _guessed(file, layout)
        for line, raw in _foreign_lines(file):
            _check_decodes(raw, layout.encoding, layout, line)
    return layout.encoding


def rows_of(layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header with the line it starts at; blank lines are no rows."""
    with layout.path.open(encoding=layout.encoding, newline="") as file:
        for _ in range(1, layout.header_line):
            file.readline()
        for line, row in _numbered(file, layout):
            if len(row) > 1 or any(row):
                yield line, row


def _numbered(file: TextIOWrapper, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    lines = _lines(file, layout)
    reader = csv.reader(lines, delimiter=layout.delimiter, strict=True, skipinitialspace=True)
    next(reader, None)  # the header
    while True:
        # A row may span lines, and the reader counts those it has taken.
        line = layout.header_line + reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as found:
            raise _broken(layout, line, found) from None
        except UnicodeDecodeError as found:
            raise CsvError(f"this is not {found.encoding}: {found.reason}", line=line) from None
        yield line, row


def _lines(file: TextIOWrapper, layout: Layout) -> Iterator[str]:
    read = partial(file.readline, LONGEST_LINE + 1)
    for line, text in enumerate(iter(read, ""), layout.header_line):
        if len(text) > LONGEST_LINE:
            raise CsvError(_TOO_LONG, line=line, column=layout.column_at(text[:1000]))
        if "\0" in text:
            raise CsvError(NUL, line=line, column=layout.column_at(text.partition("\0")[0]))
        yield text


def _foreign_lines(file: BufferedReader) -> Iterator[tuple[int, bytes]]:
    """The lines that are not plain ASCII, by their numbers."""
    read = partial(file.readline, LONGEST_LINE + 1)
    for line, raw in enumerate(iter(read, b""), 1):
        if len(raw) > LONGEST_LINE:
            raise CsvError(_TOO_LONG, line=line)
        if not raw.isascii():
            yield line, raw


def _guessed(file: BufferedReader, layout: Layout) -> str:
    firsts: dict[str, int] = {}
    for line, raw in _foreign_lines(file):
        encoding = likely_encoding(raw)
        firsts.setdefault(encoding, line)
        if len(firsts) > 1:
            raise _mixed(raw, encoding, firsts, layout)
        if encoding != "utf-8":
            _check_decodes(raw, encoding, layout, line)
    return next(iter(firsts), "utf-8")


def _mixed(raw: bytes, encoding: str, firsts: dict[str, int], layout: Layout) -> CsvError:
    line, other = firsts[encoding], min(firsts.values())
    this, that = ("is", "is not") if encoding == "utf-8" else ("is not", "is")
    return CsvError(
        f"this line {this} UTF-8, but line {other:,} {that}: {_MIXED}",
        line=line,
        column=_column_at(raw[: _first_foreign(raw)], layout),
    )


def _first_foreign(raw: bytes) -> int:
    """Where a line stops being UTF-8; where it stops being ASCII if it is UTF-8 all along."""
    try:
        raw.decode()
    except UnicodeDecodeError as found:
        return found.start
    return next(at for at, byte in enumerate(raw) if byte > 0x7F)


def _check_decodes(raw: bytes, encoding: str, layout: Layout, line: int) -> None:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as found:
        raise CsvError(
            f"byte 0x{raw[found.start]:02x} is not {encoding}; say encoding=",
            line=line,
            column=_column_at(raw[: found.start], layout),
        ) from None


def _column_at(raw: bytes, layout: Layout) -> str | None:
    return layout.column_at(raw.decode("latin-1"))


def _broken(layout: Layout, line: int, found: csv.Error) -> CsvError:
    """What is wrong with a row, in the column its first line leads to."""
    with layout.path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        text = next(islice(file, line - 1, line), "")
    meaning = next((words for sign, words in _BREAKS.items() if sign in str(found)), str(found))
    return CsvError(meaning, line=line, column=layout.column_at(text[:1000].rstrip("\r\n")))
