"""Rows and options that cannot be sent: tables in, refusals out; reads temporary files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from seven_async.campaign import CsvMessages, read_csv
from seven_async.errors import ConfigurationError, InvalidRequestError

HEADER = "first_name;phone;city\n"
GOOD = "Anna;+49 171 1234567;Köln\n"


def refusals(messages: CsvMessages) -> list[tuple[int, str, str]]:
    """What is wrong with which row."""
    return [(row.line, row.column, row.reason) for row in messages.refused]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("Anna;;Köln", "phone", "the number is empty"),
        ("Anna;n/a;Köln", "phone", "letters in the number"),
        ("Anna;0171 12ab;Köln", "phone", "letters in the number"),
        ("Anna;+123;Köln", "phone", "the number is too short"),
        ("Anna;+49 171 1234567 89012;Köln", "phone", "the number is too long"),
        ("Anna;+491711234567", "city", "the column is missing in this row"),
        ("Anna", "phone", "the column is missing in this row"),
        ("Anna;+491711234567;Köln;x", "column 4", "the row has more columns than the header"),
        (" ;+491711234567;Köln", "first_name", "the value is required, and empty"),
        (
            "A" * 1521 + ";+491711234567;Köln",
            "first_name",
            "text: has 1521 characters, at most 1520 are taken",
        ),
        (
            "Anna;+491711234567;Frankfurt am Main",
            "city",
            (
                "from: a sender has at most 11 letters and digits (A-Z a-z 0-9, also "
                "/ . - @ _ ! ( ) + $ , & and blanks), or is a number of at most 16 digits; "
                "this has 17 characters"
            ),
        ),
    ],
)
def test_row_that_cannot_be_sent(people, row: str, column: str, reason: str):
    """Every bad row is named with its line, the column to look at, and the reason."""
    options = {"text": "{first_name}", "from_": "{city}", "required": ["first_name"]}
    messages = people(HEADER + "Zoë;+436641234567;Graz\n" + row + "\n", **options)

    assert ([(3, column, reason)], 1) == (refusals(messages), len(list(messages)))


@pytest.mark.parametrize("value", ["", " ", "\u2003"])
def test_text_that_is_empty_after_filling(people, value: str):
    """A text of nothing but an empty value is not sent."""
    messages = people(f"name;phone\n{value};+491711234567\n", text="{name} ")

    assert [(2, "name", "text: is empty")] == refusals(messages)


@pytest.mark.parametrize(
    "spelling",
    ["0049171 1234567", "49171/123-45-67", "+49 (0)171.1234567", "0171 1234567", "(0171)1234567"],
)
def test_same_number_in_another_spelling(people, spelling: str):
    """Whoever is in the table twice gets one message; the second row names the first."""
    messages = people(HEADER + "\n" + GOOD + f"Ann;{spelling};Bonn\n", default_country="DE")

    assert ([(4, "phone", "duplicate of line 3")], 1) == (refusals(messages), messages.sendable)


def test_digits_without_a_country(people):
    """Digits whose country nobody said could be anybody's: only + and 00 need no country."""
    table = "phone\n0171 1234567\n7700900127\n491711234567\n0049 171 7654321\n+491711234567\n"
    messages = people(table)

    assert [2, 3, 4] == [row.line for row in messages.refused]
    assert {True} == {"default_country='DE'" in row.reason for row in messages.refused}
    assert ["+491717654321", "+491711234567"] == [message.to for message in messages]


def test_digits_that_begin_with_their_calling_code(people):
    """`international` is the choice of whoever knows that all digits have a calling code."""
    table = "phone\n491711234567\n01711234567\n+49 171 1234567\n"
    messages = people(table, default_country="international")

    assert [3, 4] == [row.line for row in messages.refused]
    assert "default_country='DE'" in messages.refused[0].reason
    assert ["+491711234567"] == [message.to for message in messages]


def test_zero_that_a_spreadsheet_dropped(people):
    """The country of the table is tried first, so its own mobiles are found without their zero."""
    messages = people("phone,name\n7700900127,A\n07700 900127,B\n", default_country="GB")

    assert ([(3, "phone", "duplicate of line 2")], ["+447700900127"]) == (
        refusals(messages),
        [message.to for message in messages],
    )


def test_two_spellings_of_a_mexican(people):
    """A person whose number was written before and after a change of the plan gets one message."""
    messages = people("phone,name\n+52 1 55 1234 5678,A\n+52 55 1234 5678,A\n")

    assert ([(3, "phone", "duplicate of line 2")], ["+525512345678"]) == (
        refusals(messages),
        [message.to for message in messages],
    )


def test_row_refused_for_its_text_is_no_first(people):
    """A number whose first row cannot be sent is not lost: its second row is sent."""
    messages = people("n;phone\n;+491711234567\nB;+491711234567\n", text="{n}")

    assert ([(2, "n", "text: is empty")], ["B"]) == (
        refusals(messages),
        [message.text for message in messages],
    )


def test_names(people):
    """Names of contacts and groups are recipients only when they are asked for."""
    table = "to\nGroup 1\n+491711234567\nGroup 1\n"

    assert (["+491711234567"], ["Group 1", "+491711234567"]) == (
        [message.to for message in people(table)],
        [message.to for message in people(table, allow_names=True)],
    )


def test_strict_numbers(people):
    """With the country's plan at hand, numbers that cannot exist are refused; others pass."""
    pytest.importorskip("phonenumbers", reason="the extra `phone`")
    table = "to\n+49171123\n+491711234567\nGroup 1\n"
    messages = people(table, strict_numbers=True, allow_names=True)

    assert ([(2, "to", "no number of its country's plan")], 2) == (
        refusals(messages),
        messages.sendable,
    )


def test_strict_numbers_without_the_package(people, monkeypatch):
    """Asking for the plans without the package says what to install."""
    monkeypatch.setitem(sys.modules, "phonenumbers", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'seven-async\[phone\]'"):
        people(HEADER + GOOD, strict_numbers=True)


def test_refused_row_has_its_original_values(people):
    """A refused row can be written out again with the columns it came with."""
    messages = people(HEADER + "Anna ;x;Köln;1;2\nBen\n")

    assert [
        {"first_name": "Anna ", "phone": "x", "city": "Köln", "column 4": "1", "column 5": "2"},
        {"first_name": "Ben"},
    ] == [row.row for row in messages.refused]


def test_reprs_hide_numbers_and_values(people):
    """No repr shows a whole number, a text or a value of the table."""
    messages = people(HEADER + GOOD + GOOD.replace("Anna", "Ben"), text="Hi {first_name}")
    shown = repr([messages, *messages.rows(), *messages, *messages.refused])
    secrets = ("Anna", "Ben", "Köln", "1234567")

    assert [] == [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize("option", ["text", "from_", "label", "foreign_id"])
def test_unknown_placeholder(people, option: str):
    """A placeholder that is no column is refused at once, with the columns there are."""
    with pytest.raises(InvalidRequestError) as refused:
        people(HEADER + GOOD, **{option: "{nickname}"})

    assert str(refused.value).startswith(
        f"{option.rstrip('_')}: there is no column 'nickname'; "
        "the columns are first_name, phone, city"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text": ""}, "text: is empty"),
        ({"text": "x" * 1521}, "text: has 1521 characters"),
        ({"from_": "far too long a sender"}, "from: a sender has at most 11"),
        ({"label": "no spaces"}, "label: takes"),
        ({"ttl": 0}, "ttl: takes"),
        ({"foreign_id": "same"}, "foreign_id: every message needs its own"),
        ({"required": ["age"]}, "required: there is no column 'age'; the columns are first_name"),
        ({"recipient": "fax"}, "there is no column 'fax'; the columns are first_name"),
        ({"default_country": "Atlantis"}, "there is no country 'ATLANTIS'"),
        ({"encoding": "utf-9"}, "there is no text encoding 'utf-9'"),
        ({"encoding": "hex"}, "there is no text encoding 'hex'"),
        ({"delimiter": "||"}, "'||' is no delimiter"),
    ],
)
def test_option_that_no_row_could_make_good(people, options: dict[str, object], said: str):
    """What would refuse every row is refused at once."""
    with pytest.raises(InvalidRequestError) as refused:
        people(HEADER + GOOD, **options)

    assert said in str(refused.value)


def test_example():
    """The table of the first steps shows each kind of bad row, and all the rest can be sent."""
    path = Path(__file__).parents[2] / "examples/recipients.csv"
    messages = read_csv(path, text="Hi {first_name}", from_="Acme")
    reasons = {row.reason.partition(" of line")[0] for row in messages.refused}

    assert (1188, 12, 9) == (messages.sendable, len(messages.refused), len(reasons))
