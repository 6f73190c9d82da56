"""Nonsense in any parameter of any operation gets an answer like the gateway's, never a crash.

In: generated calls. Out: answers. I/O: none.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.sandbox import Answer, Sandbox, served_operations
from seven_async.sandbox.core.routes import LEGACY
from seven_async.sandbox.server.control import CONTROLS
from tests.sandbox.caller import KEY, NOON

JSON = "application/json"
NAMES = (  # noqa: SIM905 - a hundred quoted names would be a wall
    "to text from delay flash udh is_binary ttl label performance_tracking foreign_id "
    "get_replies files json details return_msg_id no_reload debug type p ids id limit offset "
    "search order_by order_direction group_id avatar groups firstname mobile_number name "
    "delete_contacts target_url event_type event_filter request_method headers action "
    "date_from date_to state number country format features_sms payment_interval "
    "friendly_name sms_forward email_forward slack_forward delete_immediately start end "
    "subaccounts group_by email threshold amount callback ringtime account call_id key "
    "content message kind status seconds rule route nth times probability code delay_s drop "
    "reset scopes ips test signing_required snapshot msg_id message_id event emoji fallback "
    "template language components url filename latitude longitude contacts interactive_type "
    "body buttons button_text sections empfaenger nick "
).split()
ALIVE = st.sampled_from(
    ["491716992343", "+49 15550 00 0600", "1", "0", "-1", "true", "undefined", "all", "12000001",
     "17001", "77000000001", "2023-11-14", "9999-99-99", "4523854818", "1e400", "NaN", "text",
     "SMS", "a@b.test", "http://a.test/", "http://[", "read", "write", "button", "template", "²"]
)  # fmt: skip
scalars = st.one_of(
    ALIVE,
    st.text(max_size=12),
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from(NAMES) | st.text(max_size=6)
fields = st.dictionaries(names, values, max_size=8)
LINES = sorted([*served_operations(), *LEGACY])
lines = st.sampled_from(LINES)
segments = st.sampled_from(
    ["12000001", "17001", "77000000001", "4523854818", "1000001", "x", "%ff", "²"]
)


def furnished() -> Sandbox:
    """A sandbox that has one of each thing."""
    sandbox = Sandbox(now=lambda: NOON, post_webhook=lambda request: 200)
    for path, body in (
        ("/groups", {"name": "g"}),
        ("/contacts", {"firstname": "A", "mobile_number": "491716992343", "groups": [17001]}),
        ("/numbers/order", {"number": "4523854818"}),
        ("/sms", {"to": "491716992343", "text": "x"}),
        ("/voice", {"to": "491716992343", "text": "x"}),
        ("/subaccounts/create", {"name": "n", "email": "a@b.test"}),
    ):
        answered = asked(sandbox, "POST", path, json.dumps(body).encode(), JSON)
        assert 200 == answered.status
    sandbox.simulate.whatsapp("491716992343", "hi", to="4915112345678")
    return sandbox


def asked(
    sandbox: Sandbox,
    method: str,
    path: str,
    body: bytes,
    kind: str,
    *,
    accept: str = JSON,
) -> Answer:
    """The answer to a call with the right key."""
    headers = {"x-api-key": KEY, "content-type": kind, "accept": accept}
    return sandbox.handle(method, f"http://h/api{path}", headers, body)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """One sandbox for all the nonsense: what it did to it must not matter either."""
    return furnished()


def check(answer: Answer) -> None:
    """An answer that the gateway could have given."""
    assert answer.status in {200, 400, 404}
    if answer.content_type == JSON:
        json.loads(answer.body, parse_constant=pytest.fail)
    else:
        assert answer.content_type.lower().startswith("text/plain")


@given(line=lines, segment=segments, sent=fields, accept=st.sampled_from([JSON, "*/*"]))
def test_any_json_body(
    sandbox: Sandbox, line: tuple[str, str], segment: str, sent: Any, accept: str
):
    """JSON of any shape under any parameter name."""
    method, template = line
    path = "/".join(segment if part[:1] == "{" else part for part in template.split("/"))
    body = json.dumps(sent).encode()
    check(asked(sandbox, method, path, body, JSON, accept=accept))


@given(line=lines, body=st.binary(max_size=80), query=st.text("aptoxy&=%[]+1", max_size=40))
def test_any_bytes(sandbox: Sandbox, line: tuple[str, str], body: bytes, query: str):
    """Bytes that are no form and no JSON, and queries with half an escape."""
    method, template = line
    for kind in (JSON, "application/x-www-form-urlencoded", "", "text/plain"):
        check(asked(sandbox, method, f"{template}?{query}", body, kind))


@given(method=st.text(max_size=8), target=st.text(max_size=30), client=st.text(max_size=8))
def test_any_line(sandbox: Sandbox, method: str, target: str, client: str):
    """Unknown methods, paths that are none, callers without an address."""
    for start in ("http://h/api/", "http://h/_sandbox/", "/api", "", "http://"):
        answer = sandbox.handle(method, start + target, {"x-api-key": KEY}, b"", client)
        check(answer)


@given(st.text("a[]0", max_size=8), st.text(max_size=5))
def test_any_brackets(key: str, value: str):
    """Form keys with brackets in any order are read as something."""
    sandbox = Sandbox()
    body = f"{key}={value}&{key}[]=1&{key}[a][]=2&to[]=1&to[b]=2".encode(errors="replace")
    check(asked(sandbox, "POST", "/sms", body, "application/x-www-form-urlencoded"))


@pytest.mark.parametrize("line", LINES)
def test_every_parameter_alone(sandbox: Sandbox, line: tuple[str, str]):
    """Each parameter with each awkward value, one at a time."""
    method, template = line
    path = "/".join("17001" if part[:1] == "{" else part for part in template.split("/"))
    awkward = ["", "\ud800", "9" * 5000, {"a": [1]}, [[]], None, True, -1, 1e308, "²", "0x1"]
    for name in NAMES:
        for value in awkward:
            body = json.dumps({name: value}).encode()
            check(asked(sandbox, method, path, body, JSON))


def test_deep_json_is_refused_like_any_other_nonsense():
    """A body nested beyond any recursion limit is no parameters at all."""
    body = b'{"to":' + b"[" * 200_000
    assert b'"301"' == asked(Sandbox(), "POST", "/sms", body, JSON).body


# But the stream of events: that has no end, and test_live.py reads it.
@given(line=st.sampled_from(sorted(CONTROLS.keys() - {("GET", "/stream")})), sent=fields)
def test_any_control(line: tuple[str, str], sent: Any):
    """Controls refuse nonsense with HTTP 400 and a reason."""
    sandbox = Sandbox(now=lambda: NOON, post_webhook=lambda request: 200)
    method, path = line
    body = json.dumps(sent).encode()
    headers = {"content-type": JSON}
    check(sandbox.handle(method, f"http://h/_sandbox{path}", headers, body))
