"""What other processes see of a running campaign, and what they ask of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from seven_async import ConfigurationError
from seven_async.campaign import Campaign, CampaignJournal, JournalError, Limit, State
from seven_async.campaign.sending import campaign_runner
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, is_paused, texts
from tests.waiting import until


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at what is asked ten times as often."""
    monkeypatch.setattr(campaign_runner, "_EXCHANGE_S", 0.02)


async def send(campaign: Campaign[Any], count: int, states: list[State]) -> None:
    """Send a few messages; their states are told as they come."""
    async for entry in campaign.send(texts(count)):
        states += [entry.state]


async def test_paused_by_another_process(tmp_path: Path):
    """Nothing more leaves; after `unpause` the rest does, each once."""
    sandbox, path = Sandbox(latency_s=0.01), tmp_path / "spring.db"
    states: list[State] = []
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, "spring", journal=path) as campaign,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(send, campaign, 40, states)
        await until(lambda: len(states) > 2)
        journal = CampaignJournal.open(path)
        journal.pause()
        await until(lambda: is_paused(journal))
        left = len(sandbox.ledger)
        await anyio.sleep(0.1)  # what would leave would have left by now
        assert len(sandbox.ledger) == left < 40
        journal.unpause()

    assert [State.ACCEPTED] * 40 == states
    assert 40 == accepted_once(sandbox)


async def test_stopped_by_another_process(tmp_path: Path):
    """The run ends as after `stop`; the next one is not stopped."""
    sandbox, path = Sandbox(latency_s=0.01), tmp_path / "spring.db"
    states: list[State] = []
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, "spring", journal=path) as campaign,
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send, campaign, 400, states)
            await until(lambda: len(states) > 2)
            CampaignJournal.open(path).stop()
        assert len(states) < 400
        sandbox.latency_s = 0.0
        await send(campaign, 400, states)

    assert 400 == accepted_once(sandbox)


async def test_rate_of_another_process(tmp_path: Path):
    """It holds from then on."""
    sandbox, path = Sandbox(latency_s=0.01), tmp_path / "spring.db"
    states: list[State] = []
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, "spring", journal=path, batch=1) as campaign,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(send, campaign, 400, states)
        await until(lambda: len(states) > 2)
        journal = CampaignJournal.open(path)
        journal.set_rate(1)
        await until(lambda: has_limit(journal, Limit.RATE))
        campaign.stop()

    assert 400 > len(states)


def has_limit(journal: CampaignJournal, limit: Limit) -> bool:
    """Whether the process that sends has told that this holds it back."""
    moment = journal.status().moment
    return moment is not None and moment.limit is limit


async def test_status_adds_up(tmp_path: Path):
    """Planned, done, failed and in doubt are told apart, also of messages not read yet."""
    sandbox, path = Sandbox(), tmp_path / "spring.db"
    sandbox.fault(code=301, times=1)
    options: dict[str, Any] = {"journal": path, "batch": 1, "store_texts": "until-served"}
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, "spring", **options) as campaign,
    ):
        await campaign.load(texts(400))
        async for _ in campaign.send(texts(400)):
            campaign.stop()

    status = CampaignJournal.open(path).status()

    assert status.total == 400
    assert status.failed == 1
    assert status.planned == 400 - status.failed - status.done > 0
    assert (status.in_flight, status.in_doubt, status.is_running) == (0, 0, False)
    assert (status.ending, status.moment) == ("stopped", None)


async def test_nothing_is_asked_of_a_campaign_that_does_not_run(tmp_path: Path):
    """Whoever asks is told so."""
    path = tmp_path / "spring.db"
    async with awaiting(Sandbox()) as seven, Campaign(seven, "spring", journal=path) as campaign:
        async for _ in campaign.send(texts(1)):
            pass
    journal = CampaignJournal.open(path)

    for ask in (journal.pause, journal.unpause, journal.stop, lambda: journal.set_rate(5)):
        with pytest.raises(JournalError, match="no process is sending"):
            ask()
    with pytest.raises(ConfigurationError):
        journal.set_rate(-1)
