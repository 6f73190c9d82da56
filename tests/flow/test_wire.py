"""How single values go out, and the plan of a class."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

import attrs
import pytest

from seven_async import InvalidRequestError, PaymentInterval
from seven_async.flow.wire import (
    Place,
    build_encoder,
    constant,
    epoch_s,
    join_values,
    list_values,
    on_wire,
    plain,
    word,
)


class Size(Enum):
    """An enum of numbers."""

    SMALL = 1


@attrs.frozen(kw_only=True)
class Inner:
    """A nested value."""

    from_: str
    days: int | None = attrs.field(default=None, metadata=on_wire("validity"))
    kind: str = constant("button")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (7, 7),
        (True, True),
        (False, False),
        (None, None),
        (1.5, 1.5),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9, tzinfo=UTC), 1_769_850_000),
        (PaymentInterval.MONTHLY, "monthly"),
        (Size.SMALL, 1),
        ((1, True, date(2026, 1, 1)), [1, True, "2026-01-01"]),
        ({"a": Decimal("1.0"), "b": None}, {"a": "1.0", "b": None}),
        (Inner(from_="x"), {"from": "x", "kind": "button"}),
        (Inner(from_="x", days=3), {"from": "x", "validity": 3, "kind": "button"}),
        ([Inner(from_="x")], [{"from": "x", "kind": "button"}]),
    ],
)
def test_plain_value(value: object, expected: object):
    """A value becomes what JSON knows, with the names of the wire."""
    found = plain(value)

    assert (expected, type(expected)) == (found, type(found))


def test_word():
    """Flags of some parameters are words."""
    assert ("true", "false") == (word(True), word(False))


@pytest.mark.parametrize(
    ("value", "expected"), [("a,b", "a,b"), (("a", "b"), "a,b"), ([1, "2"], "1,2"), (5, "5")]
)
def test_joined(value: object, expected: str):
    """Several recipients stand in one text with commas."""
    assert expected == join_values(value)


@pytest.mark.parametrize(("value", "expected"), [(5, ["5"]), (("a", 2), ["a", "2"]), ((), [])])
def test_listed(value: object, expected: list[str]):
    """One value is a list of one."""
    assert expected == list_values(value)


def test_naive_time_is_refused():
    """The gateway would read a time without zone as Berlin time."""
    with pytest.raises(InvalidRequestError, match="time zone"):
        epoch_s(datetime(2026, 1, 31, 9))  # noqa: DTZ001 - the point of the test


def test_zone_of_a_time_counts():
    """The same moment is the same number, wherever it was written."""
    here = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    assert epoch_s(here) == epoch_s(here.astimezone(UTC))


@attrs.frozen(kw_only=True)
class Everything:
    """One field for each place."""

    id: str
    both: bool | None = attrs.field(default=None, metadata=on_wire(place=Place.QUERY_AND_BODY))
    asked: str | None = attrs.field(default=None, metadata=on_wire(place=Place.QUERY))
    from_: str | None = None
    more: dict[str, object] | None = attrs.field(default=None, metadata=on_wire(spread=True))


def test_places():
    """A body method has its parameters in the body, but for those that say otherwise."""
    plan = build_encoder(Everything, "DELETE", frozenset({"id"}))
    value = Everything(id="7", both=False, asked="q", from_="f", more={"x": 1})

    assert (
        {"id": "7"},
        [("both", False), ("asked", "q")],
        [("both", False), ("from", "f"), ("x", 1)],
    ) == plan.encode(value)


def test_places_of_a_get():
    """A GET has no body."""
    plan = build_encoder(Everything, "GET", frozenset({"id"}))

    assert ({"id": "7"}, [("from", "f")], []) == plan.encode(Everything(id="7", from_="f"))


def test_none_is_not_sent_and_false_is():
    """What was not given says nothing; an explicit False says no."""
    plan = build_encoder(Everything, "POST", frozenset({"id"}))

    assert ([("both", False)], [("both", False)]) == plan.encode(Everything(id="7", both=False))[1:]


def test_path_without_its_parameter():
    """A path that the class cannot fill is a mistake of the table."""
    with pytest.raises(TypeError, match="the path needs number, which Everything does not have"):
        build_encoder(Everything, "GET", frozenset({"number"}))
