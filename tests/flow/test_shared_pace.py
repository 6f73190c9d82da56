"""A rate that processes share: one row says when the next message of an account may leave."""

from __future__ import annotations

import logging
from contextlib import closing
from itertools import pairwise

import anyio
import pytest

from seven_async import AsyncSeven, ConfigurationError, Rate, RateLimitError, Retry
from seven_async.flow.clock import Clock
from seven_async.flow.limit import Departures, Limiter, Ticket, gate_for
from seven_async.sandbox import Sandbox
from tests.campaign.conftest import postgres, postgres_database

__all__ = ["postgres", "postgres_database"]

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.flow import shared_pace  # noqa: E402
from seven_async.flow.shared_pace import SharedPace, Turn  # noqa: E402


class Machine:
    """The clock of a process; who sleeps moves it on, and nobody else."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []
        self.clock = Clock(monotonic=lambda: self.now_s, sleep=self.sleep, draw=lambda: 0.5)

    async def sleep(self, seconds: float) -> None:
        """Let time go by."""
        self.slept.append(seconds)
        self.now_s += seconds
        await anyio.lowlevel.checkpoint()


def limiter_of(address: str, rate: Rate) -> tuple[Limiter, object]:
    """The limiter of a process, and what keeps its rate."""
    departures = Departures()
    departures.name = "acme"
    lease = departures.lease(rate)
    return Limiter(gate_for(8), departures), lease


def next_at(address: str) -> float:
    """When the next message may leave, by the row."""
    with closing(psycopg.connect(address)) as connection:
        (next_s,) = connection.execute("SELECT next_at FROM seven.pace").fetchone()
    return float(next_s)


async def test_processes_take_from_one_row(postgres: str):
    """What one has taken the other waits for; another account has a pace of its own."""
    first, second, other = (SharedPace(postgres, name) for name in ("acme", "acme", "else"))
    turns = [await pace.take(100, 0.5, lambda: 0.0) for pace in (first, second, first, other)]

    assert [0, 50, 100, 0] == [round(turn.wait_s, -1) for turn in turns]


async def test_two_processes_keep_a_rate_of_2000(postgres: str):
    """8,000 single messages of two processes take four seconds of the row, to the message."""
    paces = [SharedPace(postgres, "acme") for _ in range(2)]
    times: list[float] = []
    await paces[0].take(1, 0.0005, lambda: -1.0)  # makes the row
    before_s, machine = next_at(postgres), Machine()
    for place in range(8_000):
        # Their clock is so slow that the database never waits for them.
        turn = await paces[place // 100 % 2].take(1, 0.0005, lambda: machine.now_s)
        times.append(turn.wait_s)

    took_s = next_at(postgres) - before_s
    assert 8_000 / took_s == pytest.approx(2_000, rel=0.02)


async def test_a_slice_is_taken_once(postgres: str, monkeypatch: pytest.MonkeyPatch):
    """A hundred messages at 2,000 a second are one statement, and leave one after another."""
    statements: list[str] = []
    execute = SharedPace._execute_locked

    def count(self: SharedPace, query: str, values: dict[str, float]) -> object:
        statements.append(query)
        return execute(self, query, values)

    monkeypatch.setattr(SharedPace, "_execute_locked", count)
    pace = SharedPace(postgres, "acme")
    waits = [(await pace.take(1, 0.0005, lambda: 0.0)).wait_s for _ in range(100)]
    await pace.take(1, 0.0005, lambda: 0.0)

    assert 2 == len(statements)
    gaps = [later - earlier for earlier, later in pairwise(waits) if earlier]
    assert gaps == pytest.approx([0.0005] * len(gaps))


async def test_what_is_late_does_not_slow_the_rate(postgres: str):
    """A process that wakes up late sends what it has missed; one that was away sends no crowd."""
    pace, machine = SharedPace(postgres, "acme"), Machine()
    await pace.take(1, 0.001, lambda: machine.now_s)
    ends_at = pace._ends_at
    machine.now_s = ends_at
    late = [await pace.take(1, 0.001, lambda: machine.now_s) for _ in range(49)]
    assert [Turn(0.0)] * 49 == late
    assert ends_at == pace._ends_at, "of the same slice"

    machine.now_s = ends_at + 60
    await pace.take(1, 0.001, lambda: machine.now_s)
    assert ends_at + 50 < pace._ends_at


async def test_limiter_waits_for_other_processes(postgres: str):
    """A request leaves when its time has come, though this process would have had room."""
    machine = Machine()
    limiter, lease = limiter_of(postgres, Rate(10, per_s=100.0, shared=postgres))
    await SharedPace(postgres, "acme").take(2, 10.0, machine.clock.monotonic)
    await limiter.enter(machine.clock, 60.0, Ticket())
    lease.end()
    await limiter.enter(machine.clock, 60.0, Ticket())

    assert [20] == [round(seconds) for seconds in machine.slept]


async def test_of_two_rates_in_one_row_the_slower_holds(postgres: str):
    """A client and a campaign may each have one: they are not added up."""
    machine, departures = Machine(), Departures()
    departures.name = "acme"
    rates = (Rate(10, per_s=100.0, shared=postgres), Rate(1, per_s=20.0, shared=postgres))
    leases = [departures.lease(rate) for rate in rates]
    limiter = Limiter(gate_for(8), departures)
    for _ in range(3):
        await limiter.enter(machine.clock, 60.0, Ticket())

    turn = await SharedPace(postgres, "acme").take(1, 20.0, machine.clock.monotonic)
    assert 60 == round(turn.wait_s)
    for lease in leases:
        lease.end()


async def test_batch_takes_its_time_before_it_is_claimed(postgres: str):
    """What has waited for its turn before does not wait again when it leaves."""
    machine, ticket = Machine(), Ticket(messages=2)
    limiter, _lease = limiter_of(postgres, Rate(10, per_s=100.0, shared=postgres))
    await SharedPace(postgres, "acme").take(3, 10.0, machine.clock.monotonic)
    await limiter.wait_for_room(machine.clock, ticket)
    slept = list(machine.slept)
    await limiter.enter(machine.clock, 60.0, ticket)
    assert [30] == [round(seconds) for seconds in slept]
    assert slept == machine.slept

    # Another attempt of the same request takes its time anew; the database's has stood still.
    await limiter.enter(machine.clock, 60.0, ticket)
    assert [30, 50] == [round(seconds) for seconds in machine.slept]


async def test_pause_of_one_process_holds_for_all(postgres: str):
    """What the gateway asks one process for, all keep that share the rate."""
    rate = Rate(1_000, shared=postgres)
    (first, _first), (second, _second) = (limiter_of(postgres, rate) for _ in range(2))
    asked, other = Machine(), Machine()
    await second.enter(other.clock, 60.0, Ticket())
    await first.pause(asked.clock, 30.0)
    other.now_s += 1.0  # a slice that it may still have is over

    with pytest.raises(RateLimitError, match="asked for a pause"):
        await second.enter(other.clock, 20.0, Ticket())
    assert 29 <= second.paused_s(other.clock) <= 30
    assert 29 <= await SharedPace(postgres, "acme").look() <= 30


async def test_who_waits_for_long_hears_of_a_pause(postgres: str):
    """A request that was told to leave in ten seconds does not, where a pause began meanwhile."""
    machine, pace = Machine(), SharedPace(postgres, "acme")
    limiter, _lease = limiter_of(postgres, Rate(10, per_s=100.0, shared=postgres))
    await pace.take(1, 10.0, machine.clock.monotonic)

    async def sleep(seconds: float) -> None:
        await pace.pause(30.0)
        machine.now_s += seconds

    with pytest.raises(RateLimitError, match="asked for a pause"):
        await limiter.enter(Clock(monotonic=machine.clock.monotonic, sleep=sleep), 20.0, Ticket())


async def test_refused_web_worker_pauses_the_row(postgres: str):
    """HTTP 429 with Retry-After of one client is written where all others take from."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", status=429, retry_after=40)
    rate = Rate(50, shared=postgres)
    async with AsyncSeven(**sandbox.options, rate=rate, retry=Retry(attempts=1)) as seven:
        with pytest.raises(RateLimitError):
            await seven.sms.send("+491711234567", text="Hi")
    with closing(psycopg.connect(postgres)) as connection:
        query = "SELECT paused_until - extract(epoch FROM now()) FROM seven.pace"
        (paused_s,) = connection.execute(query).fetchone()
    assert 38 < paused_s <= 40


async def test_database_that_is_away_stops_nobody(caplog: pytest.LogCaptureFixture):
    """Each process keeps the rate by itself then; it is told once, without the password."""
    address = "postgresql://user:secret@127.0.0.1:9/sms"
    machine = Machine()
    limiter, _lease = limiter_of(address, Rate(2, per_s=10.0, shared=address))
    with caplog.at_level(logging.WARNING, "seven_async"):
        for _ in range(5):
            await limiter.enter(machine.clock, 60.0, Ticket())
        await limiter.pause(machine.clock, 1.0)

    assert 20 == round(machine.now_s)
    assert 1 == len(caplog.records)
    assert "shared in postgresql://127.0.0.1/sms is kept by this process alone" in caplog.text
    assert "secret" not in caplog.text


async def test_database_that_stays_away_is_told_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """Once a minute, not with each send: a wrong password does not pass by itself."""
    machine = Machine()
    monkeypatch.setattr(shared_pace, "time", machine.clock)
    pace = SharedPace("postgresql://user:secret@127.0.0.1:9/sms", "acme")
    with caplog.at_level(logging.WARNING, "seven_async"):
        for _ in range(14):
            await pace.take(1, 0.1, machine.clock.monotonic)
            machine.now_s += 10.0

    assert 2 == len(caplog.records)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("given", ["pace.db", "", 7])
def test_what_is_no_address_is_refused(given):
    """Before anything is sent, and without showing it."""
    with pytest.raises(ConfigurationError, match="the address of a database"):
        Rate(1, shared=given)


def test_address_that_cannot_be_read_is_refused():
    """When the rate is made, and not by a log line with each send."""
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        Rate(1, shared="postgresql://user:sec/ret@db/sms")
    assert "ret" not in str(caught.value)


def test_address_is_not_shown():
    """It may hold a password."""
    assert "secret" not in repr(Rate(1, shared="postgresql://user:secret@db/sms"))
