"""How a table is written: files in any form in, the same messages out."""

from __future__ import annotations

import codecs
import csv
import io

import pytest

from seven_async.campaign import CsvMessages

HEADER = "first_name;phone;city\n"
GOOD = "Anna;+49 171 1234567;Köln\n"


def refusals(messages: CsvMessages) -> list[tuple[int, str, str]]:
    """What is wrong with which row."""
    return [(row.line, row.column, row.reason) for row in messages.refused]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(people, delimiter: str, newline: str):
    """The delimiter is guessed from the first rows, and any line end ends a line."""
    rows = [["name", "phone"], ["Müller, Anna; geb. |", "+491711234567"], ["B", ""]]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=newline).writerows(rows)
    messages = people(written.getvalue(), text="{name}")

    assert (["Müller, Anna; geb. |"], [(3, "phone", "the number is empty")]) == (
        [message.text for message in messages],
        refusals(messages),
    )


def test_delimiter_in_a_column_name(people):
    """The delimiter that names a recipient wins over one that merely occurs more often."""
    messages = people('a,b,c,d;phone\n1,2,3,4;+491711234567\n"x";+436641234567\n')

    assert ("a,b,c,d", "phone") == messages.columns


def test_delimiter_of_the_rows(people):
    """Where no column is named like a recipient, the rows decide which delimiter it is."""
    messages = people("last, first;nr\nA;+491711234567\nB;+436641234567\n", recipient="nr")

    assert ("last, first", "nr") == messages.columns


def test_single_column(people):
    """A table of numbers alone needs no delimiter."""
    assert ["+491711234567"] == [message.to for message in people("phone\n+491711234567\n")]


def test_declared_delimiter(people):
    """The line with which Excel names the delimiter is no header row, and lines still count."""
    messages = people("sep=|\nname|phone\nA|+491711234567\nB|\n")

    assert (["+491711234567"], [(4, "phone", "the number is empty")]) == (
        [message.to for message in messages],
        refusals(messages),
    )


def test_delimiter_asked_for(people):
    """A delimiter that would not be guessed can be given."""
    messages = people("name:phone\nA:+491711234567\n", delimiter=":")

    assert ["+491711234567"] == [message.to for message in messages]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "iso-8859-1"]
)
def test_encodings(people, encoding: str):
    """UTF-8 with and without mark, UTF-16 and UTF-32 with mark, and Latin-1 are recognised."""
    table = "straße;phone\nGrüße Çelik;+491711234567\n".encode(encoding)

    assert ["Grüße Çelik"] == [message.text for message in people(table, text="{straße}")]


def test_encoding_found_late(people):
    """The whole file decides about the encoding, not only its beginning."""
    rows = "".join(f"Anna;+49171{line:07};Bonn\n" for line in range(2_000))
    table = (HEADER + rows + "Zoë;+436641234567;Köln\n").encode("cp1252")

    assert "Zoë" == [message.text for message in people(table, text="{first_name}")][-1]


@pytest.mark.parametrize("encoding", ["utf-16-le", "cp850", "utf-8"])
def test_encoding_asked_for(people, encoding: str):
    """An encoding that cannot be recognised can be given."""
    table = (HEADER + GOOD).encode(encoding)

    assert ["Köln"] == [m.text for m in people(table, text="{city}", encoding=encoding)]


def test_mark_of_utf_8_despite_the_encoding_asked_for(people):
    """`encoding="utf-8"` reads a file with a mark, too: the mark is no part of a name."""
    messages = people(codecs.BOM_UTF8 + (HEADER + GOOD).encode(), encoding="utf-8")

    assert ("first_name", "phone", "city") == messages.columns


@pytest.mark.parametrize(
    "name",
    [
        "phone",
        "Phone Number",
        "TO",
        "mobile",
        "Handy-Nr.",
        "Telefon",
        "recipient",
        "Teléfono",
        "msisdn",
    ],
)
def test_recipient_column_by_its_name(people, name: str):
    """The recipient's column is found by what it is usually called, in any case."""
    assert ["+491711234567"] == [m.to for m in people(f"x;{name}\n1;+491711234567\n")]


def test_recipient_column_asked_for(people):
    """Any column can hold the recipients when it is named."""
    messages = people("who;phone\n+436641234567;+491711234567\n", recipient="who")

    assert ["+436641234567"] == [message.to for message in messages]


def test_quoted_fields(people):
    """A quoted field may hold line breaks; a row's line is the one it starts at."""
    messages = people('name;phone\n"A\nB";+491711234567\n"C\r\nD;E";x1\n\nF;+436641234567\n')

    assert ([2, 7], [(4, "phone", "letters in the number")]) == (
        [row.line for row in messages.rows()],
        refusals(messages),
    )


def test_columns_without_a_name(people):
    """An unnamed column gets its place as name, a delimiter after the last one is no column."""
    assert ("a", "column 2", "phone") == people("a;;phone;;\n").columns


def test_delimiter_at_the_end_of_a_row(people):
    """Empty fields beyond the header are no surplus."""
    assert 1 == people("a;phone\n1;+491711234567;;\n").sendable
