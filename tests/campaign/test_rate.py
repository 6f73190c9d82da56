"""The rate of a campaign is that of the account: whatever else leaves for it counts, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import anyio
import httpx
import pytest

from seven_async import AsyncSeven, Rate, SendSms, SendVoice
from seven_async.campaign import Campaign, State
from seven_async.sandbox import Sandbox
from seven_async.worker_thread import WorkerThread
from tests.campaign.gateways import accepted_once, number, texts
from tests.flow.waking_clock import WakingClock, most_within


class Gateway(httpx.AsyncBaseTransport):
    """A sandbox that notes when each request reaches it, and with how many recipients."""

    def __init__(self, waking: WakingClock) -> None:
        self.sandbox = Sandbox()
        self.left: list[tuple[float, int]] = []
        self.left_at: dict[str, float] = {}
        self._waking = waking

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Note the request, and pass it on."""
        if request.url.path.startswith("/_sandbox"):  # who is there is asked without an account
            return await self.sandbox.transport.handle_async_request(request)
        content = (await request.aread()).decode()
        recipients = dict(parse_qsl(content)).get("to", "").split(",")
        self.left.append((self._waking.now_s, len(recipients)))
        self.left_at.update(dict.fromkeys(recipients, self._waking.now_s))
        return await self.sandbox.transport.handle_async_request(request)

    def client(self, **options: Any) -> AsyncSeven:
        """A client whose time is the tests'."""
        return AsyncSeven(
            api_key=self.sandbox.api_key,
            base_url=self.sandbox.base_url,
            transport=self,
            clock=self._waking.clock,
            **options,
        )

    def most_in(self, per_s: float) -> int:
        """The most messages that left within so many seconds."""
        return max(messages for messages, _ in most_within(self.left, per_s))


@pytest.fixture
def waking(monkeypatch: pytest.MonkeyPatch) -> WakingClock:
    """Time that passes while all tasks sleep, and not while the journal is written."""

    async def run_here(_: WorkerThread, work: Callable[..., Any], *args: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        return work(*args)

    monkeypatch.setattr(WorkerThread, "run", run_here)
    return WakingClock(1_750_000_000.0)


@pytest.fixture
def gateway(waking: WakingClock) -> Gateway:
    """A gateway of its own for each test."""
    return Gateway(waking)


def stored(journal: Path, columns: str, where: str = "1") -> list[Any]:
    """Some columns of a journal's messages."""
    with closing(sqlite3.connect(journal)) as database:
        return database.execute(f"SELECT {columns} FROM message WHERE {where}").fetchall()


async def everything(campaign, messages):
    """All entries of a campaign."""
    return [entry async for entry in campaign.send(messages)]


@pytest.mark.parametrize("batch", [1, 7, 100])
@pytest.mark.parametrize("has_journal", [False, True])
async def test_no_second_sees_more_than_the_rate(waking, gateway, tmp_path, batch, has_journal):
    """However large batches are and however many workers: they are cut to what the window has."""
    journal = tmp_path / "c.db" if has_journal else None
    async with (
        gateway.client() as seven,
        Campaign(seven, journal=journal, rate=20, batch=batch) as campaign,
    ):
        await everything(campaign, texts(95, "Hi"))

    assert 95 == accepted_once(gateway.sandbox)
    assert gateway.most_in(1.0) <= 20
    assert waking.now_s - waking.begun_s < 10


async def test_a_campaign_and_single_sends_share_the_rate(waking, gateway):
    """Sends beside a campaign count, though their client has no rate; none of both is starved."""
    done: list[float] = []
    async with (
        gateway.client() as seven,
        Campaign(seven, rate=Rate(10, per_s=1), batch=10) as campaign,
    ):

        async def send_singly() -> None:
            for place in range(30):
                await seven.sms.send(number(1000 + place), "single")
            done.append(waking.now_s)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send_singly)
            await everything(campaign, texts(60, "Hi"))

    assert 90 == accepted_once(gateway.sandbox)
    assert gateway.most_in(1.0) <= 10
    assert done[0] - waking.begun_s < 40


async def test_two_campaigns_and_a_client_share_the_rate(waking, gateway, tmp_path):
    """Campaigns with journals, of two clients, with two rates: the account keeps both."""
    async with gateway.client(rate=Rate(30, per_s=5)) as one, gateway.client() as other:

        async def run(seven: AsyncSeven, name: str, first: int) -> None:
            messages = [SendSms(number(first + place), "Hi") for place in range(40)]
            journal = tmp_path / f"{name}.db"
            async with Campaign(seven, name, journal=journal, rate=10) as campaign:
                await everything(campaign, messages)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run, one, "a", 0)
            tasks.start_soon(run, other, "b", 5000)

    assert 80 == accepted_once(gateway.sandbox)
    assert gateway.most_in(1.0) <= 10
    assert gateway.most_in(5.0) <= 30


async def test_the_rate_of_a_campaign_ends_with_it(waking, gateway):
    """Once a campaign is closed, single sends are as free as before."""
    async with gateway.client() as seven:
        async with Campaign(seven, rate=Rate(1, per_s=3600)) as campaign:
            await everything(campaign, texts(1))
        for place in range(5):
            await seven.sms.send(number(10 + place), "Hi")

    assert waking.begun_s == waking.now_s


async def test_nothing_is_written_down_long_before_it_leaves(waking, gateway, tmp_path):
    """A run that dies in the middle has intents of what left, and hardly any of what waited."""
    journal = tmp_path / "c.db"
    async with gateway.client() as seven:
        messages = [SendVoice(number(place), "Hi") for place in range(50)]
        async with Campaign(seven, journal=journal, rate=Rate(5, per_s=60)) as campaign:
            async for _ in campaign.send(messages):
                if len(gateway.left_at) >= 5:
                    break
            ((intents,),) = stored(journal, "count(*)")
            left = len(gateway.left_at)

    assert 5 <= left <= intents <= left + 5
    assert intents < 50


async def test_an_intent_is_as_young_as_its_message(waking, gateway, tmp_path):
    """Messages of a refused batch wait for the rate again: each is dated when it really leaves."""
    journal = tmp_path / "c.db"
    gateway.sandbox.fault("POST /sms", times=2, status=200, body='"202"')
    async with gateway.client() as seven:
        async with Campaign(seven, journal=journal, rate=Rate(3, per_s=60)) as campaign:
            await everything(campaign, texts(9, "Hi"))
        intents = dict(stored(journal, "recipient, intent_at", "state = 'accepted'"))

    assert 8 <= len(intents)
    assert all(0 <= gateway.left_at[to] - at <= 5 for to, at in intents.items())


async def test_stopping_does_not_wait_for_a_turn(waking, gateway):
    """A campaign that waits for its rate ends when it is left; what waited was not sent."""
    async with gateway.client() as seven, Campaign(seven, rate=Rate(2, per_s=3600)) as campaign:
        async for _ in campaign.send(texts(20)):
            if len(gateway.left) == 2:
                break

    assert 2 == accepted_once(gateway.sandbox)
    assert waking.begun_s == waking.now_s


async def test_what_was_served_before_takes_no_place(waking, gateway, tmp_path):
    """Going on with a long campaign does not wait for recipients that get nothing."""
    journal = tmp_path / "c.db"
    async with gateway.client() as seven:
        async with Campaign(seven, journal=journal) as campaign:
            await everything(campaign, texts(300, "Hi"))
        begun_s = waking.now_s
        async with Campaign(seven, journal=journal, rate=Rate(2, per_s=3600)) as campaign:
            entries = await everything(campaign, texts(302, "Hi"))

    assert [State.SKIPPED] * 300 == [entry.state for entry in entries][:300]
    assert waking.now_s - begun_s < 3600
    assert 302 == accepted_once(gateway.sandbox)


async def test_a_batch_that_is_refused_goes_one_by_one_at_the_rate(waking, gateway):
    """A recipient that spoils a batch makes single sends of it, which count like any other."""
    gateway.sandbox.fault("POST /sms", times=1, status=200, body='"202"')
    async with gateway.client() as seven, Campaign(seven, rate=10, batch=10) as campaign:
        await everything(campaign, texts(30, "Hi"))

    assert 30 == accepted_once(gateway.sandbox)
    assert gateway.most_in(1.0) <= 10


async def test_a_batch_that_is_only_sent_again_gives_its_place_back(waking, gateway, tmp_path):
    """Each repetition has a place of its own in the line, and would wait behind its batch's."""
    journal, messages = tmp_path / "c.db", list(texts(9, "Hi"))
    gateway.sandbox.fault("GET /journal/outbound", status=200, body="[]")
    async with gateway.client() as seven:
        async with Campaign(seven, journal=journal) as campaign:
            await everything(campaign, messages[:1])
            gateway.sandbox.fault("POST /sms", nth=1, drop="after")
            before = await everything(campaign, messages)
        async with Campaign(seven, journal=journal, rate=20, resend_unknown=True) as campaign:
            begun_s = waking.now_s  # looking for the eight takes places, too, one each
            await everything(campaign, messages)

    assert [State.SKIPPED, *[State.UNKNOWN] * 8] == [entry.state for entry in before]
    assert [begun_s] * 8 == [gateway.left_at[message.to] for message in messages[1:]]
