"""How a table is written: its encoding, its delimiter and its columns, guessed and then proved.

In: the path of a CSV file. Out: a `Layout`, or a `CsvError` with line and column. I/O: reads the
file; only its beginning for the layout, all of it once for the encoding.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from seven_async.campaign.inputs.csv_headings import (
    Holds,
    clean_heading,
    find_column,
    holds,
    names_phone,
)
from seven_async.campaign.inputs.file_signatures import bundle_format, other_format
from seven_async.campaign.inputs.legacy_encoding import LegacyWords
from seven_async.campaign.inputs.spreadsheet_text import unprotect
from seven_async.errors import InvalidRequestError

LONGEST_LINE: Final = 1 << 20
"""Characters of the longest line: a longer one is no table but a mistake, and would fill memory."""

TOO_LONG: Final = f"the line is longer than {LONGEST_LINE:,} characters"

NUL: Final = "a NUL byte; is it UTF-16 without a mark? Then say encoding='utf-16-{}'"

_CANDIDATES: Final = (Holds.MOBILE, Holds.PHONE)
_SAMPLE_ROWS: Final = 20
_DELIMITERS: Final = ",;\t|"
_LONG_MARKS: Final = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_MARKS: Final = (
    *_LONG_MARKS,  # first: the mark of UTF-16 is the beginning of that of UTF-32
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_phone_like: Final = re.compile(r"[+(]?[0-9][0-9 ()/.\-]{4,}")


class CsvError(InvalidRequestError):
    """The table cannot be read as it is; nothing was sent.

    `line` is the line in the file (from 1), `column` the name of the column, as far as known.
    """

    line: int | None
    column: str | None

    def __init__(self, message: str, *, line: int | None = None, column: str | None = None) -> None:
        super().__init__(f"{_place(line, column)}{message}")
        self.line = line
        self.column = column


def _place(line: int | None, column: str | None) -> str:
    if line is None:
        return ""
    # Commas keep a line beyond a million from being masked like a phone number.
    return f"line {line:,}, column {column!r}: " if column else f"line {line:,}: "


@attrs.frozen
class Layout:
    """A table's file and how to read it.

    `encoding` is None until the whole file has been seen. Each of `columns` is there once: a
    heading that comes again has its place behind it, and both are in `doubled`, with their places.
    `has_marks` and `has_protected` are False when the whole file was seen to have none: no NUL
    bytes, byte order marks and endless lines, no values that an apostrophe keeps as text.
    """

    path: Path
    encoding: str | None
    delimiter: str
    columns: tuple[str, ...]
    header_line: int
    doubled: Mapping[str, Sequence[int]] = attrs.field(factory=dict[str, Sequence[int]])
    has_marks: bool = True
    has_protected: bool = True

    @classmethod
    def of(cls, path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Layout:
        """Return the layout by the beginning of the file.

        Raises `CsvError` if the file is of another format or has no header row.
        """
        beginning = _read_beginning(path)
        codec = _codec(encoding) if encoding else _codec_of_mark(beginning)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
            raise InvalidRequestError(f"{delimiter!r} is no delimiter: it has to be one character")
        text = _decode(beginning, codec)
        if other := other_format(path, beginning, text):
            raise CsvError(f"{path} is no CSV file but {other}")
        declared = re.match(
            r"sep=([,;\t|])(\r\n|\r|\n)", text
        )  # Excel's own way to name the delimiter
        text = text[declared.end() :] if declared else text
        line = 2 if declared else 1
        guess = delimiter or (declared[1] if declared else guess_delimiter(text))
        headings = _checked_headings(_header(text, guess, line), line)
        return cls(path, codec, guess, _distinct(headings), line, _places_of_doubled(headings))

    def recipient_column(self, asked: str | None = None, *, option: str = "recipient") -> str:
        """Return the column that holds the recipients: the one asked for, or named like it.

        `option` is the caller's argument for it, for the error's text.
        """
        if asked is not None:
            return self.known_column(asked, option)
        candidates = [column for column in self.columns if holds(column) in _CANDIDATES]
        if len(candidates) == 1:
            return self.known_column(candidates[0], option)
        raise CsvError(self._no_recipient(candidates, option), line=self.header_line)

    def known_column(self, name: str, option: str) -> str:
        """Return the column of a name; raises `CsvError` if there is none, or more than one."""
        column = find_column(name, self.columns)
        if column is None:
            raise CsvError(
                f"{option}: there is no column {name!r}; the columns are {', '.join(self.columns)}",
                line=self.header_line,
            )
        if column in self.doubled:
            places = " and ".join(map(str, self.doubled[column]))
            raise CsvError(
                f"{option}: two columns have this name, columns {places}; rename one of them",
                line=self.header_line,
                column=column,
            )
        return column

    def column_at(self, beginning: str) -> str | None:
        """Return the name of the column in which the beginning of a line ends."""
        reader = csv.reader([beginning], delimiter=self.delimiter, skipinitialspace=True)
        try:
            index = max(len(next(reader, [""])) - 1, 0)
        except csv.Error:
            return None
        return self.columns[index] if index < len(self.columns) else None

    def _no_recipient(self, candidates: Sequence[str], option: str) -> str:
        if candidates:
            best = min(candidates, key=lambda column: holds(column) or 0)
            return f"{' and '.join(candidates)} may all hold the recipient; say {option}={best!r}"
        if len(self.columns) == 1:
            return (
                f"there is one column only, {self.columns[0]!r}: it is separated by none of "
                "comma, semicolon, tab and |, or by another than asked for; say delimiter="
            )
        similar = [column for column in self.columns if names_phone(column)]
        if similar:
            there_are = " and ".join(similar)
            return f"{there_are}: is that where the recipients are? Say {option}={similar[0]!r}"
        there_are = ", ".join(self.columns)
        return f"none of the columns is named like a phone: {there_are}; say {option}="


def nul_error(text: str) -> str:
    """Return what a NUL byte may mean: in UTF-16 it is the first or second half of a letter."""
    return NUL.format("be" if text.startswith("\0") else "le")


def guess_delimiter(text: str) -> str:
    """Return the delimiter that fits the first rows best; a comma if none separates anything."""
    return max(_DELIMITERS, key=lambda delimiter: _fit(text, delimiter))


def _fit(text: str, delimiter: str) -> tuple[bool, int, int]:
    """Return how well a delimiter fits: names a recipient, rows like the header, columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header, alike = list[str](), 0
    # A broken row ends the sample; it is reported when the rows are read.
    with suppress(csv.Error):
        header = next(reader, header)
        for row in islice(reader, _SAMPLE_ROWS):
            alike += len(row) == len(header)
    # Unseparated rows are all alike: that says nothing for a delimiter.
    alike = alike if len(header) > 1 else 0
    return any(map(holds, header)), alike, len(header)


def _read_beginning(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        if other := bundle_format(path):
            raise CsvError(f"{path} is no CSV file but {other}")
        raise CsvError(f"{path} is not a file; a table is read more than once, so it has to be one")
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_LINE + 1)
    except FileNotFoundError:
        raise CsvError(f"there is no file {path}") from None
    except OSError as error:
        raise CsvError(f"{path} cannot be read: {error.strerror}") from error


def _codec(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are no text encodings, which lookup() knows too
    except LookupError:
        raise InvalidRequestError(f"there is no text encoding {encoding!r}") from None
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name  # which reads a file without the mark, too


def _codec_of_mark(beginning: bytes) -> str | None:
    """Return the encoding that the file's first bytes name."""
    return next((codec for mark, codec in _MARKS if beginning.startswith(mark)), None)


def _decode(beginning: bytes, codec: str | None) -> str:
    if codec is None:
        # The header alone decides here, in words of the rows only if it is not ASCII.
        header = b"".join(beginning.splitlines(keepends=True)[:2])
        codec = "utf-8" if _is_utf8(header) else likely_encoding(beginning)
    # Incremental, because the sample may end in the middle of a character.
    return codecs.getincrementaldecoder(codec)("replace").decode(beginning)


def likely_encoding(text: bytes) -> str:
    """Return UTF-8 if a text can be read as that, else what its words tell, or Windows-1252.

    A guess for the beginning of a file: `proved_encoding` asks the whole of it.
    """
    if _is_utf8(text):
        return "utf-8"
    words = LegacyWords()
    words.add(text)
    return words.find_encoding() or "cp1252"


def _is_utf8(text: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(text)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _header(text: str, delimiter: str, line: int) -> list[str]:
    if not text.strip():
        raise CsvError("the table is empty: it has no header row", line=line)
    if not re.search(r"[\r\n]", text) and len(text) >= LONGEST_LINE:
        raise CsvError(TOO_LONG, line=line)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    try:
        return next(reader)
    except csv.Error:
        raise CsvError("a quote in the header row is not closed", line=line) from None


def _checked_headings(row: Sequence[str], line: int) -> list[str]:
    headings = [clean_heading(unprotect(heading)) for heading in row]
    while headings and not headings[-1]:
        headings.pop()  # a delimiter at the end of the row
    if not headings:
        raise CsvError("the header row is empty: it names no column", line=line)
    for place, heading in enumerate(headings, 1):
        if _phone_like.fullmatch(heading):
            why = f"column {place} of the first row is a number, not a name; add a header row"
            raise CsvError(why, line=line)
        if "\0" in heading:
            raise CsvError(nul_error(heading), line=line, column=heading.replace("\0", ""))
    return [heading or f"column {place}" for place, heading in enumerate(headings, 1)]


def _places_of_doubled(headings: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, heading in enumerate(headings, 1):
        places.setdefault(heading, []).append(place)
    return {heading: at for heading, at in places.items() if len(at) > 1}


def _distinct(headings: Sequence[str]) -> tuple[str, ...]:
    """Return the names of columns: a heading that comes again gets its place behind it."""
    return tuple(
        f"{heading} (column {place})" if heading in headings[: place - 1] else heading
        for place, heading in enumerate(headings, 1)
    )
