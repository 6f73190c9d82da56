"""Delivery reports for the campaigns of a database: kept first, joined when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from seven_async import ConfigurationError
from seven_async.campaign import Campaign, CampaignJournal, JournalError, JournalSink, State
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, texts
from tests.campaign.test_journal_sink import report

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from tests.campaign.postgres_server import fresh_database, missing_reason  # noqa: E402

pytestmark = pytest.mark.skipif(missing_reason() is not None, reason=missing_reason() or "")


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def sink(postgres: str) -> Iterator[JournalSink]:
    """What a receiver writes with."""
    sink = JournalSink(postgres)
    yield sink
    sink.close()


def read(address: str, query: str) -> list[tuple]:
    """What a query finds."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        return connection.execute(query).fetchall()


async def send(sandbox: Sandbox, journal: str, messages, name="spring", **options) -> list[State]:
    """Send everything with a campaign that is closed then; return the states of its entries."""
    async with (
        awaiting(sandbox, retry=None) as seven,
        Campaign(seven, name, journal=journal, **options) as campaign,
    ):
        return [entry.state async for entry in campaign.send(messages)]


async def test_reports_of_all_campaigns_come_to_their_messages(sandbox, postgres, sink):
    """One sink serves a database; each campaign takes what is its own."""
    await send(sandbox, postgres, texts(20, "Hi"), batch=5)
    await send(sandbox, postgres, texts(20, "Ho"), name="summer")
    for entry in sandbox.ledger:
        sink.store(report(entry.id, "TRANSMITTED"))
        sink.store(report(entry.id, "DELIVERED"))
        sink.store(report(entry.id, "TRANSMITTED"))
    sink.store(report("1"))

    spring = CampaignJournal.open(postgres, "spring").report()
    assert {"DELIVERED": 20} == dict(spring.deliveries)
    assert [(21,)] == read(postgres, "SELECT count(*) FROM seven.report")
    assert {"DELIVERED": 20} == dict(CampaignJournal.open(postgres, "summer").report().deliveries)
    assert [("1",)] == read(postgres, "SELECT message_id FROM seven.report")


@pytest.mark.parametrize("kind", ["export", "page"])
async def test_files_have_what_was_reported(sandbox, postgres, sink, tmp_path: Path, kind: str):
    """An export and a page take what is kept, too, as a report does."""
    await send(sandbox, postgres, texts(1))
    sink.store(report(sandbox.ledger[0].id))
    journal = CampaignJournal.open(postgres, "spring")
    if kind == "page":
        journal.write_html(tmp_path / "spring.html")
    else:
        journal.export("accepted", tmp_path / "spring.csv")

    assert [("DELIVERED",)] == read(postgres, "SELECT delivery FROM seven.message")


async def test_report_that_comes_before_the_result_is_joined(sandbox, postgres, sink):
    """The gateway may report before the send call has returned: then there is no id yet."""
    (state,) = await send(sandbox, postgres, texts(1))
    (sent,) = sandbox.ledger
    read_id = "UPDATE seven.message SET message_id = {} RETURNING n"
    read(postgres, read_id.format("NULL"))
    sink.store(report(sent.id))
    before = CampaignJournal.open(postgres, "spring").report()
    read(postgres, read_id.format(f"'{sent.id}'"))

    assert state is State.ACCEPTED
    assert {"none": 1} == dict(before.deliveries)
    assert {"DELIVERED": 1} == dict(CampaignJournal.open(postgres, "spring").report().deliveries)


async def test_report_proves_what_the_reply_did_not(sandbox, postgres, sink):
    """A report with the reference of a request whose answer was lost says that it was accepted."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    states = await send(sandbox, postgres, texts(1), store_texts="until-served")
    (sent,) = sandbox.ledger
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))
    found = CampaignJournal.open(postgres, "spring").report()

    assert [State.UNKNOWN] == states
    assert (1, 0, {"DELIVERED": 1}) == (found.accepted, found.unknown, dict(found.deliveries))
    assert [(sent.id, None)] == read(postgres, "SELECT message_id, content FROM seven.message")
    assert [State.SKIPPED] == await send(sandbox, postgres, texts(1))
    assert 1 == len(sandbox.ledger)


async def test_reference_of_several_proves_nothing(sandbox, postgres, sink):
    """A batch shares a reference: which member a report is of, only its id can say."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    await send(sandbox, postgres, texts(2, "Hi"), batch=2)
    sent = sandbox.ledger[0]
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))

    assert 2 == CampaignJournal.open(postgres, "spring").report().unknown


async def test_what_a_living_process_sends_is_left_to_it(sandbox, postgres, sink):
    """Its result has price and segments; a report has not."""
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("GET /journal/outbound", status=503)
    await send(sandbox, postgres, texts(1))
    (sent,) = sandbox.ledger
    revive = """UPDATE seven.lease SET ended_at = NULL,
                expires_at = extract(epoch FROM now()) + 60 RETURNING id"""
    read(postgres, revive)
    read(postgres, "UPDATE seven.message SET state = 'intent' RETURNING n")
    sink.store(report(sent.id, "DELIVERED", sent.foreign_id))
    CampaignJournal.open(postgres, "spring").report()

    assert [("intent", None)] == read(postgres, "SELECT state, message_id FROM seven.message")


async def test_failed_delivery_is_known_to_the_next_run(sandbox, postgres, sink):
    """A run joins what was reported before it looks at what there is to send."""
    await send(sandbox, postgres, texts(1))
    sink.store(report(sandbox.ledger[0].id, "NOTDELIVERED"))
    await send(sandbox, postgres, [])

    assert [("NOTDELIVERED",)] == read(postgres, "SELECT delivery FROM seven.message")


async def test_reports_are_not_taken_where_the_database_is_only_read(sandbox, postgres, sink):
    """Who may only read gets what was joined before."""
    await send(sandbox, postgres, texts(1))
    sink.store(report(sandbox.ledger[0].id))
    address = (
        f"{postgres}{'&' if '?' in postgres else '?'}options=-cdefault_transaction_read_only%3Don"
    )

    assert {"none": 1} == dict(CampaignJournal.open(address, "spring").report().deliveries)


def test_database_without_campaigns_takes_no_report():
    """There is no message that it could be of, and a receiver makes no tables."""
    with fresh_database() as address, closing(JournalSink(address)) as sink:
        sink.store(report("1"))

        assert [(None,)] == read(address, "SELECT to_regclass('seven.report')")


async def test_character_that_no_database_takes_does_not_bring_a_report_again(
    sandbox, postgres, sink
):
    """PostgreSQL has no U+0000 in texts: such a report would be refused each time it comes."""
    await send(sandbox, postgres, texts(1))
    sink.store(report("1\0", foreign_id="a\0b"))
    sink.store(report(sandbox.ledger[0].id))

    report_of_all = CampaignJournal.open(postgres, "spring").report()
    assert {"DELIVERED": 1} == dict(report_of_all.deliveries)


def test_address_that_cannot_be_read_is_refused():
    """When the sink is made, and not with the first report."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        JournalSink("postgresql://user:sec/ret@db/campaigns")


def test_database_that_is_away_makes_the_gateway_come_again():
    """What is not written down has to be delivered once more."""
    sink = JournalSink("postgresql://user:secret@127.100.200.150:9/campaigns")

    with pytest.raises(JournalError, match="cannot be used") as caught:
        sink.store(report("1"))
    assert "secret" not in str(caught.value)
    assert 2 == str(caught.value).count("127.100.200.150")  # no number, and needed to mend it
