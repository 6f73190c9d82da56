"""No value of an argument leaves as something else, or as another exception than the refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest

from seven_async import InvalidRequestError
from seven_async.api.routes.one_or_many import OneOrMany
from seven_async.api.table import endpoints
from seven_async.flow.request import build_request
from tests.api.method_examples import request_of_example

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
PLURAL = [endpoint for endpoint in endpoints() if isinstance(endpoint, OneOrMany)]
KINDS = [
    *((endpoint.row, endpoint.request) for endpoint in endpoints()),
    *((endpoint.many_row, endpoint.many) for endpoint in PLURAL),
]


def legal_request(kind: type) -> Any:
    """A legal request: that of the documentation's example, or the plural form of it."""
    single = next((one.request for one in PLURAL if one.many is kind), None)
    if single is None:
        return request_of_example(kind)
    first, *rest = attrs.fields(kind)
    kept = {field.name: getattr(request_of_example(single), field.name) for field in rest}
    return kind(**{first.name: ["+491711234567"]}, **kept)


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
    legal = legal_request(kind)
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
    legal = legal_request(kind)
    for field in attrs.fields(kind):
        if field.init:
            with pytest.raises(InvalidRequestError, match=rf"^{field.name.rstrip('_')}\b"):
                attrs.evolve(legal, **{field.name: object()})
