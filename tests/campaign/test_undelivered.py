"""A message that was accepted and not delivered takes its next form, if the caller asked so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from seven_async import Clock, InvalidRequestError, SendRcs, SendSms, SendVoice
from seven_async.campaign import Campaign, Fallback, JournalSink, State
from seven_async.sandbox import Sandbox
from seven_async.webhooks import RcsState, RcsStatus
from tests.campaign.gateways import awaiting, number

ASKED = {"on_failed_delivery": True}
SILENT = {**ASKED, "undelivered_after_s": 60}


class World:
    """A gateway, a receiver and a campaign whose clock a test moves."""

    def __init__(self, journal: Path) -> None:
        self.now_s = 1_800_000_000.0
        self.sandbox = Sandbox(now=lambda: self.now_s)
        self.journal = journal
        self.sink = JournalSink(journal, now=lambda: self.now_s)
        self.clock = Clock(
            monotonic=lambda: self.now_s,
            now=lambda: self.now_s,
            sleep=lambda _: anyio.lowlevel.checkpoint(),
        )

    async def send(self, *fallbacks: Fallback, **options) -> list[tuple[State, str]]:
        """Return state and channel or reason of each entry of a run."""
        async with (
            awaiting(self.sandbox, clock=self.clock, retry=None) as seven,
            Campaign(seven, "spring", journal=self.journal, **options) as campaign,
        ):
            return [
                (entry.state, entry.reason or entry.channel)
                async for entry in campaign.send(fallbacks)
            ]

    def report(self, place: int, state: str) -> None:
        """Let a report on one of the accepted messages come in now."""
        entry = self.sandbox.ledger[place]
        self.sink.store(
            RcsStatus(
                state=RcsState(state),
                message_id=entry.id,
                occurred_at=datetime.fromtimestamp(self.now_s, UTC),
            )
        )

    @property
    def sent(self) -> list[str]:
        """The channels of what was accepted, in order."""
        return [entry.channel for entry in self.sandbox.ledger]


@pytest.fixture
def world(tmp_path: Path):
    """A world with an empty journal."""
    world = World(tmp_path / "spring.db")
    yield world
    world.sink.close()


def fallback(place: int = 1, **options) -> Fallback:
    """Return a message by RCS, else by SMS."""
    to = number(place)
    return Fallback(SendRcs(to, "Hi"), SendSms(to, "Hi"), **options)


@pytest.mark.parametrize("state", ["NOTDELIVERED", "EXPIRED", "REVOKED", "FAILED"])
async def test_failed_delivery_takes_the_next_form(world: World, state: str):
    """The next run sends the next form, once."""
    first = await world.send(fallback(**ASKED))
    world.report(0, state)
    second = await world.send(fallback(**ASKED))
    third = await world.send(fallback(**ASKED))

    assert [(State.ACCEPTED, "rcs")] == first
    assert [(State.ACCEPTED, "sms")] == second
    assert State.SKIPPED is third[0][0]
    assert ["RCS", "SMS"] == world.sent


async def test_unless_asked_nothing_more_is_sent(world: World):
    """Refusals alone lead on by default."""
    await world.send(fallback())
    world.report(0, "FAILED")
    again = await world.send(fallback())

    assert [(State.SKIPPED, "served before")] == again
    assert ["RCS"] == world.sent


@pytest.mark.parametrize("state", [None, "SENT", "DELIVERED", "READ"])
async def test_other_states_are_left_alone(world: World, state: str | None):
    """What has no report, is on its way or has arrived is served."""
    await world.send(fallback(**ASKED))
    if state is not None:
        world.report(0, state)
    again = await world.send(fallback(**ASKED))

    assert [(State.SKIPPED, "served before")] == again
    assert ["RCS"] == world.sent


async def test_silence_counts_where_reports_arrive(world: World):
    """A report on another message, made after this one left, shows that reports arrive."""
    messages = [fallback(1, **SILENT), fallback(2, **SILENT)]
    await world.send(*messages)
    world.now_s += 2
    delivered = next(p for p, e in enumerate(world.sandbox.ledger) if e.to == number(2)[1:])
    world.report(delivered, "DELIVERED")
    world.now_s += 50
    early = await world.send(*messages)
    world.now_s += 10
    late = await world.send(*messages)

    assert [(State.SKIPPED, "served before")] * 2 == early
    assert {(State.ACCEPTED, "sms"), (State.SKIPPED, "served before")} == set(late)
    assert ["RCS", "RCS", "SMS"] == world.sent


async def test_silence_is_refused_where_no_report_arrived(world: World):
    """Without a working webhook every message is silent."""
    await world.send(fallback(1, **SILENT))
    world.report(0, "IS_TYPING")
    world.now_s += 3600
    again = await world.send(fallback(1, **SILENT))

    assert [(State.SKIPPED, "no delivery reports arrive")] == again
    assert ["RCS"] == world.sent


async def test_reports_of_before_prove_nothing(world: World):
    """A webhook that broke before the message left makes it silent, too."""
    await world.send(fallback(1, **SILENT))
    world.report(0, "DELIVERED")
    world.now_s += 100
    await world.send(fallback(1, **SILENT), fallback(2, **SILENT))
    world.now_s += 3600
    again = await world.send(fallback(1, **SILENT), fallback(2, **SILENT))

    assert (State.SKIPPED, "no delivery reports arrive") in again
    assert ["RCS", "RCS"] == world.sent


async def test_unknown_outcome_never_leads_on(world: World):
    """It may have been sent, whatever a report on something else says."""
    world.sandbox.fault("POST /rcs/messages", drop="after")
    world.sandbox.fault("GET /journal/outbound", status=503)
    first = await world.send(fallback(1, **SILENT))
    world.now_s += 3600
    again = await world.send(fallback(1, **SILENT))

    assert State.UNKNOWN is first[0][0]
    assert State.UNKNOWN is again[0][0]
    assert ["RCS"] == world.sent


async def test_state_of_the_first_form_says_nothing_of_the_second(world: World):
    """With three forms the third is not sent because the first failed."""
    to = number(1)
    message = Fallback(SendRcs(to, "Hi"), SendSms(to, "Hi"), SendVoice(to, "Hi"), **ASKED)
    await world.send(message)
    world.report(0, "FAILED")
    world.sink.close()
    drop_sink_tables(world.journal)  # states may have come from refresh() alone
    await world.send(message)
    again = await world.send(message)
    world.report(0, "FAILED")
    still = await world.send(message)

    assert State.SKIPPED is again[0][0]
    assert State.SKIPPED is still[0][0]
    assert ["RCS", "SMS"] == world.sent


def drop_sink_tables(journal: Path) -> None:
    """Make a journal one that no sink has opened."""
    with closing(sqlite3.connect(journal)) as database:
        database.executescript("DROP TRIGGER join_early_report; DROP TABLE early_report")


async def test_next_form_is_not_resent_as_changed(world: World):
    """A form is compared with what was sent of it, not with the first form."""
    await world.send(fallback(**ASKED))
    world.report(0, "FAILED")
    await world.send(fallback(**ASKED))
    again = await world.send(fallback(**ASKED), resend_changed=True)

    assert [(State.SKIPPED, "served before")] == again
    assert ["RCS", "SMS"] == world.sent


async def test_suppressed_recipient_gets_no_next_form(world: World):
    """Who has opted out after the first form gets no second one."""
    await world.send(fallback(**ASKED))
    world.report(0, "FAILED")
    again = await world.send(fallback(**ASKED), suppress=[number(1)])

    assert [(State.SKIPPED, "suppressed")] == again
    assert ["RCS"] == world.sent


async def test_journal_is_needed(world: World):
    """Without one no report could be kept; the message is refused before anything leaves."""
    async with awaiting(world.sandbox) as seven, Campaign(seven) as campaign:
        (entry,) = [entry async for entry in campaign.send([fallback(**ASKED)])]

    assert State.REFUSED is entry.state
    assert "journal" in entry.reason
    assert [] == world.sent


@pytest.mark.parametrize(
    "options",
    [
        {"undelivered_after_s": 60},
        {**ASKED, "undelivered_after_s": 0},
        {**ASKED, "undelivered_after_s": float("nan")},
        {**ASKED, "undelivered_after_s": "60"},
        {**ASKED, "undelivered_after_s": True},
        {"on_failed_delivery": 1},
    ],
)
def test_wrong_options_are_refused(options: dict):
    """Silence is counted only with on_failed_delivery, in seconds."""
    with pytest.raises(InvalidRequestError, match=r"on_failed_delivery|undelivered_after_s"):
        fallback(**options)
