"""`/_sandbox/…` over the wire form: what a test in another language can see and do; no I/O."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seven_async.sandbox import served_operations
from seven_async.sandbox.server.rules import RuleError, add_rule
from tests.sandbox.caller import Caller

PERSON = "491716992343"


def steer(caller: Caller, line: str, **body: Any) -> Any:
    """The decoded answer to a control call with a JSON body."""
    method, path = line.split(" ")
    answer = caller.sandbox.handle(
        method,
        f"http://h/_sandbox{path}",
        {"content-type": "application/json"},
        json.dumps(body).encode() if body else b"",
    )
    assert 200 == answer.status, answer.body
    return json.loads(answer.body)


def refused(caller: Caller, line: str, **body: Any) -> str:
    """The reason a control call was refused for."""
    method, path = line.split(" ")
    answer = caller.sandbox.handle(
        method,
        f"/_sandbox{path}",
        {"content-type": "application/json"},
        json.dumps(body).encode(),
    )
    assert 400 == answer.status
    return json.loads(answer.body)["error"]


def test_ledger_can_be_narrowed():
    """By recipient in any spelling, channel, and to the last few."""
    caller = Caller()
    for text in "ab":
        caller.send(text=text)
    caller.send(to="+41798072355", text="c")
    shown = steer(caller, "GET /ledger?to=0171-6992343&limit=1&channel=sms")

    assert (3, ["b"]) == (shown["accepted"], [entry["text"] for entry in shown["entries"]])
    assert ("0.075", 1, "491716992343") == tuple(
        shown["entries"][0][key] for key in ("price", "segments", "to")
    )


def test_people_can_be_simulated():
    """SMS, RCS, WhatsApp, calls and keys come in as hooks tell them."""
    caller = Caller(post_webhook=lambda request: 200)
    caller.json("POST /hooks", form={"target_url": "http://a.test/", "event_type": "all"})
    caller.json("POST /voice", form={"to": PERSON, "text": "x"})
    sender = {"from": PERSON, "text": "hi"}
    steer(caller, "POST /inbound/sms", **sender)
    steer(caller, "POST /inbound/sms", **sender, to="491771783130")
    steer(caller, "POST /inbound/rcs", **sender)
    steer(caller, "POST /inbound/rcs", **{"from": PERSON, "content": {"content_type": "x"}})
    steer(caller, "POST /inbound/whatsapp", **sender, to="4915112345678")
    steer(caller, "POST /inbound/call", **sender)
    steer(caller, "POST /inbound/call", **sender, to="491771783130")
    steer(caller, "POST /inbound/dtmf", call_id="1000001", key="5")
    caller.send()
    steer(caller, "POST /click", id="77000000001", url="http://b.test/")
    steer(caller, "POST /report", id="77000000001", status="FAILED")
    assert caller.sandbox.settle()
    kinds = [attempt["event"] for attempt in steer(caller, "GET /attempts")]

    assert {
        "sms_mo": 2,
        "rcs": 2,
        "wa_mo": 1,
        "voice_call": 2,
        "voice_dtmf": 1,
        "tracking": 1,
        "voice_status": 1,
        "dlr": 2,
    } == {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.parametrize(
    ("line", "body", "reason"),
    [
        ("POST /inbound/sms", {"from": PERSON}, "`text` is missing"),
        ("POST /inbound/rcs", {"from": PERSON}, "`text` is missing"),
        ("POST /inbound/dtmf", {"call_id": "5", "key": "1"}, "no message or call"),
        ("POST /inbound/call", {"from": PERSON, "account": "5"}, "no such account"),
        ("POST /confirm", {"number": PERSON}, "no validation"),
        ("POST /advance", {"seconds": "x"}, "`seconds` must be"),
        ("POST /advance", {"seconds": -1}, "`seconds` must be"),
        ("PUT /snapshot", {"x": 1}, "no snapshot"),
        ("POST /faults", {"rule": "POST /sms colour=red"}, "'colour'"),
        ("POST /faults", {"route": "POST /sms", "status": "x"}, "status=x makes no sense"),
        ("POST /faults", {"rule": "'"}, "cannot be read"),
        ("POST /faults", {"rule": "POST /sms"}, "a rule needs one of"),
        ("POST /faults", {"rule": "POST /smss status=503"}, "no operation"),
        ("POST /faults", {"rule": "SEND status=503"}, "no operation"),
        ("POST /faults", {"rule": "POST /sms status=99999"}, "'status'"),
        ("POST /faults", {"drop": "sideways"}, "drop=sideways"),
    ],
)
def test_controls_say_what_is_wrong(line: str, body: dict[str, Any], reason: str):
    """HTTP 400 with the reason."""
    assert reason in refused(Caller(), line, **body)


def test_clock_faults_and_state_can_be_steered():
    """Advance, add and list and clear rules, snapshot, restore, reset."""
    caller = Caller()
    caller.send()
    photograph = steer(caller, "GET /snapshot")
    assert 1_700_000_060.0 == steer(caller, "POST /advance", seconds=60)["now"]
    assert {"rules": 1} == steer(caller, "POST /faults", route="GET /balance", status=503)
    assert 503 == caller.ask("GET /balance").status
    assert (1, 1) == tuple(steer(caller, "GET /faults")[0][key] for key in ("calls", "hits"))
    assert {"rules": 0} == steer(caller, "DELETE /faults")
    caller.send(text="b")
    assert {"accepted": 1} == steer(caller, "PUT /snapshot", **photograph)
    assert {"now": 1_700_000_000.0} == steer(caller, "POST /reset")

    assert 0 == steer(caller, "GET /ledger")["accepted"]


def test_keys_and_events():
    """Another key with narrow rights; events that were sent are listed."""
    caller = Caller()
    steer(caller, "POST /keys", key="narrow", scopes=["rcs"], test=True)
    headers = {"x-api-key": "narrow", "accept": "application/json"}
    event = {"event": "READ", "to": PERSON}

    assert "902" == caller.json("GET /balance", headers)
    assert {"success": True} == caller.json("POST /rcs/events", headers, json=event)
    assert [PERSON] == [noted["to"] for noted in steer(caller, "GET /events")]


def test_validation_can_be_confirmed():
    """The owner typed the code: the number is a caller from then on."""
    caller = Caller()
    caller.json("POST /validate_for_voice", form={"number": PERSON})

    assert {"success": True} == steer(caller, "POST /confirm", number=PERSON)
    assert caller.json("POST /validate_for_voice", form={"number": PERSON})["voice"]


def test_operations_are_listed():
    """All of them: those of the published description and GET /rcs/agents."""
    listed = steer(Caller(), "GET /operations")

    assert [f"{method} {path}" for method, path in served_operations()] == sorted(
        listed, key=lambda line: tuple(line.split(" "))
    )
    assert len(listed) >= 52
    assert "GET /rcs/agents" in listed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("POST /sms status=503 probability=0.1", ("POST", "/sms", 503, 0.1)),
        ("/sms status=503", ("", "/sms", 503, 1.0)),
        ("status=503", ("", "", 503, 1.0)),
        ("post status=503", ("POST", "", 503, 1.0)),
        ("GET /contacts/{id} status=503", ("GET", "/contacts/{id}", 503, 1.0)),
        ("GET /api/balance status=503", ("GET", "/balance", 503, 1.0)),
    ],
)
def test_rules_from_text(text: str, expected: tuple[str, str, int, float]):
    """Route first, then keywords; either part of the route may be left out."""
    fault = add_rule(Caller().sandbox.fault, text)

    assert expected == (fault.method, fault.path, fault.effect.status, fault.probability)


def test_rules_read_every_keyword():
    """Durations with and without unit, quoted bodies, flags without value."""
    fault = add_rule(
        Caller().sandbox.fault,
        "delay=35ms drop=after reset truncate=1 garble=no body='a b' retry_after=3 code=11 "
        "times=2 nth=1 recipient=01716992343 processed",
    )

    assert (0.035, "after", True, True, False, b"a b", "3", 11, True) == (
        fault.effect.delay_s,
        fault.effect.drop,
        fault.effect.reset,
        fault.effect.truncate,
        fault.effect.garble,
        fault.effect.body,
        fault.effect.retry_after,
        fault.effect.code,
        fault.effect.processed,
    )
    assert (2, 1, PERSON) == (fault.times, fault.nth, fault.recipient)


def test_unknown_keywords_name_the_known_ones():
    """The error teaches what there is."""
    with pytest.raises(RuleError, match=r"'wait'; it has recipient, nth, times"):
        add_rule(Caller().sandbox.fault, "POST /sms wait=3")
