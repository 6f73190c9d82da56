"""The line that requests stand in: the window, the pause, and what cancellation leaves behind."""

from __future__ import annotations

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import Rate, RateLimitError
from seven_async.flow.limit import Departures, Limiter, departures_of, gate_for
from tests.flow.skipping_clock import SkippingClock

arrivals = st.lists(st.floats(0, 3, allow_nan=False), min_size=1, max_size=60)


def departed(rate: Rate, gaps_s: list[float]) -> list[float]:
    """When requests leave that arrive with these gaps and wait as they are told."""
    line, now, times = Departures(), 100.0, list[float]()
    for gap_s in gaps_s:
        now += gap_s
        while (wait_s := line.wait_s(now, rate, 0.5)) > 0:
            now += wait_s
        times.append(now)
    return times


@given(st.integers(1, 8), st.floats(0.05, 5), arrivals)
def test_never_more_than_n_in_any_window(n: int, per_s: float, gaps_s: list[float]) -> None:
    """Departure k leaves only when departure k - n is `per_s` old, bursts included."""
    times = departed(Rate(n, per_s=per_s), gaps_s)

    assert all(
        later - earlier >= per_s - 1e-9 for earlier, later in zip(times, times[n:], strict=False)
    )


@given(st.integers(1, 8), st.floats(0.05, 5), arrivals)
def test_nobody_waits_longer_than_the_window_asks(
    n: int, per_s: float, gaps_s: list[float]
) -> None:
    """A request leaves at once when fewer than n left within the window before it."""
    times, arrived = departed(Rate(n, per_s=per_s), gaps_s), 100.0
    for place, gap_s in enumerate(gaps_s):
        earliest = arrived + gap_s
        if place >= n:
            earliest = max(earliest, times[place - n] + per_s)

        assert times[place] == pytest.approx(earliest)
        arrived = times[place]


def test_two_rates_of_one_account_count_each_others_departures() -> None:
    """Clients with different rates for one account see the same departures."""
    line = Departures()
    for _ in range(5):
        assert line.wait_s(10.0, Rate(100), 0.5) == 0

    assert line.wait_s(10.1, Rate(5, per_s=2), 0.5) == pytest.approx(1.9)


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

    assert line.wait_s(10.0, None, 0.5) == pytest.approx(10.0)


def test_after_a_pause_requests_leave_one_by_one_and_ever_faster() -> None:
    """The end of a pause lets no crowd out: the first second sees about two dozen."""
    line, now, times = Departures(), 5.0, list[float]()
    line.pause(10.0)
    for _ in range(200):
        while (wait_s := line.wait_s(now, None, 0.5)) > 0:
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
    limiter = Limiter(gate_for(2), Rate(1, per_s=3600), shared)
    await limiter.enter(clock, 60)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(limiter.enter, _never(clock), 60)
        await anyio.sleep(0.05)
        tasks.cancel_scope.cancel()
    limiter.leave()

    with anyio.fail_after(5):
        await limiter.enter(clock, 60)
        await limiter.enter(clock, 60)


def _never(clock: object) -> object:
    """A clock whose sleep does not end."""
    import attrs

    return attrs.evolve(clock, sleep=lambda _: anyio.sleep_forever())


async def test_at_most_concurrency_are_in_flight() -> None:
    """The gate holds the one too many until somebody leaves."""
    clock = SkippingClock().clock
    limiter = Limiter(gate_for(1), None, Departures())
    await limiter.enter(clock, 60)

    with anyio.move_on_after(0.02) as too_many:
        await limiter.enter(clock, 60)
    limiter.leave()
    with anyio.fail_after(1):
        await limiter.enter(clock, 60)

    assert too_many.cancelled_caught


async def test_a_pause_longer_than_the_callers_patience_is_an_error_at_once() -> None:
    """Nobody stands in an open call for an hour; the error says how long it would be."""
    clock = SkippingClock().clock
    limiter = Limiter(gate_for(1), None, Departures())
    limiter.pause(clock, 3600)

    with pytest.raises(RateLimitError) as caught:
        await limiter.enter(clock, 60)

    assert caught.value.retry_after_s == pytest.approx(3600, rel=0.01)
    with pytest.raises(RateLimitError):  # the place in the gate was given back
        await limiter.enter(clock, 60)


async def test_no_header_locks_a_process_out_for_good() -> None:
    """However absurd a pause is asked for, after a day the gateway is asked again."""
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    shared = Departures()
    limiter = Limiter(gate_for(1), None, shared)
    limiter.pause(clock, float("inf"))
    limiter.pause(clock, 1e20)

    with pytest.raises(RateLimitError) as caught:
        await limiter.enter(clock, 60)
    await limiter.enter(clock, 1e9)

    assert 86_400 == caught.value.retry_after_s
    assert 86_400 == pytest.approx(skipping.skipped_s)


async def test_a_pause_that_lasts_too_long_keeps_no_place() -> None:
    """Whoever is sent away by a pause leaves the gate as it was."""
    clock = SkippingClock(start=1000.0).clock
    gate = gate_for(3)
    limiter = Limiter(gate, None, Departures())
    limiter.pause(clock, 600)
    for _ in range(5):
        with pytest.raises(RateLimitError):
            await limiter.enter(clock, 60)

    assert 3 == gate.value


async def test_many_who_wait_for_the_end_of_a_pause_leave_one_by_one() -> None:
    """Two hundred tasks behind one pause: none leaves before its end, and no two at one moment."""
    skipping = SkippingClock(start=1000.0)
    clock = skipping.clock
    limiter = Limiter(gate_for(500), None, Departures())
    limiter.pause(clock, 30)
    left: list[float] = []

    async def leave() -> None:
        await limiter.enter(clock, 60)
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
        assert line.wait_s(10.0, None, draw) == 0
        gaps.append(line.wait_s(10.0, None, draw))

    assert [0.1, 0.3] == pytest.approx(gaps)
