"""Models as dicts and as JSON: full, exact, and without classes of the package."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seven_async import Seven
from seven_async.flow.values.converter import build_value
from seven_async.flow.values.model import Model
from seven_async.flow.values.plain import write_json
from seven_async.sandbox import Sandbox
from tests.api.reply_models import models, wire

# There are fifty of these; together they see plenty.
FEWER = settings(max_examples=settings.default.max_examples // 3)
PLAIN = (str, int, float, bool, Decimal, date, datetime, type(None))


def leaves(value: Any) -> Iterator[Any]:
    """Every value that holds no others."""
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for member in value:
            yield from leaves(member)
    else:
        yield value


@pytest.mark.parametrize("model", models(), ids=lambda model: model.__name__)
@FEWER
@given(data=st.data())
def test_every_model_becomes_plain_values(model: type[Model], data: st.DataObject) -> None:
    """Of all kinds of replies; and the JSON says the same as the dict."""
    reply = build_value(data.draw(wire(model)), model)
    fields = reply.to_dict()

    assert all(type(leaf) in PLAIN for leaf in leaves(fields))
    read = json.loads(reply.to_json(), parse_float=Decimal)
    assert fields.keys() == read.keys()
    for leaf, text in zip(leaves(fields), leaves(read), strict=True):
        assert text == (leaf.isoformat() if isinstance(leaf, date) else leaf)


def test_nothing_is_masked() -> None:
    """What a `repr` hides is there: a file needs the number, and not the mask."""
    sandbox = Sandbox()
    with Seven(**sandbox.options) as seven:
        receipt = seven.sms.send("+491711234567", "Hello")

    (message,) = receipt.to_dict()["messages"]
    assert ("491711234567", "Hello") == (message["recipient"], message["text"])
    assert Decimal("0.075") == message["price"]
    assert '"price": 0.075' in receipt.to_json()
    assert "\n" not in receipt.to_json()
    assert "491711234567" not in repr(receipt)


def test_extra_is_there_where_it_holds_something() -> None:
    """A table of many replies has no empty column."""
    assert {} == build_value({}, Model).to_dict()
    assert {"extra": {"new": 1}} == build_value({"new": 1}, Model).to_dict()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        ({"ä": [True, None, "ß\n"]}, '{"\\u00e4": [true, null, "ß\\n"]}'),
        (datetime(2026, 2, 1, tzinfo=UTC), '"2026-02-01T00:00:00+00:00"'),
    ],
)
def test_values_in_json(value: object, expected: str) -> None:
    """Amounts are exact numbers, times are ISO 8601."""
    assert expected == write_json(value)
