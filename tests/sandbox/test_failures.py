"""Fault rules and magic recipients, through httpx in this process; no I/O."""

from __future__ import annotations

import json

import httpx
import pytest

from seven_async.sandbox.core.wire import Delivery
from tests.sandbox.caller import ACCEPTS_JSON, Caller

BROKEN = {
    "3001": httpx.RemoteProtocolError,
    "3002": httpx.RemoteProtocolError,
    "3003": httpx.RemoteProtocolError,
    "3004": httpx.ReadError,
}


def magic(last_four: str) -> str:
    """A magic recipient."""
    return f"+49 15550 00{last_four}"


@pytest.mark.parametrize(("last_four", "code"), [("0202", 202), ("0600", 600), ("0011", 11)])
def test_a_magic_recipient_fails_alone(last_four: str, code: int):
    """`0ccc` fails with code ccc, the recipient beside it does not."""
    answer = Caller().send(to=f"{magic(last_four)},+491716992343")

    assert ("101", [code, None]) == (
        answer["success"],
        [row["error"] for row in answer["messages"]],
    )


@pytest.mark.parametrize(
    ("last_four", "final"),
    [("1001", "NOTDELIVERED"), ("1002", "EXPIRED"), ("1003", "REJECTED"), ("1004", "FAILED"),
     ("1005", "BUFFERED"), ("1006", "UNKNOWN"), ("1007", "ACCEPTED"), ("1000", "DELIVERED")],
)  # fmt: skip
def test_a_magic_recipient_chooses_its_report(last_four: str, final: str):
    """`10nn` is accepted and reported as the table says."""
    caller = Caller()
    caller.send(to=magic(last_four))
    caller.sandbox.advance(60)

    assert final == caller.json("GET /journal/outbound")[0]["dlr"]


@pytest.mark.parametrize("last_four", BROKEN)
async def test_magic_connections_break(last_four: str):
    """`300n` breaks the connection; only 3001 leaves the message unsent."""
    caller = Caller()
    async with httpx.AsyncClient(transport=caller.sandbox.transport) as client:
        with pytest.raises(BROKEN[last_four]):
            await client.post(
                caller.sandbox.base_url + "/sms",
                data={"to": magic(last_four), "text": "hi"},
                headers=ACCEPTS_JSON,
            )

    assert (last_four != "3001") == bool(caller.sandbox.sent(to=magic(last_four)))


@pytest.mark.parametrize(
    ("last_four", "status", "is_sent"),
    [("9503", 503, False), ("9429", 429, False), ("8502", 502, True)],
)
def test_magic_statuses(last_four: str, status: int, is_sent: bool):
    """`9sss` refuses, `8sss` accepts and then says HTTP sss."""
    caller = Caller()
    answer = caller.ask("POST /sms", form={"to": magic(last_four), "text": "hi"})

    assert (status, is_sent) == (answer.status, bool(caller.sandbox.ledger))
    headers = [header for header in answer.headers if header[0] != "Date"]
    assert ([("Retry-After", "1")] if status == 429 else []) == headers


@pytest.mark.parametrize("path", ["/journal/outbound", "/journal"])
def test_journal_can_be_read_for_a_magic_recipient(path: str):
    """A message whose answer was lost can be looked up by its recipient."""
    caller = Caller()
    caller.ask("POST /sms", form={"to": magic("3002"), "text": "hi"})

    answer = caller.ask(f"GET {path}", query={"to": magic("3002"), "type": "outbound"})

    assert Delivery.COMPLETE is answer.delivery
    assert ["hi"] == [row["text"] for row in json.loads(answer.body)]


def test_magic_delay_is_tenths_of_seconds():
    """`2nnn` delays the answer, not the message."""
    caller = Caller()

    assert 1.5 == caller.ask("POST /sms", form={"to": magic("2015"), "text": "hi"}).delay_s
    assert 1 == len(caller.sandbox.ledger)


def test_magic_numbers_work_in_lookups_and_lists():
    """The recipient is found among others and in `number`."""
    caller = Caller()

    both = {"to": f"+491716992343,{magic('9500')}", "text": "x"}
    assert 500 == caller.ask("POST /sms", form=both).status


def test_a_rule_fits_route_and_count():
    """`nth` counts the calls that fit, `times` caps the hits, other routes are left alone."""
    caller = Caller()
    rule = caller.sandbox.fault("POST /sms", nth=2, status=503)
    statuses = [
        caller.ask("POST /sms", form={"to": "491716992343", "text": str(number)}).status
        for number in range(3)
    ]

    assert [200, 503, 200] == statuses
    assert 200 == caller.ask("GET /balance").status
    assert (3, 1, 2) == (rule.calls, rule.hits, len(caller.sandbox.ledger))


def test_rules_count_side_by_side():
    """Each `nth` is the nth call, whatever the rules before it did."""
    caller = Caller()
    caller.sandbox.fault("GET /balance", nth=1, status=503)
    caller.sandbox.fault("GET /balance", nth=2, status=500)

    assert [503, 500, 200] == [caller.ask("GET /balance").status for _ in range(3)]


def test_codes_are_text_for_who_did_not_ask_for_json():
    """A bare code is in the form that the caller reads."""
    caller = Caller()
    caller.sandbox.fault(code=600)

    assert "600" == caller.text("GET /balance")
    assert "600" == caller.json("GET /balance")


def test_a_status_below_400_has_an_empty_body():
    """Nothing is answered that belongs to another status."""
    caller = Caller()
    caller.sandbox.fault(status=204)

    assert b"" == caller.ask("GET /balance").body


@pytest.mark.parametrize(
    "how",
    [
        {"status": 99},
        {"status": 600},
        {"probability": 1.1},
        {"probability": float("nan")},
        {"delay_s": -1},
        {"delay_s": float("inf")},
        {"drop": "sideways"},
        {"nth": 0},
        {"times": -1},
    ],
)
def test_rules_that_make_no_sense_are_refused(how: dict):
    """At once, and not when a call comes."""
    with pytest.raises(ValueError, match=next(iter(how))):
        Caller().sandbox.fault(**how)


@pytest.mark.parametrize("to", ["+49-1555-000-9503", "0155 5000 9503", "0049(1555)000.9503"])
def test_magic_numbers_may_be_decorated(to: str):
    """In any spelling that is a number."""
    assert 503 == Caller().ask("POST /sms", form={"to": to, "text": "x"}).status


def test_times_ends_a_rule():
    """A rule with `times=2` hits twice, then calls go through."""
    caller = Caller()
    caller.sandbox.fault("/balance", times=2, code=700)

    assert ["700", "700"] == [caller.json("GET /balance") for _ in range(2)]
    assert "amount" in caller.json("GET /balance")


def test_probability_repeats_with_the_seed():
    """The same seed fails the same calls, another one other calls, at about the given rate."""

    def failures(seed: int) -> list[bool]:
        caller = Caller(seed=seed)
        caller.sandbox.fault(probability=0.3, status=500)
        return [caller.ask("GET /balance").status == 500 for _ in range(300)]

    assert failures(1) == failures(1) != failures(2)
    assert 60 < sum(failures(1)) < 120


def test_a_recipient_with_a_code_fails_alone():
    """`recipient=` and `code=` together fail that message, not the call."""
    caller = Caller()
    caller.sandbox.fault("POST /sms", recipient="0171 6992343", code=600)
    answer = caller.send(to="+491716992343,+491716992344")

    assert [600, None] == [row["error"] for row in answer["messages"]]


def test_a_rule_ends_with_its_block():
    """Leaving the `with` block lets calls through again."""
    caller = Caller()
    with caller.sandbox.fault(status=503):
        assert 503 == caller.ask("GET /balance").status

    assert 200 == caller.ask("GET /balance").status


def test_effects_shape_the_answer():
    """Status, Retry-After, headers and body as told; half a body; garbled bytes."""
    caller = Caller()
    with caller.sandbox.fault(status=429, retry_after=7, headers={"X-A": "b"}, body="slow"):
        refused = caller.ask("GET /balance")
    with caller.sandbox.fault(truncate=True):
        cut = caller.ask("GET /balance")
    with caller.sandbox.fault(garble=True):
        garbled = caller.ask("GET /balance")

    assert (429, b"slow", (("Retry-After", "7"), ("X-A", "b"))) == (
        refused.status,
        refused.body,
        refused.headers[:2],
    )
    assert b'{"amount":1000000.' == cut.body
    assert len(garbled.body) == len(caller.ask("GET /balance").body)
    assert garbled.body != caller.ask("GET /balance").body


def test_processed_says_502_after_the_work():
    """`processed=True` accepts the message and then answers with the status."""
    caller = Caller()
    caller.sandbox.fault("POST /sms", status=502, processed=True)

    assert 502 == caller.ask("POST /sms", form={"to": "491716992343", "text": "x"}).status
    assert 1 == len(caller.sandbox.ledger)


@pytest.mark.parametrize(
    ("how", "error", "accepted"),
    [
        ({"drop": "connect"}, httpx.ConnectError, 0),
        ({"drop": "before"}, httpx.RemoteProtocolError, 0),
        ({"drop": "within"}, httpx.RemoteProtocolError, 1),
        ({"drop": "after"}, httpx.RemoteProtocolError, 1),
        ({"reset": True}, httpx.ReadError, 1),
        ({"reset": True, "drop": "before"}, httpx.ReadError, 0),
        ({"delay_s": 9.0}, httpx.ReadTimeout, 1),
    ],
)
async def test_connections_break_as_on_a_wire(how: dict, error: type[Exception], accepted: int):
    """Each break is the httpx error a real connection gives, and `before` leaves nothing sent."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    events: list[str] = []

    async def trace(event: str, _: object) -> None:
        events.append(event)

    caller = Caller(sleep=sleep)
    caller.sandbox.fault(**how)
    async with httpx.AsyncClient(transport=caller.sandbox.transport, timeout=5) as client:
        with pytest.raises(error):
            await client.post(
                "http://any.test/api/sms",
                data={"to": "491716992343", "text": "x"},
                headers=ACCEPTS_JSON,
                extensions={"trace": trace},
            )

    assert accepted == len(caller.sandbox.ledger)
    assert (error is not httpx.ConnectError) == (events == ["http11.send_request_headers.started"])
    assert ([5] if error is httpx.ReadTimeout else []) == waits


async def test_latency_is_waited_by_the_given_sleep():
    """Every answer takes the latency, the delay of a fault on top."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    caller = Caller(sleep=sleep, latency_s=0.035)
    async with httpx.AsyncClient(transport=caller.sandbox.transport) as client:
        await client.get("http://any.test/api/balance", headers=ACCEPTS_JSON)
        caller.sandbox.fault(delay_s=1)
        await client.get("http://any.test/api/balance", headers=ACCEPTS_JSON)

    assert [0.035, 1.035] == waits
