"""Values that mean nothing: tables in, what a plan says of them out."""

from __future__ import annotations

import pytest

from seven_async.campaign import Campaign, EmptyValue
from seven_async.campaign.planning.empty_values import is_empty_value
from seven_async.client import AsyncSeven
from seven_async.sandbox import Sandbox


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "NaN",
        "NULL",
        "Null",
        "None",
        "#N/A",
        "#REF!",
        "#NAME?",
        "#DIV/0!",
        "#NV",
        "#WERT!",
        "<NA>",
        "(null)",
        "undefined",
        "n/a",
        r"\N",
        "####",
    ],
)
def test_what_programs_write_for_no_value(value: str) -> None:
    """Spreadsheets, databases and programs have words for nothing."""
    assert is_empty_value(value)


@pytest.mark.parametrize("value", ["", "Nanni", "Ann", "#1", "No", "-", "#sale", "0"])
def test_what_people_write(value: str) -> None:
    """Names, hashtags and numbers are values."""
    assert not is_empty_value(value)


async def test_plan_points_them_out(people) -> None:
    """A plan says which values would stand in messages, in which column and where first."""
    numbers = [f"+4917139200{place}" for place in range(11, 16)]
    names = ["Anna", "NULL", "#N/A", " NULL ", "Ben"]
    rows = "".join(f"{name};{number};nan\n" for name, number in zip(names, numbers, strict=True))
    messages = people("name;phone;notes\n" + rows, text="Hi {name}")
    async with AsyncSeven(**Sandbox().options) as seven:
        plan = await Campaign(seven).plan(messages)

    assert (
        EmptyValue(column="name", value="NULL", line=3, rows=2),
        EmptyValue(column="name", value="#N/A", line=4, rows=1),
    ) == plan.empty_values
    assert "'NULL' stands for no value in 2 rows of 'name' (first in line 3)" in str(plan)
    assert 5 == plan.to_send


async def test_plan_without_empty_values(people) -> None:
    """A column that is not used may say anything."""
    messages = people("name;phone;notes\nAnna;+491713920011;NULL\n", text="Hi {name}")
    async with AsyncSeven(**Sandbox().options) as seven:
        plan = await Campaign(seven).plan(messages)

    assert () == plan.empty_values


async def test_default_in_place_of_an_empty_value(people) -> None:
    """An empty cell with a default is nothing to point out; a word for nothing would go out."""
    rows = ";+491713920011\nNULL;+491713920012\n"
    messages = people("name;phone\n" + rows, text="Hi {name|there}")
    async with AsyncSeven(**Sandbox().options) as seven:
        plan = await Campaign(seven).plan(messages)

    assert ["Hi there", "Hi NULL"] == [message.text for message in messages]
    assert (EmptyValue(column="name", value="NULL", line=3, rows=1),) == plan.empty_values
