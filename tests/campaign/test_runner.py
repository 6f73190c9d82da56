"""What one runner promises for every campaign, with a journal and without one."""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import httpx
import pytest

from seven_async import ConfigurationError, SendSms
from seven_async.campaign import Campaign, JournalError, State
from seven_async.campaign.journal.sqlite.store import SqliteStore as Store
from seven_async.campaign.journal.writer import Renewal
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, blocking, texts
from tests.waiting import until


class Gate(httpx.AsyncBaseTransport):
    """Hands requests on to a sandbox; sends wait until they are let through."""

    def __init__(self, sandbox: Sandbox, *, places: int) -> None:
        self._sandbox = sandbox
        self._places = anyio.Semaphore(places)
        self.in_flight = 0
        self.most_in_flight = 0
        self.sends = 0

    def open(self, places: int = 1_000) -> None:
        """Let sends through."""
        for _ in range(places):
            self._places.release()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Hand a request on."""
        if not request.url.path.endswith("/sms"):
            return await self._sandbox.transport.handle_async_request(request)
        self.sends += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self._places.acquire()
            return await self._sandbox.transport.handle_async_request(request)
        finally:
            self.in_flight -= 1


def delete(folder: Path) -> None:
    """Delete a journal with all that belongs to it."""
    for path in folder.glob("c.db*"):
        path.unlink()


async def states_of(campaign: Campaign, count: int, states: list[State]) -> None:
    """Send; keep the states of all entries."""
    async for entry in campaign.send(texts(count)):
        states.append(entry.state)  # noqa: PERF401 - those before an error are kept


@pytest.mark.parametrize("with_journal", [True, False], ids=["journal", "none"])
async def test_no_more_requests_than_asked_for_are_in_flight(tmp_path: Path, with_journal: bool):
    """With a journal more messages are claimed ahead, and no more are sent at once."""
    sandbox = Sandbox()
    gate = Gate(sandbox, places=0)
    journal = tmp_path / "c.db" if with_journal else None
    states: list[State] = []
    async with (
        awaiting(sandbox, transport=gate) as seven,
        Campaign(seven, journal=journal, batch=1, concurrency=4) as campaign,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(states_of, campaign, 50, states)
        await until(lambda: gate.in_flight == 4)
        gate.open()

    assert 4 == gate.most_in_flight
    assert 50 == accepted_once(sandbox) == states.count(State.ACCEPTED)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
async def test_lost_journal_holds_back_what_is_claimed(tmp_path: Path):
    """An intent in a file that is gone is no trace: its message stays here."""
    sandbox = Sandbox()
    gate = Gate(sandbox, places=0)
    journal = tmp_path / "c.db"
    failures: list[JournalError] = []

    async def send() -> None:
        with pytest.raises(JournalError, match="is gone") as error:
            await states_of(campaign, 50, [])
        failures.append(error.value)

    async with (
        awaiting(sandbox, transport=gate) as seven,
        Campaign(seven, journal=journal, batch=1, concurrency=4) as campaign,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(send)
        await until(lambda: gate.in_flight == 4)
        delete(tmp_path)
        # One result is written: that finds the file gone. One message may leave in its place.
        gate.open(1)
        await until(lambda: campaign._require_runner().run.failure is not None)
        sends = gate.sends
        gate.open()

    assert sends == gate.sends <= 5
    assert 1 == len(failures)


async def test_message_that_may_have_left_is_unknown_when_the_journal_breaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Told as skipped, it would be sent again by somebody who believes that."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", nth=1, drop="after")
    sandbox.fault("GET /journal/outbound", status=200, body="[]")
    apply = Store.apply

    def refuse_repetitions(store: Store, operations):
        if any(isinstance(operation, Renewal) for operation in operations):
            raise JournalError("the disk is full")
        return apply(store, operations)

    monkeypatch.setattr(Store, "apply", refuse_repetitions)
    states: list[State] = []
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, journal=tmp_path / "c.db", reload_lock=True) as campaign,
    ):
        with pytest.raises(JournalError, match="disk is full"):
            await states_of(campaign, 1, states)

    assert [State.UNKNOWN] == states
    assert 1 == accepted_once(sandbox)


async def test_campaign_that_was_closed_says_so():
    """Sending after the block is a mistake of set-up, not of the program's inside."""
    sandbox = Sandbox()
    async with awaiting(sandbox) as seven:
        async with Campaign(seven) as campaign:
            entries = campaign.send([SendSms("+491701234567", "Hi")])
        for send in (campaign.send, Campaign(seven).send):
            with pytest.raises(ConfigurationError, match="open the campaign first: `async with"):
                send([])
        with pytest.raises(ConfigurationError, match="open the campaign first"):
            await anext(entries)

    assert 0 == len(sandbox.ledger)


def test_blocking_campaign_that_was_closed_says_so():
    """The same with `with`."""
    with blocking(Sandbox()) as seven:
        with Campaign(seven) as campaign:
            pass
        with pytest.raises(ConfigurationError, match="open the campaign first: `with"):
            campaign.send([])


async def test_campaign_of_the_other_colour_says_so():
    """What type checkers refuse is refused at run time, too."""
    async with awaiting(Sandbox()) as seven:
        with pytest.raises(ConfigurationError, match="`async with"), Campaign(seven):
            pass
    with blocking(Sandbox()) as seven, pytest.raises(ConfigurationError, match="`with"):
        async with Campaign(seven):
            pass
