"""Each shape in which a failure was seen (or what looks like one), by the letters of the list.

Found are bare codes (A, B), codes in objects (C, D), refusals with and without codes (E to I),
lookups (J to M), and what only looks like a failure (K, L, N, O, Q).
"""

from __future__ import annotations

import pytest

from seven_async import (
    AccessDeniedError,
    ApiError,
    AuthenticationError,
    Deletion,
    DuplicateMessageError,
    FormatLookup,
    GatewayError,
    HlrLookup,
    InsufficientCreditError,
    InvalidParameterError,
    IpNotAllowedError,
    MalformedReplyError,
    NotFoundError,
    NotInConversationError,
    Outcome,
    RateLimitError,
    SignatureError,
    VoiceValidation,
)
from seven_async.flow.reply import retry_after_s
from tests.flow.replies import read, read_text

MESSAGE = {"id": None, "success": False, "error": 202, "error_text": "Invalid recipient"}


def refused(name: str, body: object, *, status: int = 200) -> ApiError:
    """The error that a row reads in a body."""
    with pytest.raises(ApiError) as caught:
        read(name, body, status=status)
    return caught.value


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("900", AuthenticationError),
        ("901", SignatureError),
        ("902", AccessDeniedError),
        ("903", IpNotAllowedError),
        ("300", AuthenticationError),
        ("402", DuplicateMessageError),
        ("500", InsufficientCreditError),
        ("11", GatewayError),
        ("600", GatewayError),
    ],
)
def test_shape_a_code_as_json_text(code: str, kind: type[ApiError]):
    """A JSON text of digits is a code, whatever the row."""
    error = refused("sms.send", code)

    assert (kind, int(code)) == (type(error), error.code)


def test_shape_b_code_as_number():
    """A bare number is a code."""
    assert 600 == refused("status.get", 600).code


def test_shape_b_as_text_without_quotes():
    """A code without quotes is the same as a number."""
    with pytest.raises(AuthenticationError):
        read_text("journal.outbound", "900")


def test_shape_b_is_no_balance():
    """A number of the balance may be an amount, so it is never read as a code."""
    with pytest.raises(MalformedReplyError):
        read_text("balance.get", "900")


@pytest.mark.parametrize("name", ["sms.send", "rcs.send", "voice.send", "waba.send_text"])
def test_shape_c_code_in_success(name: str):
    """Digits in the `success` of a send are its code."""
    error = refused(name, {"success": "202", "messages": [MESSAGE]})

    assert (InvalidParameterError, 202) == (type(error), error.code)


@pytest.mark.parametrize("success", ["100.0", "1e2"])
def test_number_that_is_no_code(success: str):
    """A fraction is nobody's code: what became of the message is not known."""
    with pytest.raises(MalformedReplyError):
        read_text("sms.send", f'{{"success": {success}}}')


def test_shape_c_without_messages():
    """A code needs no messages beside it."""
    assert 500 == refused("sms.send", {"success": "500"}).code


@pytest.mark.parametrize("code", ["100", "101"])
def test_shape_d_refused_messages(code: str):
    """A refused recipient among others is a receipt that says so, not an error."""
    receipt = read("sms.send", {"success": code, "messages": [{"success": True}, MESSAGE]})

    assert [202] == [message.error for message in receipt.failed]
    with pytest.raises(InvalidParameterError, match="Invalid recipient"):
        receipt.raise_for_failures()


def test_shape_d_with_the_text_in_its_reason():
    """What a refused message repeats of its text is not in the error's text."""
    message = {
        **MESSAGE,
        "text": "Your code is Qx7Rz",
        "error_text": "“Your code is Qx7Rz” is spam",
    }
    receipt = read("sms.send", {"success": "101", "messages": [message]})

    with pytest.raises(InvalidParameterError, match="“<hidden>” is spam"):
        receipt.raise_for_failures()


def test_receipt_without_refusals():
    """A receipt without refused messages has nothing to raise; 101 alone has."""
    read("sms.send", {"success": "100", "messages": [{"success": True}]}).raise_for_failures()
    with pytest.raises(ApiError, match="some of all messages were refused"):
        read("sms.send", {"success": "101"}).raise_for_failures()


@pytest.mark.parametrize(
    "name", ["subaccounts.create", "numbers.order", "voice.hangup", "subaccounts.update"]
)
def test_shape_e_error_text(name: str):
    """`success: false` with a text is a plain ApiError, which repeats the gateway's words."""
    error = refused(name, {"success": False, "error": "Invalid amount"})

    assert (ApiError, None, "Invalid amount") == (type(error), error.code, error.message)


def test_shape_e_of_a_deletion_that_failed():
    """A deletion that was refused for another reason than absence is an error."""
    assert (
        "Still in use"
        == refused("contacts.delete", {"success": False, "error": "Still in use"}).message
    )


def test_shape_f_error_message():
    """Hooks put their words into `error_message`, and null into `code`."""
    error = refused(
        "hooks.create", {"success": False, "code": None, "error_message": "Invalid URL"}
    )

    assert (None, "Invalid URL") == (error.code, error.message)


def test_shape_g_error_code_beside_success():
    """WhatsApp events answer HTTP 400 with a code of the web framework."""
    body = {"success": False, "error_code": 400, "error_message": "Invalid WhatsApp sender number"}
    error = refused("waba.read", body, status=400)

    assert (InvalidParameterError, 400, 400) == (type(error), error.code, error.status)


def test_shape_h_error_code_without_success():
    """`error_code` alone says no, even at HTTP 200."""
    body = {"error_code": 7002001, "error_message": "not in conversation"}

    assert NotInConversationError is type(refused("waba.send_text", body, status=400))
    assert NotInConversationError is type(refused("waba.send_text", body))


PAGE_NOT_FOUND = {"code": 404, "message": "Page not found", "errors": []}


def test_shape_i_of_the_framework():
    """The web framework's 404 is NotFoundError with its words."""
    error = refused("contacts.get", PAGE_NOT_FOUND, status=404)

    assert (NotFoundError, 404, "Page not found") == (type(error), error.code, error.message)


def test_shape_i_of_a_deletion():
    """Deleting what is not there any more is a result."""
    expected = Deletion(success=False, error="Page not found")

    assert expected == read("waba.delete", PAGE_NOT_FOUND, status=404)


@pytest.mark.parametrize(
    "body", [{"code": 600}, {"code": "600"}, {"success": "false", "code": 600}]
)
def test_shape_j_of_cnam(body: object):
    """A code alone is a failure; for one number there is nothing else to give."""
    error = refused("lookup.cnam", body)

    assert (GatewayError, 600, Outcome.REJECTED) == (type(error), error.code, error.outcome)


def test_shape_k_of_format():
    """An invalid number is a finding of `lookup.format`."""
    body = {"success": False, "international": "+", "country_code": False, "carrier": None}

    assert FormatLookup(international="+") == read("lookup.format", body)


@pytest.mark.parametrize("outcome", [False, 0])
def test_shape_l_of_hlr(outcome: object):
    """A number that is nowhere is a finding of `lookup.hlr`."""
    body = {"status": False, "status_message": "error", "lookup_outcome": outcome}

    assert HlrLookup(status_message="error", lookup_outcome=outcome) == read("lookup.hlr", body)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(202, InvalidParameterError), (500, InsufficientCreditError), (600, GatewayError)],
)
def test_shape_m_of_mnp(code: int, kind: type[ApiError]):
    """A code beside `success: false` is raised for one number."""
    assert kind is type(refused("lookup.mnp", {"success": False, "code": code, "price": 0}))


def test_shape_n_of_nothing_deleted():
    """Nothing to delete is a result."""
    assert Deletion(success=False) == read("sms.delete", {"success": False, "deleted": None})


def test_shape_o_of_success_with_a_remark():
    """An `error` beside success is a remark; a number that was validated before keeps its id."""
    body = {"id": 12345, "success": True, "error": "The sender ID is already saved.", "voice": True}
    expected = VoiceValidation(
        success=True, id="12345", error="The sender ID is already saved.", voice=True
    )

    assert expected == read("validate_for_voice.start", body)


@pytest.mark.parametrize("code", ["699350", "900", 600])
def test_shape_o_of_a_phone_code(code: object):
    """What is to be typed into a phone is never a status, whatever its digits."""
    found = read("validate_for_voice.start", {"code": code, "error": None, "success": True})

    assert str(code) == found.code


def test_shape_p_of_oauth():
    """OAuth's errors have a word and a description."""
    body = {"error": "invalid_grant", "error_description": "Token has been revoked"}
    error = refused("balance.get", body, status=401)

    assert (AuthenticationError, "invalid_grant") == (type(error), error.message)


@pytest.mark.parametrize("status", [200, 204])
def test_shape_q_of_an_empty_body(status: int):
    """An empty answer to a deletion is success."""
    assert Deletion(success=True) == read_text("contacts.delete", "", status=status)


def test_shape_q_of_another_row():
    """An empty answer to anything else says nothing."""
    with pytest.raises(MalformedReplyError, match="empty"):
        read_text("contacts.get", "")


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimitError), (502, GatewayError), (403, AccessDeniedError)]
)
def test_shape_r_of_a_proxy(status: int, kind: type[ApiError]):
    """A page of HTML is read by its HTTP status alone."""
    with pytest.raises(kind) as caught:
        read_text("sms.send", "<html>502</html>", status=status)

    assert (status, None) == (caught.value.status, caught.value.code)


def test_shape_r_at_http_200():
    """A page of HTML that claims success proves nothing."""
    with pytest.raises(MalformedReplyError, match="HTML"):
        read_text("sms.send", "<html>welcome</html>")


@pytest.mark.parametrize(
    "text",
    [
        '{"success": "error"}',
        '{"success": "ok"}',
        '{"success": []}',
        '{"success": {"code": 100}}',
        "10",
        "1",
        "-1",
        "1000",
        '{"success": "100", "total_price": 1e99999999999999999999999}',
    ],
)
def test_a_send_is_neither_accepted_nor_refused_by_what_is_no_code(text: str) -> None:
    """A cut “100”, words, and numbers that nobody can hold: what became of the message is open."""
    with pytest.raises(MalformedReplyError) as caught:
        read_text("sms.send", text)

    assert Outcome.UNKNOWN is caught.value.outcome


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5, 10", 10.0), ("10,5", 10.0), ("-3", 0.0), ("nan", None), ("inf", None), ("soon", None)],
)
def test_the_longest_of_several_waits_counts(text: str, seconds: float | None) -> None:
    """Two `Retry-After` arrive joined by a comma; what is no time asks for nothing."""
    assert seconds == retry_after_s({"retry-after": text}, 1_700_000_000.0)
