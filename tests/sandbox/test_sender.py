"""How webhooks leave: in order, without threads left behind, within bounds; I/O: none."""

from __future__ import annotations

import json
import threading
import time

import pytest

from seven_async.sandbox.core import state
from seven_async.sandbox.webhooks import sender
from seven_async.sandbox.webhooks.deliveries import WebRequest
from tests.sandbox.caller import Caller

PERSON = "+491716992343"
HOOK = {"target_url": "https://a.test/", "event_type": "all", "request_method": "JSON"}


def test_a_hook_hears_of_things_in_their_order():
    """The reports of a message arrive as they came about, though all are due at once."""
    bodies: list[bytes] = []

    def post(request: WebRequest) -> int:
        time.sleep(0.002 * (3 - len(bodies) % 3))  # the first of each message takes longest
        bodies.append(request.body)
        return 200

    caller = Caller(post_webhook=post)
    caller.json("POST /hooks", form=HOOK)
    for text in "abcd":
        caller.send(text=text)
        caller.sandbox.advance(10)
    assert caller.sandbox.settle()
    statuses = [json.loads(body)["data"]["status"] for body in bodies]

    assert ["ACCEPTED", "TRANSMITTED", "DELIVERED"] * 4 == statuses


def test_one_hook_does_not_wait_for_another():
    """A receiver that hangs holds up its own hook alone."""
    is_let_go, told = threading.Event(), threading.Event()

    def post(request: WebRequest) -> int:
        if "hangs" in request.url:
            return 200 * is_let_go.wait(10)
        told.set()
        return 200

    caller = Caller(post_webhook=post)
    for host in ("hangs", "answers"):
        caller.json("POST /hooks", form={**HOOK, "target_url": f"https://{host}.test/"})
    caller.sandbox.simulate.sms(PERSON, "hi")

    assert told.wait(5)
    assert not caller.sandbox.settle(0)
    is_let_go.set()
    assert caller.sandbox.settle()


def end_of_senders() -> bool:
    """Waits for the threads that send webhooks; whether they ended."""
    threads = [thread for thread in threading.enumerate() if thread.name == "seven-webhook-sender"]
    for thread in threads:
        thread.join(5)
    return not any(thread.is_alive() for thread in threads)


def test_no_thread_is_left_behind():
    """Sandboxes that had hooks leave nothing running."""
    for _ in range(5):
        caller = Caller(post_webhook=lambda request: 200)
        caller.json("POST /hooks", form=HOOK)
        caller.sandbox.simulate.sms(PERSON, "hi")
        assert caller.sandbox.settle()

    assert end_of_senders()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_receiver_that_raises_is_waited_for_no_longer():
    """An error in `post_webhook` ends that attempt; the next event is sent."""
    requests: list[WebRequest] = []

    def post(request: WebRequest) -> int:
        requests.append(request)
        if len(requests) == 1:
            raise RuntimeError("the test's own")
        return 200

    caller = Caller(post_webhook=post)
    caller.json("POST /hooks", form=HOOK)
    caller.sandbox.simulate.sms(PERSON, "one")
    assert caller.sandbox.settle(5)
    end_of_senders()  # the error is shown when its thread ends, which is to be in this test
    caller.sandbox.simulate.sms(PERSON, "two")
    assert caller.sandbox.settle(5)

    assert [200] == [attempt.status for attempt in caller.sandbox.attempts]


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch):
    """A hook that takes nothing costs no more than so many requests; retries neither."""
    monkeypatch.setattr(sender, "WAITING_MOST", 3)
    monkeypatch.setattr(state, "AGENDA_MOST", 2)
    is_let_go = threading.Event()
    caller = Caller(post_webhook=lambda request: 503 * is_let_go.wait(10))
    caller.json("POST /hooks", form=HOOK)
    for _ in range(9):
        caller.sandbox.simulate.sms(PERSON, "hi")
    is_let_go.set()
    assert caller.sandbox.settle()

    assert 3 == len(caller.sandbox.attempts)
    assert 2 == len(caller.sandbox.gateway.state.agenda)


def test_an_error_that_is_final_leaves_the_hook_on():
    """Only a delivery that failed for days switches it off, not a 404 after a 503."""
    statuses = [503, 404]
    caller = Caller(post_webhook=lambda request: statuses.pop(0))
    caller.json("POST /hooks", form=HOOK)
    caller.sandbox.simulate.sms(PERSON, "hi")
    assert caller.sandbox.settle()
    caller.sandbox.advance(60)
    assert caller.sandbox.settle()

    assert [503, 404] == [attempt.status for attempt in caller.sandbox.attempts]
    assert caller.json("GET /hooks")["hooks"][0]["enabled"]


def test_a_told_report_is_the_last_word():
    """What a test reports stays; the ordinary course does not overtake it later."""
    bodies: list[bytes] = []
    caller = Caller(post_webhook=lambda request: bodies.append(request.body) or 200)
    caller.json("POST /hooks", form=HOOK)
    caller.send()
    caller.sandbox.advance(1)
    caller.sandbox.simulate.report("77000000001", "FAILED")
    caller.sandbox.advance(10)
    assert caller.sandbox.settle()

    assert "FAILED" == caller.json("GET /journal/outbound")[0]["dlr"]
    assert ["ACCEPTED", "TRANSMITTED", "FAILED"] == [
        json.loads(body)["data"]["status"] for body in bodies
    ]


def test_a_call_that_was_hung_up_is_over():
    """Its length is the time until then, and its end is told once."""
    bodies: list[bytes] = []
    caller = Caller(post_webhook=lambda request: bodies.append(request.body) or 200)
    caller.json("POST /hooks", form=HOOK)
    caller.json("POST /voice", form={"to": PERSON, "text": "x"})
    caller.sandbox.advance(2)
    assert caller.json("POST /voice/1000001/hangup")["success"]
    caller.sandbox.advance(60)
    assert caller.sandbox.settle()
    statuses = [json.loads(body)["data"]["status"] for body in bodies]

    assert "2" == caller.json("GET /journal/voice")[0]["duration"]
    assert ["ringing", "in-progress", "completed"] == statuses
