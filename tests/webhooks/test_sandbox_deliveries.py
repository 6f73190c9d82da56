"""What the sandbox delivers, read by the verifier: every event, in every form of a hook."""

from __future__ import annotations

from typing import get_args

import pytest

from seven_async.sandbox.webhooks.deliveries import WebRequest
from seven_async.webhooks import CallerIdValidation, Event, UnknownEvent, WebhookVerifier
from seven_async.webhooks import parse_event as read_event
from tests.sandbox.caller import NOON, Caller

URL = "https://app.example/hooks/seven?tenant=7"
PERSON = "+491716992343"
DAYS_S = 40 * 86_400.0
FILE = {
    "content_type": "user_file",
    "user_file": {
        "payload": {
            "fileName": "Grüße & mehr.jpg",
            "fileSizeBytes": 1234,
            "fileUri": "https://files.test/a?b=c&d=[e]",
            "mimeType": "image/jpeg",
        },
        "thumbnail": {
            "fileSizeBytes": 12,
            "fileUri": "https://files.test/t",
            "mimeType": "image/jpeg",
        },
    },
}
SUGGESTION = {
    "content_type": "suggestion_response",
    "suggestion_response": {"postbackData": "a=1&b[c]=2", "text": "Yes", "type": "REPLY"},
}
PLACE = {"content_type": "location", "location": {"latitude": 54.32, "longitude": -10.13}}


def deliver_everything(request_method: str) -> list[WebRequest]:
    """Return the deliveries to one hook after everything has happened that hooks hear of."""
    taken: list[WebRequest] = []
    caller = Caller(
        post_webhook=lambda request: taken.append(request) or 204, signing_secret="s3cret"
    )
    hook = {"target_url": URL, "event_type": "all", "request_method": request_method}
    caller.json("POST /hooks", form=hook)
    let_everything_happen(caller)
    return taken


def let_everything_happen(caller: Caller) -> None:
    """Send, and move the outside world, until each kind of event was told."""
    sandbox, simulate = caller.sandbox, caller.sandbox.simulate
    sandbox.advance(DAYS_S)
    sms = caller.send(label="l", foreign_id="order-7")["messages"][0]["id"]
    caller.json("POST /rcs/messages", json={"to": PERSON, "text": "hi", "foreign_id": "f"})
    call = caller.json("POST /voice", form={"to": PERSON, "text": "press one"})
    simulate.whatsapp(PERSON, "Grüße", to="4915112345678")
    caller.json(
        "POST /waba/messages",
        json={"from": "4915112345678", "to": PERSON, "type": "text", "text": {"body": "hi"}},
    )
    sandbox.advance(3)
    simulate.press(call["messages"][0]["id"], "#")
    sandbox.advance(60)
    simulate.click(sms, "https://example.test/?a=b&c=d")
    simulate.sms(PERSON, "50 % [off] & mehr? = Grüße 👋\n+1")
    simulate.call(PERSON)
    simulate.rcs(PERSON, "yes")
    for content in (FILE, SUGGESTION, PLACE):
        simulate.rcs(PERSON, content=content)
    assert sandbox.settle()


@pytest.mark.parametrize("request_method", ["POST", "JSON", "GET"])
def test_every_event_is_accepted_and_typed(request_method: str):
    """Each form is verified, days after the clock was moved, and no field is left over."""
    verifier = WebhookVerifier("s3cret", url=URL, clock=lambda: NOON)
    events = [
        verifier.verify(request.method, request.url, request.headers, request.body)
        for request in deliver_everything(request_method)
    ]

    wanted = set(get_args(Event)) - {UnknownEvent, CallerIdValidation}
    assert wanted == {type(event) for event in events}
    assert [] == [event for event in events if event.extra]
    assert all(event.occurred_at and event.reported_at for event in events)


@pytest.mark.parametrize("request_method", ["POST", "JSON", "GET"])
def test_forms_say_the_same(request_method: str):
    """What an event holds does not depend on how its hook wants it."""
    verifier = WebhookVerifier("s3cret", url=URL, clock=lambda: NOON)

    def read(method: str) -> list[Event]:
        return [
            verifier.verify(request.method, request.url, request.headers, request.body)
            for request in deliver_everything(method)
        ]

    assert read("JSON") == read(request_method)


def test_validation_callback_is_typed():
    """The callback of `validate_for_voice` is not signed, and read all the same."""
    taken: list[WebRequest] = []
    caller = Caller(post_webhook=lambda request: taken.append(request) or 204)
    form = {"number": PERSON, "callback": "https://a.test/done"}
    caller.json("POST /validate_for_voice", form=form)
    caller.sandbox.simulate.confirm(PERSON)
    assert caller.sandbox.settle()
    (request,) = taken
    event = read_event(method=request.method, query=request.url.partition("?")[2])

    assert CallerIdValidation is type(event)
    assert {} == event.extra
