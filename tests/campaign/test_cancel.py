"""A campaign that was cancelled is not sent, whoever tries, until somebody says so."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from seven_async.campaign import Campaign, CampaignJournal, JournalError, State, work_chunk
from seven_async.campaign.journal.place import to_place
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, texts
from tests.campaign.machines import RANGE, load, read, wait_until_sent, workers
from tests.waiting import until


async def send(sandbox: Sandbox, journal: Path | str, count: int) -> list[State]:
    """Send so many, and return their states."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=journal, store_texts="until-served") as campaign,
    ):
        return [entry.state async for entry in campaign.send(texts(count))]


async def test_cancelled_campaign_is_not_sent_until_it_is_reopened(journal: Path | str):
    """Neither sent nor loaded nor resumed, also where nobody was sending when it was cancelled."""
    sandbox = Sandbox()
    await send(sandbox, journal, 2)
    opened = CampaignJournal.open(journal)
    assert (True, False) == (opened.cancel(), opened.cancel())
    assert opened.is_cancelled
    assert "cancelled" == opened.report().ending == opened.status().ending
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=journal, store_texts="until-served") as campaign,
    ):
        with pytest.raises(JournalError, match="was cancelled"):
            await campaign.load(texts(5))
        with pytest.raises(JournalError, match="was cancelled"):
            async for _ in campaign.send(texts(5)):
                pass
    assert 2 == len(sandbox.ledger)

    assert (True, False) == (opened.reopen(), opened.reopen())
    assert [State.ACCEPTED] * 3 == (await send(sandbox, journal, 5))[2:]
    assert 5 == accepted_once(sandbox)


async def test_cancelled_while_it_is_sent(journal: Path | str):
    """What is in flight finishes, then the run ends."""
    sandbox = Sandbox(latency_s=0.02)
    states: list[State] = []
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, "spring", journal=journal, batch=1) as campaign,
        anyio.create_task_group() as tasks,
    ):

        async def take() -> None:
            states.extend([entry.state async for entry in campaign.send(texts(400))])

        tasks.start_soon(take)
        await until(lambda: len(sandbox.ledger) > 2)
        CampaignJournal.open(journal).cancel()

    report = CampaignJournal.open(journal).report()
    assert ("cancelled", 0) == (report.ending, report.unknown)
    assert 2 < report.accepted == accepted_once(sandbox) < 400


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_cancelled_campaign_is_no_work_for_workers(postgres: str):
    """Also not for those that start later, nor for a range that a queue still has."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20)
    ((_, low, high),) = read(postgres, RANGE)
    opened = CampaignJournal.open(postgres)
    opened.cancel()
    async with awaiting(sandbox) as seven:
        assert 0 == await work_chunk(postgres, "spring", low, high, client=seven)
    for ask in (opened.pause, opened.unpause, opened.stop):
        with pytest.raises(JournalError, match="reopen it"):
            ask()
    assert [("cancelled",)] == read(postgres, "SELECT state FROM seven.campaign")
    assert 0 == len(sandbox.ledger)

    opened.reopen()
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 20)
    assert 20 == accepted_once(sandbox)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_stopped_campaign_goes_on_for_workers_when_it_is_resumed(postgres: str):
    """`stop` ends what runs; it takes one word less to go on than after `cancel`."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 5)
    opened = CampaignJournal.open(postgres)
    opened.stop()
    assert [("paused", "stopped")] == read(postgres, "SELECT state, reason FROM seven.campaign")
    assert (True, False) == (opened.is_paused, opened.is_cancelled)
    assert "stopped" == opened.report().ending
    opened.unpause()
    assert opened.report().ending is None
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 5)


async def test_what_was_in_flight_at_the_end_is_unknown(journal: Path | str):
    """Nothing is in flight of a campaign that nobody sends."""
    await send(Sandbox(), journal, 3)
    with to_place(journal, "spring").open_for_change() as database:
        database.execute("UPDATE message SET state = 'intent'")
    opened = CampaignJournal.open(journal)

    assert {"unknown": 3} == opened.report().reasons
    assert 3 == opened.report().unknown == opened.status().in_doubt
