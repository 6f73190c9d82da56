"""Webhooks: who is told what, how it is signed, and when it is tried again.

In: happenings in a sandbox. Out: requests to hooks. I/O: none but in the one test that says so.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from urllib.parse import parse_qs, parse_qsl

import pytest

from seven_async.sandbox.simulate import UnknownIdError
from seven_async.sandbox.webhooks.deliveries import ATTEMPTS, WAITS_S, WebRequest
from seven_async.sandbox.webhooks.sender import post_webhook
from tests.sandbox.caller import NOON, Caller

PERSON = "+491716992343"


class Receiver:
    """Collects webhook requests and answers what it is told to."""

    def __init__(self, *statuses: int) -> None:
        self.requests: list[WebRequest] = []
        self._statuses = list(statuses)

    def __call__(self, request: WebRequest) -> int:
        """The next status, 200 when there is none left."""
        self.requests.append(request)
        return self._statuses.pop(0) if self._statuses else 200

    @property
    def envelopes(self) -> list[dict]:
        """The JSON bodies."""
        return [json.loads(request.body) for request in self.requests]


def build_hooked_caller(receiver: Receiver, event_type: str = "all", **form: str) -> Caller:
    """A sandbox with one JSON hook that leads to the receiver."""
    caller = Caller(post_webhook=receiver, signing_secret="s3cret")
    fields = {"target_url": "https://a.test/hook?k=1", "request_method": "JSON", **form}
    caller.json("POST /hooks", form={**fields, "event_type": event_type})
    return caller


def told(caller: Caller, receiver: Receiver) -> list[dict]:
    """What arrived once nothing is on its way any more, in the order of its events."""
    assert caller.sandbox.settle()
    return sorted(receiver.envelopes, key=lambda envelope: envelope["webhook_timestamp"])


def test_reports_are_told_as_the_clock_moves():
    """One `dlr` per status, with the message's id and Berlin time without a zone."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, "dlr")
    caller.send(foreign_id="f1")
    caller.sandbox.advance(10)
    events = told(caller, receiver)

    assert ["ACCEPTED", "TRANSMITTED", "DELIVERED"] == [event["data"]["status"] for event in events]
    assert {
        "data": {
            "msg_id": "77000000001",
            "status": "DELIVERED",
            "timestamp": "2023-11-14 23:13:24.000000",
            "foreign_id": "f1",
        },
        "webhook_event": "dlr",
        "webhook_timestamp": "2023-11-14T23:13:24+01:00",
    } == events[-1]


def test_reports_are_told_with_the_next_call_too():
    """Time that passes by itself is noticed when somebody calls."""
    receiver, moment = Receiver(), [NOON]
    caller = Caller(post_webhook=receiver, now=lambda: moment[0])
    caller.json("POST /hooks", form={"target_url": "https://a.test/", "event_type": "dlr"})
    caller.send()
    moment[0] += 60
    caller.json("GET /balance")
    assert caller.sandbox.settle()

    assert 3 == len(receiver.requests)


def test_requests_are_signed_over_the_registered_url():
    """HMAC-SHA256 over timestamp, nonce, method, URL with query, and the body's MD5."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver)
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    (request,) = receiver.requests
    headers = request.headers
    lines = [
        headers["X-Timestamp"],
        headers["X-Nonce"],
        "POST",
        "https://a.test/hook?k=1",
        hashlib.md5(request.body).hexdigest(),
    ]
    expected = hmac.new(b"s3cret", "\n".join(lines).encode(), hashlib.sha256).hexdigest()

    assert expected == headers["X-Signature"]
    assert 32 == len(headers["X-Nonce"])


def test_deliveries_are_signed_at_real_time():
    """A receiver checks by its own clock: advanced days are not in the signature."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver)
    caller.sandbox.advance(40 * 86_400)
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()

    assert [str(int(NOON))] == [sent.headers["X-Timestamp"] for sent in receiver.requests]


def test_nonces_differ_between_sandboxes_of_one_seed():
    """A receiver does not take the deliveries of a second run for replays of the first."""
    receiver = Receiver()
    for _ in range(2):
        caller = build_hooked_caller(receiver)
        caller.sandbox.simulate.sms(PERSON, "hi")
        assert caller.sandbox.settle()

    assert 2 == len({sent.headers["X-Nonce"] for sent in receiver.requests})


def test_post_is_a_form_with_the_envelope_in_brackets():
    """The default method sends `data[…]` fields, as PHP writes nested ones."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, request_method="POST")
    caller.sandbox.simulate.sms(PERSON, "a&b")
    assert caller.sandbox.settle()
    fields = dict(parse_qsl(receiver.requests[0].body.decode()))

    assert ("a&b", "sms_mo") == (fields["data[text]"], fields["webhook_event"])
    assert "application/x-www-form-urlencoded" == receiver.requests[0].headers["Content-Type"]


def test_get_adds_flat_fields_to_the_query():
    """The fields join the query the hook had; there is no body."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, request_method="GET")
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    (request,) = receiver.requests
    query = parse_qs(request.url.partition("?")[2])

    assert ("GET", b"", ["1"], ["hi"]) == (request.method, request.body, query["k"], query["text"])


def test_own_headers_are_added():
    """Each `Name: value` line of the hook becomes a header."""
    receiver = Receiver()
    caller = build_hooked_caller(
        receiver, headers="Authorization: Basic eA==\nX-Tenant: 7\nnonsense"
    )
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()

    assert ("Basic eA==", "7") == (
        receiver.requests[0].headers["Authorization"],
        receiver.requests[0].headers["X-Tenant"],
    )


@pytest.mark.parametrize(
    ("event_type", "event_filter", "is_told"),
    [
        ("sms_mo", "", True),
        ("all", "", True),
        ("dlr", "", False),
        ("sms_mo", "491771783130", True),
        ("sms_mo", "491771783131", False),
    ],
)
def test_hooks_get_what_they_asked_for(event_type: str, event_filter: str, is_told: bool):
    """By event type, and by inbound number where the hook has a filter."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, event_type, event_filter=event_filter)
    caller.sandbox.simulate.sms(PERSON, "hi", to="+491771783130")
    assert caller.sandbox.settle()

    assert is_told == bool(receiver.requests)


def test_failures_are_retried_on_the_published_schedule():
    """14 attempts in about three and a half days, on the sandbox's clock, then the hook is off."""
    receiver = Receiver(*[503] * 99)
    caller = build_hooked_caller(receiver, "sms_mo")
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    start = caller.sandbox.clock()
    for _ in range(90):
        caller.sandbox.advance(3600)
        assert caller.sandbox.settle()
    moments = [round(attempt.moment - start) for attempt in caller.sandbox.attempts]
    waits = [after - before for before, after in pairwise(moments)]

    assert [60, 300, 1800, 3600, 7200] == waits[:5]
    assert waits == sorted(waits) == list(WAITS_S)
    assert (ATTEMPTS, 14) == (len(moments), ATTEMPTS)
    assert 3 * 86400 < moments[-1] < 4 * 86400
    assert [False] == [hook["enabled"] for hook in caller.json("GET /hooks")["hooks"]]


@pytest.mark.parametrize(
    ("status", "attempts"),
    [(200, 1), (302, 1), (400, 1), (401, 1), (404, 1), (410, 1),
     (0, 2), (429, 2), (500, 2), (502, 2), (503, 2), (504, 2)],
)  # fmt: skip
def test_only_published_failures_are_retried(status: int, attempts: int):
    """429, 500, 502, 503, 504 and connections that fail; 4xx are final, 3xx are taken."""
    caller = build_hooked_caller(Receiver(status), "sms_mo")
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    caller.sandbox.advance(60)
    assert caller.sandbox.settle()

    assert attempts == len(caller.sandbox.attempts)
    assert caller.json("GET /hooks")["hooks"][0]["enabled"]


def test_a_deleted_hook_is_not_tried_again():
    """Retries of a hook that is gone are dropped."""
    caller = build_hooked_caller(Receiver(503), "sms_mo")
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    caller.json("DELETE /hooks", query={"id": 2001})
    caller.sandbox.advance(60)
    assert caller.sandbox.settle()

    assert 1 == len(caller.sandbox.attempts)


def test_rcs_events():
    """Texts have an integer id, statuses are told by `status`, other content passes through."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, "rcs")
    caller.json("POST /rcs/messages", json={"to": PERSON, "text": "hi", "foreign_id": "f"})
    caller.sandbox.advance(10)
    caller.sandbox.simulate.report("77000000001", "READ")
    caller.sandbox.simulate.rcs(PERSON, "yes")
    location = {"content_type": "location", "location": {"latitude": 1, "longitude": 2}}
    caller.sandbox.simulate.rcs(PERSON, content=location)
    contents = [event["data"] for event in told(caller, receiver)]
    statuses = [content["status"] for content in contents if "status" in content]
    texts = [content for content in contents if content.get("content_type") == "text"]
    places = [content for content in contents if "location" in content]

    assert ["ACCEPTED", "TRANSMITTED", "DELIVERED", "READ"] == statuses
    assert ("yes", 1871001, "myfancyagent") == (
        texts[0]["text"],
        texts[0]["id"],
        texts[0]["agent_id"],
    )
    assert {"latitude": 1, "longitude": 2} == places[0]["location"]


def test_voice_events():
    """Stages of a call, calls that come in, and keys pressed."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver)
    caller.json("POST /voice", form={"to": PERSON, "text": "press one"})
    caller.sandbox.advance(2)
    caller.sandbox.simulate.press(1000001, 1)
    caller.sandbox.simulate.press(1000001, "#")
    caller.sandbox.advance(10)
    caller.sandbox.simulate.call(PERSON)
    events = told(caller, receiver)
    by_kind = {
        kind: [event["data"] for event in events if event["webhook_event"] == kind]
        for kind in ("voice_status", "voice_dtmf", "voice_call")
    }

    assert ["ringing", "in-progress", "completed"] == [
        event["status"] for event in by_kind["voice_status"]
    ]
    assert {1, "#"} == {event["dtmf_digit"] for event in by_kind["voice_dtmf"]}
    assert {"caller": "491716992343", "system": "491771783130", "id": 2} == {
        key: by_kind["voice_call"][0][key] for key in ("caller", "system", "id")
    }


def test_clicks_are_told():
    """A tracked link that is opened names message, label and target."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver, "tracking")
    caller.send(label="l")
    caller.sandbox.simulate.click("77000000001", "https://example.test/")
    (event,) = told(caller, receiver)

    assert ("click", "77000000001", "l", 1) == tuple(
        event["data"][key] for key in ("type", "sms_id", "sms_label", "total_clicks")
    )


def test_a_click_on_an_unknown_message_is_an_error():
    """The test that asks for it is wrong, and told so."""
    with pytest.raises(UnknownIdError):
        Caller().sandbox.simulate.click("1", "https://example.test/")


def test_validation_calls_back_once_the_code_was_typed():
    """A GET with the caller's fields; from then on the number is saved."""
    receiver = Receiver()
    caller = Caller(post_webhook=receiver)
    form = {"number": PERSON, "callback": "https://a.test/done?x=1"}
    code = caller.json("POST /validate_for_voice", form=form)["code"]
    caller.sandbox.simulate.confirm(PERSON)
    assert caller.sandbox.settle()
    saved = caller.json("POST /validate_for_voice", form=form)

    assert 6 == len(code)
    assert receiver.requests[0].url.startswith(
        "https://a.test/done?x=1&id=12345&sender=491716992343"
    )
    assert (True, "The sender ID is already saved.") == (saved["success"], saved["error"])


class Handler(BaseHTTPRequestHandler):
    """Answers 204 and keeps the body."""

    bodies: list[bytes] = []  # noqa: RUF012 - one server, one test

    def do_POST(self) -> None:
        """Takes one webhook."""
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Stays quiet."""


def test_hooks_are_really_delivered_over_http():
    """I/O: a receiver on loopback gets the request; a closed port counts as never reached."""
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        caller = Caller()
        target = f"http://127.0.0.1:{server.server_port}/hook"
        form = {"target_url": target, "event_type": "sms_mo", "request_method": "JSON"}
        caller.json("POST /hooks", form=form)
        caller.sandbox.simulate.sms(PERSON, "really")
        assert caller.sandbox.settle()
        thread.join()

    assert "really" == json.loads(Handler.bodies[0])["data"]["text"]
    assert [204] == [attempt.status for attempt in caller.sandbox.attempts]
    assert 0 == post_webhook(WebRequest("POST", target, {}, b"")).status


async def test_settled_does_not_block_the_loop():
    """A receiver on the test's own loop can be waited for."""
    receiver = Receiver()
    caller = build_hooked_caller(receiver)
    caller.sandbox.simulate.sms(PERSON, "hi")

    assert await caller.sandbox.settle_async()
    assert 1 == len(receiver.requests)
