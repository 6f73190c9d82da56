"""Messages in doubt are looked up in pages, with no more requests than for a list of them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seven_async import CallEvent, SendRcs, SendSms, SendVoice
from seven_async.campaign import Campaign, JournalError
from seven_async.campaign.journal.sqlite.doubt_table import SqliteDoubtTable
from tests.campaign.gateways import awaiting, number
from tests.campaign.test_lost import GRACE_S, Desk


class Crowd(Desk):
    """A desk where any number of messages may fail, which counts the journal's requests."""

    def __init__(self, journal: Path) -> None:
        super().__init__(journal)
        self.gets = 0
        self.break_after: int | None = None

    async def send(self, *messages: Any, **settings: Any) -> list[str]:
        """Reason or state of each message."""
        async with (
            awaiting(self.sandbox, clock=self.clock, on_event=self._count) as seven,
            Campaign(seven, journal=self.journal, max_error_rate=None, **settings) as campaign,
        ):
            entries = [entry async for entry in campaign.send(messages)]
            return [entry.reason or entry.state.value for entry in entries]

    def _count(self, event: CallEvent) -> None:
        self.gets += event.request_line.startswith("GET /journal/")
        if self.gets == self.break_after:
            self.sandbox.fault("GET /journal/outbound", status=503)

    async def lose_all(self, present: list[Any], absent: list[Any]) -> None:
        """Lose the answers of what is accepted, then what never arrives."""
        if present:
            await self.lose(*present, how="after", journal_answers=False)
        if absent:
            await self.lose(*absent, how="before", journal_answers=False)
        self.now_s += GRACE_S
        self.gets = 0


@pytest.fixture
def crowd(tmp_path: Path) -> Crowd:
    """One for each test."""
    return Crowd(tmp_path / "campaign.db")


def texts(first: int, count: int, reference: str | None = None) -> list[SendSms]:
    """So many messages, whose references are made here unless one is given."""
    places = range(first, first + count)
    return [SendSms(number(place), f"Hi {place % 7}", foreign_id=reference) for place in places]


def orders(first: int, count: int) -> list[SendSms]:
    """So many messages, each with a reference of the caller's."""
    places = range(first, first + count)
    return [SendSms(number(place), "Hi", foreign_id=f"order-{place}") for place in places]


@pytest.mark.parametrize(
    ("present", "absent", "gets"),
    [
        pytest.param(texts(0, 5), texts(100, 5), 11, id="few"),
        pytest.param(texts(0, 450), [], 6, id="all are there"),
        pytest.param([], texts(0, 60), 62, id="none is there"),
        pytest.param(texts(0, 300), texts(1000, 100), 105, id="some are there"),
        pytest.param(texts(0, 300, "spring"), texts(1000, 50, "spring"), 55, id="one reference"),
        pytest.param(orders(0, 250), orders(1000, 30), 34, id="a reference each"),
        pytest.param(
            [SendVoice(number(place), "Hi") for place in range(3)],
            [SendRcs(number(place), "Hi") for place in range(30)],
            35,
            id="calls and messages",
        ),
    ],
)
async def test_requests_to_the_gateways_journal(
    crowd: Crowd, present: list[Any], absent: list[Any], gets: int
):
    """Pages of what is in doubt do not read the gateway's journal once each."""
    await crowd.lose_all(present, absent)
    states = await crowd.send(*present, *absent)

    assert Counter({"served before": len(present), "accepted": len(absent)}) == Counter(states)
    assert len(present) + len(absent) == len(crowd.sandbox.ledger)
    assert gets == crowd.gets


async def test_look_of_an_earlier_run_counts_for_nothing(crowd: Crowd):
    """A message that was missed once is not sent by a run that cannot look for it."""
    (message,) = texts(0, 1)
    await crowd.lose_all([message], [])
    with crowd.sandbox.fault("GET /journal/outbound", status=200, body="[]"):
        await crowd.send(*texts(1, 1))  # looks for the other, too, and does not see it
    with crowd.sandbox.fault("GET /journal/outbound", status=503):
        states = await crowd.send(message)

    assert ["not looked up"] == states
    assert 2 == len({entry.to for entry in crowd.sandbox.ledger}) == len(crowd.sandbox.ledger)


async def test_look_of_this_run_counts(crowd: Crowd):
    """What a run misses itself, long enough after it left, it sends."""
    (message,) = texts(0, 1)
    await crowd.lose_all([], [message])

    assert ["accepted"] == await crowd.send(message)


async def test_message_that_leaves_again_keeps_no_look(crowd: Crowd):
    """What was seen of its first attempt says nothing of its second."""
    (message,) = texts(0, 1)
    await crowd.lose_all([], [message])
    with (
        crowd.sandbox.fault("POST", drop="after"),
        crowd.sandbox.fault("GET /journal/outbound", status=200, body="[]"),
    ):
        await crowd.send(message)

    with closing(sqlite3.connect(crowd.journal)) as database:
        assert [("unknown", None)] == list(
            database.execute("SELECT state, looked_run FROM message")
        )


async def test_journal_that_breaks_off(crowd: Crowd):
    """What was read until then is accepted; the rest was not looked up, and is not sent."""
    messages = texts(0, 250)
    await crowd.lose_all(messages, texts(1000, 50))
    crowd.break_after = 3  # two pages of a hundred, and a request that asks for the time
    states = await crowd.send(*messages, *texts(1000, 50))

    assert {"served before": 200, "not looked up": 100} == Counter(states)
    assert 250 == len(crowd.sandbox.ledger)


async def test_number_that_the_gateway_wrote_in_another_way(crowd: Crowd):
    """An entry with a reference of ours and a number of nobody may be any of its recipients."""
    messages = texts(0, 30)
    await crowd.lose_all(messages, [])
    crowd.sandbox.ledger[7].to = "4930111222"
    states = await crowd.send(*messages)

    assert {"served before": 29, "similar message found": 1} == Counter(states)


async def test_broken_journal_of_the_campaign_ends_the_run(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is sent past a journal that cannot be written."""
    await crowd.lose_all([], texts(0, 1))

    async def fail(*_: object) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(SqliteDoubtTable, "note_looks", fail)
    with pytest.raises(JournalError, match="full"):
        await crowd.send(*texts(0, 1))

    assert 0 == len(crowd.sandbox.ledger)
