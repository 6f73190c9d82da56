"""A CSV file as messages: files in, messages out; reads temporary files."""

from __future__ import annotations

import csv

from hypothesis import given
from hypothesis import strategies as st

from seven_async.api.sms import SendSms
from seven_async.campaign import read_csv

HEADER = "first_name;phone;city\n"
GOOD = "Anna;+49 171 1234567;Köln\n"


def test_messages(people):
    """Every good row is a message with the placeholders filled."""
    messages = people(
        HEADER + "Anna;+49 171 1234567;Bonn\nBen;0043 664 1234567;Wien\n",
        text="Hi {first_name}",
        from_="{city}",
    )

    assert [
        SendSms("+491711234567", "Hi Anna", from_="Bonn"),
        SendSms("+436641234567", "Hi Ben", from_="Wien"),
    ] == list(messages)


def test_reading_again(people):
    """Each iteration streams the file from its beginning, also while another is under way."""
    messages = people(HEADER + GOOD + "Ben;+436641234567;Wien\n")
    first = iter(messages)
    next(first)

    assert (list(messages), 1) == (list(messages), len(list(first)))


def test_rows(people):
    """A row comes with the line it starts at and its values as they stand in the file."""
    found = list(people(HEADER + "\n" + GOOD).rows())

    assert [
        (
            3,
            {"first_name": "Anna", "phone": "+49 171 1234567", "city": "Köln"},
            SendSms("+491711234567", "Hi"),
        )
    ] == found


def test_options_of_every_message(people):
    """Options that are no texts go into each message as they are."""
    options = {"flash": True, "ttl": 60, "delay": 1_900_000_000, "label": "spring"}

    assert [SendSms("+491711234567", "Hi", **options)] == list(people(HEADER + GOOD, **options))


def test_own_reference_of_every_row(people):
    """A foreign_id with a placeholder is each row's own."""
    messages = people(HEADER + GOOD, foreign_id="spring-{first_name}")

    assert ["spring-Anna"] == [message.foreign_id for message in messages]


def test_empty_value_fills_in_nothing(people):
    """A placeholder whose value is empty is no reason to refuse a row."""
    assert ["Hi !"] == [
        message.text for message in people(HEADER + ";+491711234567;", text="Hi {first_name}!")
    ]


def test_default_of_an_empty_value(people):
    """`{column|there}` is what a row without the value gets, in every option."""
    messages = people(
        HEADER + ";+491711234567;\nBen;+436641234567;Wien\n",
        text="Hi {first_name|there}",
        from_="{city|Acme}",
    )

    assert [("Hi there", "Acme"), ("Hi Ben", "Wien")] == [
        (message.text, message.from_) for message in messages
    ]


def test_required_value_with_a_default(people):
    """What is required may not be empty, whatever the text would say instead."""
    messages = people(
        HEADER + ";+491711234567;\n", text="Hi {first_name|there}", required=["first_name"]
    )

    assert ["the value is required, and empty"] == [row.reason for row in messages.refused]


def test_table_without_rows(people):
    """A header row alone is a table of nobody."""
    messages = people(HEADER)

    assert ([], (), 0) == (list(messages), messages.refused, messages.sendable)


def test_sendable_and_refused_are_all_rows(people):
    """Every row that is not blank is counted once, as a message or as refused."""
    messages = people(HEADER + GOOD + "\n" + GOOD + "Ben;;\n" + "Cleo;+436641234567;Graz\n")

    assert (2, 2) == (messages.sendable, len(messages.refused))


cells = st.text(alphabet='aß€ "\n\r,;|\t{}', max_size=8)


@given(st.lists(st.tuples(cells, cells), max_size=8), st.sampled_from(",;\t|"))
def test_any_table(tmp_path_factory, rows: list[tuple[str, str]], delimiter: str):
    """Whatever the csv module writes is read again, value by value."""
    path = tmp_path_factory.mktemp("any") / "people.csv"
    numbers = [f"+49171{place:07}" for place in range(len(rows))]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["left", "phone", "right"])
        writer.writerows(
            (left, number, right) for (left, right), number in zip(rows, numbers, strict=True)
        )
    read = [
        (
            row.row["left"].lstrip(" "),
            row.message.to,
            row.row["right"].lstrip(" "),
            row.message.text,
        )
        for row in read_csv(path, text="<{left}>").rows()
    ]
    # Spaces after a delimiter are layout unless they are quoted; those around values are not sent.
    assert [
        (left.lstrip(" "), number, right.lstrip(" "), f"<{left.strip()}>")
        for (left, right), number in zip(rows, numbers, strict=True)
    ] == read
