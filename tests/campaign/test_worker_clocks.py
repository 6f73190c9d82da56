"""Workers whose clocks are wrong: leases, intents and results go by the database's clock."""

from __future__ import annotations

import time

import anyio
import pytest

from seven_async.campaign import Worker
from seven_async.flow.clock import Clock
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting
from tests.campaign.machines import QUICK_S, load, read, wait_until_sent

HOURS_S = 7_200.0


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


def wrong_by(seconds: float) -> Clock:
    """The clock of a machine that was set wrongly; its monotonic one is right."""
    return Clock(now=lambda: time.time() + seconds)


async def test_clocks_of_hosts_change_nothing(postgres: str):
    """One is two hours ahead, one two hours behind, and both send."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 400, batch=10)
    async with (
        awaiting(sandbox, clock=wrong_by(HOURS_S)) as ahead,
        awaiting(sandbox, clock=wrong_by(-HOURS_S)) as behind,
        anyio.create_task_group() as tasks,
    ):
        running = [Worker(seven, postgres, reap_s=QUICK_S) for seven in (ahead, behind)]
        for worker in running:
            tasks.start_soon(worker.run)
        await wait_until_sent(postgres, 400)
        for worker in running:
            worker.stop()

    assert 400 == accepted_once(sandbox)
    now = "extract(epoch FROM clock_timestamp())"
    for column in ("intent_at", "result_at"):
        ((nearest, farthest),) = read(
            postgres, f"SELECT min({now} - {column}), max({now} - {column}) FROM seven.message"
        )
        assert 0 <= nearest <= farthest < 600
    ((longest,),) = read(postgres, "SELECT max(expires_at - opened_at) FROM seven.lease")
    assert longest < 600
