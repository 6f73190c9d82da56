"""Who must not be written to: a list in a file or a database, asked with `number in suppression`.

In: a CSV file, a list with one number a line, or a SQLite table. Out: a `Suppression`. I/O: reads
it at the start, and again when it has changed; `add_to_file` replaces it.
"""

from __future__ import annotations

import codecs
import os
import re
import sqlite3
from collections.abc import Hashable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, TypeAlias

import attrs

from seven_async.campaign.inputs.csv_dialect import CsvError, Layout, likely_encoding
from seven_async.campaign.inputs.csv_encoding import prove_encoding
from seven_async.campaign.inputs.csv_file import rows_of
from seven_async.campaign.inputs.duplicates import DuplicateIndex
from seven_async.errors import InvalidRequestError
from seven_async.private_file import lock_file, refuse_to_replace, replace_file
from seven_async.recipients.errors import RecipientError
from seven_async.recipients.recipient import check_country, recipient_of
from seven_async.recipients.spelling import to_digits

_SQLITE_MARK: Final = b"SQLite format 3\0"
_BYTE_ORDER_MARKS: Final = (
    # UTF-32 first: its mark in this order begins with that of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Suppression:
    """Recipients that must not be written to, whatever notation they are asked for in.

    A number without `+` or `00` needs `default_country`, here and when asking: compared as a text
    it would miss its own international notation, and an opt-out would be ignored. What cannot be
    read raises `InvalidRequestError`, here and when asking. Takes 16 to 40 bytes a number.

    Example:
        listed = Suppression(["+491711234567"], default_country="DE")
        print("0171 1234567" in listed)
    """

    def __init__(
        self, recipients: Iterable[str] = (), *, default_country: str | None = None
    ) -> None:
        check_country(default_country)
        self._default_country = default_country
        self._listed = DuplicateIndex()
        self._source: _Source | None = None
        self._read_stamp: _Stamp | None = None
        self._readings = 0
        for recipient in recipients:
            self.add(recipient)

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        default_country: str | None = None,
        allow_names: bool = False,
        column: str | None = None,
        table: str = "suppression",
        encoding: str | None = None,
        delimiter: str | None = None,
    ) -> Suppression:
        """Return the list in a file.

        A SQLite database (`table` and its `column`, by default `recipient`), a CSV file whose
        column of recipients is named like one, or one recipient a line, where `#` starts a
        comment. Empty rows are skipped. Numbers are read as `read_csv` reads them, landlines
        included. Raises `CsvError` with the line for what cannot be read: an opt-out is never
        ignored silently. `encoding` and `delimiter` of a CSV file are as in `read_csv`; where the
        encoding cannot be told it matters for names alone (`allow_names`), as numbers are ASCII.

        Example:
            listed = Suppression.read("stop.txt", default_country="DE")
        """
        listed = cls(default_country=default_country)
        listed._source = _Source(
            Path(path), column, encoding, delimiter, table=table, has_names=allow_names
        )
        listed.refresh()
        if not listed._source.file.is_file():
            listed._source = None  # a pipe is read once
        return listed

    def refresh(self) -> None:
        """Read the file anew; nothing changes for a list that is from no file.

        A campaign does so before it writes to anybody else, when the file has changed.
        """
        source = self._source
        if source is None:
            return
        self._read_stamp = source.stamp()  # before: what changes meanwhile is read next time
        fresh = Suppression(default_country=self._default_country)
        for line, recipient in source.recipients():
            if recipient.strip():
                fresh._add_line(source.file, line, recipient, allow_names=source.has_names)
        self._listed = fresh._listed
        self._readings += 1

    @property
    def is_current(self) -> bool:
        """True if the file is as it was read."""
        return self._source is None or self._source.stamp() == self._read_stamp

    @property
    def version(self) -> Hashable:
        """What is another value when the list may have changed."""
        return self._readings, len(self._listed)

    @staticmethod
    def add_to_file(
        path: str | os.PathLike[str],
        numbers: Iterable[str],
        *,
        default_country: str | None = None,
    ) -> int:
        """Add numbers to a file with one number a line, made if there is none.

        Two processes may do so at once. The file is replaced as a whole.

        Example:
            added = Suppression.add_to_file("stop.txt", ["+491711234567"])

        Returns:
            How many of the numbers are new.

        Raises:
            InvalidRequestError: One of them is no number, or the file would not have the numbers
                afterwards: a table of several columns, a database.
        """
        file = Path(path)
        refuse_to_replace(file)
        with lock_file(file):
            listed = Suppression.read(file, default_country=default_country)
            added: list[str] = []
            for number in numbers:
                # With +, whatever was typed: the list is read again without this country.
                to = recipient_of(number, default_country, in_file=True, channel="voice").to
                if to not in listed:
                    listed.add(to)
                    added.append(to)
            with replace_file(file) as temporary:
                temporary.write_bytes(_extend(file.read_bytes(), added))
                _check_lists(temporary, file, added, default_country)
        return len(added)

    def add(self, recipient: str, *, allow_names: bool = False) -> None:
        """List one more; raises `InvalidRequestError` for what is no recipient.

        Example:
            listed = Suppression()
            listed.add("+491711234567")
        """
        self._list(self._key(recipient, allow_names=allow_names))

    def __len__(self) -> int:
        return len(self._listed)

    def __contains__(self, recipient: str) -> bool:
        """Tell whether a recipient is listed.

        Raises `InvalidRequestError` for a number that cannot be compared.

        What has no digits is not listed, unless it is the name of a contact or group that is.
        """
        if not self._listed:
            return False
        try:
            return self._key(recipient, allow_names=True) in self._listed
        except RecipientError:
            if any(character.isdecimal() for character in recipient):
                raise
            return False

    def _list(self, key: str) -> None:
        self._listed.earlier(key, len(self._listed) + 1)

    def _add_line(self, file: Path, line: int, recipient: str, *, allow_names: bool) -> None:
        try:
            self._list(self._key(recipient, allow_names=allow_names, in_file=True))
        except InvalidRequestError as found:
            raise CsvError(f"{file}: {found}", line=line) from None

    def _key(self, recipient: str, *, allow_names: bool, in_file: bool = False) -> str:
        return comparable_key(
            recipient, self._default_country, allow_names=allow_names, in_file=in_file
        )


def comparable_key(
    recipient: str,
    default_country: str | None = None,
    *,
    allow_names: bool = False,
    in_file: bool = False,
) -> str:
    """Return what is the same for all spellings of a recipient.

    Raises `InvalidRequestError` for what is no recipient, and for a number that cannot be compared.
    """
    key = recipient_of(
        recipient,
        default_country,
        allow_names=allow_names,
        in_file=in_file,
        channel="voice",  # a landline may have opted out, too
    ).key
    if key.startswith("0"):
        raise InvalidRequestError(
            "a national number cannot be compared with others; say default_country="
        )
    return key


_Stamp: TypeAlias = tuple[tuple[int, int, int] | None, ...]


@attrs.frozen
class _Source:
    """A file with a list, and how it is read."""

    file: Path
    column: str | None
    encoding: str | None
    delimiter: str | None
    table: str = attrs.field(kw_only=True)
    has_names: bool = attrs.field(kw_only=True)

    def stamp(self) -> _Stamp:
        """Return what changes when the file does; what is new in a database is beside it."""
        return _stamp_of(self.file), _stamp_of(f"{self.file}-wal")

    def recipients(self) -> Iterator[tuple[int, str]]:
        """Return the recipients with their lines, in whichever form the file has them."""
        try:
            with self.file.open("rb") as opened:
                beginning = opened.read(1 << 16)
        except OSError as error:
            raise CsvError(f"{self.file} cannot be read: {error.strerror}") from error
        if beginning.startswith(_SQLITE_MARK):
            return _in_database(self.file, self.table, self.column or "recipient")
        if self.column is None and _is_plain_list(beginning):
            return self._in_lines()
        return self._in_table()

    def _in_lines(self) -> Iterator[tuple[int, str]]:
        layout = Layout(self.file, self.encoding, ",", ("recipient",), 1)
        encoding = prove_encoding(layout, ask=self.has_names).encoding
        with self.file.open(encoding=encoding) as lines:
            for line, text in enumerate(lines, 1):
                yield line, _without_comment(text)

    def _in_table(self) -> Iterator[tuple[int, str]]:
        layout = Layout.of(self.file, encoding=self.encoding, delimiter=self.delimiter)
        place = layout.columns.index(layout.recipient_column(self.column, option="column"))
        for line, row in rows_of(prove_encoding(layout, ask=self.has_names)):
            yield line, row[place] if place < len(row) else ""


def _stamp_of(file: str | os.PathLike[str]) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)  # noqa: PTH116 - for each batch, and pathlib takes twice as long
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _is_plain_list(beginning: bytes) -> bool:
    """Tell whether the first line that says something is a recipient, and no header row."""
    text = beginning.decode(likely_encoding(beginning), "replace").removeprefix("\ufeff")
    said = (_without_comment(line) for line in text.splitlines())
    first = next((each for each in said if each), "")
    try:
        return to_digits(first) is not None
    except RecipientError:
        # A number that cannot be read is told by its line; a table has a name or a delimiter.
        return not re.search(r"[;|\t]|[^\W0-9]", first)


def _without_comment(text: str) -> str:
    return text.partition("#")[0].strip()


def _in_database(file: Path, table: str, column: str) -> Iterator[tuple[int, str]]:
    # Qualified: SQLite takes an unknown name in quotes for a text, unless a table stands before it.
    field = f"{_quote(table)}.{_quote(column)}"
    query = f"SELECT {field} FROM {_quote(table)} WHERE {field} IS NOT NULL"  # noqa: S608 (quoted)
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
        try:
            for line, (recipient,) in enumerate(database.execute(query), 1):
                yield line, str(recipient)
        except sqlite3.DatabaseError as found:
            raise CsvError(f"{file}: {found}") from None


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _extend(before: bytes, numbers: Iterable[str]) -> bytes:
    """Return a list with further lines, in the encoding that it has."""
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if before.startswith(mark)), "utf-8")
    newline = "\n".encode(encoding)
    text = "".join(f"{number}\n" for number in numbers)
    is_open = bool(before) and not before.endswith((newline, "\r".encode(encoding)))
    return before + (newline if is_open else b"") + text.encode(encoding)


def _check_lists(
    temporary: Path, file: Path, numbers: Iterable[str], default_country: str | None
) -> None:
    """Raise unless the list has the numbers now: an opt-out is not lost."""
    listed = Suppression.read(temporary, default_country=default_country)
    if not all(number in listed for number in numbers):
        raise InvalidRequestError(
            f"{file} is a table, in which a line with a number alone would not be found; add a row "
            f"with the program that made it"
        )
