"""Voice, RCS, WhatsApp, lookups and inbound journals; in: wire calls; no I/O."""

from __future__ import annotations

import pytest

from tests.sandbox.caller import Caller

PERSON = "+491716992343"
SENDER = "4915112345678"
WA = {"from": SENDER, "to": PERSON}
BUTTONS = [{"id": str(index), "title": "t"} for index in range(3)]


def test_calls_have_integer_ids_and_a_real_bool():
    """One entry per recipient; failed ones have the code as text."""
    caller = Caller(balance=1)
    answer = caller.json("POST /voice", json={"to": f"{PERSON},x", "text": "hello"})

    assert ("101", 0.045, 0.955, False) == (
        answer["success"],
        answer["total_price"],
        answer["balance"],
        answer["debug"],
    )
    assert [(1000001, None), (None, "202")] == [
        (row["id"], row["error"]) for row in answer["messages"]
    ]


def test_calls_in_text_are_three_lines():
    """Code, id and price; errors have an empty id."""
    caller = Caller()

    assert "100\n1000001\n0.045" == caller.text("POST /voice", form={"to": PERSON, "text": "x"})
    assert "301\n\n0.0\n" == caller.text("POST /voice", form={"text": "x"})


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"text": "x"}, "301"),
        ({"to": PERSON}, "305"),
        ({"to": PERSON, "text": "x" * 10_001}, "401"),
        ({"to": PERSON, "text": "x", "from": "1" * 17}, "201"),
        ({"to": PERSON, "text": "x", "ringtime": 61}, "308"),
        ({"to": " , ", "text": "x"}, "301"),
    ],
)
def test_bad_calls_are_bare_codes(form: dict[str, str], code: str):
    """What is wrong with all of it is a JSON string."""
    assert code == Caller().json("POST /voice", form=form)


def test_only_calls_in_progress_can_be_hung_up():
    """Ringing cannot, talking can, ended cannot; the journal tells what happened."""
    caller = Caller()
    caller.json("POST /voice", form={"to": PERSON, "text": "x"})
    path = "POST /voice/1000001/hangup"

    assert not caller.json(path)["success"]
    assert ("", None) == tuple(
        caller.json("GET /journal/voice")[0][key] for key in ("status", "duration")
    )
    caller.sandbox.advance(2)
    assert {"success": True, "error": None} == caller.json(path)
    assert "Call is not in progress" == caller.json(path)["error"]
    assert "Call not found" == caller.json("POST /voice/5/hangup")["error"]
    (row,) = caller.json("GET /journal/voice", query={"state": "completed"})
    assert ("completed", "2", "0.045") == (row["status"], row["duration"], row["price"])
    assert [] == caller.json("GET /journal/outbound")


def test_rcs_messages_take_text_and_objects():
    """Objects are kept as JSON text; price null, no parts, agent as sender."""
    caller = Caller()
    answer = caller.json(
        "POST /rcs/messages",
        json={"to": PERSON, "text": {"card": "é"}, "fallback": {"type": "sms"}},
    )
    (message,) = answer["messages"]

    assert (None, 0, 0, "RCS", "myfancyagent") == (
        answer["total_price"],
        message["parts"],
        message["price"],
        message["channel"],
        message["sender"],
    )
    assert ('{"card": "\\u00e9"}', '{"type": "sms"}') == (message["text"], message["fallback"])


@pytest.mark.parametrize(
    ("json", "code"),
    [
        ({"text": "x"}, "301"),
        ({"to": PERSON}, "305"),
        ({"to": PERSON, "text": "x", "from": "nobody"}, "201"),
        ({"to": PERSON, "text": "x", "label": "ä"}, "802"),
        ({"to": ",", "text": "x"}, "301"),
    ],
)
def test_bad_rcs_messages_are_bare_codes(json: dict[str, str], code: str):
    """Missing and wrong parameters answer as for SMS."""
    assert code == Caller().json("POST /rcs/messages", json=json)


def test_rcs_messages_are_revoked_unless_they_fell_back():
    """Scheduled ones are cancelled, sent ones revoked, those with a fallback are not."""
    caller = Caller()
    for more in ({"delay": "2030-01-01 00:00:00"}, {}, {"fallback": "sms"}):
        caller.json("POST /rcs/messages", json={"to": PERSON, "text": "x", **more})
    outcomes = [
        caller.json(f"DELETE /rcs/messages/{number}")["success"]
        for number in ("77000000001", "77000000002", "77000000002", "77000000003", "5")
    ]

    assert [True, True, False, False, False] == outcomes


def test_rcs_events_are_noted():
    """Upper-case events towards a number or about a message."""
    caller = Caller()
    good = {"event": "IS_TYPING", "to": PERSON, "msg_id": ""}

    assert {"success": True} == caller.json("POST /rcs/events", json=good)
    assert {"success": False} == caller.json("POST /rcs/events", json={"event": "READ"})
    assert {"success": False} == caller.json("POST /rcs/events", json={**good, "event": "dance"})
    (noted,) = caller.sandbox.gateway.state.main.events
    assert ("RCS", "IS_TYPING", "491716992343") == (noted["channel"], noted["event"], noted["to"])


def test_whatsapp_needs_an_open_conversation_for_free_text():
    """7002001 until the customer writes, and again 24 hours after."""
    caller = Caller()
    text = {**WA, "text": "hello"}

    refused = caller.ask("POST /waba/messages", json=text)
    assert (400, True) == (refused.status, b'"error_code":7002001' in refused.body)
    caller.sandbox.simulate.whatsapp(PERSON, "hi", to=SENDER)
    answer = caller.json("POST /waba/messages", json=text)
    assert ("100", "WA", "WA", "hello") == (
        answer["success"],
        answer["sms_type"],
        answer["messages"][0]["channel"],
        answer["messages"][0]["text"],
    )
    caller.sandbox.advance(86400)
    assert 400 == caller.ask("POST /waba/messages", json=text).status


@pytest.mark.parametrize(
    "message",
    [
        {"type": "image", "url": "u"},
        {"type": "video", "url": "u", "caption": "c"},
        {"type": "audio", "url": "u"},
        {"type": "document", "url": "u", "filename": "f"},
        {"type": "sticker", "url": "u"},
        {"type": "location", "latitude": 48.8, "longitude": 2.3},
        {"type": "contacts", "contacts": [{"name": {"first_name": "J"}, "phones": []}]},
        {"type": "interactive", "interactive_type": "button", "body": "b", "buttons": BUTTONS},
        {
            "type": "interactive",
            "interactive_type": "list",
            "body": "b",
            "button_text": "t",
            "sections": [{"title": "s", "rows": []}],
        },
        {"type": "template", "template": "t", "language": "de", "components": {"body": ["x"]}},
    ],
)
def test_every_whatsapp_type_is_kept_with_its_fields(message: dict[str, object]):
    """The text is the message as JSON; the ledger has its fields; none may be left out."""
    caller = Caller()
    caller.sandbox.simulate.whatsapp(PERSON, "hi", to=SENDER)
    answer = caller.json("POST /waba/messages", json={**WA, **message})
    (entry,) = caller.sandbox.sent(channel="WA")

    assert "100" == answer["success"]
    assert message == {key: entry.fields[key] for key in message}
    optional = {"type", "caption", "components"}
    for name in message.keys() - optional:
        less = {key: value for key, value in message.items() if key != name}
        assert 400 == caller.ask("POST /waba/messages", json={**WA, **less}).status


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"from": "agent"}, 400),
        ({"type": "dance"}, 400),
        ({"to": "x"}, 400),
        ({"to": "+49 15550 00 0600"}, 600),
        ({"label": "ä"}, 400),
        ({"type": "interactive", "interactive_type": "x", "body": "b"}, 400),
        ({"type": "interactive", "interactive_type": "button", "body": "b",
          "buttons": [*BUTTONS, *BUTTONS]}, 400),
    ],
)  # fmt: skip
def test_bad_whatsapp_messages_are_http_400(change: dict[str, object], code: int):
    """`error_code` and `error_message`, without a success key."""
    caller = Caller()
    template = {**WA, "type": "template", "template": "t", "language": "de"}
    answer = caller.ask("POST /waba/messages", json={**template, **change})

    assert (400, True, False) == (
        answer.status,
        f'"error_code":{code},'.encode() in answer.body,
        b"success" in answer.body,
    )


def test_whatsapp_messages_can_only_be_deleted_before_they_leave():
    """Scheduled: yes. Sent: 400 with a sentence. Unknown: the framework's 404."""
    caller = Caller()
    template = {**WA, "type": "template", "template": "t", "language": "de"}
    caller.json("POST /waba/messages", json={**template, "delay": "2030-01-01 00:00:00"})
    caller.json("POST /waba/messages", json=template)

    assert {"success": True} == caller.json("DELETE /waba/messages/77000000001")
    assert 400 == caller.ask("DELETE /waba/messages/77000000002").status
    assert 404 == caller.ask("DELETE /waba/messages/5").status


@pytest.mark.parametrize(
    ("json", "status"),
    [
        ({"event": "read", **WA}, 200),
        ({"event": "is_typing", "from": SENDER, "msg_id": "1"}, 200),
        ({"event": "reaction", "msg_id": "1", "emoji": ""}, 200),
        ({"event": "reaction", "message_id": "1", "emoji": "👍"}, 200),
        ({"event": "reaction", "emoji": "👍"}, 400),
        ({"event": "read", "to": PERSON}, 400),
        ({"event": "read", "from": SENDER}, 400),
        ({"event": "READ", **WA}, 400),
    ],
)
def test_whatsapp_events(json: dict[str, str], status: int):
    """Lower-case events; refusals are HTTP 400 with success false."""
    answer = Caller().ask("POST /waba/events", json=json)

    assert (status, status == 200) == (answer.status, b'"success":true' in answer.body)


def test_one_number_is_an_object_and_several_are_a_list():
    """In every lookup."""
    caller = Caller()
    for kind in ("format", "rcs", "mnp", "hlr", "cnam"):
        path = f"GET /lookup/{kind}"
        single = caller.json(path, query={"number": PERSON})
        two = caller.json(path, query={"number": f"{PERSON},0171 6992343"})

        assert [single, single] == two


def test_lookups_of_nonsense():
    """Format and HLR are full objects, MNP has 202, CNAM nothing but 600."""
    caller = Caller()
    answers = {
        kind: caller.json(f"GET /lookup/{kind}", query={"number": "000"})
        for kind in ("format", "hlr", "mnp", "cnam")
    }

    assert (False, "+") == (answers["format"]["country_code"], answers["format"]["international"])
    assert (False, "error", "not_valid") == tuple(
        answers["hlr"][key] for key in ("status", "status_message", "valid_number")
    )
    assert (False, 202, None) == (
        answers["mnp"]["success"],
        answers["mnp"]["code"],
        answers["mnp"]["mnp"]["network"],
    )
    assert {"code": 600} == answers["cnam"]


def test_lookups_cost():
    """MNP 0.005, HLR and CNAM 0.01 per valid number, formats nothing; without credit 500."""
    caller = Caller(balance="0.02")
    for kind in ("format", "rcs", "mnp", "hlr", "cnam"):
        caller.json(f"GET /lookup/{kind}", query={"number": PERSON})

    assert 0.005 == float(caller.sandbox.balance)
    assert 500 == caller.json("GET /lookup/cnam", query={"number": PERSON})["code"]
    caller.json("GET /lookup/mnp", query={"number": PERSON})
    assert 500 == caller.json("GET /lookup/mnp", query={"number": PERSON})["code"]


def test_legacy_lookups():
    """`type=` by GET and POST; an MNP in text is the short name of the network."""
    caller = Caller()
    form = {"type": "mnp", "number": PERSON}

    assert "d1" == caller.text("POST /lookup", form=form)
    assert "202" == caller.text("POST /lookup", form={**form, "number": "0"})
    assert (
        100
        == caller.json("GET /lookup", {"x-api-key": "sandbox-key"}, query={**form, "json": 1})[
            "code"
        ]
    )
    assert "400" == caller.json("GET /lookup", query={"type": "dance"})


def test_labels_of_interactive_messages_are_checked_too():
    """A label outside of the published alphabet is refused in every type."""
    caller = Caller()
    caller.sandbox.simulate.whatsapp(WA["to"], "hi", WA["from"])
    buttons = [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
    message = {**WA, "type": "interactive", "interactive_type": "button", "body": "?"}
    message["buttons"] = buttons

    assert 200 == caller.ask("POST /waba/messages", json={**message, "label": "good"}).status
    assert 400 == caller.ask("POST /waba/messages", json={**message, "label": "so so"}).status


def test_inbound_messages_are_in_the_journals():
    """Inbound has all with prices as text; replies those that answer, with prices as numbers."""
    caller = Caller()
    caller.send()
    caller.sandbox.simulate.sms(PERSON, "an answer", to="491771783130")
    caller.sandbox.simulate.sms("+491710000000", "out of the blue")
    inbound = caller.json("GET /journal/inbound")
    (reply,) = caller.json("GET /journal/replies")

    assert ["out of the blue", "an answer"] == [row["text"] for row in inbound]
    assert ("0.0000", 0, "77000000001") == (
        inbound[1]["price"],
        reply["price"],
        reply["reply_to_message_id"],
    )
    for query in ({"id": "681001"}, {"to": "+491771783130", "limit": 1, "offset": 1}):
        assert ["an answer"] == [
            row["text"] for row in caller.json("GET /journal/inbound", query=query)
        ]


@pytest.mark.parametrize("kind", ["outbound", "inbound", "replies", "voice", "voice_call"])
def test_legacy_journals(kind: str):
    """`/journal?type=` is the older form of each journal."""
    assert [] == Caller().json("GET /journal", query={"type": kind})
    assert "400" == Caller().json("GET /journal", query={"type": "x"})
