"""What workers look up of messages in doubt, beside those that are still on their way."""

from __future__ import annotations

import anyio
import pytest

from seven_async import SendTemplate
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number
from tests.campaign.machines import RANGE, open_desk, read, wait_until

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

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
