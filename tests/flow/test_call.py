"""The loop of a call, seen from outside: attempts, deadlines, events, cancellation."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial

import anyio
import httpx
import pytest

from seven_async import (
    AsyncSeven,
    CallEvent,
    GatewayError,
    InvalidRequestError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    Retry,
    SevenError,
)
from seven_async.sandbox import Sandbox
from tests.flow.skipping_clock import SkippingClock
from tests.waiting import until

Answer = Callable[[httpx.Request], httpx.Response]


def scripted(*answers: httpx.Response | Exception) -> tuple[httpx.MockTransport, list[int]]:
    """A transport that gives these answers one after the other, the last one for ever."""
    calls: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        given = answers[min(len(calls), len(answers) - 1)]
        calls.append(1)
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return httpx.MockTransport(answer), calls


BALANCE = httpx.Response(200, json={"amount": 12.5, "currency": "EUR"})
SENT = httpx.Response(200, json={"success": "100", "messages": []})
DOWN = httpx.Response(503, text="<html>")


def busy(after: str) -> httpx.Response:
    """HTTP 429 with a Retry-After header."""
    return httpx.Response(429, headers={"Retry-After": after})


async def test_a_read_is_repeated_until_it_succeeds() -> None:
    """A free read survives two failures, with a jittered wait before each repetition."""
    skipping = SkippingClock()
    transport, calls = scripted(DOWN, httpx.ReadTimeout("late"), BALANCE)
    async with AsyncSeven(api_key="k", transport=transport, clock=skipping.clock) as seven:
        balance = await seven.balance.get()

    assert "12.5" == str(balance.amount)
    assert 3 == len(calls)
    assert [0.25, 0.5] == skipping.slept


async def test_a_read_ends_with_its_last_error() -> None:
    """After the last attempt the error is that of the row, not an unknown outcome."""
    transport, calls = scripted(DOWN)
    async with AsyncSeven(api_key="k", transport=transport, clock=SkippingClock().clock) as seven:
        with pytest.raises(GatewayError):
            await seven.balance.get()

    assert 3 == len(calls)


@pytest.mark.parametrize(
    "answer",
    [
        DOWN,
        httpx.ReadTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut"),
        httpx.WriteError("half"),
        httpx.Response(200, text='{"success":"1'),
        httpx.Response(200, text=""),
        httpx.Response(200, json="600"),
        httpx.Response(200, json={"what": "ever"}),
    ],
    ids=lambda answer: str(answer)[:30],
)
async def test_a_send_that_may_have_worked_is_not_repeated(
    answer: httpx.Response | Exception,
) -> None:
    """One request, one error that says so, with the reference to look the message up by."""
    transport, calls = scripted(answer, SENT)
    async with AsyncSeven(api_key="k", transport=transport, clock=SkippingClock().clock) as seven:
        with pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send("+491711234567", "Hi", foreign_id="order-7")

    assert 1 == len(calls)
    assert Outcome.UNKNOWN is caught.value.outcome
    assert "order-7" == caught.value.foreign_id
    assert isinstance(caught.value.__cause__, SevenError)
    assert "+491711234567" == getattr(caught.value.request, "to", None)


async def test_a_send_that_never_left_is_repeated() -> None:
    """No connection means no message: the send goes out at the next attempt."""
    transport, calls = scripted(httpx.ConnectError("refused"), SENT)
    async with AsyncSeven(api_key="k", transport=transport, clock=SkippingClock().clock) as seven:
        receipt = await seven.sms.send("+491711234567", "Hi")

    assert 100 == receipt.code
    assert 2 == len(calls)


async def test_a_send_refused_with_429_waits_as_long_as_asked_and_goes_out() -> None:
    """HTTP 429 is a refusal: nothing was sent, so sending after the pause is safe."""
    skipping = SkippingClock()
    transport, calls = scripted(busy("7"), SENT)
    async with AsyncSeven(api_key="k", transport=transport, clock=skipping.clock) as seven:
        await seven.sms.send("+491711234567", "Hi")

    assert 2 == len(calls)
    assert sum(skipping.slept) >= 7


async def test_too_long_a_pause_is_the_callers_business() -> None:
    """A Retry-After beyond the limit raises at once, with the number."""
    skipping = SkippingClock()
    transport, calls = scripted(busy("3600"), SENT)
    async with AsyncSeven(api_key="k", transport=transport, clock=skipping.clock) as seven:
        with pytest.raises(RateLimitError) as caught:
            await seven.balance.get()

    assert 3600 == caught.value.retry_after_s
    assert 1 == len(calls)
    assert [] == skipping.slept


async def test_a_429_holds_back_the_other_calls_of_the_account() -> None:
    """What one call was told, a clone and another client of the same key obey as well."""
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    transport, _ = scripted(busy("5"), BALANCE)
    other, other_calls = scripted(BALANCE)
    async with (
        AsyncSeven(api_key="same", transport=transport, clock=clock, retry=None) as first,
        AsyncSeven(api_key="same", transport=other, clock=clock) as second,
    ):
        with pytest.raises(RateLimitError):
            await first.balance.get()
        await second.balance.get()

    assert 1 == len(other_calls)
    assert skipping.skipped_s >= 5


async def test_the_deadline_covers_all_attempts_and_waits() -> None:
    """No attempt begins that could not end before the deadline."""
    skipping = SkippingClock()
    transport, calls = scripted(DOWN)
    async with AsyncSeven(
        api_key="k",
        transport=transport,
        clock=skipping.clock,
        retry=Retry(attempts=50, first_wait_s=4, longest_wait_s=4),
        deadline_s=7,
    ) as seven:
        with pytest.raises(GatewayError):
            await seven.balance.get()

    assert 4 == len(calls)
    assert sum(skipping.slept) <= 7


async def test_a_slow_attempt_is_cut_at_its_time_out() -> None:
    """`timeout_s` ends an attempt whose answer does not come; a send then ends unknown."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", delay_s=30)
    async with AsyncSeven(**sandbox.options, timeout_s=0.3) as seven:
        with pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send("+491711234567", "Hi")

    assert "0.3 s" in str(caught.value)


async def test_every_attempt_is_an_event() -> None:
    """Number, outcome, cause and waits of each attempt are told, and no private value."""
    events: list[CallEvent] = []
    transport, _ = scripted(DOWN, BALANCE)
    async with AsyncSeven(
        api_key="secret-key",
        transport=transport,
        clock=SkippingClock(start=1000.0).clock,
        on_event=events.append,
    ) as seven:
        await seven.balance.get()

    assert ["balance.get", "balance.get"] == [event.route for event in events]
    assert [1, 2] == [event.attempt for event in events]
    assert [503, 200] == [event.status for event in events]
    assert [Outcome.UNKNOWN, None] == [event.outcome for event in events]
    assert [True, False] == [event.will_retry for event in events]
    assert ["GatewayError", None] == [event.cause for event in events]
    assert 0.25 == pytest.approx(events[1].waited_s)
    assert "secret-key" not in repr(events)


async def test_an_observers_mistake_does_not_fail_a_send() -> None:
    """`on_event` that raises is logged; the receipt of the accepted message is kept."""

    def broken(_: CallEvent) -> None:
        raise RuntimeError("observer")

    sandbox = Sandbox()
    async with AsyncSeven(**sandbox.options, on_event=broken) as seven:
        receipt = await seven.sms.send("+491711234567", "Hi")

    assert 1 == len(receipt.messages)


async def test_cancelling_a_send_on_its_way_tells_its_reference() -> None:
    """The event of a cancelled send says UNKNOWN and the foreign_id to look it up by."""
    events: list[CallEvent] = []
    sandbox = Sandbox()
    slow = sandbox.fault("POST /sms", delay_s=30)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, on_event=events.append
        ) as seven:
            send = partial(seven.sms.send, "+491711234567", "Hi", foreign_id="mine")
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(send)
                await until(lambda: slow.calls)
                tasks.cancel_scope.cancel()

    assert [Outcome.UNKNOWN] == [event.outcome for event in events]
    assert ["mine"] == [event.foreign_id for event in events]


async def test_a_bad_request_is_refused_before_any_io() -> None:
    """Nothing is sent, and the error carries the request and is a ValueError."""
    transport, calls = scripted(SENT)
    async with AsyncSeven(api_key="k", transport=transport) as seven:
        with pytest.raises(InvalidRequestError, match="text: is empty"):
            await seven.sms.send("+491711234567", "")
        with pytest.raises(ValueError, match="1521 characters"):
            await seven.sms.send("+491711234567", "x" * 1521)

    assert [] == calls


async def test_errors_survive_pickling_with_all_they_know() -> None:
    """Task queues and process pools get the same error: fields, reference, cause."""
    transport, _ = scripted(DOWN)
    async with AsyncSeven(api_key="k", transport=transport) as seven:
        with pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send("+491711234567", "Hello there")

    again = pickle.loads(pickle.dumps(caught.value))

    assert str(caught.value) == str(again)
    assert caught.value.foreign_id == again.foreign_id
    assert caught.value.request == again.request
    assert 503 == getattr(again.__cause__, "status", None)


async def test_no_text_number_or_key_in_an_error() -> None:
    """`str` and `repr` of errors and requests are safe to log."""
    reply = httpx.Response(
        200, json={"success": False, "error": "Recipient 491711234567 is on a list"}
    )
    transport, _ = scripted(reply)
    async with AsyncSeven(api_key="secret-key", transport=transport) as seven:
        with pytest.raises(SevenError) as caught:
            await seven.sms.send("+491711234567", "private words")

    shown = f"{caught.value} {caught.value!r} {caught.value.request!r} {seven!r} {seven.options!r}"
    assert "1711234567" not in shown
    assert "private words" not in shown
    assert "secret-key" not in shown


async def test_nothing_left_when_the_gateway_is_not_there() -> None:
    """A refused connection is NotSentError, after the attempts that a send may safely have."""
    events: list[CallEvent] = []
    async with AsyncSeven(
        api_key="k",
        base_url="http://127.0.0.1:9/api",
        clock=SkippingClock().clock,
        on_event=events.append,
    ) as seven:
        with pytest.raises(NotSentError):
            await seven.sms.send("+491711234567", "Hi")

    assert [Outcome.NOT_SENT] * 3 == [event.outcome for event in events]
