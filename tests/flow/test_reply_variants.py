"""Replies that no example shows, and what they have to mean by the rules that examples follow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from seven_async import (
    ApiError,
    AuthenticationError,
    Balance,
    CnamLookup,
    Confirmation,
    Deletion,
    FormatLookup,
    InsufficientCreditError,
    MalformedReplyError,
    MnpLookup,
    Outcome,
    Receipt,
)
from seven_async.flow.reply import read_reply
from seven_async.flow.request import RawReply
from tests.flow.replies import NOW_S, read, read_text
from tests.flow.test_reply_shapes import refused


@pytest.mark.parametrize("body", ["101", 101, {"success": "101"}])
def test_bare_101_is_a_receipt(body: object):
    """Code 101 says that some recipients were served, so it is never read as "nothing was sent"."""
    found = read("sms.send", body)

    assert Receipt(code=101) == found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("numbers.order", Confirmation(success=True)),
        ("contacts.delete", Deletion(success=True)),
        ("lookup.cnam", CnamLookup(success=True)),
    ],
)
@pytest.mark.parametrize("code", ["100", 100])
def test_success_as_code_100(name: str, expected: object, code: object):
    """Code 100 in `success` is yes on every row, as it is on sends."""
    assert expected == read(name, {"success": code})


def test_code_in_the_error_of_a_refusal():
    """A code under `error` is a code, as it is in the messages of a receipt."""
    error = refused("numbers.order", {"success": False, "error": "500"})

    assert (InsufficientCreditError, 500) == (type(error), error.code)


def test_code_beside_words_without_success():
    """A known code beside words is a refusal, also where the object does not say `success`."""
    error = refused("contacts.get", {"code": "900", "message": "Unauthenticated."})

    assert (AuthenticationError, "Unauthenticated.") == (type(error), error.message)


def test_words_only():
    """An object of nothing but an error text is no row of a list."""
    error = refused("journal.outbound", {"error": "Journal not available"})

    assert "Journal not available" == error.message


@pytest.mark.parametrize("name", ["sms.send", "numbers.order", "validate_for_voice.start"])
def test_words_only_where_it_may_cost(name: str):
    """Without `success` nobody can say whether a send or order was refused."""
    with pytest.raises(MalformedReplyError) as caught:
        read(name, {"error": "try later"})

    assert Outcome.UNKNOWN == caught.value.outcome


@pytest.mark.parametrize("name", ["lookup.format", "lookup.hlr", "lookup.rcs"])
@pytest.mark.parametrize("code", [500, "500"])
def test_no_credit_is_no_miss(name: str, code: object):
    """A lookup that gives findings raises a code that is not about the number."""
    error = refused(name, {"success": False, "code": code})

    assert InsufficientCreditError is type(error)


def test_members_of_a_plural_lookup_that_are_bare():
    """A bare code, text or number, or null stands for a member without result."""
    found = read_text_of_many('[{"success":true},"600",600,null]')

    assert [True, False, False, False] == [one.success for one in found]
    assert {"code": "600"} == found[1].extra


def read_text_of_many(text: str) -> list[FormatLookup]:
    """What `lookup.format` reads for several numbers."""
    from seven_async.api.lookup import Lookup

    row = Lookup.format.many_row
    found: list[FormatLookup] = read_reply(
        row, RawReply(status=200, headers={}, body=text.encode()), NOW_S
    )
    return found


def test_name_of_a_network_as_json_text():
    """The operator's name that the oldest form gave is not read as a failed lookup."""
    with pytest.raises(MalformedReplyError):
        read("lookup.mnp", "d1")


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        (
            "balance.get",
            {"data": {"amount": 5}},
            Balance(amount=read("balance.get", {"amount": 5}).amount),
        ),
        (
            "lookup.mnp",
            {"data": [{"success": True, "code": 100}]},
            MnpLookup(success=True, code=100),
        ),
        ("lookup.mnp", {"0": {"success": True, "code": 100}}, MnpLookup(success=True, code=100)),
        ("analytics.by_country", {"data": []}, []),
        ("sms.send", {"data": {"success": "100"}}, Receipt(code=100)),
    ],
)
def test_one_envelope_more(name: str, body: object, expected: object):
    """An object of nothing but `data`, or of number keys, stands for what is in it."""
    assert expected == read(name, body)


def test_refusal_in_an_envelope():
    """An envelope hides no refusal."""
    error = refused("balance.get", {"data": {"success": False, "error": "no"}})

    assert "no" == error.message


@pytest.mark.parametrize("name", ["analytics.by_country", "journal.outbound", "pricing.get"])
def test_object_that_is_something_else(name: str):
    """An object without a single known field is not read as a model of defaults."""
    with pytest.raises(MalformedReplyError) as caught:
        read(name, {"somewhere": {"else": 1}})

    # Not None, which would say that the reply broke off, and that asking again may help.
    assert "" == caught.value.field


def test_page_with_null_for_its_data():
    """PHP writes an empty list as null."""
    assert ([], {}) == read("contacts.list", {"data": None})


@pytest.mark.parametrize("text", ["Unknown error", "unknown parameter"])
def test_unknown_is_not_absent(text: str):
    """A deletion that failed for an unknown reason does not say that nothing was there."""
    with pytest.raises(ApiError):
        read("groups.delete", {"success": False, "error": text})


@pytest.mark.parametrize("text", ["Group doesn't exist", "Unknown id", "Contact not found"])
def test_ways_to_say_absent(text: str):
    """Nothing to delete is a result, however it is said."""
    assert Deletion(success=False, error=text) == read(
        "groups.delete", {"success": False, "error": text}
    )


@pytest.mark.parametrize("name", ["sms.send", "groups.delete"])
@pytest.mark.parametrize("body", ["", "<html>Moved</html>", '{"message":"moved"}'])
def test_redirection(name: str, body: str):
    """A redirection is an error with its status, and proves nothing about what was asked."""
    with pytest.raises(ApiError) as caught:
        read_text(name, body, status=302)

    assert (302, Outcome.UNKNOWN) == (caught.value.status, caught.value.outcome)


def test_success_code_of_a_server_error():
    """Code 100 beside HTTP 502 is no code of an error."""
    error = refused("sms.send", {"success": "100"}, status=502)

    assert (None, "POST /sms: HTTP 502") == (error.code, str(error))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"success": False, "error": "Call is not in progress"},
            "POST /voice/{call_id}/hangup: refused with “Call is not in progress”",
        ),
        ({"success": False}, "POST /voice/{call_id}/hangup: refused without a reason"),
    ],
)
def test_refusal_without_code_reads_well(body: object, expected: str):
    """A refusal at HTTP 200 without a code is told without the status, which says nothing."""
    assert expected == str(refused("voice.hangup", body))


@pytest.mark.parametrize("value", ["1e999999999", "-1e999999999", "1e-999999999"])
def test_number_without_measure(value: str):
    """A number that no memory could write out is none, wherever it stands."""
    text = f'{{"success": "100", "messages": [{{"success": true, "parts": {value}}}]}}'
    message = read_text("sms.send", text).messages[0]

    assert (None, {"parts": Decimal(value)}) == (message.parts, message.extra)


def test_missing_field_reads_well():
    """What is missing is called missing."""
    with pytest.raises(MalformedReplyError) as caught:
        read("balance.get", {"currency": "EUR"})

    assert "GET /balance: amount is missing in the reply" == str(caught.value)


@pytest.mark.parametrize("text", ["inf", "1e999", "nan"])
def test_retry_after_without_end(text: str):
    """A wait without end is no wait that anybody asked for."""
    error = None
    try:
        read_text("sms.send", "", status=429, headers={"retry-after": text})
    except ApiError as caught:
        error = caught

    assert error is not None
    assert None is error.retry_after_s


def test_first_refusal_of_a_receipt_without_code():
    """A refusal without a code is not told as the code that stands for success."""
    receipt = read("sms.send", {"success": "100", "messages": [{"success": False}]})

    with pytest.raises(ApiError) as caught:
        receipt.raise_for_failures()

    assert None is caught.value.code


def test_validation_without_success():
    """A validation that does not say success is not given as one that failed quietly."""
    with pytest.raises(MalformedReplyError):
        read("validate_for_voice.start", {})
