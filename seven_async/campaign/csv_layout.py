"""How a table is written: its encoding, its delimiter and its columns, guessed and then proved.

In: the path of a CSV file. Out: a `Layout`, or a `CsvError` with line and column. I/O: reads the
file; only its beginning for the layout, all of it once for the encoding.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

import attrs

from seven_async.errors import InvalidRequestError

LONGEST_LINE: Final = 1 << 20
"""Characters of the longest line: a longer one is no table but a mistake, and would fill memory."""

NUL: Final = "a NUL byte; is it UTF-16 without a mark? Then say encoding='utf-16-le'"

_SAMPLE_ROWS: Final = 20
_DELIMITERS: Final = ",;\t|"
_LONG_MARKS: Final = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
_MARKS: Final = (
    *_LONG_MARKS,  # first: the mark of UTF-16 is the beginning of that of UTF-32
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORDS: Final = (
    "to recipient recipients empfaenger empfänger destinatario destinataire phone phones "
    "phonenumber phoneno mobile mobilephone mobilenumber mobileno mobil mobilnummer mobiltelefon "
    "cell cellphone cellnumber cellular number msisdn gsm tel telefon telefonnummer telefonnr "
    "telephone telephonenumber handy handynummer handynr rufnummer nummer numero número telefono "
    "teléfono téléphone telephon movil móvil cellulare telefoon"
)
_RECIPIENT_NAMES: Final = frozenset(_WORDS.split())
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
    """A table's file and how to read it. `encoding` is None until the whole file has been seen."""

    path: Path
    encoding: str | None
    delimiter: str
    columns: tuple[str, ...]
    header_line: int

    @classmethod
    def of(cls, path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> Layout:
        """The layout by the beginning of the file; raises `CsvError` if it has no header row."""
        beginning = _beginning(path)
        codec = _codec(encoding) if encoding else _marked(beginning)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
            raise InvalidRequestError(f"{delimiter!r} is no delimiter: it has to be one character")
        text = _decoded(beginning, codec)
        declared = re.match(r"sep=([,;\t|])\r?\n", text)  # Excel's own way to name the delimiter
        text = text[declared.end() :] if declared else text
        line = 2 if declared else 1
        guess = delimiter or (declared[1] if declared else guessed_delimiter(text))
        columns = _header(text, guess, line)
        return cls(path, codec, guess, _checked_columns(columns, line), line)

    def recipient_column(self, asked: str | None = None) -> str:
        """The column that holds the recipients: the one asked for, or the one named like it."""
        if asked is not None:
            if asked in self.columns:
                return asked
            raise CsvError(
                f"there is no column {asked!r}; the columns are {', '.join(self.columns)}",
                line=self.header_line,
            )
        found = [column for column in self.columns if is_recipient_name(column)]
        if len(found) == 1:
            return found[0]
        raise CsvError(self._no_recipient(found), line=self.header_line)

    def column_at(self, beginning: str) -> str | None:
        """The name of the column in which the beginning of a line ends."""
        reader = csv.reader([beginning], delimiter=self.delimiter, skipinitialspace=True)
        try:
            index = max(len(next(reader, [""])) - 1, 0)
        except csv.Error:
            return None
        return self.columns[index] if index < len(self.columns) else None

    def _no_recipient(self, found: Sequence[str]) -> str:
        if found:
            return f"{' and '.join(found)} may all hold the recipient; say recipient={found[0]!r}"
        if len(self.columns) == 1:
            return (
                f"there is one column only, {self.columns[0]!r}: it is separated by none of "
                "comma, semicolon, tab and |, or by another than asked for; say delimiter="
            )
        there_are = ", ".join(self.columns)
        return f"none of the columns is named like a phone: {there_are}; say recipient="


def is_recipient_name(column: str) -> bool:
    """Whether a column's name says phone, mobile, recipient … in a language of the continent."""
    return re.sub(r"[\W_]", "", column).casefold() in _RECIPIENT_NAMES


def guessed_delimiter(text: str) -> str:
    """The delimiter that makes most sense of the first rows; a comma if none separates anything."""
    return max(_DELIMITERS, key=lambda delimiter: _sense(text, delimiter))


def _sense(text: str, delimiter: str) -> tuple[bool, int, int]:
    """How well a delimiter fits: names a recipient, rows as long as the header, columns."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header, alike = list[str](), 0
    # A broken row ends the sample; it is reported when the rows are read.
    with suppress(csv.Error):
        header = next(reader, header)
        for row in islice(reader, _SAMPLE_ROWS):
            alike += len(row) == len(header)
    # Unseparated rows are all alike: that says nothing for a delimiter.
    alike = alike if len(header) > 1 else 0
    return any(map(is_recipient_name, header)), alike, len(header)


def _beginning(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise CsvError(f"{path} is not a file; a table is read more than once, so it has to be one")
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_LINE + 1)
    except FileNotFoundError:
        raise CsvError(f"there is no file {path}") from None
    except OSError as found:
        raise CsvError(f"{path} cannot be read: {found.strerror}") from found


def _codec(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are no text encodings, which lookup() knows too
    except LookupError:
        raise InvalidRequestError(f"there is no text encoding {encoding!r}") from None
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name  # which reads a file without the mark, too


def _marked(beginning: bytes) -> str | None:
    """The encoding that the file's first bytes name."""
    return next((codec for mark, codec in _MARKS if beginning.startswith(mark)), None)


def _decoded(beginning: bytes, codec: str | None) -> str:
    codec = codec or likely_encoding(beginning.partition(b"\n")[0])
    # Incremental, because the sample may end in the middle of a character.
    return codecs.getincrementaldecoder(codec)("replace").decode(beginning)


def likely_encoding(line: bytes) -> str:
    """UTF-8 if a line can be read as that, else what Western spreadsheets write."""
    try:
        line.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _header(text: str, delimiter: str, line: int) -> list[str]:
    if not text.strip():
        raise CsvError("the table is empty: it has no header row", line=line)
    if not re.search(r"[\r\n]", text) and len(text) >= LONGEST_LINE:
        raise CsvError(f"the line is longer than {LONGEST_LINE:,} characters", line=line)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True
    )
    try:
        return next(reader)
    except csv.Error:
        raise CsvError("a quote in the header row is not closed", line=line) from None


def _checked_columns(columns: Sequence[str], line: int) -> tuple[str, ...]:
    names = [column.strip() for column in columns]
    while names and not names[-1]:
        names.pop()  # a delimiter at the end of the row
    if not names:
        raise CsvError("the header row is empty: it names no column", line=line)
    names = [name or f"column {place}" for place, name in enumerate(names, 1)]
    for index, name in enumerate(names):
        if _phone_like.fullmatch(name):
            why = f"column {index + 1} of the first row is a number, not a name; add a header row"
            raise CsvError(why, line=line)
        if "\0" in name:
            raise CsvError(NUL, line=line, column=name.replace("\0", ""))
        if name in names[:index]:
            raise CsvError("two columns have this name", line=line, column=name)
    return tuple(names)
