"""Who must not be written to: files in, answers out; reads temporary files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.campaign.suppression import Suppression
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
        "\ufeff491711234567\r\n436641234567",
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
    suppression = Suppression.read(database, table='opt "outs', column="msisdn")

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
