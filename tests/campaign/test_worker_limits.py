"""Limits that hold over all workers of a campaign: what it costs, and how many may fail."""

from __future__ import annotations

import json
from decimal import Decimal

import anyio
import pytest

from seven_async.campaign import Campaign, CampaignJournal, PausedError, Reason, work_chunk
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, texts
from tests.campaign.machines import RANGE, load, read, wait_until, wait_until_sent, workers

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

STATE = "SELECT state, reason FROM seven.campaign"
COMMITTED = "SELECT committed_micro_eur FROM seven.campaign"
DEAR = {
    "countCountries": 1,
    "countNetworks": 1,
    "countries": [
        {"countryCode": "DE", "countryPrefix": "49", "networks": [{"mcc": "262", "price": 0.15}]}
    ],
}


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


async def chunk(sandbox: Sandbox, address: str, low: int, high: int, **options) -> object:
    """What working at a range comes to: a count, or the reason of its pause."""
    async with awaiting(sandbox, **options) as seven:
        try:
            return await work_chunk(address, "spring", low, high, client=seven)
        except PausedError as pause:
            return pause.reason


async def halves(sandbox: Sandbox, address: str, parts: int = 2, **options) -> list[object]:
    """What working at parts of a campaign at the same time comes to, each by its own client."""
    ((_, low, high),) = read(address, RANGE)
    size = (high - low + parts) // parts
    results: list[object] = []

    async def work(begin: int) -> None:
        results.append(await chunk(sandbox, address, begin, begin + size - 1, **options))

    async with anyio.create_task_group() as tasks:
        for begin in range(low, high + 1, size):
            tasks.start_soon(work, begin)
    return results


def cost(sandbox: Sandbox) -> Decimal:
    """What the gateway has charged."""
    return sum((entry.price for entry in sandbox.ledger), Decimal(0))


async def test_cost_is_kept_by_all_workers_together(postgres: str):
    """Four workers at the same time never cross the line, and what fits is sent."""
    sandbox = Sandbox(latency_s=0.01)
    await load(sandbox, postgres, 400, batch=3, max_cost="3.80")
    results = await halves(sandbox, postgres, 4)

    assert Reason.COST in results
    assert 50 == accepted_once(sandbox)  # 3.75 EUR; the next one would be too much
    assert [("paused", "cost")] == read(postgres, STATE)
    assert [(3_750_000,)] == read(postgres, COMMITTED)
    assert "paused: cost" == CampaignJournal.open(postgres).status().ending
    assert Decimal("3.75") == CampaignJournal.open(postgres).report().cost == cost(sandbox)


async def test_paused_for_cost_goes_on_with_a_higher_limit(postgres: str):
    """Who loads it again with more to spend, and resumes it, has the workers send the rest."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 30, batch=1, max_cost=1)
    async with workers(sandbox, postgres, 2):
        await wait_until(lambda: read(postgres, STATE) == [("paused", "cost")])
        assert 13 == len(sandbox.ledger)
        await load(sandbox, postgres, 30, batch=1, max_cost=10)
        CampaignJournal.open(postgres).unpause()
        await wait_until_sent(postgres, 30)

    assert 30 == accepted_once(sandbox)


async def test_what_is_in_flight_counts_with_the_highest_price(postgres: str):
    """It is reserved with the claim; what is left when prices are known is spent as well."""
    sandbox = Sandbox(latency_s=0.05)
    sandbox.fault("GET /pricing", body=json.dumps(DEAR), times=2)
    await load(sandbox, postgres, 40, batch=1, max_cost="1.50")
    results = await halves(sandbox, postgres, 2, concurrency=4)

    # 0.15 each are reserved, and 0.075 are spent: the last one needs 0.15 that are left.
    assert [Reason.COST] == [each for each in results if each is Reason.COST][:1]
    assert 19 == accepted_once(sandbox)
    assert [(1_425_000,)] == read(postgres, COMMITTED)


async def test_what_is_in_doubt_may_have_cost_it_all(postgres: str):
    """Of a dead process what it had reserved is spent, until it is known what became of it."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=1, max_cost="0.75")
    with (
        sandbox.fault("GET /journal/outbound", status=503),
        sandbox.fault("POST /sms", drop="after"),
    ):
        assert [Reason.COST] == await halves(sandbox, postgres, 1, concurrency=1)
    states = "SELECT state, count(*) FROM seven.message GROUP BY 1 ORDER BY 1"
    assert [("planned", 10), ("unknown", 10)] == read(postgres, states)
    assert [(750_000,)] == read(postgres, COMMITTED)

    CampaignJournal.open(postgres).unpause()
    assert [Reason.COST] == await halves(sandbox, postgres, 1)
    assert 10 == accepted_once(sandbox)


async def test_cost_is_counted_anew_after_one_process_has_sent(postgres: str):
    """`Campaign.send` keeps the limit by itself; what it has spent counts for workers, too."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=1, max_cost="0.75")
    ((_, low, _),) = read(postgres, RANGE)
    assert 2 == await chunk(sandbox, postgres, low, low + 1)
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres, max_cost="0.75", batch=1) as campaign,
    ):
        async for _ in campaign.send(texts(8, "Hi")):
            pass
    assert [Reason.COST] == await halves(sandbox, postgres, 1)

    assert 10 == accepted_once(sandbox)


async def test_failures_of_all_workers_pause_together(postgres: str):
    """Ranges that are too small to fill the window by themselves fill it together."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", status=200, body='"202"')
    await load(sandbox, postgres, 500, batch=1, max_error_rate=0.5, error_window=50)
    ((_, low, _),) = read(postgres, RANGE)
    results = [
        await chunk(sandbox, postgres, begin, begin + 9, concurrency=1)
        for begin in range(low, low + 60, 10)
    ]

    assert [10, 10, 10, 10, Reason.ERRORS, 0] == results
    assert [("paused", "errors")] == read(postgres, STATE)


async def test_failures_begin_anew_when_a_campaign_goes_on(postgres: str):
    """What failed before somebody looked is no reason to pause again."""
    sandbox = Sandbox()
    with sandbox.fault("POST /sms", status=200, body='"202"'):
        await load(sandbox, postgres, 100, batch=1, max_error_rate=0.5, error_window=20)
        assert [Reason.ERRORS] == await halves(sandbox, postgres, 1, concurrency=1)
    CampaignJournal.open(postgres).unpause()
    rejected = CampaignJournal.open(postgres).report().rejected
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 100 - rejected)

    assert 20 <= rejected <= 30
    assert 100 - rejected == accepted_once(sandbox)


async def test_few_failures_do_not_pause(postgres: str):
    """Messages that arrive count as well, whoever has sent them."""
    sandbox = Sandbox()
    for place in range(0, 120, 3):
        sandbox.fault("POST /sms", recipient=f"+4917{place:08d}", code=202)
    await load(sandbox, postgres, 120, batch=1, max_error_rate=0.5, error_window=20)
    assert [30, 30, 30, 30] == await halves(sandbox, postgres, 4, concurrency=2)

    assert 80 == accepted_once(sandbox)
