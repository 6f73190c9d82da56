"""No value of an argument leaves as something else, or as another exception than the refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from seven_async import (
    Button,
    CardName,
    CardPhone,
    ContactCard,
    InvalidRequestError,
    ListRow,
    ListSection,
)
from seven_async.api.routes.one_or_many import OneOrMany
from seven_async.flow.request import build_request
from tests.api.test_table import ROWS, entry

ENDLESS: dict[str, Any] = {}
ENDLESS["a"] = [ENDLESS]
# What a Python object looks like whose text was never meant to go out, in a form and in JSON.
NO_TEXTS = (b"object+at", b"object%20at", b"b%27", b"%7B1%2C", b"object at", b"b'", b"range(")
MOMENTS = (datetime.max, datetime.min.replace(tzinfo=UTC))  # noqa: DTZ901 - what is refused
ODD: list[Any] = [
    *(object(), b"bytes", bytearray(b"bytes"), {1, 2}, range(3), int, ..., 1j, memoryview(b"a")),
    *(10**5000, -(10**5000), float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN")),
    *("\ud83d", "", " ", "\x00", "a\r\nB: c", "٤٢", "x" * 20_000),
    *([], [None], [[]], {}, {"a": None}, {"\ud83d": 1}, [ENDLESS], ENDLESS, {"a": 10**5000}),
    *(True, -1, 0, time(1), timedelta(1), *MOMENTS, date.max, [object()]),
]
KINDS = [
    *((row, entry(row).request) for row in ROWS.values()),
    *(
        (one.many_row, one.many)
        for row in ROWS.values()
        if isinstance(one := entry(row), OneOrMany)
    ),
]


LEGAL: dict[str, Any] = {
    **dict.fromkeys(("id", "msg_id", "call_id", "threshold", "amount"), 1),
    **dict.fromkeys(("latitude", "longitude"), 1.0),
    **dict.fromkeys(("to", "from_", "number"), "+491711234567"),
    **dict.fromkeys(("url", "target_url"), "https://example.com/a"),
    "ids": "1",
    "buttons": [Button(id="a", title="A"), Button(id="b", title="B")],
    "sections": [ListSection(title="T", rows=[ListRow(id="a", title="A")])],
    "contacts": [ContactCard(name=CardName(first_name="J"), phones=[CardPhone(phone="1")])],
}


def example(kind: type) -> Any:
    """A legal request, with what it cannot be without."""
    needed: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if field.init and (field.default is attrs.NOTHING or field.name in ("id", "msg_id")):
            legal = LEGAL.get(field.name, "text")
            needed[field.name] = [legal] if "tuple[str, ...]" == str(field.type) else legal
    return kind(**needed)


def sent(row: Any, legal: Any, argument: str, odd: Any) -> bytes:
    """What goes out with an odd value of one argument; nothing if that is refused."""
    try:
        value = attrs.evolve(legal, **{argument: odd})
        request = build_request(row, value, "https://gateway.test/api", ())
    except InvalidRequestError:
        return b""
    return request.url.encode() + request.body


@pytest.mark.parametrize(("row", "kind"), KINDS, ids=[kind.__name__ for _, kind in KINDS])
def test_an_odd_value_is_refused_or_goes_out_as_it_is(row: Any, kind: type):
    """Whatever an argument is given: it is refused as `InvalidRequestError`, or it can be sent."""
    legal = example(kind)
    arguments = [field.name for field in attrs.fields(kind) if field.init]
    shown = [
        (argument, odd)
        for argument in arguments
        for odd in ODD
        if any(mark in sent(row, legal, argument, odd) for mark in NO_TEXTS)
    ]

    assert [] == shown


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS], ids=lambda kind: kind.__name__)
def test_every_argument_is_checked(kind: type):
    """An object is no value of any argument, and the refusal says which one it was given for."""
    legal = example(kind)
    for field in attrs.fields(kind):
        if field.init:
            with pytest.raises(InvalidRequestError, match=rf"^{field.name.rstrip('_')}\b"):
                attrs.evolve(legal, **{field.name: object()})
