"""Files that cannot be read: broken files in, errors with line and column out."""

from __future__ import annotations

import csv
import os
import pickle
from pathlib import Path

import pytest

from seven_async.campaign import CsvMessages, read_csv
from seven_async.errors import InvalidRequestError

HEADER = "first_name;phone;city\n"
GOOD = "Anna;+49 171 1234567;Köln\n"


@pytest.mark.parametrize(
    ("table", "line", "column", "said"),
    [
        ("", 1, None, "the table is empty: it has no header row"),
        (" \n\n", 1, None, "the table is empty: it has no header row"),
        (";;\nx", 1, None, "the header row is empty: it names no column"),
        ("+491711234567;Anna\n", 1, None, "column 1 of the first row is a number, not a name"),
        ("Anna;0171 1234567\n", 1, None, "column 2 of the first row is a number, not a name"),
        ("first_name:phone\nA:1\n", 1, None, "there is one column only, 'first_name:phone'"),
        ("name;city\n", 1, None, "none of the columns is named like a phone: name, city"),
        ("phone;mobile\n", 1, None, "phone and mobile may all hold the recipient; say recipient="),
        ("phone;a;phone\n", 1, "phone", "recipient: two columns have this name, columns 1 and 3"),
        ('"a;phone\n1;2\n', 1, None, "a quote in the header row is not closed"),
        ("p\0hone\n", 1, "phone", "a NUL byte"),
        ("x" * (1 << 20) + "\0", 1, None, "the line is longer than 1,048,576 characters"),
    ],
)
def test_broken_header(people, table: str, line: int, column: str | None, said: str):
    """A table whose header cannot be used is refused when it is opened."""
    with pytest.raises(InvalidRequestError) as refused:
        people(table)

    assert (line, column, True) == (
        refused.value.line,
        refused.value.column,
        said in str(refused.value),
    )


@pytest.mark.parametrize(
    ("rows", "line", "column", "said"),
    [
        (b"A;1\0;x\n", 3, "phone", "a NUL byte"),
        (b"A;" + b"1" * 10_000_000 + b";x\n", 3, None, "the line is longer than 1,048,576"),
        (b"A;K\xf6ln;x\nB;M\xc3\xbcller;x\n", 4, "phone", "line is UTF-8, but line 3 is not"),
        (b"B;x;M\xc3\xbcller\n\nA;x;K\xf6ln\n", 5, "city", "line is not UTF-8, but line 3 is"),
        (b"A;x;\x81\n", 3, None, "the encoding cannot be told for certain: byte 0x81 is"),
        (b'A;"1;x\nB;2;y\n', 3, "phone", "a quote is opened and never closed"),
        (b'A;"1" 2;x\n', 3, "city", "text after a closing quote"),
        (b'A;"' + b"1\n" * 600_000, 3, "phone", "a field is too long; is a quote opened"),
    ],
)
def test_broken_row(people, rows: bytes, line: int, column: str | None, said: str):
    """A file that breaks anywhere gives no message at all, but the line and column it breaks at."""
    messages = people((HEADER + "Zoe;+436641234567;Graz\n").encode() + rows)
    with pytest.raises(InvalidRequestError) as refused:
        next(iter(messages))

    assert (line, column, True) == (
        refused.value.line,
        refused.value.column,
        said in str(refused.value),
    )


@pytest.mark.parametrize(("first", "second"), [("utf-8", "cp1252"), ("cp1252", "utf-8")])
def test_lines_of_a_large_file_in_two_encodings(people, first: str, second: str):
    """Both lines are named, however far they are apart."""
    plain = "Anna;+49 171 1234567;Bonn\n" * 5_000
    table = [HEADER + plain, GOOD, plain, GOOD, plain]
    encodings = ["ascii", first, "ascii", second, "ascii"]
    written = b"".join(t.encode(e) for t, e in zip(table, encodings, strict=True))
    this, that = ("is not", "is") if second == "cp1252" else ("is", "is not")
    with pytest.raises(InvalidRequestError) as refused:
        people(written).check()

    assert str(refused.value).startswith(
        f"line 10,003, column 'city': this line {this} UTF-8, but line 5,002 {that}:"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_row_that_is_not_in_the_encoding_asked_for(people, encoding: str):
    """A line that does not fit the encoding asked for is named, with the column."""
    messages = people((HEADER + GOOD).encode("cp1252"), encoding=encoding)
    with pytest.raises(InvalidRequestError) as refused:
        messages.check()

    assert (2, "city", True) == (
        refused.value.line,
        refused.value.column,
        "byte 0xf6 is not" in str(refused.value),
    )


def test_utf_16_that_is_cut(people):
    """Half a character at the end of the file is an error with its line."""
    messages = people((HEADER + GOOD).encode("utf-16") + b"\0")
    with pytest.raises(InvalidRequestError) as refused:
        messages.check()

    assert 3 == refused.value.line


def test_long_line_of_utf_16(people):
    """The limit of a line holds where lines cannot be told apart byte by byte, too."""
    rows = "A;" + "1" * (1 << 20) + ";x\n"
    messages = people((HEADER + rows).encode("utf-16"))
    with pytest.raises(InvalidRequestError, match="line 2, column 'phone': the line is longer"):
        messages.check()


def test_column_that_cannot_be_told(people):
    """Where a line is broken twice, its number alone is named."""
    messages = people(HEADER + "A;" + "1" * 200_000 + "\0;x\n")
    limit = csv.field_size_limit(1_000)
    try:
        with pytest.raises(InvalidRequestError) as refused:
            messages.check()
    finally:
        csv.field_size_limit(limit)

    assert (2, None) == (refused.value.line, refused.value.column)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_nul_bytes_say_what_they_may_mean(people, encoding: str):
    """UTF-16 without a mark is full of NUL bytes: the error names that."""
    with pytest.raises(InvalidRequestError, match=f"say encoding='{encoding}'"):
        people((HEADER + GOOD).encode(encoding))


def test_missing_file(tmp_path: Path):
    """A path that leads nowhere is an error that names it."""
    with pytest.raises(InvalidRequestError, match=r"there is no file .*nobody\.csv"):
        read_csv(tmp_path / "nobody.csv", text="Hi")


def test_folder(tmp_path: Path):
    """A table has to be a file."""
    with pytest.raises(InvalidRequestError, match="is not a file"):
        read_csv(tmp_path, text="Hi")


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch):
    """A file that the system does not open is an error with the system's reason."""

    def refuse(*_: object, **__: object):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "people.csv"
    path.touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InvalidRequestError, match="cannot be read: Permission denied"):
        read_csv(path, text="Hi")


@pytest.mark.parametrize("use", [CsvMessages.check, list])
def test_file_that_changes_before_it_is_used(people, tmp_path: Path, use):
    """A file that was written to after its header was read is neither checked nor sent."""
    messages = people(HEADER + GOOD)
    os.utime(tmp_path / "people.csv", ns=(1, 1))

    with pytest.raises(InvalidRequestError, match="has changed while it was used"):
        use(messages)


@pytest.mark.parametrize("change", ["append", "remove"])
def test_file_that_changes_while_it_is_sent(people, tmp_path: Path, change: str):
    """A file that is written to during a campaign stops it before an unchecked row goes out."""
    path = tmp_path / "people.csv"
    messages = iter(people(HEADER + GOOD + "Ben;+436641234567;Wien\n"))
    next(messages)
    if change == "append":
        path.write_text(path.read_text() + GOOD)
    else:
        path.unlink()

    with pytest.raises(InvalidRequestError, match="has changed while it was used"):
        next(messages)


def test_error_pickles(people):
    """An error crosses process borders with its line and column."""
    with pytest.raises(InvalidRequestError) as refused:
        people("phone;phone\n")
    again = pickle.loads(pickle.dumps(refused.value))

    assert (1, "phone", str(refused.value)) == (again.line, again.column, str(again))


@pytest.mark.parametrize("rows", ["A;\x00491711234567;x\n", 'A;"491711234567;x\n'])
def test_errors_hide_numbers(people, rows: str):
    """The text of an error shows no number of the table."""
    with pytest.raises(InvalidRequestError) as refused:
        people(HEADER + rows).check()

    assert "1234567" not in str(refused.value)


def test_line_beyond_a_million_is_not_masked(people):
    """A line's number is shown in full, long as it may be."""
    messages = people(HEADER + "\n" * 1_234_565 + "A;\0;x\n")
    with pytest.raises(InvalidRequestError, match="line 1,234,567, column 'phone'"):
        messages.check()
