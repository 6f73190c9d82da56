"""Amounts: whatever is taken as one goes out in plain digits that have one meaning."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seven_async import InvalidRequestError, TransferCredits
from seven_async.api.subaccounts import Subaccounts
from seven_async.flow.request import build_request


def written(amount: Any) -> str:
    """The body of a transfer of an amount."""
    row = Subaccounts.transfer_credits.row
    return build_request(row, TransferCredits(7, amount), "https://gateway.test", ()).body.decode()


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("1E+2"), "100"),
        (Decimal("5.0E-3"), "0.0050"),
        (Decimal(100).normalize(), "100"),
        ("007.50", "7.50"),
        (Decimal("1.50"), "1.50"),
        (5, "5"),
        (10**9, "1000000000"),
    ],
)
def test_an_amount_goes_out_in_digits(amount: Any, text: str):
    """No exponent and no leading zero goes out, which could be read in another way."""
    assert f"id=7&amount={text}" == written(amount)


@pytest.mark.parametrize("zero", [Decimal("-0"), Decimal("0E+99"), Decimal("0E-9999999"), "0.0", 0])
def test_every_zero_is_one_digit(zero: Any):
    """Top-up is switched off by 0, however the zero was reckoned."""
    row = Subaccounts.update.row
    request = build_request(row, row_value(zero), "https://gateway.test", ())

    assert b"id=7&threshold=1&amount=0" == request.body


def row_value(amount: Any) -> object:
    """The setting of a subaccount's top-up."""
    return Subaccounts.update.request(7, 1, amount)


@given(st.decimals() | st.text("0123456789.,_eE+- ٥５\n", max_size=8) | st.integers())
@example("1_000")
@example(Decimal("1E-7"))
def test_an_amount_is_refused_or_keeps_its_value(amount: Any):
    """What goes out is the amount that was given, in ASCII digits; all else is refused."""
    try:
        body = written(amount)
    except InvalidRequestError:
        return
    match = re.fullmatch(r"id=7&amount=([0-9]+(?:\.[0-9]+)?)", body)

    assert match is not None, body
    assert Decimal(amount) == Decimal(match[1])
