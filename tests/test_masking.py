"""What may be shown of private values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.masking import masked_address, masked_number, masked_text, without_numbers


@given(st.from_regex(r"\+?[1-9][0-9]{8,14}", fullmatch=True))
def test_no_whole_number_is_shown(number: str) -> None:
    """Neither alone nor in a sentence, spaced or not, does a number appear whole."""
    spaced = " ".join(number[place : place + 3] for place in range(0, len(number), 3))

    assert number not in masked_number(number)
    assert number not in without_numbers(f"to {number}.")
    assert spaced not in without_numbers(f"to {spaced}, twice")


@pytest.mark.parametrize(
    "text",
    [
        "since 2026-11-22 09:57:49+00:00",
        "foreign_id 5fa94a4cc63b514d3857c64094089fed",
        "code 7002001",
        "row 17, 1520 characters",
        "the journal postgresql://10.25.250.1/sms cannot be used",
        "postgresql://10.25.250.1,192.168.100.200/sms has no campaign",
        'connection to server at "192.168.100.200", port 5432 failed: timeout expired',
        'connection to server at "db-1.example.com" (192.168.100.200), port 5432 failed',
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    """Dates, references, codes and counts are what one looks for in a message."""
    assert text == without_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "to 20.12.34.56",
        "to 171.123.45.67.",
        "(171.123.45.67)",
        "postgresql://171.123.45.67.89/sms",
        "postgresql://db/sms: 171.123.45.67",
        'server at "db": to 171.123.45.67',
    ],
)
def test_number_that_looks_like_an_address_is_masked(text: str) -> None:
    """Four groups of digits are a server only where an error names the one of a database."""
    assert "…" in without_numbers(text)


def test_a_text_is_its_length() -> None:
    """A text is never shown, its length may be."""
    assert "<5 characters>" == masked_text("Hello")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://seven:pw@db:5432/sms", "postgresql://db/sms"),
        ("postgres://db", "postgresql://db"),
        ("postgresql://seven:p%40w@a:1,b:2/sms?sslmode=require", "postgresql://a,b/sms"),
        ("postgresql://seven@[::1]:5432/sms", "postgresql://[::1]/sms"),
        ("postgresql:///sms?host=%2Ftmp&password=pw", "postgresql:///sms"),
        ("postgresql://seven:p/w@db/sms", "postgresql://…"),
        ("postgresql://seven:p@w@db/sms", "postgresql://…"),
        ("postgresql://seven:p?w@db/sms", "postgresql://…"),
        ("postgresql://seven:p#w@db/sms", "postgresql://…"),
        ("postgresql://seven:p%w@db/sms", "postgresql://…"),
    ],
)
def test_address_of_a_database_is_shown_without_user_and_password(address: str, shown: str) -> None:
    """A password with characters that end it early is in none of the parts that are shown."""
    assert shown == masked_address(address)
