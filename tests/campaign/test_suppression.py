"""Who must not be written to: files in, answers out; reads temporary files."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.campaign.inputs.csv_dialect import CsvError
from seven_async.campaign.inputs.suppression import Suppression
from seven_async.errors import InvalidRequestError


@pytest.fixture
def listed(tmp_path: Path):
    """Writes a list and reads it: a text or bytes, and options of Suppression.read."""

    def read(content: str | bytes, **options: object) -> Suppression:
        path = tmp_path / "stop.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Suppression.read(path, **options)

    return read


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with numbers in two tables."""
    path = tmp_path / "stop.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            """
            CREATE TABLE suppression (recipient TEXT);
            INSERT INTO suppression VALUES ('+49 171 1234567'), (NULL), ('');
            CREATE TABLE "opt ""outs" (msisdn INTEGER, why TEXT) ;
            INSERT INTO "opt ""outs" VALUES (436641234567, 'STOP');
            """
        )
    return path


@pytest.mark.parametrize(
    "content",
    [
        "# opted out\n\n+49 171 1234567  # by mail\n0043 664 1234567\n",
        "\ufeff00491711234567\r\n+436641234567",
        "name;phone\nAnna;+49171/1234567\n;\nBen;+436641234567\n",
        "phone\n+491711234567\n+436641234567\n",
        "Grüße,Handy\nx,+491711234567\ny,+436641234567\n".encode("cp1252"),
    ],
    ids=["list", "list with a mark", "table", "one column", "Latin-1"],
)
def test_lists(listed, content: str | bytes):
    """A list is one recipient a line, or a table with a column of recipients."""
    suppression = listed(content)

    assert (2, True, True, False) == (
        len(suppression),
        "0049 171 1234567" in suppression,
        "+43 (0)664 1234567" in suppression,
        "+491721234567" in suppression,
    )


def test_empty_list(listed):
    """An empty file suppresses nobody, national numbers included."""
    suppression = listed("\n# nobody\n")

    assert (0, False) == (len(suppression), "0171 1234567" in suppression)


def test_national_numbers(listed):
    """With a country, a number is found in any notation, national ones included."""
    suppression = listed("0171 1234567\n", default_country="DE")

    assert (True, True) == ("+491711234567" in suppression, "0171/1234567" in suppression)


def test_national_number_in_a_list_without_country(listed):
    """A list that could not be compared is refused, with the line, instead of ignored."""
    with pytest.raises(InvalidRequestError, match="say default_country=") as refused:
        listed("+491711234567\n0171 1234567\n")

    assert 2 == refused.value.line


def test_asking_for_a_national_number_without_country(listed):
    """A question that cannot be answered is refused, instead of answered with no."""
    suppression = listed("+491711234567\n")

    with pytest.raises(InvalidRequestError, match="say default_country="):
        assert "0171 1234567" in suppression


@pytest.mark.parametrize("header", ["phone\n", ""], ids=["table", "list"])
def test_zero_that_a_spreadsheet_dropped(listed, header: str):
    """An opt-out in the digits that a spreadsheet left of it is found."""
    suppression = listed(header + "7700900127\n", default_country="GB")

    assert ("+447700900127" in suppression, "07700 900127" in suppression) == (True, True)


@pytest.mark.parametrize("header", ["phone\n", ""], ids=["table", "list"])
def test_digits_that_could_be_several_numbers(listed, header: str):
    """An opt-out that could be of two countries is an error with its line, never a guess."""
    with pytest.raises(InvalidRequestError, match=r"DE \(\+49\) or a mobile of AT") as refused:
        listed(header + "436641234567\n", default_country="DE")

    assert 1 + len(header.splitlines()) == refused.value.line


@pytest.mark.parametrize("header", ["phone\n", ""], ids=["table", "list"])
def test_digits_in_a_list_without_country(listed, header: str):
    """In a file nobody knows whose digits these are, so it has to be said."""
    with pytest.raises(InvalidRequestError, match="default_country='international'") as refused:
        listed(header + "491711234567\n")

    assert 1 + len(header.splitlines()) == refused.value.line


def test_landline_that_has_opted_out(listed):
    """A list may have landlines: they get calls."""
    assert "+4930123456" in listed("030 123456\n", default_country="DE")


@pytest.mark.parametrize(
    ("listed_as", "asked_as"),
    [
        ("+52 1 55 1234 5678", "+52 55 1234 5678"),
        ("+54 11 6123 4567", "+54 9 11 6123 4567"),
        ("+54 9 11 6123 4567", "+54 11 15 6123-4567"),
        ("+55 11 8123 4567", "+55 11 98123 4567"),
        ("+225 07 12 34 56", "+225 07 07 12 34 56"),
        ("+229 97 12 34 56", "+229 01 97 12 34 56"),
    ],
)
def test_number_from_before_a_change_of_the_plan(listed, listed_as: str, asked_as: str):
    """One person is one entry, whichever of the numbers was written down."""
    assert asked_as in listed(listed_as + "\n")


def test_asking_for_a_number_that_cannot_be_read():
    """A question that cannot be answered is refused, instead of answered with no."""
    suppression = Suppression(["+491711234567"], default_country="DE")

    with pytest.raises(InvalidRequestError, match="could be"):
        assert "436641234567" in suppression


@pytest.mark.parametrize("bad", ["O171 1234567", "4.9E+11", "17"])
def test_line_that_is_no_recipient(listed, bad: str):
    """An opt-out that cannot be understood is an error with its line."""
    with pytest.raises(InvalidRequestError, match="no recipient") as refused:
        listed(f"+491711234567\n\n{bad}\n")

    assert 3 == refused.value.line


def test_names(listed):
    """Names are listed when they are allowed, and can always be asked for."""
    suppression = listed("to\nGroup 1\n", allow_names=True)

    assert (True, False, False) == (
        "Group 1" in suppression,
        "Group 2" in suppression,
        "?" in suppression,
    )


def test_table_in_a_database(database: Path):
    """A SQLite database is recognised by its content; nothing and NULL are nobody."""
    suppression = Suppression.read(database)

    assert (1, True) == (len(suppression), "491711234567" in suppression)


def test_named_table_in_a_database(database: Path):
    """Any table and column can be asked for, however they are called."""
    suppression = Suppression.read(
        database, table='opt "outs', column="msisdn", default_country="international"
    )

    assert (1, True) == (len(suppression), "+436641234567" in suppression)


@pytest.mark.parametrize(
    "options", [{"table": "nowhere"}, {"column": "number"}, {"column": "recipient; DROP TABLE x"}]
)
def test_table_that_is_not_there(database: Path, options: dict[str, str]):
    """A wrong table or column is an error, never an empty list."""
    with pytest.raises(InvalidRequestError, match=r"no such (table|column)"):
        Suppression.read(database, **options)


def test_missing_file(tmp_path: Path):
    """A list that is not there is an error: sending without it would ignore every opt-out."""
    with pytest.raises(InvalidRequestError, match="cannot be read: No such file"):
        Suppression.read(tmp_path / "stop.txt")


def test_recipients_from_memory():
    """A list can be made of recipients, and grow."""
    suppression = Suppression(["+491711234567"])
    suppression.add("+436641234567")
    suppression.add("0043 664 1234567")

    assert (2, True) == (len(suppression), "436641234567" in suppression)


def test_encoding_that_cannot_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are the same in every encoding; names of contacts are not, and are asked about."""
    monkeypatch.setitem(sys.modules, "chardet", None)
    path = tmp_path / "stop.csv"
    path.write_bytes("name,phone\nErdős,+491711234567\n".encode("cp1250"))

    assert "+491711234567" in Suppression.read(path)
    with pytest.raises(CsvError, match="say encoding="):
        Suppression.read(path, allow_names=True)
    assert 1 == len(Suppression.read(path, allow_names=True, encoding="cp1250"))


def test_delimiter_and_column_asked_for(tmp_path: Path) -> None:
    """A list says what it needs in the words of its own arguments."""
    path = tmp_path / "stop.csv"
    path.write_text("name:Phone:Mobile\nAnna:12:+491711234567\n", "utf-8")
    with pytest.raises(CsvError, match="say delimiter="):
        Suppression.read(path)
    with pytest.raises(CsvError, match="say column='Mobile'"):
        Suppression.read(path, delimiter=":")

    assert "+491711234567" in Suppression.read(path, delimiter=":", column="Mobile")
