"""Replies beyond the shapes of failures: envelopes, lists, waits, and what cannot be read."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from seven_async import (
    CnamLookup,
    Confirmation,
    FormatLookup,
    GatewayError,
    HlrLookup,
    MalformedReplyError,
    MnpLookup,
    NotFoundError,
    RateLimitError,
    Receipt,
)
from seven_async.api.lookup import Lookup
from seven_async.flow.reply import read_reply
from seven_async.flow.request import RawReply
from tests.flow.replies import NOW_S, read, read_text

HOOK = {"id": "410", "event_type": "dlr"}


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "hooks": [HOOK]},
        {"hooks": HOOK},
        [HOOK],
        [{"success": True, "hooks": [HOOK]}],
        {"data": [{"hooks": HOOK, "success": True}]},
        {"data": [HOOK]},
    ],
)
def test_envelope_of_a_list(body: object):
    """An envelope is removed in every form it was described in."""
    assert ["410"] == [hook.id for hook in read("hooks.list", body)]


@pytest.mark.parametrize("body", [{"success": True}, {"hooks": None}, {"hooks": []}, [], {}])
def test_envelope_without_a_list(body: object):
    """Nothing there is an empty list."""
    assert [] == read("hooks.list", body)


@pytest.mark.parametrize("wrapped", [False, True])
def test_one_object_in_a_list(wrapped: bool):
    """A singular row takes the one object out of a list."""
    body = {"amount": 1.5, "currency": "EUR"}

    assert Decimal("1.5") == read("balance.get", [body] if wrapped else body).amount


def test_one_object_where_a_list_is_due():
    """A plural row takes one object for a list of one."""
    assert ["9"] == [one.id for one in read("subaccounts.list", {"id": 9})]


@pytest.mark.parametrize("body", [100, "100"])
def test_bare_100_of_a_send(body: object):
    """The shortest answer to a send is a receipt without messages."""
    assert Receipt(code=100) == read("sms.send", body)


def test_bare_100_of_an_action():
    """The shortest answer to an action is its confirmation."""
    assert Confirmation(success=True) == read("voice.hangup", "100")


@pytest.mark.parametrize("body", [{}, {"messages": []}, [], None, True])
def test_send_without_success(body: object):
    """An answer that does not say what became of a message is no receipt."""
    with pytest.raises(MalformedReplyError):
        read("sms.send", body)


@pytest.mark.parametrize("text", ["100\n1234567890", '{"success":"100","mess', "", "\xff\xfe"])
def test_text_that_is_no_json(text: str):
    """Legacy texts and broken JSON say nothing that could be trusted."""
    with pytest.raises(MalformedReplyError) as caught:
        read_text("sms.send", text)

    assert text.encode() == caught.value.body


def test_json_with_a_byte_order_mark():
    """A byte order mark before the JSON is no part of it."""
    assert Decimal(1) == read_text("balance.get", b'\xef\xbb\xbf{"amount": 1}').amount


def test_money_does_not_pass_through_floats():
    """An amount has the digits that were sent."""
    text = '{"amount": 0.1000000000000000055511151231257827, "currency": "EUR"}'

    assert Decimal("0.1000000000000000055511151231257827") == read_text("balance.get", text).amount


def test_numbers_that_are_none():
    """NaN is no JSON and no amount."""
    with pytest.raises(MalformedReplyError):
        read_text("balance.get", '{"amount": NaN}')


def test_which_field_broke():
    """An unreadable reply names the place."""
    body = {"success": "100", "messages": [{"success": True}, "?"]}
    with pytest.raises(MalformedReplyError) as caught:
        read("sms.send", body)

    assert "messages[1]" == caught.value.field


def test_deep_json_is_refused():
    """Nesting beyond what Python can walk is an unreadable reply, not a crash."""
    with pytest.raises(MalformedReplyError):
        read_text("balance.get", "[" * 200_000)


@pytest.mark.parametrize("body", [{}, [], {"error": None}])
@pytest.mark.parametrize("name", ["numbers.order", "subaccounts.transfer_credits", "hooks.create"])
def test_action_without_success(name: str, body: object):
    """An answer that does not say that it was done is no confirmation."""
    with pytest.raises(MalformedReplyError):
        read(name, body)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after(header: str, expected: float | None):
    """`Retry-After` is seconds or a date; anything else says nothing."""
    with pytest.raises(RateLimitError) as caught:
        read_text("sms.send", "", status=429, headers={"retry-after": header})

    assert 1_700_000_000.0 == NOW_S
    assert expected == caught.value.retry_after_s


@pytest.mark.parametrize("body", [600, "600", {"code": 600}, "202", {"code": "202"}])
@pytest.mark.parametrize("name", ["lookup.format", "lookup.hlr", "lookup.rcs"])
def test_miss_of_a_lookup_that_gives_findings(name: str, body: object):
    """A miss in the shortest form is a finding, too."""
    found = read(name, body)

    assert (False, {"code"}) == (getattr(found, "success", False), set(found.extra))


def test_lookups_raise_what_is_no_miss():
    """A wrong key is no finding about a number."""
    with pytest.raises(GatewayError):
        read("lookup.format", "11")


def many(name: str, body: object) -> object:
    """What the plural of a lookup reads."""
    row = vars(Lookup)[name.partition(".")[2]].many_row
    return read_reply(row, RawReply(status=200, headers={}, body=json.dumps(body).encode()), NOW_S)


def test_members_of_a_plural_lookup_never_raise():
    """What failed among several numbers stands in the list like the rest."""
    body = [{"success": False, "code": 202}, {"success": True, "code": 100}, "600"]
    expected = [MnpLookup(code=202), MnpLookup(success=True, code=100), MnpLookup(code=600)]

    assert expected == many("lookup.mnp", body)


def test_plural_lookup_of_one_number():
    """A list of one number gives a list of one finding, whatever shape the answer has."""
    assert [CnamLookup(code=600)] == many("lookup.cnam", {"code": "600"})
    assert [HlrLookup()] == many("lookup.hlr", {"status": False})
    assert [FormatLookup()] == many("lookup.format", [{"success": False}])


def test_not_found_is_no_deletion_of_another_row():
    """404 is a result of deletions alone."""
    with pytest.raises(NotFoundError):
        read("groups.get", {"code": 404, "message": "Page not found", "errors": []}, status=404)
