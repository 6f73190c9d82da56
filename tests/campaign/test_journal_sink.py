"""Delivery reports of webhooks in a campaign's journal: in any order, early ones included."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import AsyncSeven, ConfigurationError, DeliveryState, SendSms
from seven_async.campaign import Campaign, JournalError, JournalSink, State
from seven_async.campaign.journal.delivery_order import advance
from seven_async.receivers import EventSink
from seven_async.sandbox import Sandbox
from seven_async.webhooks import (
    CallState,
    DeliveryReport,
    DeliveryTracker,
    InboundSms,
    RcsState,
    RcsStatus,
    VoiceStatus,
)
from tests.campaign.gateways import awaiting, number, texts

SCHEMA_1 = Path(__file__).with_name("journals") / "schema-1.sql"


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the campaign remembers."""
    return tmp_path / "campaign.db"


@pytest.fixture
def sink(journal: Path) -> Iterator[JournalSink]:
    """What a receiver writes with."""
    sink = JournalSink(journal)
    yield sink
    sink.close()


def report(message_id: str, state: str = "DELIVERED", foreign_id: str | None = None):
    """Return a delivery report."""
    return DeliveryReport(
        message_id=message_id,
        state=DeliveryState(state),
        foreign_id=foreign_id,
        occurred_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


def rows(journal: Path, query: str) -> list[tuple]:
    """What a query finds in a journal."""
    with closing(sqlite3.connect(journal)) as database:
        return list(database.execute(query))


def deliveries(journal: Path) -> dict[str, str | None]:
    """The delivery states by message id."""
    return dict(rows(journal, "SELECT message_id, delivery FROM message"))


async def send(sandbox: Sandbox, journal: Path, messages, **options) -> None:
    """Send everything with a campaign that is closed then."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=journal, **options) as campaign,
    ):
        async for _ in campaign.send(messages):
            pass


class EarlyReports(httpx.AsyncBaseTransport):
    """A transport that has a report delivered before the reply to the send comes back."""

    def __init__(self, sandbox: Sandbox, sink: JournalSink, *states: str) -> None:
        self._transport = sandbox.transport
        self.gateway_id = f"a local gateway (sandbox {sandbox.id})"
        self._sandbox = sandbox
        self._sink = sink
        self._states = states
        self.has_reference = False

    async def handle_async_request(self, request):
        """Answer a request, after what it sent was reported on."""
        before = len(self._sandbox.ledger)
        reply = await self._transport.handle_async_request(request)
        for entry in list(self._sandbox.ledger)[before:]:
            for state in self._states:
                reference = entry.foreign_id if self.has_reference else None
                self._sink.store(report(entry.id, state, reference))
        return reply


class LosesReplies(httpx.AsyncBaseTransport):
    """A transport whose connection breaks when the reply to a send is on its way back."""

    def __init__(self, transport: EarlyReports) -> None:
        self._transport = transport
        self.gateway_id = transport.gateway_id

    async def handle_async_request(self, request):
        """Carry a request; lose the answer of a POST."""
        reply = await self._transport.handle_async_request(request)
        if request.method == "POST":
            raise httpx.ReadError("the connection broke", request=request)
        return reply


def test_sink_is_what_a_receiver_takes(sink: JournalSink):
    """The protocol of receivers is kept."""
    stored: EventSink = sink

    stored.store(InboundSms(sender="491711234567", text="Hi"))


async def test_report_is_written(sandbox, journal, sink):
    """A report changes the row of its message id, and no other."""
    await send(sandbox, journal, texts(3))
    first = sandbox.ledger[0].id
    sink.store(report(first))

    assert [(first, "DELIVERED", 1_767_312_000.0)] == rows(
        journal, "SELECT message_id, delivery, delivery_at FROM message WHERE delivery IS NOT NULL"
    )


async def test_state_is_that_of_the_tracker(sandbox, journal, sink):
    """In whatever order reports come, and however often, the journal has the tracker's state."""
    await send(sandbox, journal, texts(24))
    states = ("ACCEPTED", "TRANSMITTED", "DELIVERED", "READ")
    orders = list(itertools.permutations(states))
    tracker = DeliveryTracker()
    for entry, order in zip(sandbox.ledger, orders, strict=True):
        for state in (*order, order[0]):
            sink.store(report(entry.id, state))
            tracker.update(report(entry.id, state))

    assert {entry.id: tracker.state(entry.id).value for entry in sandbox.ledger} == deliveries(
        journal
    )


STATES = st.sampled_from([*DeliveryState, DeliveryState("HELD")])


@given(before=STATES, after=STATES)
def test_states_advance_as_the_tracker_has_it(before: DeliveryState, after: DeliveryState):
    """There is one order of states; a final one is never left but by READ after DELIVERED."""
    assert before.advance(after).value == advance(before.value, after.value)


@pytest.mark.parametrize("end", [state for state in CallState if state.is_final])
def test_calls_advance(end: CallState):
    """A call has words of its own; its end stays."""
    assert end == advance(advance(None, "ringing"), end.value)
    assert end == advance(end.value, "in-progress")
    assert end == advance(end.value, "completed")


async def test_early_report_is_joined(sandbox, journal, sink):
    """A report that comes before the send call has returned is there when the result is."""
    transport = EarlyReports(sandbox, sink, "DELIVERED", "TRANSMITTED")
    async with (
        awaiting(sandbox, transport=transport) as seven,
        Campaign(seven, "spring", journal=journal, batch=5) as campaign,
    ):
        async for _ in campaign.send(texts(20, "Hi")):
            pass
        report_now = campaign.report()

    assert {"DELIVERED"} == set(deliveries(journal).values())
    assert (20, {"DELIVERED": 20}) == (report_now.accepted, dict(report_now.deliveries))
    assert [] == rows(journal, "SELECT * FROM early_report")


async def test_report_proves_what_the_reply_did_not(sandbox, journal, sink):
    """A report with the reference of a request whose answer was lost says that it was accepted."""
    transport = EarlyReports(sandbox, sink, "DELIVERED")
    transport.has_reference = True
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    async with (
        awaiting(sandbox, transport=sandbox.transport, retry=None) as seven,
        Campaign(seven, "spring", journal=journal) as campaign,
    ):
        entries = [entry async for entry in campaign.send(texts(1))]
    (sent,) = sandbox.ledger
    before = rows(journal, "SELECT state, message_id FROM message")
    sink.store(report(sent.id, "TRANSMITTED", sent.foreign_id))
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))

    assert [State.UNKNOWN] == [entry.state for entry in entries]
    assert [("unknown", None)] == before
    assert [("accepted", sent.id, "DELIVERED")] == rows(
        journal, "SELECT state, message_id, delivery FROM message"
    )


async def test_text_of_what_a_report_has_accepted_is_erased(sandbox, journal, sink):
    """The answer was lost, the report has come: the message is served."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    async with (
        awaiting(sandbox, retry=None) as seven,
        Campaign(seven, "spring", journal=journal, store_texts="until-served") as campaign,
    ):
        async for _ in campaign.send(texts(1)):
            pass
    ((content,),) = rows(journal, "SELECT content FROM message")
    assert "Hi 0" in content
    sent = sandbox.ledger[0]
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))

    assert [("accepted", None)] == rows(journal, "SELECT state, content FROM message")


async def test_reference_of_several_proves_nothing(sandbox, journal, sink):
    """A batch shares a reference: which member a report is of, only its id can say."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    async with (
        awaiting(sandbox, retry=None) as seven,
        Campaign(seven, "spring", journal=journal, batch=2) as campaign,
    ):
        async for _ in campaign.send(texts(2, "Hi")):
            pass
    sent = sandbox.ledger[0]
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))

    assert [("unknown", None)] * 2 == rows(journal, "SELECT state, message_id FROM message")


async def test_reference_of_the_caller_proves_nothing(sandbox, journal, sink):
    """A caller may have put the reference on a message of another campaign, too."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    messages = [SendSms(number(1), "Hi", foreign_id="order-7")]
    async with (
        awaiting(sandbox, retry=None) as seven,
        Campaign(seven, "spring", journal=journal) as campaign,
    ):
        async for _ in campaign.send(messages):
            pass
    sink.store(report("1", "DELIVERED", "order-7"))

    assert [("unknown", None, None)] == rows(
        journal, "SELECT state, message_id, delivery FROM message"
    )


async def test_reports_of_others_are_not_kept(sandbox, journal, sink):
    """When a campaign has ended, a report of no message of it is one of another sender."""
    await send(sandbox, journal, texts(3))
    sink.store(report("1"))

    assert [] == rows(journal, "SELECT * FROM early_report")


async def test_kept_reports_go_with_the_end_of_the_run(sandbox, journal, sink):
    """What was kept while the campaign was being sent, and joined nothing, is let go."""
    during = []

    def messages():
        yield from texts(1)
        sink.store(report("1"))
        during.extend(rows(journal, "SELECT message_id FROM early_report"))

    await send(sandbox, journal, messages())
    sink.store(report("2"))

    assert [("1",)] == during
    assert [] == rows(journal, "SELECT * FROM early_report")


async def test_report_outlives_a_crash(sandbox, journal, sink):
    """A report that comes while nobody sends is joined by the run that finds the message."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503, times=1)
    async with (
        awaiting(sandbox, retry=None) as seven,
        Campaign(seven, "spring", journal=journal, batch=2) as campaign,
    ):
        async for _ in campaign.send(texts(2, "Hi")):
            pass
    for entry in sandbox.ledger:
        sink.store(report(entry.id))
    await send(sandbox, journal, texts(2, "Hi"))

    assert [("accepted", "DELIVERED")] * 2 == rows(journal, "SELECT state, delivery FROM message")


async def test_message_that_is_sent_again_has_no_state_of_before(sandbox, journal, sink):
    """What became of the first text says nothing of the second."""
    await send(sandbox, journal, texts(1))
    first = sandbox.ledger[0].id
    sink.store(report(first, "NOTDELIVERED"))
    await send(sandbox, journal, texts(1, "Other"), resend_changed=True)
    after = deliveries(journal)
    sink.store(report(first, "READ"))
    second = sandbox.ledger[1].id
    sink.store(report(second, "DELIVERED"))

    assert {second: None} == after
    assert {second: "DELIVERED"} == deliveries(journal)


async def test_lost_answer_of_a_reported_message_is_no_doubt(tmp_path, journal, sink):
    """A report has said that the gateway took it, so a lost answer does not take that back."""
    sandbox = Sandbox(journal_lag_s=3600)  # or the look-up would find it
    early = EarlyReports(sandbox, sink, "TRANSMITTED")
    early.has_reference = True
    async with AsyncSeven(
        api_key=sandbox.api_key, transport=LosesReplies(early), retry=None
    ) as seven:
        async with Campaign(seven, "spring", journal=journal) as campaign:
            told = [entry.state async for entry in campaign.send(texts(1))]
        async with Campaign(seven, "spring", journal=journal) as campaign:
            again = [(entry.state, entry.reason) async for entry in campaign.send(texts(1))]

    assert [State.UNKNOWN] == told
    assert [("accepted", None)] == rows(journal, "SELECT state, reason FROM message")
    assert [(State.SKIPPED, "served before")] == again
    assert 1 == len(sandbox.ledger)


async def test_other_channels_are_reported_on(sandbox, journal, sink):
    """RCS and calls have reports of their own; typing is none."""
    await send(sandbox, journal, texts(2))
    first, second = (entry.id for entry in sandbox.ledger)
    sink.store(RcsStatus(state=RcsState.IS_TYPING, message_id=first))
    sink.store(RcsStatus(state=RcsState.READ, message_id=first))
    sink.store(VoiceStatus(call_id=second, state=CallState.NO_ANSWER))

    assert {first: "READ", second: "no-answer"} == deliveries(journal)


async def test_journal_may_come_later(sandbox, journal, sink):
    """A receiver may be started before the campaign; it makes no journal by itself."""
    sink.store(report("1"))
    was_made = journal.exists()
    await send(sandbox, journal, texts(1))
    sink.store(report(sandbox.ledger[0].id))

    assert not was_made
    assert ["DELIVERED"] == list(deliveries(journal).values())


async def test_journal_that_was_replaced_is_opened_anew(sandbox, journal, sink, tmp_path):
    """What is written into a deleted file would be lost."""
    await send(sandbox, journal, texts(1))
    sink.store(report(sandbox.ledger[0].id))
    for file in tmp_path.glob("campaign.db*"):
        file.unlink()
    await send(sandbox, journal, texts(1, "Other"))
    sink.store(report(sandbox.ledger[1].id))

    assert ["DELIVERED"] == list(deliveries(journal).values())


async def test_several_journals(sandbox, tmp_path):
    """One receiver serves any number of campaigns."""
    journals = [tmp_path / "spring.db", tmp_path / "autumn.db"]
    sink = JournalSink(*journals)
    for place, journal in enumerate(journals):
        await send(sandbox, journal, [SendSms(number(place), "Hi")])
    for entry in sandbox.ledger:
        sink.store(report(entry.id))
    sink.close()

    assert [["DELIVERED"]] * 2 == [list(deliveries(each).values()) for each in journals]


def test_journal_of_schema_1_takes_reports(journal, sink):
    """It is migrated first, as by any process that writes to it."""
    with closing(sqlite3.connect(journal)) as database:
        database.executescript(SCHEMA_1.read_text("utf-8"))
        ((message_id,),) = database.execute(
            "SELECT message_id FROM message WHERE message_id IS NOT NULL LIMIT 1"
        )
    sink.store(report(message_id))

    assert "DELIVERED" == deliveries(journal)[message_id]
    assert journal.with_name("campaign.db.schema-1").exists()


def test_file_that_is_no_journal_makes_the_gateway_come_again(journal, sink):
    """An error is a `SevenError`, which a receiver answers with 503."""
    journal.write_bytes(b"no database" * 100)

    with pytest.raises(JournalError):
        sink.store(report("1"))


def test_sink_without_a_journal_is_refused():
    """It would write nowhere."""
    with pytest.raises(ConfigurationError, match="journal"):
        JournalSink()
