"""Numbers, prices, routes and counters below the operations; no I/O."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seven_async.sandbox.core import statistics
from seven_async.sandbox.core.recipients import mask_number, parse_number
from seven_async.sandbox.core.routes import find_operation, operation
from seven_async.sandbox.core.statistics import Statistics
from seven_async.sandbox.core.tariff import ELSEWHERE_PRICE, destination, international, national
from tests.sandbox.caller import Caller


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+49 (171) 699-2343", "491716992343"),
        ("0049171.6992343", "491716992343"),
        ("01716992343", "491716992343"),
        ("491716992343", "491716992343"),
        ("+0171", None),
        ("", None),
        ("+", None),
        ("٠١٢٣٤٥٦٧٨٩", None),
        ("4" * 16, None),
    ],
)
def test_numbers_are_read_in_any_usual_spelling(written: str, digits: str | None):
    """International with plus or 00, national of the account's country, with decoration."""
    assert digits == parse_number(written)


def test_masked_numbers_cannot_be_called():
    """Country and network stay, the subscriber goes; short ones and names show nothing."""
    shown = [mask_number(text) for text in ("491716992343", "4917", "Ada L")]

    assert ["+49171…343", "…", "…"] == shown


def test_networks_follow_the_prefix():
    """Ported numbers aside, the prefix tells the network; elsewhere has a price of its own."""
    assert "26202" == destination("491726992343").mccmnc
    assert "26201" == destination("493012345678").mccmnc
    assert ("", None, ELSEWHERE_PRICE) == (
        destination("99812345678").country_code,
        destination("99812345678").mccmnc,
        destination("99812345678").price,
    )
    assert 0.09 == Caller().send(to="+99812345678")["total_price"]


def test_numbers_are_formatted():
    """With prefix and area apart, nationally with the trunk digit; unknown countries bare."""
    assert ("+49 171 6992343", "0171 6992343") == (
        international("491716992343"),
        national("491716992343"),
    )
    assert ("+99812345678", "99812345678") == (
        international("99812345678"),
        national("99812345678"),
    )


def test_an_operation_is_registered_once():
    """A second function for the same line is a mistake, found at import."""
    with pytest.raises(ValueError, match="POST /sms is registered twice"):
        operation("POST", "/sms")(lambda call: None)


def test_templates_are_no_paths():
    """`/contacts/{id}` itself is a contact with an odd id."""
    assert ("/contacts/{id}", ("{id}",)) == find_operation("GET", "/contacts/{id}")[:2]
    assert find_operation("GET", "/contacts/1/2") is None


def test_counters_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """Beyond so many combinations labels are summed up under none."""
    monkeypatch.setattr(statistics, "MOST_ROWS", 2)
    counters = Statistics()
    for label in "abcd":
        counters.count(("1", "2023-11-14", "DE", label), "sms", Decimal(1))

    assert {"a": 1, "b": 1, "": 2} == {
        place[3]: tally.sms for place, tally in counters.tallies.items()
    }
