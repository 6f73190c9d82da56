"""Whoever leaves early stops the reading; what is in flight finishes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections import Counter
from contextlib import closing
from functools import partial

import anyio
import httpx
import pytest
import trio
import trio.testing

from seven_async.campaign import Campaign, State
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, blocking, texts
from tests.waiting import until


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway that takes a moment."""
    return Sandbox(latency_s=0.02)


class Counted:
    """An endless input that counts what was read of it."""

    def __init__(self) -> None:
        self.read = 0

    def __iter__(self):
        for message in texts(1_000_000):
            self.read += 1
            yield message


async def fail_in_the_loop(campaign, messages):
    """Raises from the body of the loop over a campaign's entries."""
    async with campaign:
        async for _ in campaign.send(messages):
            raise LookupError


async def test_leaving_the_loop_stops_reading(sandbox):
    """After `break` nothing is read, and what had been read is served."""
    messages = Counted()
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(messages):
            break

    assert messages.read < 200
    assert messages.read == campaign.report().given == accepted_once(sandbox)


async def test_error_in_the_loop_lets_what_is_in_flight_finish(sandbox):
    """The caller's own error comes out as it is, and nothing in flight is lost."""
    messages = Counted()
    campaign = Campaign(awaiting(sandbox, concurrency=8), batch=1)
    with pytest.raises(LookupError):
        await fail_in_the_loop(campaign, messages)

    assert messages.read == campaign.report().given == accepted_once(sandbox)


async def test_cancelled_campaign_lets_what_is_in_flight_finish(sandbox):
    """A cancelled caller waits for what is in flight, not for the rest of the input."""
    messages = Counted()
    async with awaiting(sandbox, concurrency=8) as seven:
        with anyio.CancelScope() as scope:
            async with Campaign(seven, batch=1) as campaign:
                async for _ in campaign.send(messages):
                    if messages.read > 20:
                        scope.cancel()

    assert scope.cancelled_caught
    assert 0 < campaign.report().given < 1_000
    assert campaign.report().given == campaign.report().accepted == accepted_once(sandbox)


async def test_cancelled_campaign_does_not_wait_for_ever():
    """What does not finish within `finish_s` is told as unknown."""
    sandbox = Sandbox()
    slow = sandbox.fault("POST /sms", delay_s=300)
    async with awaiting(sandbox, concurrency=2) as seven, anyio.create_task_group() as tasks:

        async def send() -> Campaign:
            async with Campaign(seven, batch=1, finish_s=0.1) as campaign:
                campaigns.append(campaign)
                async for _ in campaign.send(texts(100)):
                    pass

        campaigns: list[Campaign] = []
        tasks.start_soon(send)
        await until(lambda: slow.calls == 2)
        tasks.cancel_scope.cancel()
    (campaign,) = campaigns

    assert 2 == campaign.report().unknown == campaign.report().given


async def test_stop_ends_the_entries(sandbox):
    """After `stop` the entries of what is in flight still come, then the loop ends."""
    messages = Counted()
    got = 0
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(messages):
            got += 1
            campaign.stop()

    assert got == messages.read == accepted_once(sandbox) < 200


async def test_second_send_waits_for_the_first(sandbox):
    """One campaign sends one input at a time; one that was left early ends first."""
    async with awaiting(sandbox, concurrency=8) as seven, Campaign(seven, batch=1) as campaign:
        async for _ in campaign.send(texts(10_000)):
            break
        first = len(sandbox.ledger)
        entries = [entry async for entry in campaign.send(texts(5, "Other {}"))]

    assert 5 == len(entries)
    assert first + 5 <= len(sandbox.ledger) <= first + 5 + 8


def leave(how, campaign, messages):
    """Leaves the blocking loop over a campaign's entries in one of three ways."""
    with campaign:
        for _ in campaign.send(messages):
            if how == "break":
                break
            if how == "raise":
                raise LookupError
            campaign.stop()


@pytest.mark.parametrize("how", ["break", "raise", "stop"])
def test_blocking_loop_is_left(sandbox, how):
    """The blocking loop is left in the same ways, and nothing in flight is lost."""
    messages = Counted()
    with blocking(sandbox, concurrency=8) as seven:
        campaign = Campaign(seven, batch=1)
        with contextlib.suppress(LookupError):
            leave(how, campaign, messages)

    assert messages.read < 1_000
    assert campaign.report().given == accepted_once(sandbox) > 0


@pytest.mark.parametrize("has_journal", [False, True])
async def test_loop_left_with_entries_that_nobody_took(sandbox, tmp_path, has_journal):
    """Workers that wait for somebody to take entries do not wait for ever when the loop is left."""
    journal = tmp_path / "campaign.db" if has_journal else None
    async with (
        awaiting(sandbox, concurrency=8) as seven,
        Campaign(seven, batch=1, journal=journal) as campaign,
    ):
        await anext(campaign.send(texts(10_000)))
        await until(lambda: campaign.progress().done >= 100)  # as many entries as may wait

    assert campaign.report().accepted == accepted_once(sandbox)


@pytest.mark.parametrize("has_journal", [False, True])
async def test_abort_cuts_off_what_is_in_flight(tmp_path, has_journal):
    """After `abort` the entries end at once: what had left is unknown, nothing else leaves."""
    sandbox = Sandbox(latency_s=30)
    journal = tmp_path / "campaign.db" if has_journal else None
    async with (
        awaiting(sandbox, concurrency=4) as seven,
        Campaign(seven, batch=1, journal=journal) as campaign,
    ):
        entries = campaign.send(texts(1_000))
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(abort_when_in_flight, campaign, sandbox)
                states = Counter([entry.state async for entry in entries])

    assert 4 == states[State.UNKNOWN] == accepted_once(sandbox)
    assert not states[State.ACCEPTED]


async def abort_when_in_flight(campaign, sandbox):
    """Abort a campaign when the gateway has its requests."""
    await until(lambda: len(sandbox.ledger) == 4)
    campaign.abort()


def test_blocking_campaign_is_aborted_from_another_thread():
    """`abort` of the blocking colour may come from any thread."""
    sandbox = Sandbox(latency_s=30)
    with blocking(sandbox, concurrency=4) as seven, Campaign(seven, batch=1) as campaign:
        entries = campaign.send(texts(1_000))
        abort = partial(anyio.run, abort_when_in_flight, campaign, sandbox)
        aborting = threading.Thread(target=abort)
        aborting.start()
        states = Counter(entry.state for entry in entries)
        aborting.join()

    assert 4 == states[State.UNKNOWN]


def interrupted_when_in_flight(sandbox):
    """Messages whose reading is interrupted when requests are in flight."""
    for message in texts(1_000):
        if len(sandbox.ledger) >= 4:
            raise KeyboardInterrupt
        yield message


def test_second_ctrl_c_ends_what_a_client_goes_on_without(monkeypatch):
    """A blocking client that stays open has nothing of the campaign left after it."""
    sandbox = Sandbox(latency_s=30)
    joined: list[threading.Thread] = []

    def join(thread, timeout=None):
        joined.append(thread)
        if len(joined) == 1:  # the second Ctrl-C comes while the first one's ending is awaited
            raise KeyboardInterrupt
        original(thread, timeout)

    original = threading.Thread.join
    with blocking(sandbox, concurrency=4) as seven:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "join", join)
            with pytest.raises(KeyboardInterrupt), Campaign(seven, batch=1) as campaign:
                for _ in campaign.send(interrupted_when_in_flight(sandbox)):
                    pass
        assert 4 == campaign.report().unknown
        assert [False, False] == [thread.is_alive() for thread in joined]


async def _cancel_all(campaign, sandbox) -> None:
    """Cancel every task when requests are in flight, as asyncio does at the second Ctrl-C."""
    await until(lambda: len(sandbox.ledger) == 4)
    for task in asyncio.all_tasks():
        task.cancel()


async def _send_until_cancelled(sandbox, journal):
    async with (
        awaiting(sandbox, concurrency=4) as seven,
        Campaign(seven, batch=1, journal=journal) as campaign,
    ):
        cancelling = asyncio.create_task(_cancel_all(campaign, sandbox))
        async for _ in campaign.send(texts(1_000)):
            pass
        await cancelling


def test_every_task_is_cancelled(tmp_path):
    """The journal's writer wakes whoever waits for it, whatever ends it, and nothing is lost."""
    sandbox, journal = Sandbox(latency_s=30), tmp_path / "campaign.db"
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(_send_until_cancelled(sandbox, journal), 5))
    with closing(sqlite3.connect(journal)) as database:
        query = "SELECT count(*) FROM message WHERE state = 'intent'"
        (intents,) = database.execute(query).fetchone()

    assert 4 == len(sandbox.ledger) <= intents


class Interrupting(httpx.AsyncBaseTransport):
    """Raises Ctrl-C in the fourth request, as trio does where that started a task of its own."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on, unless it is the fourth."""
        self._requests += 1
        if self._requests == 4:
            raise BaseExceptionGroup("tasks", [KeyboardInterrupt()])
        return await self._sandbox.transport.handle_async_request(request)


def test_ctrl_c_in_a_task_that_a_request_started():
    """It counts as the first one; the second one, in the caller's code, cuts off the rest."""
    sandbox = Sandbox(latency_s=20)
    ended: list[float] = []

    async def send() -> None:
        transport = Interrupting(sandbox)
        async with awaiting(sandbox, concurrency=4, transport=transport) as seven:
            try:
                async with Campaign(seven, batch=1) as campaign:
                    entry = await anext(campaign.send(texts(1_000)))
                    assert State.UNKNOWN is entry.state
                    raise KeyboardInterrupt
            finally:
                ended.append(trio.current_time())

    clock = trio.testing.MockClock(autojump_threshold=0)  # waits take no time, and are seen
    begun = clock.current_time()
    with pytest.raises(KeyboardInterrupt):
        trio.run(send, clock=clock)

    assert ended[0] - begun < 1
    assert 3 == len(sandbox.ledger)
