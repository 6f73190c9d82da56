"""The gateway's clock, as its replies tell it, and ages that no setting of a clock can change."""

from __future__ import annotations

import logging
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import AsyncSeven, BootTime, Clock
from seven_async.flow.clock import ClockReading, read_boot_time
from seven_async.flow.values.gateway_time import Departure, GatewayTime, proven_ages_s
from seven_async.sandbox import Sandbox

NOON = 1_780_000_000.0


class Machine:
    """A machine whose clocks are set by hand; `now_s` is the right time."""

    def __init__(self, off_s: float = 0.0) -> None:
        self.now_s, self.off_s, self.suspended_s = NOON, off_s, 0.0
        self.boot_id: str | None = None
        self.clock = Clock(now=self.now, monotonic=self.monotonic, boot_time=self.boot_time)
        self.gateway = GatewayTime(self.clock)

    def now(self) -> float:
        """What the machine takes for the Unix time."""
        return self.now_s + self.off_s

    def monotonic(self) -> float:
        """Seconds without those in which the machine was suspended."""
        return self.now_s - self.suspended_s

    def boot_time(self) -> BootTime | None:
        """Seconds since the start, with those in which the machine was suspended."""
        return BootTime(self.boot_id, self.now_s) if self.boot_id else None

    def exchange(self, out_s: float = 0.1, back_s: float = 0.1, **headers: str) -> None:
        """A request and its reply, which has the right time of when it was written."""
        sent_s = self.monotonic()
        self.now_s += out_s
        headers = headers or {"date": formatdate(self.now_s, usegmt=True)}
        self.now_s += back_s
        self.gateway.note(headers, sent_s)

    def suspend(self, seconds: float) -> None:
        """Let time pass in which the monotonic clock stands still."""
        self.now_s += seconds
        self.suspended_s += seconds


@given(
    out_s=st.floats(0.0, 2.4),
    back_s=st.floats(0.0, 2.4),
    begins_s=st.floats(0.0, 10.0),
    away_s=st.floats(-1e5, 1e6),
    off_s=st.floats(-1e9, 1e9),
)
def test_gateways_time_lies_between_its_bounds(
    out_s: float, back_s: float, begins_s: float, away_s: float, off_s: float
):
    """However far off the own clock is, and whenever the header was written."""
    machine = Machine(off_s)
    machine.now_s += begins_s
    machine.exchange(out_s, back_s)
    machine.now_s += away_s
    reading = machine.clock.read()
    earliest_s, latest_s = machine.gateway.earliest_s(reading), machine.gateway.latest_s(reading)

    assert earliest_s is not None
    assert latest_s is not None
    assert earliest_s - 1e-3 <= machine.now_s <= latest_s + 1e-3
    assert latest_s - earliest_s <= 6.0 + 1e-3


@given(st.text() | st.sampled_from(["0", "Wed", "Wed, 99 Nov 2026 99:18:39 GMT", "-1", "12:00"]))
def test_what_is_no_date_tells_nothing(text: str):
    """A proxy may write anything there; nothing is raised, and nothing is believed."""
    machine = Machine()
    machine.exchange(date=text)

    assert machine.gateway.earliest_s(machine.clock.read()) is None


def test_slow_reply_tells_nothing():
    """Of a reply that took long nobody knows when its date was written."""
    machine = Machine()
    machine.exchange(out_s=0.1, back_s=6.0)

    assert machine.gateway.earliest_s(machine.clock.read()) is None


@pytest.mark.parametrize("set_s", [3600.0, -3600.0, 6.0])
def test_clock_that_was_set_ends_what_is_known(set_s: float):
    """Until the next reply, even one with the same date."""
    machine = Machine()
    machine.exchange()
    machine.off_s += set_s
    reading = machine.clock.read()
    assert machine.gateway.earliest_s(reading) is None

    machine.exchange()
    assert machine.gateway.earliest_s(machine.clock.read()) is not None


def test_suspended_machine_does_not_know_the_time():
    """A monotonic clock that stood still meanwhile would make the gateway's time too early."""
    machine = Machine()
    machine.exchange()
    machine.suspend(8 * 3600.0)

    assert machine.gateway.earliest_s(machine.clock.read()) is None


def departure(machine: Machine) -> Departure:
    """A message that is about to leave."""
    reading = machine.clock.read()
    return Departure(boot=reading.boot, gateway_s=machine.gateway.latest_s(reading))


@pytest.mark.parametrize("off_s", [0.0, 86_400.0, -86_400.0])
def test_age_is_proven_by_the_gateway_and_by_the_start_of_the_machine(off_s: float):
    """Each proof stands for itself, and both agree."""
    machine = Machine()
    machine.boot_id = "this start"
    machine.exchange()
    left = departure(machine)
    machine.off_s = off_s
    machine.now_s += 600.0
    machine.exchange()

    by_boot, by_gateway = proven_ages_s(left, machine.clock.read(), machine.gateway)
    assert pytest.approx(600.2) == by_boot
    assert 596.0 <= by_gateway <= 600.2


def test_another_start_of_the_machine_proves_nothing():
    """Seconds since two different starts cannot be compared."""
    machine = Machine()
    machine.boot_id = "this start"
    left = departure(machine)
    machine.boot_id = "the next"

    assert [] == proven_ages_s(left, machine.clock.read(), machine.gateway)


def test_own_unix_time_proves_nothing():
    """A message of another process without a proof has no age."""
    machine = Machine()
    left = departure(machine)
    machine.now_s += 86_400.0

    assert [] == proven_ages_s(left, machine.clock.read(), machine.gateway)


def test_linux_tells_the_start_of_the_machine():
    """The same start in two readings, with seconds that go forward; None elsewhere."""
    first, second = Clock().read().boot, read_boot_time()

    assert (first is None) == (second is None)
    assert first is None or second is None or first.boot_id == second.boot_id
    assert first is None or second is None or first.seconds <= second.seconds


def test_made_up_time_has_no_start_of_the_machine():
    """A test that sets the time by hand is not contradicted by the real machine."""
    assert Clock(now=lambda: NOON).read().boot is None
    assert ClockReading(1.0, 2.0, None) == Clock(now=lambda: 1.0, monotonic=lambda: 2.0).read()


@pytest.mark.parametrize(
    ("off_s", "words"),
    [(7200.0, "7200 s ahead of"), (-3600.0, "3600 s behind"), (20.0, None), (-20.0, None)],
)
async def test_clock_that_is_far_off_is_told_once(
    caplog: pytest.LogCaptureFixture, off_s: float, words: str | None
):
    """The log says by how much and in which direction, at the first reply that shows it."""
    sandbox = Sandbox(now=lambda: NOON)
    options: dict[str, Any] = {**sandbox.options, "clock": Clock(now=lambda: NOON + off_s)}
    with caplog.at_level(logging.WARNING, logger="seven_async"):
        async with AsyncSeven(**options) as seven:
            for _ in range(3):
                await seven.balance.get()
                await seven.with_options(timeout_s=5.0).balance.get()
            ahead_s = seven.gateway_time.own_clock_ahead_s

    told = [record.getMessage() for record in caplog.records if "clock" in record.getMessage()]
    assert off_s == ahead_s
    assert (0 if words is None else 1) == len(told)
    assert all(words in text for text in told if words)
