"""Quiet hours and the beginning of a campaign, with workers: nobody waits, nothing is forgotten."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from seven_async import Clock, ConfigurationError, SendSms
from seven_async.campaign import Campaign, QuietHours, Worker, work_chunk
from seven_async.campaign.sending import settings_note
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting
from tests.campaign.machines import QUICK_S, RANGE, load, read, wait_until

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

STATES = "SELECT left(recipient, 3), state, count(*) FROM seven.message GROUP BY 1, 2 ORDER BY 1, 2"
JOBS_EVER = "SELECT last_value FROM seven_queue.procrastinate_jobs_id_seq"
HOUR_S = 3600.0


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


def quiet_now() -> QuietHours:
    """Quiet hours in which German numbers are for one more hour, and Austrian ones are not."""
    now = datetime.now(UTC)
    return QuietHours(
        begin=(now - timedelta(hours=1)).time().replace(microsecond=0),
        end=(now + timedelta(hours=1)).time().replace(microsecond=0),
        zones={"49": ["UTC"], "43": ["Etc/GMT+12"]},
    )


async def load_both(sandbox: Sandbox, address: str, **options) -> tuple[int, int]:
    """Write down ten numbers of two countries, in turn; the range that they are in."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven, "spring", journal=address, store_texts="until-served", **options
        ) as campaign,
    ):
        await campaign.load(
            SendSms(f"+{('49171', '43664')[place % 2]}{place:07d}", "Hi") for place in range(10)
        )
    ((_, low, high),) = read(address, RANGE)
    return low, high


async def test_recipient_in_quiet_hours_is_not_claimed(postgres: str):
    """The others are served; the range is put off until the first who sleeps may be written to."""
    sandbox = Sandbox()
    low, high = await load_both(sandbox, postgres, quiet_hours=quiet_now())
    async with awaiting(sandbox) as seven:
        assert 5 == await work_chunk(postgres, "spring", low, high, client=seven)

    assert [("+43", "accepted", 5), ("+49", "planned", 5)] == read(postgres, STATES)
    ((first, last, due_at),) = read(postgres, "SELECT low, high, due_at FROM seven.later")
    assert (low, high) == (first, last)
    assert abs(due_at - time.time() - HOUR_S) < 60
    assert [(None,)] == read(
        postgres, "SELECT DISTINCT intent_at FROM seven.message WHERE state = 'planned'"
    )


async def test_range_is_queued_again_when_the_hours_end(postgres: str):
    """Until then no job is made for it; afterwards it is found as whatever is planned."""
    sandbox, ahead_s = Sandbox(), 0.0
    clock = Clock(now=lambda: time.time() + ahead_s)
    await load_both(sandbox, postgres, quiet_hours=quiet_now())
    async with awaiting(sandbox, clock=clock) as seven, anyio.create_task_group() as tasks:
        worker = Worker(seven, postgres, reap_s=QUICK_S)
        tasks.start_soon(worker.run)
        await wait_until(lambda: len(sandbox.ledger) == 5)
        await wait_until(lambda: read(postgres, "SELECT 1 FROM seven.later"))
        before = read(postgres, JOBS_EVER)
        await anyio.sleep(6 * QUICK_S)  # the reaper looks meanwhile
        assert before == read(postgres, JOBS_EVER)
        ahead_s = 2 * HOUR_S
        read(postgres, f"UPDATE seven.later SET due_at = due_at - {2 * HOUR_S} RETURNING 1")
        await wait_until(lambda: len(sandbox.ledger) == 10)
        worker.stop()

    assert [("+43", "accepted", 5), ("+49", "accepted", 5)] == read(postgres, STATES)
    assert [] == read(postgres, "SELECT * FROM seven.later")


async def test_campaign_that_begins_later_holds_up_no_worker(postgres: str):
    """Its ranges are put off to the beginning; until then there is no job, and no message."""
    sandbox = Sandbox()
    start = datetime.now(UTC) + timedelta(hours=5)
    low, high = await load_both(sandbox, postgres, start=start)
    async with awaiting(sandbox) as seven:
        assert 0 == await work_chunk(postgres, "spring", low, high, client=seven)

    assert [(start.timestamp(),)] == read(postgres, "SELECT due_at FROM seven.later")
    assert 0 == len(sandbox.ledger)


async def test_other_hours_hold_at_once(postgres: str):
    """Who loads a campaign again without quiet hours does not wait for the end of the old ones."""
    sandbox = Sandbox()
    low, high = await load_both(sandbox, postgres, quiet_hours=quiet_now())
    async with awaiting(sandbox) as seven:
        await work_chunk(postgres, "spring", low, high, client=seven)
        await load_both(sandbox, postgres)
        assert [] == read(postgres, "SELECT * FROM seven.later")
        assert 5 == await work_chunk(postgres, "spring", low, high, client=seven)

    assert 10 == len(sandbox.ledger)


async def test_settings_of_quiet_hours_are_those_of_the_campaign(postgres: str):
    """Workers keep hours, days, holidays and zones as they were given."""
    given = QuietHours(
        weekdays="mon-fri",
        holidays=[datetime(2026, 12, 25, tzinfo=UTC).date()],
        zone="Europe/Berlin",
        zones={"1212": ["America/New_York"]},
    )
    await load(Sandbox(), postgres, 1, quiet_hours=given)
    ((written,),) = read(postgres, "SELECT value FROM seven.note WHERE name = '(settings)'")

    assert given == settings_note.build_settings("spring", json.loads(written), 1).quiet_hours


async def test_machine_without_time_zones_of_numbers_refuses(postgres: str, monkeypatch):
    """It would take every recipient for one in the zone of those whom nobody knows."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 1, quiet_hours=QuietHours(zone="Europe/Berlin"))
    monkeypatch.setattr(settings_note, "has_phonenumbers", lambda: False)
    async with awaiting(sandbox) as seven:
        with pytest.raises(ConfigurationError, match=r"seven-async\[phone\]"):
            await work_chunk(postgres, "spring", 1, 10**9, client=seven)

    assert 0 == len(sandbox.ledger)
