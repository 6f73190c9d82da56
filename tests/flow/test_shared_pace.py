"""A rate that processes share: one row says when the next message of an account may leave."""

from __future__ import annotations

import logging

import pytest

from seven_async import ConfigurationError, Rate
from seven_async.flow.limit import departures_of
from tests.campaign.conftest import postgres, postgres_database

__all__ = ["postgres", "postgres_database"]

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.flow.shared_pace import SharedPace


async def test_processes_take_from_one_row(postgres: str):
    """What one has taken the other waits for; another account has a pace of its own."""
    first, second, other = (SharedPace(postgres, name) for name in ("acme", "acme", "else"))
    waits = [await pace.take(100, 0.5) for pace in (first, second, first, other)]

    assert [0, 50, 100, 0] == [round(wait_s, -1) for wait_s in waits]


async def test_limiter_waits_for_other_processes(postgres: str):
    """A request leaves when its time has come, though this process would have had room."""
    slept = []

    class Told:
        async def sleep(self, seconds: float) -> None:
            slept.append(seconds)

    rate = Rate(10, per_s=100.0, shared=postgres)
    departures = departures_of("an account", "an account of this test")
    lease = departures.lease(rate)
    await SharedPace(postgres, "an account of this test").take(2, 10.0)
    await departures.wait_for_others(Told(), 1)
    lease.end()
    await departures.wait_for_others(Told(), 1)

    assert [20] == [round(seconds) for seconds in slept]


async def test_database_that_is_away_stops_nobody(caplog: pytest.LogCaptureFixture):
    """Each process keeps the rate by itself then; it is told once, without the password."""
    pace = SharedPace("postgresql://user:secret@127.0.0.1:9/sms", "acme")
    with caplog.at_level(logging.WARNING, "seven_async"):
        assert [0.0, 0.0] == [await pace.take(5, 1.0) for _ in range(2)]

    assert 1 == len(caplog.records)
    assert "secret" not in caplog.text


@pytest.mark.parametrize("given", ["pace.db", "", 7])
def test_what_is_no_address_is_refused(given):
    """Before anything is sent, and without showing it."""
    with pytest.raises(ConfigurationError, match="the address of a database"):
        Rate(1, shared=given)


def test_address_is_not_shown():
    """It may hold a password."""
    assert "secret" not in repr(Rate(1, shared="postgresql://user:secret@db/sms"))
