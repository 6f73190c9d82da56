"""Pairs become bytes: quoting, brackets, JSON, and the URL."""

from __future__ import annotations

import json

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import GetNumber, InvalidRequestError, SendSms
from seven_async.flow.request import (
    Request,
    build_request,
    build_url,
    encode_body,
    fill_path,
    flatten_pairs,
)
from seven_async.flow.row import Body, UrlStyle
from tests.api.php import fields_of
from tests.flow.replies import ROWS

BASE = "https://gateway.test/api"


def request(name: str, value: object, style: UrlStyle = UrlStyle.PATHS) -> Request:
    """The request of a row."""
    return build_request(ROWS[name], value, BASE, (("Accept", "application/json"),), style)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a", True), ("b", False)], [("a", 1), ("b", 0)]),
        ([("a", None)], []),
        ([("ids", ["1", "2"])], [("ids[]", "1"), ("ids[]", "2")]),
        ([("groups", [])], [("groups[]", "")]),
        ([("x", [None, True])], [("x[]", ""), ("x[]", 1)]),
        ([("x", {"a": 1, "b": ["c"]})], [("x[a]", 1), ("x[b][]", "c")]),
        ([("x", [{"a": True}, {"a": None}])], [("x[0][a]", 1)]),
        ([("x", [["a"], ["b"]])], [("x[0][]", "a"), ("x[1][]", "b")]),
    ],
)
def test_brackets(pairs: list[tuple[str, object]], expected: list[tuple[str, object]]):
    """Lists are spelled out, flags are digits, None is left out, an empty list says none."""
    assert expected == list(flatten_pairs(pairs))


def test_form():
    """A form is what browsers send."""
    assert (b"to=%2B49&text=a+b%26c&ids%5B%5D=1", Body.FORM.value) == encode_body(
        [("to", "+49"), ("text", "a b&c"), ("ids", ["1"])], Body.FORM
    )


def test_nested_value_makes_a_json_body():
    """A list of objects has no agreed form notation; flags are real ones there."""
    content, kind = encode_body([("flash", True), ("files", [{"name": "a"}])], Body.FORM)

    assert ('{"flash":true,"files":[{"name":"a"}]}', Body.JSON.value) == (content.decode(), kind)


def test_no_pairs_no_body():
    """A request without parameters has no body and no content type."""
    assert (b"", None) == encode_body([], Body.JSON)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_value_that_json_does_not_know(value: object):
    """What JSON cannot carry is refused before any I/O."""
    with pytest.raises(InvalidRequestError, match="cannot stand in JSON"):
        encode_body([("a", value)], Body.JSON)


def test_half_a_surrogate_pair():
    """A text that no encoding can carry is refused, in forms and JSON alike."""
    with pytest.raises(InvalidRequestError, match="surrogate"):
        request("sms.send", SendSms("+491711234567", "\ud83d"))


@pytest.mark.parametrize(
    ("text", "quoted"), [("a/b", "a%2Fb"), ("ü ?", "%C3%BC%20%3F"), ("7", "7")]
)
def test_path_segment(text: str, quoted: str):
    """A parameter stays one segment, whatever it holds."""
    assert f"/contacts/{quoted}" == fill_path("/contacts/{id}", {"id": text})


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_path_segment_that_leads_elsewhere(text: str):
    """An empty or dotted segment would be another operation."""
    with pytest.raises(InvalidRequestError, match="cannot be part of a path"):
        fill_path("/contacts/{id}", {"id": text})


@pytest.mark.parametrize(
    ("where", "expected"),
    [("/sms", "/sms?a=1%202"), ("/subaccounts?action=read", "/subaccounts?action=read&a=1%202")],
)
def test_query(where: str, expected: str):
    """A query follows a question mark, or another query."""
    assert expected == build_url(where, [("a", "1 2")])


def test_no_query():
    """Nothing to ask leaves the URL as it is."""
    assert "/sms" == build_url("/sms", [])


def test_send_gets_a_reference():
    """A message without a reference of its own gets one, anew each time, so it can be found."""
    value = SendSms("+491711234567", "Hi")
    first, second = request("sms.send", value), request("sms.send", value)

    assert first.foreign_id == fields_of(first.body.decode())["foreign_id"]
    assert first.foreign_id != second.foreign_id
    assert 64 >= len(first.foreign_id or "") > 0


def test_own_reference_is_kept():
    """The caller's reference is the one that goes out, once."""
    made = request("sms.send", SendSms("+491711234567", "Hi", foreign_id="mine"))

    assert ("mine", 1) == (made.foreign_id, made.body.count(b"foreign_id"))


def test_request_shows_no_parameters():
    """Neither number nor text is in what a request shows of itself."""
    shown = repr(request("sms.send", SendSms("+491711234567", "secret words")))

    assert [] == [part for part in ("1711234567", "secret", "words") if part in shown]


def test_request_shows_no_number_of_its_path():
    """A number that is part of the path is masked like any other."""
    shown = repr(request("numbers.get", GetNumber("+491711234567")))

    assert "1711234567" not in shown


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.lists(st.text())))
def test_form_is_read_back(fields: dict[str, list[str]]):
    """Whatever the texts hold, PHP's rules give the lists that went in."""
    content, _ = encode_body(list(fields.items()), Body.FORM)
    expected = {name: members or [""] for name, members in fields.items()}

    assert expected == fields_of(content.decode())


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_path_is_read_back(text: str):
    """One parameter is one segment that decodes to itself."""
    from urllib.parse import unquote

    path = fill_path("/contacts/{id}", {"id": text})

    assert ["", "contacts", text] == [unquote(part) for part in path.split("/")]


@attrs.frozen
class Nested:
    """A nested value."""

    words: str


@given(st.text())
def test_json_is_read_back(words: str):
    """Texts in JSON come back as they were."""
    content, _ = encode_body([("rich", {"words": Nested(words).words})], Body.FORM)

    assert {"rich": {"words": words}} == json.loads(content)
