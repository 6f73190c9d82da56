"""Rows on terminals of any width, and in pipes: aligned, whole, broken at words."""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seven_async.cli import screen
from seven_async.cli.folding import fold, keep_commands_together, to_plain_blanks
from seven_async.cli.products.layout import build_layout
from seven_async.cli.products.output import CsvOutput
from seven_async.cli.products.rows import rows_of, to_cell, to_full_text

WORDS = st.lists(st.text("abcä漢", max_size=4), max_size=8).map(" ".join)
ROWS = st.integers(1, 5).flatmap(
    lambda count: st.lists(st.lists(WORDS, min_size=count, max_size=count), min_size=1, max_size=6)
)


@given(ROWS, st.integers(20, 120))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(
    rows: list[list[str]], width: int
) -> None:
    """As columns or as blocks, each character of a cell is shown once."""
    headings = [f"column {place}" for place in range(len(rows[0]))]
    layout = build_layout(headings, rows, [False] * len(headings), width)
    lines = [line for row in rows for line in layout.row(row)]

    assert [] == [line for line in [*layout.head(), *lines] if cell_len(line) > width]
    shown = "".join(lines)
    for letter in "cä漢":
        in_headings = 0 if layout.widths else sum(map(bool, _cells(rows))) * (letter == "c")
        assert shown.count(letter) == in_headings + sum(cell.count(letter) for cell in _cells(rows))


def _cells(rows: list[list[str]]) -> list[str]:
    return [cell for row in rows for cell in row]


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    """Wide characters count as two; a pipe folds nothing."""
    rows = [["Ann", "1.5", "a long text with words"], ["漢字", "12.25", "x"]]
    layout = build_layout(["name", "EUR", "text"], rows, [False, True, False], None)

    assert ["NAME    EUR  TEXT"] == layout.head()
    assert ["Ann     1.5  a long text with words"] == layout.row(rows[0])
    assert ["漢字  12.25  x"] == layout.row(rows[1])


def test_words_go_to_the_next_line() -> None:
    """A column gives way where it has words."""
    rows = [["1", "Hello big world"]]

    assert ["1   Hello big", "    world"] == build_layout(
        ["id", "text"], rows, [False] * 2, 13
    ).row(rows[0])


def test_a_narrow_terminal_gets_blocks() -> None:
    """Where columns do not fit, each value has a line; what is empty has none."""
    rows = [["77000000001", "+491711234567", "", "ACCEPTED"]]
    layout = build_layout(["id", "to", "label", "state"], rows, [False] * 4, 30)

    assert [] == layout.head()
    assert [
        "id:    77000000001",
        "to:    +491711234567",
        "state: ACCEPTED",
        "",
    ] == layout.row(rows[0])


def test_commands_stay_in_one_piece() -> None:
    """What somebody copies is not broken; a long word goes on where the terminal breaks it."""
    sentence = keep_commands_together("have it kept by `seven login --key` afterwards")
    lines = [to_plain_blanks(line) for line in fold(sentence, 24)]

    assert ["have it kept by", "`seven login --key`", "afterwards"] == lines
    assert ["a", "bbbbbbbb", "c"] == fold("a bbbbbbbb c", 4)


@attrs.frozen
class Network:
    """A made-up member."""

    name: str
    price: Decimal


@attrs.frozen
class Country:
    """A made-up row with members."""

    code: str
    networks: tuple[Network, ...]


@attrs.frozen
class Reply:
    """A made-up reply."""

    count: int
    countries: tuple[Country, ...]


REPLY = Reply(1, (Country("DE", (Network("=1+1", Decimal("0.0750")), Network("b", Decimal(1)))),))


def test_members_of_lists_are_rows() -> None:
    """With the values of what they are in."""
    assert [
        {"code": "DE", "networks.name": "=1+1", "networks.price": Decimal("0.0750")},
        {"code": "DE", "networks.name": "b", "networks.price": Decimal(1)},
    ] == list(rows_of(REPLY, "countries.networks"))


def test_csv_is_safe_for_spreadsheets(capsys: pytest.CaptureFixture[str]) -> None:
    """A formula has an apostrophe in front."""
    CsvOutput("countries.networks").write([REPLY])

    assert [
        ["code", "networks.name", "networks.price"],
        ["DE", "'=1+1", "0.0750"],
        ["DE", "b", "1"],
    ] == list(csv.reader(capsys.readouterr().out.splitlines()))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        (Decimal("1E+2"), "100"),
        (("a", "b"), "a, b"),
        (("a, b", "c"), "a, b; c"),
        ({}, ""),
        ({"a": Decimal(1)}, '{"a": "1"}'),
        (datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-02-03T04:05:06+00:00"),
    ],
)
def test_values_as_texts(value: Any, text: str) -> None:
    """As a file keeps them."""
    assert text == to_full_text(value)


def test_times_are_those_of_the_terminal() -> None:
    """In its zone, and never broken between day and hour."""
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)

    assert f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" == to_plain_blanks(to_cell(moment))
    assert 1 == len(fold(to_cell(moment), 10))


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        ("utf-8", '{"text": "Grüße … 😀 \\u001b"}'),
        ("cp1252", '{"text": "Gr\\u00fc\\u00dfe \\u2026 \\ud83d\\ude00 \\u001b"}'),
        ("ascii", '{"text": "Gr\\u00fc\\u00dfe \\u2026 \\ud83d\\ude00 \\u001b"}'),
    ],
)
def test_json_says_the_same_in_every_encoding(
    encoding: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be encoded is escaped, as JSON has it, never exchanged for look-alikes."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    screen.write_line('{"text": "Grüße … 😀 \x1b"}')
    stream.flush()

    assert f"{line}\n" == stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
