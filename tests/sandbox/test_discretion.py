"""No repr of anything the sandbox hands out shows a number, a text or a secret; I/O: none."""

from __future__ import annotations

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.server.connection import Exchange
from seven_async.sandbox.webhooks.deliveries import WebRequest
from tests.sandbox.caller import KEY, Caller

NUMBER = "491716992343"
SECRETS = ("1716992343", "hush", KEY, "token-in-url", "Basic")


def shown() -> str:
    """The reprs of everything, after one of each thing happened."""
    requests: list[WebRequest] = []
    caller = Caller(post_webhook=lambda request: requests.append(request) or 200)
    form = {"target_url": "https://a.test/token-in-url", "headers": "Authorization: Basic eA=="}
    caller.json("POST /hooks", form={**form, "event_type": "all", "request_method": "GET"})
    caller.json("POST /contacts", form={"mobile_number": NUMBER, "notes": "hush"})
    caller.json("POST /numbers/order", form={"number": "4523854818"})
    caller.json("PATCH /numbers/active/4523854818", form={"slack_forward": "hush"})
    answer = caller.ask("POST /sms", form={"to": NUMBER, "text": "hush", "from": NUMBER})
    inbound = caller.sandbox.simulate.sms(NUMBER, "hush", to=NUMBER)
    rule = caller.sandbox.fault(f"/numbers/active/{NUMBER}", recipient=NUMBER, body="hush")
    assert caller.sandbox.settle()
    main = caller.sandbox.gateway.state.main
    request = IncomingRequest("GET", f"/api/sms?to={NUMBER}&p={KEY}", {"x-api-key": KEY}, b"hush")
    kept = [*main.hooks.values(), *main.contacts.values(), *main.numbers.values()]
    assert requests
    assert kept
    return repr(
        [main, answer, inbound, rule, Exchange(request, answer), *kept, *requests,
         *caller.sandbox.ledger, *caller.sandbox.attempts, caller.sandbox]
    )  # fmt: skip


def test_reprs_tell_no_secret():
    """Numbers are masked, texts are lengths, keys and URLs of hooks are left out."""
    text = shown()

    assert [] == [secret for secret in SECRETS if secret in text]
