"""Where the sandbox answers as the gateway does, each with its source; I/O: none.

Sources: the reference of the gateway (`errors.md`, `messaging-facts.md`, `seven-api.md`), the
published OpenAPI document, the WhatsApp page, and recorded exchanges.
"""

from __future__ import annotations

import json

import pytest

from seven_async.sandbox.simulate import UnknownIdError
from tests.sandbox.caller import ACCEPTS_JSON, NOON, Caller

PERSON = "491716992343"
SENDER = "4915112345678"
TEMPLATE = {"from": SENDER, "to": PERSON, "type": "template", "template": "t", "language": "de"}
BUTTONS = [{"id": "a", "title": "Yes"}, {"id": "b", "title": "No"}]
FREE = {"from": SENDER, "to": PERSON}


def control(caller: Caller, path: str, **parameters: object) -> None:
    """Use a control of the sandbox."""
    answer = caller.sandbox.handle(
        "POST",
        f"/_sandbox{path}",
        {"content-type": "application/json"},
        json.dumps(parameters).encode(),
    )
    assert 200 == answer.status


def open_conversation(**options: object) -> Caller:
    """A caller to whom the person has just written on WhatsApp."""
    caller = Caller(**options)
    caller.sandbox.simulate.whatsapp(PERSON, "hi", to=SENDER)
    return caller


# The reload lock: errors.md section 5, "disable per request or in Settings > SMS".


def test_the_reload_lock_is_a_setting_of_the_account():
    """The owner of an account can switch it off and on; another account keeps its own."""
    caller = Caller()
    caller.send()
    assert "402" == caller.send()
    caller.sandbox.simulate.set_reload_lock(on=False)
    assert "100" == caller.send()["success"]
    control(caller, "/account", reload_lock=True)

    assert "402" == caller.send()


def test_the_reload_lock_can_be_off_for_a_key():
    """One key may repeat itself while the account's others may not."""
    caller = Caller()
    caller.sandbox.add_key("loose", reload_lock=False)
    control(caller, "/keys", key="looser", reload_lock=False)
    form = {"to": PERSON, "text": "hi"}
    answers = [
        caller.json("POST /sms", {**ACCEPTS_JSON, "x-api-key": key}, form=form)
        for key in ("loose", "loose", "looser")
    ]

    assert ["100"] * 3 == [answer["success"] for answer in answers]
    assert "402" == caller.json("POST /sms", form=form)


def test_the_reload_lock_is_of_one_account():
    """A subaccount may send what the main account sent."""
    caller = Caller()
    created = caller.json("POST /subaccounts/create", form={"name": "A", "email": "a@b.test"})
    account = created["subaccount"]["id"]
    caller.json("POST /subaccounts/transfer_credits", form={"id": account, "amount": 1})
    caller.send()
    headers = {**ACCEPTS_JSON, "x-account-id": account}

    assert "100" == caller.json("POST /sms", headers, form={"to": PERSON, "text": "hi"})["success"]
    with pytest.raises(UnknownIdError):
        caller.sandbox.simulate.for_account("5").set_reload_lock(on=False)


# WhatsApp: the published page, seven-api.md section 16.


@pytest.mark.parametrize(
    "change",
    [
        {"type": "interactive", "interactive_type": "button", "body": "b", "buttons": BUTTONS[:1]},
        {"type": "interactive", "interactive_type": "button", "body": "b",
         "buttons": [*BUTTONS, {"id": "c", "title": "x" * 21}]},
        {"type": "interactive", "interactive_type": "button", "body": "b", "buttons": "ab"},
        {"type": "interactive", "interactive_type": "button", "body": "b", "buttons": [1, 2]},
        {"type": "location", "latitude": "abc", "longitude": 2},
        {"type": "location", "latitude": 2, "longitude": 181},
        {"text": "hi", "from": "4915199999999"},
        {"text": "hi", "to": "nobody"},
    ],
)  # fmt: skip
def test_what_the_whatsapp_page_rules_out_is_a_bad_request(change: dict[str, object]):
    """Two or three buttons of 20 letters, places on the globe, own senders: else HTTP 400."""
    answer = open_conversation().ask("POST /waba/messages", json={**FREE, **change})

    assert (400, 400) == (answer.status, json.loads(answer.body)["error_code"])


def test_places_at_the_zero_meridian_are_places():
    """A latitude of 0 was given, whatever it is as a truth value."""
    place = {"type": "location", "latitude": 0, "longitude": 0}

    assert 200 == open_conversation().ask("POST /waba/messages", json={**FREE, **place}).status


@pytest.mark.parametrize("by_control", [False, True])
def test_a_whatsapp_sender_can_be_registered(by_control: bool):
    """By the program or over HTTP; from then on it may send."""
    caller = Caller()
    number = "+49 1512 7654321"
    if by_control:
        control(caller, "/whatsapp/senders", number=number)
    else:
        caller.sandbox.simulate.add_whatsapp_sender(number)

    assert 200 == caller.ask("POST /waba/messages", json={**TEMPLATE, "from": number}).status


@pytest.mark.parametrize("by_control", [False, True])
def test_a_template_is_rendered_with_its_parameters(by_control: bool):
    """The text is compact JSON whose `rendered` has the body as the customer reads it."""
    caller = Caller()
    body = "Hello {{1}}, order {{2}} is on its way, {{1}}."
    if by_control:
        control(caller, "/whatsapp/templates", name="t", body=body)
    else:
        caller.sandbox.simulate.add_template("t", body)
    components = {"body": ["Ada", 7]}
    answer = caller.json("POST /waba/messages", json={**TEMPLATE, "components": components})
    text = answer["messages"][0]["text"]

    assert text.startswith('{"type":"template","template":"t","language":"de",')
    assert "Hello Ada, order 7 is on its way, Ada." == json.loads(text)["rendered"]["body"]


def test_a_reaction_needs_an_emoji():
    """An empty one takes the reaction back; none at all is a mistake."""
    caller = Caller()
    event = {"event": "reaction", "msg_id": "1"}
    answers = [
        caller.ask("POST /waba/events", json={**event, **more}).status
        for more in ({}, {"emoji": ""}, {"emoji": "👍"})
    ]

    assert [400, 200, 200] == answers


def test_a_cancelled_whatsapp_message_cannot_be_cancelled_again():
    """The answer does not claim that it was sent."""
    caller = Caller()
    answer = caller.json("POST /waba/messages", json={**TEMPLATE, "delay": NOON + 99})
    line = f"DELETE /waba/messages/{answer['messages'][0]['id']}"
    assert {"success": True} == caller.json(line)

    assert b"already cancelled" in caller.ask(line).body


def test_whatsapp_reports_sent_once():
    """Its first two stages have one word (messaging-facts 8), and one report."""
    caller = Caller()
    caller.json("POST /waba/messages", json=TEMPLATE)

    assert ["sent", "delivered"] == [name for _, name in caller.sandbox.ledger[0].reports]


# The legacy text answers.


def test_details_and_ids_come_together():
    """`details=1&return_msg_id=1`: the id has its line behind the code, then the details."""
    form = {"to": PERSON, "text": "hi", "details": 1, "return_msg_id": 1}
    lines = Caller().text("POST /sms", form=form).split("\n")

    assert ["100", "77000000001", "Verbucht: 1"] == lines[:3]


def test_the_old_inbound_journal_names_its_columns_as_webhooks_do():
    """`sender`, `system` and `time` (seven-api.md section 6, from the old Python client)."""
    caller = Caller()
    caller.sandbox.simulate.sms(PERSON, "hi")
    (row,) = caller.json("GET /journal", query={"type": "inbound"})

    assert (PERSON, "491771783130", "2023-11-14 23:13:20") == (
        row["sender"],
        row["system"],
        row["time"],
    )


def test_calls_that_came_in_have_a_journal():
    """`type=voice_call` shows them; they are no messages."""
    caller = Caller()
    call_id = caller.sandbox.simulate.call(PERSON)
    (row,) = caller.json("GET /journal", query={"type": "voice_call"})

    assert (str(call_id), PERSON) == (row["id"], row["caller"])
    assert [] == caller.json("GET /journal/inbound")


def test_prices_may_be_posted_for_and_paths_may_end_in_a_slash():
    """Old clients post for prices; published samples call `/api/sms/`."""
    caller = Caller()

    assert 1 == caller.json("POST /pricing", form={"country": "de"})["countCountries"]
    assert "100" == caller.text("GET /sms/", query={"to": PERSON, "text": "hi"})
    assert 404 == caller.ask("GET /").status


@pytest.mark.parametrize("written", ["1.2000001E+7", "1.2000001e7", "12000001"])
def test_ids_of_spreadsheets_are_read_as_php_reads_them(written: str):
    """What became a number with an exponent is still the same contact."""
    caller = Caller()
    caller.json("POST /contacts", form={"firstname": "Ada"})

    assert 12000001 == caller.json(f"GET /contacts/{written}")["id"]


def test_exponents_that_are_no_ids_find_nothing():
    """Fractions and powers beyond any id."""
    caller = Caller()
    caller.send()

    (status,) = caller.json("GET /status", query={"msg_id": "7.7000000001E+10"})

    assert [404, 404] == [caller.ask(f"GET /contacts/{text}").status for text in ("1.5E0", "1E99")]
    assert "77000000001" == status["id"]


def test_a_multipart_body_is_told_what_to_send():
    """It is not read, and the answer says so instead of missing a recipient."""
    headers = {**ACCEPTS_JSON, "content-type": "multipart/form-data; boundary=x"}
    answer = Caller().sandbox.handle("POST", "/api/sms", headers, b"--x--")

    assert (415, True) == (answer.status, b"x-www-form-urlencoded" in answer.body)


# RCS, files, binary messages, replies, links, numbers.


def test_an_rcs_event_without_a_message_is_about_the_last_one():
    """As openapi.json has it: "to the last RCS message received"; without any it fails."""
    caller = Caller()
    assert not caller.json("POST /rcs/events", form={"event": "READ"})["success"]
    caller.sandbox.simulate.rcs("491700000000", "first")
    last = caller.sandbox.simulate.rcs(PERSON, "last")
    caller.sandbox.simulate.sms("491700000000", "other channel")

    assert caller.json("POST /rcs/events", form={"event": "READ"})["success"]
    (event,) = caller.sandbox.gateway.state.main.events
    assert (PERSON, last.id) == (event["to"], event["msg_id"])


def test_a_file_becomes_a_link_and_is_billed_as_one():
    """`[[name]]` makes way for a short link (messaging-facts 6), and the segments follow."""
    caller = Caller()
    text = "x" * 140 + "[[a]][[none]]"
    files = [{"name": "a", "contents": "eA=="}, "nonsense", {"contents": "eA=="}]
    (message,) = caller.json("POST /sms", json={"to": PERSON, "text": text, "files": files})[
        "messages"
    ]

    assert "x" * 140 + "https://svn.me/a00001[[none]]" == message["text"]
    assert 2 == message["parts"]


@pytest.mark.parametrize(
    ("udh", "text", "is_binary"),
    [("050003CC0201", "48656c6c6f", True), ("050003CC0201", "Hello", False), ("", "4865", False)],
)
def test_a_header_with_hex_makes_a_binary_message(udh: str, text: str, is_binary: bool):
    """The user data header and hex for a text (messaging-facts 6)."""
    assert is_binary == Caller().send(text=text, udh=udh)["messages"][0]["is_binary"]


def test_replies_belong_to_messages_of_their_channel():
    """An SMS does not answer the RCS message that came after the SMS before it."""
    caller = Caller()
    sms = caller.send()["messages"][0]["id"]
    rcs = caller.json("POST /rcs/messages", json={"to": PERSON, "text": "hi"})["messages"][0]["id"]
    simulate = caller.sandbox.simulate

    assert (sms, rcs) == (simulate.sms(PERSON, "a").reply_to, simulate.rcs(PERSON, "b").reply_to)


def test_clicks_and_views_add_up():
    """The totals are those of the message, not of the event."""
    posted: list[bytes] = []
    caller = Caller(post_webhook=lambda request: posted.append(request.body) or 200)
    hook = {"target_url": "https://a.test/", "event_type": "tracking", "request_method": "JSON"}
    caller.json("POST /hooks", form=hook)
    message_id = caller.send()["messages"][0]["id"]
    for kind in ("view", "click", "click"):
        caller.sandbox.simulate.click(message_id, "https://b.test/", kind=kind)
    assert caller.sandbox.settle()
    totals = [json.loads(body)["data"] for body in posted]

    assert [(0, 1), (1, 2), (2, 3)] == [(t["total_clicks"], t["total_views"]) for t in totals]


def test_a_fresh_account_has_the_number_it_receives_on():
    """It is listed, and what comes in without a `to` comes to the first of the account's."""
    caller = Caller()
    (own,) = caller.json("GET /numbers/active")["activeNumbers"]
    assert own["number"] == caller.sandbox.simulate.sms(PERSON, "hi").to
    caller.json("DELETE /numbers/active/491771783130", query={"delete_immediately": "true"})
    caller.json("POST /numbers/order", form={"number": "4523854818"})

    assert "4523854818" == caller.sandbox.simulate.sms(PERSON, "hi").to


# The vendor's JavaScript client 5.6.0: what its own tests expect and no recording contradicts.


def test_a_deletion_without_ids_names_an_empty_list():
    """`sms.spec.ts`, "should delete nothing"; null was recorded for ids that lead nowhere."""
    caller = Caller()

    assert {"success": False, "deleted": []} == caller.json("DELETE /sms", json={"ids": []})
    assert {"success": False, "deleted": []} == caller.json("DELETE /sms", json={"ids": ""})
    assert {"success": False, "deleted": None} == caller.json("DELETE /sms", json={"ids": ["1"]})


def test_status_of_no_message_is_an_empty_list_in_json():
    """`status.spec.ts` asks for no id and reads a list; text and unknown ids keep the code."""
    caller = Caller()

    assert [] == caller.json("GET /status", query={"msg_id": ""})
    assert "600" == caller.json("GET /status", query={"msg_id": "1"})
    assert "600" == caller.text("GET /status", query={"msg_id": ""})


def test_mnp_names_the_kind_of_network_in_both_spellings():
    """`lookup.spec.ts` has `networkType`; recordings and OpenAPI have `network_type`."""
    answer = Caller().json("GET /lookup/mnp", query={"number": PERSON})["mnp"]

    assert ("mobile", "mobile") == (answer["network_type"], answer["networkType"])
