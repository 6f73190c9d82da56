"""What is seen of calls: events, the log, and nothing private in either (field: 2.19)."""

from __future__ import annotations

import logging

import anyio
import pytest

from seven_async import (
    ApiError,
    AsyncSeven,
    CallEvent,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    Seven,
    SevenError,
)
from seven_async.flow.logs import line
from tests.waiting import until

KEY = "key-0123456789"
NUMBER = "+491711234567"
TEXT = "Your code is 4711"


@pytest.fixture
def options(sandbox, options):
    """A key that would be noticed in a log."""
    sandbox.add_key(KEY)
    return {**options, "api_key": KEY}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything that goes to the logger of the package."""
    caplog.set_level(logging.DEBUG, logger="seven_async")
    return caplog


def levels(log: pytest.LogCaptureFixture) -> list[str]:
    """The levels of the package's records."""
    return [record.levelname for record in log.records if record.name == "seven_async"]


async def test_event_of_a_call_that_succeeds(options):
    """One event per attempt, with what was asked, where, and how long it took."""
    events: list[CallEvent] = []
    async with AsyncSeven(**options, on_event=events.append) as seven:
        receipt = await seven.sms.send(NUMBER, text=TEXT, foreign_id="order-1")

    (event,) = events
    assert ("sms.send", "POST /sms", 1, 200) == (
        event.route,
        event.request_line,
        event.attempt,
        event.status,
    )
    assert (None, None, False) == (event.outcome, event.cause, event.will_retry)
    assert ("order-1", "sandbox.localhost") == (event.foreign_id, event.server)
    assert event.took_s > 0
    assert receipt.code == 100


async def test_events_of_a_call_that_is_repeated(sandbox, options):
    """The first event says that another attempt follows, the second that it was the last."""
    events: list[CallEvent] = []
    sandbox.fault("GET /balance", status=503, times=1)
    async with AsyncSeven(**options, on_event=events.append) as seven:
        await seven.balance.get()

    assert [(1, "GatewayError", True), (2, None, False)] == [
        (event.attempt, event.cause, event.will_retry) for event in events
    ]
    assert events[1].waited_s > 0


async def test_event_of_a_clone_goes_to_the_clone(options):
    """Each clone has the observer that it was given."""
    mine: list[CallEvent] = []
    other: list[CallEvent] = []
    async with AsyncSeven(**options, on_event=mine.append) as seven:
        await seven.with_options(on_event=other.append).balance.get()

    assert (0, 1) == (len(mine), len(other))


async def test_event_of_a_cancelled_send_says_that_nobody_knows(sandbox, options):
    """A send that is cancelled in flight can be looked up by the event's foreign_id."""
    events: list[CallEvent] = []
    slow = sandbox.fault("POST /sms", delay_s=20)
    async with (
        AsyncSeven(**options, on_event=events.append) as seven,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(seven.sms.send, NUMBER, TEXT)
        await until(lambda: slow.calls)
        tasks.cancel_scope.cancel()

    (event,) = events
    assert ("Cancelled", Outcome.UNKNOWN) == (event.cause, event.outcome)
    assert [event.foreign_id] == [entry.foreign_id for entry in sandbox.sent()]


@pytest.mark.parametrize("client", [AsyncSeven, Seven])
def test_observer_that_raises_changes_nothing(client, options, log):
    """A mistake in `on_event` is logged, and an accepted message stays accepted."""

    def mistaken(_: CallEvent) -> None:
        raise LookupError("mistake")

    async def send() -> int:
        async with AsyncSeven(**options, on_event=mistaken) as seven:
            return (await seven.sms.send(NUMBER, text=TEXT)).code

    if client is AsyncSeven:
        code = anyio.run(send)
    else:
        with Seven(**options, on_event=mistaken) as seven:
            code = seven.sms.send(NUMBER, text=TEXT).code

    assert (100, ["DEBUG", "ERROR"]) == (code, levels(log))


async def test_log_has_one_line_per_attempt(sandbox, options, log):
    """At level DEBUG every attempt is a line of facts."""
    sandbox.fault("GET /balance", status=503, times=1)
    async with AsyncSeven(**options) as seven:
        await seven.balance.get()

    assert ["DEBUG", "DEBUG"] == levels(log)
    first, second = (record.getMessage() for record in log.records)
    assert first.startswith("balance.get (GET /balance): attempt 1, waited ")
    assert first.endswith(" s, HTTP 503, cause GatewayError, outcome unknown, will be repeated")
    assert second.endswith(" s, HTTP 200")


async def test_log_warns_where_nobody_knows(sandbox, options, log):
    """A send that may have happened is a warning, with what it can be looked up by."""
    sandbox.fault("POST /sms", drop="after")
    async with AsyncSeven(**options) as seven:
        with pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send(NUMBER, text=TEXT)

    assert ["WARNING"] == levels(log)
    assert log.messages[0].endswith(
        f"cause TransportError, outcome unknown, foreign_id {caught.value.foreign_id}"
    )


async def test_log_does_not_warn_of_reads_and_refusals(sandbox, options, log):
    """A read that was lost changed nothing, and a refused message was not sent."""
    sandbox.fault("GET /balance", drop="after")
    sandbox.fault("POST /sms", code=202)
    async with AsyncSeven(**options, retry=None) as seven:
        for call in (seven.balance.get, lambda: seven.sms.send(NUMBER, text=TEXT)):
            with pytest.raises(SevenError):
                await call()

    assert ["DEBUG", "DEBUG"] == levels(log)


async def test_log_holds_no_key_number_or_text(sandbox, options, log):
    """Whatever is sent, answered or refused: nothing private is in any record."""
    sandbox.fault(
        "GET /journal/outbound", status=400, body=f'{{"code": 400, "message": "{NUMBER}"}}'
    )
    async with AsyncSeven(**options, signing_secret="sandbox-signing-secret") as seven:
        await seven.sms.send(NUMBER, text=TEXT, foreign_id=f"order-{NUMBER[1:]}")
        await seven.lookup.format(NUMBER)
        await seven.raw("GET", f"/lookup/format?number={NUMBER.strip('+')}")
        with pytest.raises(ApiError):
            await seven.journal.outbound(to=NUMBER)

    written = "\n".join(record.getMessage() + repr(record.__dict__) for record in log.records)
    assert 4 == len(log.records)
    assert [] == [secret for secret in (KEY, NUMBER, NUMBER[1:], TEXT) if secret in written]
    assert "order-49171…567" in written


async def test_nothing_is_formatted_that_nobody_reads(options, log, monkeypatch):
    """Where the level is off, a call does not pay for the line."""
    log.set_level(logging.INFO, logger="seven_async")
    monkeypatch.setattr("seven_async.flow.logs.line", lambda event: pytest.fail("formatted"))
    async with AsyncSeven(**options) as seven:
        await seven.balance.get()

    assert [] == levels(log)


def test_line_of_a_pause():
    """Code, cause and waiting are part of the line where there are any."""
    event = CallEvent(
        route="sms.send",
        request_line="POST /sms",
        attempt=2,
        waited_s=1.25,
        took_s=0.5,
        status=429,
        code=900,
        outcome=RateLimitError.outcome,
        cause="RateLimitError",
    )

    assert (
        "sms.send (POST /sms): attempt 2, waited 1.250 s, took 0.500 s, HTTP 429, code 900, "
        "cause RateLimitError, outcome rejected"
    ) == line(event)


async def test_nothing_that_observes_a_call_has_a_query(sandbox, options, log):
    """The query of a raw request has numbers in it, and perhaps texts."""
    events: list[CallEvent] = []
    async with AsyncSeven(**options, on_event=events.append) as seven:
        await seven.raw("GET", f"/lookup/format?number={NUMBER[1:]}&note=Your%20code")

    assert "GET /lookup/format" == events[0].request_line
    assert [] == [part for part in ("?", "note", NUMBER[1:]) if part in log.text]
