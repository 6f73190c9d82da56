"""Exports in a spreadsheet: values in, cells that are no formulas out, and the values again."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.campaign import Campaign, read_csv
from seven_async.campaign.inputs.spreadsheet_text import protect_cell, unprotect
from seven_async.client import AsyncSeven
from seven_async.sandbox import Sandbox


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('=HYPERLINK("http://x","y")', '\'=HYPERLINK("http://x","y")'),
        ("+491713920011", "+491713920011"),
        ("+4917139200-11", "'+4917139200-11"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("00815", "'00815"),
        ("491713920011", "491713920011"),
        ("'=1", "''=1"),
        ("'00815", "''00815"),
        ("'s-Gravenhage", "'s-Gravenhage"),
        ("0.075000", "0.075000"),
        ("100", "100"),
        ("Anna = Ben", "Anna = Ben"),
        ("", ""),
    ],
)
def test_value_that_a_spreadsheet_would_change(value: str, written: str) -> None:
    """Formulas and digits that would lose zeros get an apostrophe, all else stays."""
    assert written == protect_cell(value)


@given(st.text(alphabet="'=+-@\t\r\n 0159ab＝", max_size=6) | st.text(max_size=20))
def test_any_value_comes_back(value: str) -> None:
    """What an export writes is read as it was."""
    assert value == unprotect(protect_cell(value))


@given(st.text(alphabet="'=+-@\t\r\n 0159ab＝", max_size=6) | st.text(max_size=20))
def test_no_cell_begins_like_a_formula(value: str) -> None:
    """Whatever a value is, a spreadsheet takes it for text."""
    cell = protect_cell(value)

    assert re.fullmatch(r"\+[0-9]{7,15}", cell) or cell.lstrip()[:1] not in set("=+-@＝＋－＠")


async def test_export_of_a_file_with_formulas(tmp_path: Path) -> None:
    """An export is safe to open, and is read again with the values of the file that was sent."""
    sent, missed = tmp_path / "people.csv", tmp_path / "missed.csv"
    with sent.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ["=name", "phone", "ref"],
                ["=cmd|'/c calc'!A1", "+491713920011", "00815"],
                ["@Ben", "12", "'s-Gravenhage"],
            ]
        )
    sandbox = Sandbox()
    sandbox.fault(recipient="+491713920011", code=202)
    messages = read_csv(sent, text="Hi {=name}")
    async with (
        AsyncSeven(**sandbox.options) as seven,
        Campaign(seven, journal=tmp_path / "j.db") as campaign,
    ):
        [_ async for _ in campaign.send(messages)]
        campaign.export("missed", missed, messages)
    with missed.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    again = read_csv(missed, text="Hi {=name}", recipient="phone")
    read = {row.line: dict(row.row) for row in again.rows()}
    read |= {row.line: row.row for row in again.refused}

    assert [] == [cell for cell in cells if cell[:1] in ("=", "-", "@", "\t", "\r")]
    assert [("@Ben", "12", "'s-Gravenhage"), ("=cmd|'/c calc'!A1", "+491713920011", "00815")] == [
        (row["=name"], row["phone"], row["ref"]) for _, row in sorted(read.items())
    ]
