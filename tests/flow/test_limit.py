"""The line that requests stand in: the window, the pause, and what cancellation leaves behind."""

from __future__ import annotations

import gc

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import Rate, RateLimitError
from seven_async.flow.limit import Departures, Limiter, Ticket, departures_of, gate_for
from tests.flow.skipping_clock import SkippingClock
from tests.flow.waking_clock import WakingClock, most_within

arrivals = st.lists(
    st.tuples(st.floats(0, 3, allow_nan=False), st.integers(1, 12)), min_size=1, max_size=60
)


def departed(rate: Rate, arriving: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """When requests leave, and with how many messages, that arrive with gaps and wait as told."""
    line, now, left = Departures(), 100.0, list[tuple[float, int]]()
    lease = line.lease(rate)
    for gap_s, messages in arriving:
        now += gap_s
        ticket = Ticket(messages)
        while (wait_s := line.wait_s(now, ticket, 0.5)) > 0:
            now += wait_s
        left.append((now, messages))
    lease.end()
    return left


@given(st.integers(1, 20), st.floats(0.05, 5), arrivals)
def test_never_more_than_n_messages_in_any_window(
    n: int, per_s: float, arriving: list[tuple[float, int]]
) -> None:
    """In no `per_s` seconds do more than n messages leave, but for one request larger than that."""
    left = departed(Rate(n, per_s=per_s), arriving)

    for messages, requests in most_within(left, per_s):
        assert messages <= n or 1 == requests


@given(st.integers(1, 8), st.floats(0.05, 5), arrivals)
def test_large_requests_do_not_make_an_account_faster(
    n: int, per_s: float, arriving: list[tuple[float, int]]
) -> None:
    """What is larger than a window takes up the ones after it: the mean rate is kept."""
    left = departed(Rate(n, per_s=per_s), arriving)

    first = left[0][0]
    before = 0
    for at, messages in left:
        assert before <= n * ((at - first) / per_s + 1) + 1e-6
        before += messages


@given(st.integers(1, 8), st.floats(0.05, 5), arrivals)
def test_nobody_waits_longer_than_the_window_asks(
    n: int, per_s: float, arriving: list[tuple[float, int]]
) -> None:
    """A request leaves at once when it fits beside what left within the window before it."""
    arriving = [(gap_s, min(messages, n)) for gap_s, messages in arriving]
    left, arrived = departed(Rate(n, per_s=per_s), arriving), 100.0
    for place, (gap_s, messages) in enumerate(arriving):
        earliest, room = arrived + gap_s, n - messages
        for at, earlier in reversed(left[:place]):
            room -= earlier
            if room < 0:
                earliest = max(earliest, at + per_s)
                break

        assert left[place][0] == pytest.approx(earliest)
        arrived = left[place][0]


def test_every_rate_of_an_account_holds_for_all() -> None:
    """Of two clients with different rates both are kept, whoever asks; the stricter one decides."""
    line = Departures()
    wide = line.lease(Rate(100))
    for _ in range(5):
        assert 0 == line.wait_s(10.0, Ticket(), 0.5)
    strict = line.lease(Rate(5, per_s=2))

    assert pytest.approx(1.9) == line.wait_s(10.1, Ticket(), 0.5)
    assert 5 == line.most_together
    strict.end()
    assert 0 == line.wait_s(10.1, Ticket(), 0.5)
    wide.end()
    assert line.is_free


def test_a_rate_holds_no_longer_than_whoever_has_it() -> None:
    """A client that is forgotten without being closed takes its rate with it."""
    line = Departures()
    lease = line.lease(Rate(1, per_s=3600))
    same = line.lease(Rate(1, per_s=3600))
    assert line.wait_s(10.0, Ticket(), 0.5) == 0
    same.end()

    assert line.wait_s(10.0, Ticket(), 0.5) == pytest.approx(3600)
    del lease
    gc.collect()
    assert line.is_free


async def test_a_large_send_is_not_starved_by_single_ones() -> None:
    """Single messages of another client arrive for ever; a hundred recipients get their turn."""
    waking = WakingClock()
    shared = Departures()
    lease = shared.lease(Rate(100))
    large, small = (Limiter(gate_for(50), shared) for _ in range(2))
    left: list[tuple[float, int]] = []

    async def send(limiter: Limiter, messages: int) -> None:
        await limiter.enter(waking.clock, 60, Ticket(messages))
        left.append((waking.now_s, messages))
        limiter.leave()

    async def send_many() -> None:
        for _ in range(600):
            await send(small, 1)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(send_many)
        await waking.clock.sleep(0.5)
        tasks.start_soon(send, large, 100)
    lease.end()

    (at,) = [at for at, messages in left if messages == 100]
    assert 1801 == len(left)
    assert at - left[0][0] < 3
    assert all(messages <= 100 for messages, _ in most_within(left, 1.0))


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    """Who is cancelled in the line is neither counted nor waited for."""
    waking = WakingClock()
    shared = Departures()
    lease = shared.lease(Rate(10))
    first, second = (Limiter(gate_for(50), shared) for _ in range(2))
    await first.enter(waking.clock, 60, Ticket(10))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.enter, waking.clock, 60, Ticket(100))
        await waking.clock.sleep(0.1)
        tasks.start_soon(second.wait_for_room, waking.clock, Ticket(100))
        await waking.clock.sleep(0.1)
        tasks.cancel_scope.cancel()

    await second.enter(waking.clock, 60, Ticket(10))
    lease.end()
    assert 1.0 == pytest.approx(waking.now_s - waking.begun_s)


async def test_whoever_does_not_come_when_it_may_is_overtaken() -> None:
    """A place in the line that is not used holds the others up for a moment only."""
    waking = WakingClock()
    shared = Departures()
    lease = shared.lease(Rate(10))
    limiter = Limiter(gate_for(50), shared)
    idle = Ticket(10)
    await limiter.wait_for_room(waking.clock, idle)
    await limiter.enter(waking.clock, 60, Ticket(10))
    waited_s = waking.now_s - waking.begun_s
    await limiter.enter(waking.clock, 60, idle)
    lease.end()

    assert 0.2 < waited_s < 0.4
    assert waked_at(waking) == pytest.approx(waited_s + 1.0)


def waked_at(waking: WakingClock) -> float:
    """Seconds since the clock began."""
    return waking.now_s - waking.begun_s


async def test_what_is_to_be_done_before_leaving_is_done_last() -> None:
    """It is done when the request may leave, each time; where it fails, nothing leaves."""
    waking = WakingClock()
    shared = Departures()
    lease = shared.lease(Rate(1))
    gate = gate_for(1)
    limiter = Limiter(gate, shared)
    done: list[float] = []

    async def note() -> None:
        done.append(waked_at(waking))
        if len(done) == 3:
            raise LookupError

    ticket = Ticket(1, note)
    for _ in range(2):
        await limiter.enter(waking.clock, 60, ticket)
        limiter.leave()
    with pytest.raises(LookupError):
        await limiter.enter(waking.clock, 60, ticket)
    lease.end()

    assert [0.0, 1.0, 2.0] == pytest.approx(done)
    assert 1 == gate.value


def test_departures_are_shared_per_account() -> None:
    """The same account gives the same line, another one gives another."""
    here = departures_of(("url", "a"))

    assert here is departures_of(("url", "a"))
    assert here is not departures_of(("url", "b"))


def test_a_pause_is_never_shortened() -> None:
    """A second 429 that asks for less does not let anybody out earlier."""
    line = Departures()
    line.pause(20.0)
    line.pause(12.0)

    assert line.wait_s(10.0, Ticket(), 0.5) == pytest.approx(10.0)


def test_after_a_pause_requests_leave_one_by_one_and_ever_faster() -> None:
    """The end of a pause lets no crowd out: the first second sees about two dozen."""
    line, now, times = Departures(), 5.0, list[float]()
    line.pause(10.0)
    for _ in range(200):
        while (wait_s := line.wait_s(now, Ticket(), 0.5)) > 0:
            now += wait_s
        times.append(now)

    first_second = [time for time in times if time < 10.9]
    assert times[0] == pytest.approx(10.0)
    assert 8 <= len(first_second) <= 24
    assert line.is_free


async def test_cancelled_waiters_leave_the_line_as_it_was() -> None:
    """Tasks cancelled in the gate, in the turn and in a pause do not lock the next ones out."""
    clock = SkippingClock().clock
    shared = Departures()
    lease = shared.lease(Rate(1, per_s=3600))
    limiter = Limiter(gate_for(2), shared)
    await limiter.enter(clock, 60, Ticket())

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(limiter.enter, _never(clock), 60, Ticket())
        await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()
    limiter.leave()

    with anyio.fail_after(30):
        await limiter.enter(clock, 60, Ticket())
        await limiter.enter(clock, 60, Ticket())
    lease.end()


def _never(clock: object) -> object:
    """A clock whose sleep does not end."""
    import attrs

    return attrs.evolve(clock, sleep=lambda _: anyio.sleep_forever())


async def test_at_most_concurrency_are_in_flight() -> None:
    """The gate holds the one too many until somebody leaves."""
    clock = SkippingClock().clock
    limiter = Limiter(gate_for(1), Departures())
    await limiter.enter(clock, 60, Ticket())

    with anyio.move_on_after(0.02) as too_many:
        await limiter.enter(clock, 60, Ticket())
    limiter.leave()
    with anyio.fail_after(30):
        await limiter.enter(clock, 60, Ticket())

    assert too_many.cancelled_caught


async def test_a_pause_longer_than_the_callers_patience_is_an_error_at_once() -> None:
    """Nobody stands in an open call for an hour; the error says how long it would be."""
    clock = SkippingClock().clock
    limiter = Limiter(gate_for(1), Departures())
    await limiter.pause(clock, 3600)

    with pytest.raises(RateLimitError) as caught:
        await limiter.enter(clock, 60, Ticket())

    assert caught.value.retry_after_s == pytest.approx(3600, rel=0.01)
    with pytest.raises(RateLimitError):  # the place in the gate was given back
        await limiter.enter(clock, 60, Ticket())


async def test_no_header_locks_a_process_out_for_good() -> None:
    """However absurd a pause is asked for, after a day the gateway is asked again."""
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    shared = Departures()
    limiter = Limiter(gate_for(1), shared)
    await limiter.pause(clock, float("inf"))
    await limiter.pause(clock, 1e20)

    with pytest.raises(RateLimitError) as caught:
        await limiter.enter(clock, 60, Ticket())
    await limiter.enter(clock, 1e9, Ticket())

    assert 86_400 == caught.value.retry_after_s
    assert 86_400 == pytest.approx(skipping.skipped_s)


async def test_a_pause_that_lasts_too_long_keeps_no_place() -> None:
    """Whoever is sent away by a pause leaves the gate as it was."""
    clock = SkippingClock(start=1000.0).clock
    gate = gate_for(3)
    limiter = Limiter(gate, Departures())
    await limiter.pause(clock, 600)
    for _ in range(5):
        with pytest.raises(RateLimitError):
            await limiter.enter(clock, 60, Ticket())

    assert 3 == gate.value


async def test_many_who_wait_for_the_end_of_a_pause_leave_one_by_one() -> None:
    """Two hundred tasks behind one pause: none leaves before its end, and no two at one moment."""
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    limiter = Limiter(gate_for(500), Departures())
    await limiter.pause(clock, 30)
    left: list[float] = []

    async def leave() -> None:
        await limiter.enter(clock, 60, Ticket())
        left.append(clock.monotonic())

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(leave)

    assert 200 == len(left)
    assert min(left) >= 1030
    assert len({round(time, 6) for time in left if time < 1030.5}) > 3
    assert len([time for time in left if time < 1030.5]) < 10


def test_the_gaps_after_a_pause_are_jittered() -> None:
    """Processes that were held back by one pause do not go on in step."""
    gaps = []
    for draw in (0.0, 1.0):
        line = Departures()
        line.pause(10.0)
        assert line.wait_s(10.0, Ticket(), draw) == 0
        gaps.append(line.wait_s(10.0, Ticket(), draw))

    assert [0.1, 0.3] == pytest.approx(gaps)
