"""Every legal request goes out so that a gateway in PHP reads what was meant."""

from __future__ import annotations

import json
import pickle
import re
from typing import Any
from urllib.parse import unquote

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seven_async.api.routes.one_or_many import OneOrMany
from seven_async.flow.request import Request, build_request
from tests.api.php import fields_of
from tests.api.request_values import expected, values
from tests.api.test_table import ROWS, entry

FEWER = settings(max_examples=settings.default.max_examples // 4)
KINDS = [
    *((row, entry(row).request) for row in ROWS.values()),
    *(
        (one.many_row, one.many)
        for row in ROWS.values()
        if isinstance(one := entry(row), OneOrMany)
    ),
]


def read_back(request: Request) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
    """Path parameters, query and body of a request, by the gateway's rules."""
    address, _, query = request.url.partition("?")
    template = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", request.row.path)
    match = re.fullmatch(template, address.removeprefix("https://gateway.test/api"))
    assert match is not None, address
    path = {name: unquote(text) for name, text in match.groupdict().items()}
    text = request.body.decode()
    is_json = ("Content-Type", "application/json") in request.headers
    return path, fields_of(query), json.loads(text) if is_json else fields_of(text)


@pytest.mark.parametrize(("row", "kind"), KINDS, ids=[f"{kind.__name__}" for _, kind in KINDS])
@FEWER
@given(drawn=st.data())
def test_request_is_read_back(row: Any, kind: type, drawn: st.DataObject):
    """Path, query and body together say every argument that was given, and nothing else."""
    value = drawn.draw(values(kind))
    request = build_request(row, value, "https://gateway.test/api", ())
    path, query, body = read_back(request)
    is_json = ("Content-Type", "application/json") in request.headers
    told = expected(value, is_json=is_json)
    reference = {"foreign_id": request.foreign_id} if request.foreign_id else {}
    inside = {name: told.pop(name) for name in path}
    if row.path.startswith("/numbers"):
        inside = {name: "".join(filter(str.isdigit, text)) for name, text in inside.items()}
    if row.name == "status.get":
        ids = told.pop("ids")
        told["msg_id"] = ids if isinstance(ids, str) else ",".join(ids)
    if row.name == "sms.delete" and isinstance(told["ids"], str):
        told["ids"] = [told["ids"]]

    assert inside == path
    assert {**told, **reference} == {**query, **body}
    assert (query == body) or not (query and body)


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS], ids=lambda kind: kind.__name__)
@settings(max_examples=5)
@given(drawn=st.data())
def test_requests_are_values(kind: type, drawn: st.DataObject):
    """A request compares, hashes, pickles, and can be made anew with another argument."""
    value = drawn.draw(values(kind))
    again = pickle.loads(pickle.dumps(value))

    assert (value, hash(value)) == (again, hash(again))
    assert value == attrs.evolve(value)
