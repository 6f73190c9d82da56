"""How calls end when more than one thing goes wrong: what stays in doubt, and who is told."""

from __future__ import annotations

import contextlib

import anyio
import httpx
import pytest

from seven_async import (
    ApiError,
    AsyncSeven,
    AuthenticationError,
    CallEvent,
    ConfigurationError,
    GatewayError,
    InvalidParameterError,
    NotSentError,
    Outcome,
    OutcomeUnknownError,
    Rate,
    RateLimitError,
    Retry,
    SevenError,
    TransportError,
)
from seven_async.sandbox import Sandbox
from tests.flow.skipping_clock import SkippingClock
from tests.flow.test_call import BALANCE, DOWN, SENT, busy, scripted

TO = "+491711234567"
LOST = httpx.ReadError("reset")
REFUSED = httpx.ConnectError("refused")
WRONG = httpx.Response(400, json={"error": "no"})


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ((LOST, REFUSED), TransportError),
        ((LOST, REFUSED, busy("1")), RateLimitError),
        ((DOWN, WRONG), InvalidParameterError),
        ((DOWN, busy("1")), RateLimitError),
        ((DOWN, busy("3600")), RateLimitError),
        ((busy("1"), LOST, REFUSED), TransportError),
    ],
)
async def test_a_change_that_an_earlier_attempt_may_have_made_stays_in_doubt(
    answers: tuple[httpx.Response | Exception, ...], kind: type[SevenError]
) -> None:
    """The last attempt did not leave or was refused, the first may have been processed: unknown."""
    events: list[CallEvent] = []
    transport, _ = scripted(*answers)
    async with AsyncSeven(
        api_key="k", transport=transport, clock=SkippingClock().clock, on_event=events.append
    ) as seven:
        with pytest.raises(kind) as caught:
            await seven.contacts.update(7, firstname="Ada")

    assert Outcome.UNKNOWN is caught.value.outcome
    assert not isinstance(caught.value, NotSentError)
    assert (Outcome.UNKNOWN, False) == (events[-1].outcome, events[-1].will_retry)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ((REFUSED,), Outcome.NOT_SENT),
        ((busy("1"), REFUSED), Outcome.NOT_SENT),
        ((REFUSED, WRONG), Outcome.REJECTED),
    ],
)
async def test_a_change_that_no_attempt_can_have_made_is_not_in_doubt(
    answers: tuple[httpx.Response | Exception, ...], outcome: Outcome
) -> None:
    """Where every attempt was refused or never left, so was the call."""
    transport, _ = scripted(*answers)
    async with AsyncSeven(api_key="k", transport=transport, clock=SkippingClock().clock) as seven:
        with pytest.raises(SevenError) as caught:
            await seven.contacts.update(7, firstname="Ada")

    assert outcome is caught.value.outcome


async def test_a_read_leaves_nothing_in_doubt() -> None:
    """A free read changes nothing: what its last attempt ended with is the whole truth."""
    transport, _ = scripted(LOST, WRONG)
    async with AsyncSeven(api_key="k", transport=transport, clock=SkippingClock().clock) as seven:
        with pytest.raises(InvalidParameterError) as caught:
            await seven.balance.get()

    assert Outcome.REJECTED is caught.value.outcome


class Slow(httpx.AsyncBaseTransport):
    """HTTP 503 to the first request once others line up; those are answered when `go_on` is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.first = anyio.Event()
        self.go_on = anyio.Event()

    async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
        """The answer, in time or late."""
        self.calls += 1
        if self.calls == 1:
            self.first.set()
            await anyio.wait_all_tasks_blocked()  # so that others line up behind it
            return httpx.Response(503)
        await self.go_on.wait()
        return httpx.Response(200, content=BALANCE.content)


async def test_the_deadline_ends_a_wait_in_line_for_another_attempt() -> None:
    """A repetition that gets no place in time is given up, with the error that it was for."""
    events: list[CallEvent] = []
    transport = Slow()
    async with AsyncSeven(api_key="k", transport=transport, concurrency=1, deadline_s=0.2) as seven:
        patient = seven.with_options(deadline_s=60)
        hasty = seven.with_options(on_event=events.append, retry=Retry(first_wait_s=0))
        async with anyio.create_task_group() as tasks:

            async def fill_the_line() -> None:
                await transport.first.wait()
                for _ in range(2):
                    tasks.start_soon(patient.balance.get)

            tasks.start_soon(fill_the_line)
            with pytest.raises(GatewayError):
                await hasty.balance.get()
            calls_meanwhile = transport.calls
            transport.go_on.set()

    assert 2 == calls_meanwhile
    assert [1, 2] == [event.attempt for event in events]
    assert [True, False] == [event.will_retry for event in events]
    assert 3 == transport.calls


async def test_after_a_wait_given_up_all_places_are_free_again() -> None:
    """Whoever leaves the line takes nobody's place with him."""
    transport = Slow()
    async with AsyncSeven(api_key="k", transport=transport, concurrency=1) as seven:
        hasty = seven.with_options(deadline_s=0.2)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(seven.balance.get)
            for _ in range(3):
                with contextlib.suppress(SevenError), anyio.move_on_after(0.05):
                    await hasty.balance.get()
            transport.go_on.set()
        free = seven._engine.gate.value

    assert 1 == free


async def test_a_repetition_held_back_by_another_calls_pause_ends_the_call_once() -> None:
    """A pause that begins during back-off and lasts too long ends the call, told by an event."""
    events: list[CallEvent] = []
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    transport, calls = scripted(DOWN)
    other, _ = scripted(busy("3600"))
    async with (
        AsyncSeven(api_key="held", transport=other, clock=clock, retry=None) as elsewhere,
        AsyncSeven(
            api_key="held", transport=transport, clock=clock, on_event=events.append
        ) as seven,
    ):

        async def meanwhile(_: float) -> None:
            with pytest.raises(RateLimitError):
                await elsewhere.balance.get()

        held = seven.with_options(clock=clock)
        object.__setattr__(clock, "sleep", meanwhile)
        with pytest.raises(RateLimitError) as caught:
            await held.contacts.update(7, firstname="Ada")

    assert 1 == len(calls)
    assert 3600 == pytest.approx(caught.value.retry_after_s, abs=1)
    assert Outcome.UNKNOWN is caught.value.outcome
    assert [(1, True), (2, False)] == [(event.attempt, event.will_retry) for event in events]
    assert "RateLimitError" == events[-1].cause


@pytest.mark.parametrize(
    ("answer", "outcome"), [(DOWN, Outcome.UNKNOWN), (REFUSED, Outcome.NOT_SENT)]
)
async def test_a_call_cancelled_in_its_back_off_has_a_last_event(
    answer: httpx.Response | Exception, outcome: Outcome
) -> None:
    """Who counts calls by their last event misses none, and hears what is in doubt."""
    events: list[CallEvent] = []
    transport, _ = scripted(answer)
    skipping = SkippingClock()
    with anyio.CancelScope() as scope:

        async def cancelled(_: float) -> None:
            scope.cancel()
            await anyio.sleep(1)

        clock = skipping.clock
        object.__setattr__(clock, "sleep", cancelled)
        async with AsyncSeven(
            api_key="k", transport=transport, clock=clock, on_event=events.append
        ) as seven:
            await seven.contacts.update(7, firstname="Ada")

    assert scope.cancelled_caught
    assert [(1, True), (2, False)] == [(event.attempt, event.will_retry) for event in events]
    assert ("Cancelled", outcome) == (events[-1].cause, events[-1].outcome)
    assert 0 <= events[-1].waited_s < 60


async def test_while_the_gateway_is_down_calls_are_not_multiplied() -> None:
    """Two hundred calls bring two hundred requests and twenty more; then successes count again."""
    transport, calls = scripted(DOWN)
    clock = SkippingClock().clock
    async with AsyncSeven(api_key="k", transport=transport, clock=clock) as seven:
        clone = seven.with_options(timeout_s=3)
        for client in (seven, clone) * 100:
            with contextlib.suppress(GatewayError):
                await client.balance.get()
        in_the_storm = len(calls)

    assert 220 == in_the_storm


async def test_successes_earn_new_repetitions() -> None:
    """After five calls that went well at once, one call may be repeated again."""
    answers = [DOWN] * 60 + [BALANCE] * 5 + [DOWN, BALANCE]
    transport, calls = scripted(*answers)
    clock = SkippingClock().clock
    async with AsyncSeven(api_key="k", transport=transport, clock=clock) as seven:
        while len(calls) < 60:
            with contextlib.suppress(GatewayError):
                await seven.balance.get()
        for _ in range(6):
            await seven.balance.get()

    assert len(answers) == len(calls)


async def test_the_last_attempt_has_no_more_time_than_is_left() -> None:
    """`timeout_s` is cut to the rest of `deadline_s`."""

    async def late(_: httpx.Request) -> httpx.Response:
        await anyio.sleep(20)
        return httpx.Response(200)

    async with AsyncSeven(
        api_key="k", transport=httpx.MockTransport(late), deadline_s=0.1
    ) as seven:
        with anyio.fail_after(15), pytest.raises(OutcomeUnknownError, match=r"in 0\.1 s"):
            await seven.sms.send(TO, "Hi")


async def test_a_turn_that_comes_too_late_is_not_taken() -> None:
    """Where the line takes longer than the deadline by the clock, the place goes to the next."""
    skipping = SkippingClock(start=1000.0)
    transport, calls = scripted(busy("1"), SENT)
    async with AsyncSeven(
        api_key="late",
        transport=transport,
        clock=skipping.clock,
        rate=Rate(1, per_s=100),
        deadline_s=50,
    ) as seven:
        with pytest.raises(RateLimitError):
            await seven.sms.send(TO, "Hi")
        free = seven._engine.gate.value

    assert 1 == len(calls)
    assert seven.options.concurrency == free


class Tokens:
    """A source of tokens that gives, raises or hangs."""

    def __init__(self, given: object, delay_s: float = 0.0) -> None:
        self._given = given
        self._delay_s = delay_s

    async def access_token(self) -> str:
        """What this one was made with."""
        await anyio.sleep(self._delay_s)
        if isinstance(self._given, Exception):
            raise self._given
        # Whatever somebody's `auth` gives, against its annotation: that is what is tested.
        return self._given  # type: ignore[return-value]


@pytest.mark.parametrize("token", ["to\nken-0815", "tokén-0815", "", None, b"token-0815"])
async def test_a_token_that_no_header_can_carry_is_refused_and_not_shown(token: object) -> None:
    """The error tells what is wrong with `auth`; neither it nor its cause has the token."""
    transport, calls = scripted(SENT)
    async with AsyncSeven(auth=Tokens(token), transport=transport) as seven:
        with pytest.raises(ConfigurationError, match="auth gave") as caught:
            await seven.sms.send(TO, "Hi")

    assert "0815" not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert [] == calls


async def test_a_token_may_have_space_around_it() -> None:
    """Tokens are read from files, and files end with a newline."""
    transport, calls = scripted(SENT)
    async with AsyncSeven(auth=Tokens(" token\n"), transport=transport) as seven:
        await seven.sms.send(TO, "Hi")

    assert 1 == len(calls)


async def test_an_error_of_the_token_source_is_told_by_its_name() -> None:
    """What `auth` raises comes through as it is; the event says that nothing left, and why."""
    events: list[CallEvent] = []
    transport, calls = scripted(SENT)
    async with AsyncSeven(
        auth=Tokens(LookupError("vault")), transport=transport, on_event=events.append
    ) as seven:
        with pytest.raises(LookupError):
            await seven.sms.send(TO, "Hi")
        free = seven._engine.gate.value

    assert [] == calls
    assert [("LookupError", Outcome.NOT_SENT)] == [(one.cause, one.outcome) for one in events]
    assert seven.options.concurrency == free


async def test_a_token_source_that_hangs_is_given_up() -> None:
    """`timeout_s` holds for the token, too; nothing was sent."""
    transport, calls = scripted(SENT)
    async with AsyncSeven(
        auth=Tokens("token", 30), transport=transport, timeout_s=0.05, retry=None
    ) as seven:
        with pytest.raises(NotSentError, match="access token"):
            await seven.sms.send(TO, "Hi")

    assert [] == calls


async def test_the_time_that_a_token_takes_counts_for_the_deadline() -> None:
    """A send is not begun when the deadline has passed while its token was fetched."""
    transport, calls = scripted(SENT)
    async with AsyncSeven(auth=Tokens("token", 0.2), transport=transport, deadline_s=0.1) as seven:
        with pytest.raises(NotSentError, match="deadline"):
            await seven.sms.send(TO, "Hi")

    assert [] == calls


@pytest.mark.parametrize("reads_first", [True, False])
@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, OutcomeUnknownError), (401, AuthenticationError), (413, ApiError)],
)
async def test_a_hook_that_raises_for_the_status_hides_no_answer(
    status: int, kind: type[SevenError], reads_first: bool
) -> None:
    """An `httpx.AsyncClient` with the usual hook: errors are those of the status, as without it."""

    async def strict(response: httpx.Response) -> None:
        if reads_first:
            await response.aread()
        response.raise_for_status()

    sandbox = Sandbox()
    sandbox.fault("POST /sms", status=status, processed=status == 500)
    client = httpx.AsyncClient(transport=sandbox.transport, event_hooks={"response": [strict]})
    async with client, AsyncSeven(api_key=sandbox.api_key, transport=client) as seven:
        with pytest.raises(kind) as caught:
            await seven.sms.send(TO, "Hi")

    assert (status == 500) == bool(sandbox.sent(TO))
    assert caught.value.foreign_id is not None
