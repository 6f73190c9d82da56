"""`/sms` as the reference says it speaks; in: wire calls, out: wire answers; no I/O."""

from __future__ import annotations

import re

import pytest

from tests.sandbox.caller import Caller

OTHER = "+491716992344"


def test_answer_of_one_recipient_is_the_recorded_one():
    """Codes, `debug` and ids are text, prices are numbers, the recipient lost its plus."""
    expected = {
        "success": "100",
        "total_price": 0.075,
        "balance": 99.925,
        "debug": "false",
        "sms_type": "direct",
        "messages": [
            {
                "id": "77000000001",
                "sender": "Elixir",
                "recipient": "491716992343",
                "text": "HI2U!",
                "encoding": "gsm",
                "label": None,
                "parts": 1,
                "udh": None,
                "is_binary": False,
                "price": 0.075,
                "success": True,
                "error": None,
                "error_text": None,
            }
        ],
    }

    assert expected == Caller(balance=100).send(text="HI2U!", from_="", **{"from": "Elixir"})


def test_national_numbers_are_german():
    """`0171…` comes back as `49171…`, `0049…` as `49…`."""
    answer = Caller().send(to="01716992343,0041 79 807-2355")

    assert ["491716992343", "41798072355"] == [row["recipient"] for row in answer["messages"]]


@pytest.mark.parametrize("to", ["0171", "000", "1" * 16, "x", "²²²²²²²²", "+", "+49x171"])
def test_what_is_no_number_is_202(to: str):
    """Too short, too long, or no digits: nothing is sent."""
    caller = Caller()

    assert "202" == caller.send(to=to)["success"]
    assert 0 == len(caller.sandbox.ledger)


def test_everything_may_come_in_the_query_of_a_post():
    """The old Python client sends its parameters, the key included, like that."""
    caller = Caller()
    query = {"to": OTHER, "text": "hi", "p": "sandbox-key"}

    assert b"100" == caller.ask("POST /sms", {"accept": "*/*"}, query=query).body


def test_recipients_answer_in_order_and_partly_failed_is_101():
    """One entry per comma-joined recipient; some failed is 101, the failed one has its code."""
    answer = Caller().send(to=f"+491716992343,nobody,{OTHER}")

    assert "101" == answer["success"]
    assert [None, 202, None] == [row["error"] for row in answer["messages"]]
    assert answer["messages"][1]["id"] is None
    assert 0.15 == answer["total_price"]


def test_all_failed_is_the_code():
    """Where every recipient failed, `success` is the code of the first."""
    answer = Caller().send(to="nobody")

    assert "202" == answer["success"]
    assert "Invalid recipient" == answer["messages"][0]["error_text"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"text": "hi"}, "301"),
        ({"to": ",", "text": "hi"}, "301"),
        ({"to": "491716992343"}, "305"),
        ({"to": "491716992343", "text": "x" * 1521}, "401"),
        ({"to": "491716992343", "text": "hi", "from": "TwelveLetters"}, "201"),
        ({"to": "491716992343", "text": "hi", "from": "1" * 17}, "201"),
        ({"to": "491716992343", "text": "hi", "label": "a b"}, "802"),
        ({"to": "491716992343", "text": "hi", "foreign_id": "f" * 65}, "308"),
    ],
)
def test_what_is_wrong_with_the_whole_request_is_a_bare_code(form: dict[str, str], code: str):
    """A JSON string at HTTP 200, and nothing is accepted."""
    caller = Caller()

    assert code == caller.json("POST /sms", form=form)
    assert 0 == len(caller.sandbox.ledger)


def test_same_text_to_the_same_recipient_is_locked_for_180_s():
    """The reload lock answers 402 until 180 s have gone by."""
    caller = Caller()
    caller.send()

    assert "402" == caller.send()
    assert "100" == caller.send(text="other")["success"]
    caller.sandbox.advance(179.9)
    assert "402" == caller.send()
    caller.sandbox.advance(0.1)
    assert "100" == caller.send()["success"]


def test_the_lock_can_be_switched_off():
    """`no_reload=1` sends the same again."""
    caller = Caller()
    caller.send()

    assert "100" == caller.send(no_reload=1)["success"]
    assert 2 == len(caller.sandbox.sent(to="0171 6992343"))


def test_the_account_can_have_the_lock_switched_off():
    """`reload_lock=False` is an account whose owner switched it off: the same text goes twice."""
    caller = Caller(reload_lock=False)

    assert ["100", "100"] == [caller.send()["success"] for _ in range(2)]
    assert 2 == len(caller.sandbox.ledger)


def test_a_locked_one_of_several_fails_alone():
    """Only the recipient that had the text gets 402."""
    caller = Caller()
    caller.send()
    answer = caller.send(to=f"+491716992343,{OTHER}")

    assert ("101", [402, None]) == (
        answer["success"],
        [row["error"] for row in answer["messages"]],
    )


def test_credit_ends_in_500():
    """A message that costs more than is left is refused with 500, not sent on credit."""
    caller = Caller(balance="0.15")
    caller.send()
    caller.send(to=OTHER)
    answer = caller.send(text="one more")

    assert ("500", 500, 0.0) == (
        answer["success"],
        answer["messages"][0]["error"],
        answer["balance"],
    )


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "gsm", 1),
        ("a" * 161, "gsm", 2),
        ("a" * 306, "gsm", 2),
        ("a" * 307, "gsm", 3),
        ("€" * 80, "gsm", 1),
        ("€" * 81, "gsm", 2),
        ("a" * 152 + "€" + "a" * 152, "gsm", 3),
        ("a\fb", "ucs2", 1),
        ("漢" * 70, "ucs2", 1),
        ("漢" * 71, "ucs2", 2),
        ("漢" * 134, "ucs2", 2),
        ("漢" * 135, "ucs2", 3),
        ("😀" * 35, "ucs2", 1),
        ("😀" * 36, "ucs2", 2),
    ],
)
def test_parts_are_billed_by_encoding(text: str, encoding: str, parts: int):
    """160/153 septets in GSM-7, 70/67 units in UCS-2, and pairs are never torn."""
    answer = Caller().send(text=text)
    message = answer["messages"][0]

    assert (encoding, parts) == (message["encoding"], message["parts"])
    assert pytest.approx(0.075 * parts) == answer["total_price"]


def test_text_answers_without_accept():
    """`100`, and `100` with the id on the next line where `return_msg_id` is set."""
    caller = Caller()
    form = {"to": OTHER, "text": "hi"}

    assert "100" == caller.text("POST /sms", form=form)
    assert "402" == caller.text("POST /sms", form=form)
    assert "100\n77000000002" == caller.text(
        "POST /sms", form={**form, "text": "b", "return_msg_id": 1}
    )


def test_details_answer_is_the_recorded_one():
    """`details=1` tells price, rest and encoding in German lines."""
    form = {"to": OTHER, "text": "Your glasses", "details": 1, "debug": 1}
    expected = (
        "100\nVerbucht: 0\nPreis: 0.0\nGuthaben: 4.575\nText: Your glasses\nSMS-Typ: direct\n"
        "Flash SMS: false\nEncoding: gsm\nGSM0338: true\nDebug: true\n"
    )

    assert expected == Caller(balance="4.575").text("POST /sms", form=form)


def test_json_parameter_asks_for_json_too():
    """The old `json=1` gives the JSON answer without an Accept header."""
    answer = Caller().ask("POST /sms", {"x-api-key": "sandbox-key"}, form={"json": 1})

    assert b'"301"' == answer.body


def test_debug_sends_and_charges_nothing():
    """`debug=1`: ids are null, the price is 0, and `debug` is the text `true`."""
    caller = Caller(balance=1)
    answer = caller.send(debug=1)

    assert ("true", None, 0.0) == (
        answer["debug"],
        answer["messages"][0]["id"],
        answer["total_price"],
    )
    assert (0, 1) == (len(caller.sandbox.ledger), caller.sandbox.balance)


def test_scheduled_messages_can_be_deleted_until_they_are_due():
    """DELETE /sms takes back what is still to leave, with its price, and names it as text."""
    caller = Caller(balance=1)
    for number in (1, 2):
        caller.send(text=str(number), delay=int(caller.sandbox.clock()) + 60)
    ids = ["77000000001"]

    assert {"success": True, "deleted": ids} == caller.json("DELETE /sms", json={"ids": ids})
    assert {"success": False, "deleted": None} == caller.json("DELETE /sms", json={"ids": ids})
    assert [] == caller.json("GET /journal/outbound")
    caller.sandbox.advance(60)
    late = {"ids[]": "77000000002"}
    assert {"success": False, "deleted": None} == caller.json("DELETE /sms", form=late)
    assert 0.925 == float(caller.sandbox.balance)
    assert ["77000000002"] == [row["id"] for row in caller.json("GET /journal/outbound")]


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"ids": ["77000000001", "77000000002"]}},
        {"json": {"ids": [77000000001, 77000000002]}},
        {"json": {"ids": "77000000001,77000000002"}},
        {"form": {"ids[]": "77000000001", "ids[1]": "77000000002"}},
        {"form": {"ids[0]": "77000000001", "ids[1]": "77000000002"}},
        {"query": {"ids": "77000000001,77000000002"}},
    ],
)
def test_ids_come_in_every_spelling_that_clients_use(body: dict[str, object]):
    """JSON list of text or numbers, comma-joined, bracketed with and without index."""
    caller = Caller()
    for number in (1, 2):
        caller.send(text=str(number), delay="2035-01-01 12:00:00")

    deleted = caller.json("DELETE /sms", **body)["deleted"]
    assert ["77000000001", "77000000002"] == deleted


def test_only_so_many_messages_are_kept():
    """The oldest go first, from the ledger, the journal, and the index by recipient."""
    caller = Caller(keep=3)
    for number in range(5):
        caller.send(to=f"+4917169923{number % 2}0", text=str(number))

    assert ["2", "3", "4"] == [entry.text for entry in caller.sandbox.ledger]
    assert ["4", "3", "2"] == [row["text"] for row in caller.json("GET /journal/outbound")]
    assert ["2", "4"] == [entry.text for entry in caller.sandbox.sent(to="017169923 00")]
    assert 5 == caller.sandbox.ledger.accepted


def test_sent_can_be_narrowed():
    """By channel and text; a pattern is searched for; what was cancelled is not in it."""
    caller = Caller()
    caller.send(text="Welcome, Ada!")
    caller.send(text="Bye", delay="2030-01-01 00:00:00")
    caller.json("DELETE /sms", json={"ids": ["77000000002"]})
    sent = caller.sandbox.sent

    assert 1 == len(sent(text="Welcome, Ada!", channel="sms"))
    assert 1 == len(sent(text=re.compile("Ada")))
    assert [] == sent(text="Welcome") == sent(channel="RCS") == sent(text="Bye")


def test_entries_show_no_number_and_no_text():
    """The repr masks; the attributes stay readable."""
    caller = Caller()
    caller.send(text="secret words")
    entry = caller.sandbox.ledger[0]

    assert "secret" not in repr(entry)
    assert "491716992343" not in repr(entry)
    assert ("491716992343", "secret words") == (entry.to, entry.text)
