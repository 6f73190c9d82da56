"""What workers look up of messages in doubt, beside those that are still on their way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from seven_async import AuthenticationError, SendTemplate
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number
from tests.campaign.machines import (
    RANGE,
    load,
    open_desk,
    read,
    wait_until,
    wait_until_sent,
    workers,
)

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.workers import shift

STATES = "SELECT state, count(*) FROM seven.message GROUP BY 1 ORDER BY 1"


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


async def test_look_leaves_alone_what_its_own_worker_is_sending(postgres: str):
    """Its lease is the same as that of the ranges; what is in flight there is not in doubt."""
    sandbox = Sandbox()
    async with (
        awaiting(sandbox) as seven,
        Campaign(
            seven,
            "spring",
            journal=postgres,
            store_texts="until-served",
            reload_lock=True,
            resend_unknown=True,
        ) as campaign,
    ):
        await campaign.load(
            SendTemplate(number(place), "hello", "en", from_="4915112345678") for place in range(5)
        )
    ((_, low, high),) = read(postgres, RANGE)
    async with (
        awaiting(sandbox) as seven,
        open_desk(seven, postgres) as desk,
        anyio.create_task_group() as ranges,
    ):
        sandbox.fault("POST", delay_s=3.0)
        ranges.start_soon(desk.work, low, high)
        await wait_until(lambda: len(sandbox.ledger) == 5)
        # The journal of the gateway is late, as it may be.
        with sandbox.fault("GET", body="[]"):
            assert 0 == await desk.look()

    assert 5 == accepted_once(sandbox)
    assert [("accepted", 5)] == read(postgres, STATES)


async def test_look_that_fails_leaves_nothing_behind(postgres: str):
    """What it needed beside the messages would be written again each time, and never be deleted."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 3, reload_lock=True)
    read(postgres, "UPDATE seven.message SET state = 'unknown', intent_at = 1 RETURNING 1")
    async with awaiting(sandbox) as seven, open_desk(seven, postgres) as desk:
        with sandbox.fault("GET", status=401), pytest.raises(AuthenticationError):
            await desk.look()

    assert [] == read(postgres, "SELECT 1 FROM seven.doubt")


async def test_look_does_not_wait_for_the_beginning(postgres: str):
    """The worker that looks would do nothing else until then."""
    sandbox, start = Sandbox(), datetime.now(UTC) + timedelta(days=1)
    await load(sandbox, postgres, 3, reload_lock=True, start=start)
    read(postgres, "UPDATE seven.message SET state = 'unknown', intent_at = 1 RETURNING 1")
    async with awaiting(sandbox) as seven, open_desk(seven, postgres) as desk:
        with anyio.fail_after(20):
            assert 0 == await desk.look()

    assert [("unknown", 3)] == read(postgres, STATES)


async def test_campaign_of_which_nothing_is_sent_is_closed(
    postgres: str, monkeypatch: pytest.MonkeyPatch
):
    """Or a worker would have the connections of all that it has ever sent; it opens it again."""
    monkeypatch.setattr(shift, "IDLE_S", 0.0)
    sandbox = Sandbox()
    await load(sandbox, postgres, 3)
    async with workers(sandbox, postgres) as (worker,):
        await wait_until_sent(postgres, 3)
        await wait_until(lambda: worker.status().campaigns == 0)
        assert 3 == worker.sent
        read(postgres, "UPDATE seven.message SET state = 'planned', content = '{}' RETURNING 1")
        await wait_until(lambda: read(postgres, STATES) == [("refused", 3)])
