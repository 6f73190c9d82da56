"""A journal in PostgreSQL: what several processes may do to one campaign, and what they may not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from seven_async import ConfigurationError, SendSms
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    JournalError,
    State,
    read_csv,
)
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.place import to_place
from seven_async.campaign.journal.rows import Intent, Plain, PlannedBuilder, PlannedRow, to_intents
from seven_async.campaign.journal.writer import Claim, Record, Renewal, Writer
from seven_async.campaign.sending.unpack import OutgoingBuilder
from seven_async.sandbox import Sandbox
from seven_async.worker_thread import WorkerThread
from tests.campaign.gateways import accepted_once, awaiting, number, texts

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.journal.postgres.chunks import read_chunk  # noqa: E402
from seven_async.campaign.journal.postgres.doubt_table import PostgresDoubtTable  # noqa: E402
from seven_async.campaign.journal.postgres.lease import Lease, LeaseLostError, end_dead_leases  # noqa: E402
from seven_async.campaign.journal.postgres.loading import load_messages, write_block  # noqa: E402
from seven_async.campaign.journal.postgres.schema import VERSION  # noqa: E402
from seven_async.campaign.journal.postgres.store import PostgresStore  # noqa: E402

GRACE_S = 600.0
UNREACHABLE = "postgresql://user:secret@127.0.0.1:9/campaigns"


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def open_store(postgres: str) -> Iterator:
    """Opens a campaign for writing, as a process does."""
    stores = []

    def opened(lease_s: float = 60.0) -> PostgresStore:
        store = PostgresStore(
            postgres, name="spring", gateway="here", grace_s=GRACE_S, lease_s=lease_s
        )
        stores.append(store)
        return store

    yield opened
    for store in stores:
        store.close()


def planned(count: int) -> list[PlannedRow]:
    """Rows to be sent later."""
    builder = OutgoingBuilder()
    messages = [message for text in texts(count) for message in builder.build(text)]
    rows = PlannedBuilder(StoreTexts.UNTIL_SERVED)
    return [rows.build(message) for message in messages]


def loading(rows: list[PlannedRow]) -> Callable[..., int]:
    """What writes rows down that are to be sent later."""
    return lambda tables: load_messages(tables, write_block(tables.campaign, rows))


def intents(rows: list[PlannedRow], reference: str) -> list[Plain]:
    """The same rows, about to leave."""
    return [
        (*Intent(*row)._replace(state="intent", foreign_id=reference, run=1, content=None), None)
        for row in to_intents(rows)
    ]


def read(address: str, query: str) -> list[tuple]:
    """What a query finds."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        return connection.execute(query).fetchall()


def test_each_message_is_claimed_by_one_process_only(postgres: str, open_store):
    """Two processes that want the same messages: the database gives each message to one of them."""
    first, second, rows = open_store(), open_store(), planned(50)
    first.apply([loading(rows)])
    (own,) = first.apply([Claim(intents(rows[:30], "one"))])
    (rest,) = second.apply([Claim(intents(rows, "two"))])

    assert [None] * 30 == [claim.stored for claim in own]
    assert 20 == sum(claim.stored is None for claim in rest)
    assert {"intent"} == {claim.stored.state for claim in rest[:30]}
    query = "SELECT foreign_id, lease, count(*) FROM seven.message GROUP BY 1, 2 ORDER BY 1"
    assert [
        ("one", first.lease.number, 30),
        ("two", second.lease.number, 20),
    ] == read(postgres, query)


def test_message_that_another_process_sends_is_not_taken_over(open_store):
    """An intent of a living process stays its own, whatever the other one was asked to repeat."""
    first, second, rows = open_store(), open_store(), planned(1)
    first.apply([Claim(intents(rows, "one"))])
    ((known,),) = second.apply([Claim(intents(rows, "two"))])
    renewal = [(*intents(rows, "two")[0], known.n, known.attempt)]

    assert [set()] == second.apply([Renewal(renewal)])
    assert [{known.n}] == first.apply([Renewal(renewal)])


def test_result_of_another_process_is_not_written(postgres: str, open_store):
    """Whoever has not written the intent has no result for it either."""
    first, second = open_store(), open_store()
    ((claim,),) = first.apply([Claim(intents(planned(1), "one"))])
    result = ("accepted", 1.0, "77", 1, 75_000, None, None, None, "one", None, "key")
    second.apply([Record([(*result, claim.n, claim.attempt)])])
    assert [("intent", None)] == read(postgres, "SELECT state, message_id FROM seven.message")

    first.apply([Record([(*result, claim.n, claim.attempt)])])
    assert [("accepted", "77")] == read(postgres, "SELECT state, message_id FROM seven.message")


def test_result_that_came_after_a_decision_withdraws_it(postgres: str, open_store):
    """What was in doubt when another process read it is not sent again once its result is there."""
    first, second, rows = open_store(), open_store(), planned(1)
    ((claim,),) = first.apply([Claim(intents(rows, "one"))])
    read(
        postgres,
        f"UPDATE seven.lease SET expires_at = 1 WHERE id = {first.lease.number} RETURNING 1",
    )
    ((known,),) = second.apply([Claim(intents(rows, "two"))])
    assert "intent" == known.stored.state

    result = ("accepted", 1.0, "77", 1, 75_000, None, None, None, "one", None, "key")
    first.apply([Record([(*result, claim.n, claim.attempt)])])
    assert [set()] == second.apply([Renewal([(*intents(rows, "two")[0], known.n, known.attempt)])])
    assert [("accepted", "77")] == read(postgres, "SELECT state, message_id FROM seven.message")


def test_result_that_is_written_twice_counts_once(postgres: str, open_store):
    """The connection was lost during the commit: nobody knows, and it is written once more."""
    store = open_store()
    store.keeps_cost = True
    ((claim,),) = store.apply([Claim(intents(planned(1), "one"))])
    read(postgres, "UPDATE seven.message SET reserved_micro_eur = 90000 RETURNING 1")
    read(postgres, "UPDATE seven.campaign SET committed_micro_eur = 90000 RETURNING 1")
    result = ("accepted", 1.0, "77", 1, 75_000, None, None, None, "one", None, "key")
    for _ in range(2):
        store.apply([Record([(*result, claim.n, claim.attempt)])])
    assert [(75_000,)] == read(postgres, "SELECT committed_micro_eur FROM seven.campaign")


def test_nothing_is_claimed_after_the_lease(postgres: str, open_store):
    """A lease that is over in the database claims nothing, whatever its process believes."""
    store, rows = open_store(), planned(3)
    store.apply([loading(rows)])
    read(postgres, "UPDATE seven.lease SET expires_at = 0 RETURNING 1")

    assert [[None] * 3] == store.apply([Claim(intents(rows, "one"))])
    assert [("planned", 3)] == read(
        postgres, "SELECT state, count(*) FROM seven.message GROUP BY 1"
    )


def test_process_that_slept_too_long_knows_it(postgres: str, monkeypatch: pytest.MonkeyPatch):
    """The clock that counts suspended time ends a lease before anybody is asked, for good."""
    place = "seven_async.campaign.journal.postgres.lease.boot_seconds"
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        PostgresStore(postgres, name="spring", gateway="here", grace_s=GRACE_S).close()
        lease = Lease(postgres, 60.0)
        monkeypatch.setattr(place, lambda: 1_000.0)
        lease.open(connection)
        monkeypatch.setattr(place, lambda: 1_058.0)
        lease.check()
        for now_s in (1_059.5, 1_001.0):  # and a clock that went back changes nothing
            monkeypatch.setattr(place, lambda now_s=now_s: now_s)
            with pytest.raises(LeaseLostError, match="sends nothing more"):
                lease.check()
        lease.end(connection)


HOLDER = """
import sys, time
from seven_async.campaign.journal.postgres.store import PostgresStore
PostgresStore(sys.argv[1], name="spring", gateway="here", grace_s=600.0)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells when a process was started")
def test_killed_process_is_known_to_be_dead(postgres: str):
    """Its lease ends at once, not when its time is up; one that is only stopped is not dead."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, postgres], stdout=subprocess.PIPE, env=environment
    )
    process.stdout.readline()
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        process.send_signal(signal.SIGSTOP)
        assert 0 == end_dead_leases(connection)
        process.kill()
        process.communicate()
        assert 1 == end_dead_leases(connection)
        assert 0 == end_dead_leases(connection)


def test_absence_proves_nothing_of_a_process_that_may_wake_up(postgres: str, open_store):
    """What was looked up and not seen counts as not looked up, until its process is dead."""
    first, second, rows = open_store(), open_store(), planned(1)
    first.apply([Claim(intents(rows, "one"))])
    read(postgres, "UPDATE seven.message SET looked_run = 7, looked_absent = 1 RETURNING 1")
    ((known,),) = second.apply([Claim(intents(rows, "two"))])
    assert known.stored.looked_in(7) is None

    first.lease.stop()
    read(
        postgres, f"UPDATE seven.lease SET ended_at = 1 WHERE id = {first.lease.number} RETURNING 1"
    )
    ((known,),) = second.apply([Claim(intents(rows, "two"))])
    assert known.stored.looked_in(7).is_absent


async def test_paused_campaign_claims_nothing(postgres: str):
    """A campaign that was paused in the database sends nothing, though its run goes on."""
    sandbox = Sandbox()
    async with awaiting(sandbox) as seven, Campaign(seven, "spring", journal=postgres) as campaign:
        await anext(campaign.send(texts(1)))
        read(postgres, "UPDATE seven.campaign SET state = 'paused' RETURNING 1")
        entries = [entry async for entry in campaign.send(texts(3))]
        read(postgres, "UPDATE seven.campaign SET state = 'running' RETURNING 1")
        assert {"served before", "campaign paused"} == {entry.reason for entry in entries}
        async for _ in campaign.send(texts(3)):
            pass

    assert 3 == accepted_once(sandbox)


async def test_database_has_any_number_of_campaigns(postgres: str):
    """Each is found by its name, and a database with several wants to be told which."""
    sandbox = Sandbox()
    for name in ("spring", "autumn"):
        async with awaiting(sandbox) as seven, Campaign(seven, name, journal=postgres) as campaign:
            async for _ in campaign.send(texts(2, f"{name} {{}}")):
                pass

    assert 4 == len(sandbox.ledger)
    assert 2 == CampaignJournal.open(postgres, "spring").report().accepted
    with pytest.raises(ConfigurationError, match=r"several campaigns .*'autumn', 'spring'"):
        CampaignJournal.open(postgres)
    with pytest.raises(JournalError, match="no campaign 'winter', but 'autumn', 'spring'"):
        CampaignJournal.open(postgres, "winter")


async def test_everything_is_read_as_from_a_file(postgres: str, tmp_path: Path):
    """Report, status, exports and the page of the same campaign are those of a file."""
    people = tmp_path / "people.csv"
    people.write_text("to\n" + "".join(f"{number(place)}\n" for place in range(9)) + "12\n")
    told = []
    for journal in (tmp_path / "spring.db", postgres):
        sandbox, messages = Sandbox(), read_csv(people, text="Hi")
        sandbox.fault("POST /sms", code=301, times=1)
        async with (
            awaiting(sandbox) as seven,
            Campaign(seven, "spring", journal=journal, batch=1) as campaign,
        ):
            async for _ in campaign.send(messages):
                pass
            await campaign.refresh()
        with CampaignJournal.open(journal) as opened:
            opened.export("missed", tmp_path / "missed.csv", messages)
            opened.export("missed", tmp_path / "bare.csv")
            opened.write_html(tmp_path / "report.html")
            told.append(
                (
                    opened.report(),
                    opened.status(),
                    (tmp_path / "missed.csv").read_text(),
                    (tmp_path / "bare.csv").read_text().count("\n"),
                    opened.count_known(messages).known,
                )
            )

    assert 8 == told[0][0].accepted
    assert told[0] == told[1]


async def test_forgotten_recipient_is_never_written_to_again(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Number and text are gone from the tables, and the next run passes the recipient over."""
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "forget.key"))
    sandbox = Sandbox()
    for _ in range(2):
        async with (
            awaiting(sandbox) as seven,
            Campaign(seven, "spring", journal=postgres, store_texts=True) as campaign,
        ):
            reasons = [entry.reason async for entry in campaign.send(texts(3))]
        CampaignJournal.open(postgres).forget(number(1))

    assert ["forgotten", "served before", "served before"] == sorted(reasons)
    assert 3 == accepted_once(sandbox)
    assert not [row for row in read(postgres, "SELECT * FROM seven.message") if number(1) in row]


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_told_to_take_a_file(anyio_backend: str):
    """The error comes before any connection: there is nothing at that address."""
    async with awaiting(Sandbox()) as seven:
        with pytest.raises(ConfigurationError, match="asyncio only; on trio give the path"):
            await Campaign(seven, journal=UNREACHABLE).__aenter__()


async def test_grace_that_ends_too_early_is_refused():
    """What may still be on its way is not looked up, and not sent again."""
    async with awaiting(Sandbox(), deadline_s=200) as seven:
        with pytest.raises(ConfigurationError, match="grace_s must be at least 260 with"):
            await Campaign(seven, journal=UNREACHABLE, grace_s=250).__aenter__()


def test_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch):
    """Whoever has not installed it is told how to."""
    place = "seven_async.campaign.journal.postgres.place"
    for name in [name for name in sys.modules if name.startswith(place.rpartition(".")[0])]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'seven-async\[postgres\]'"):
        to_place(UNREACHABLE)


def test_server_that_is_not_there_is_named_without_its_password():
    """An error goes into logs."""
    with pytest.raises(
        JournalError, match=r"postgresql://127\.0\.0\.1/campaigns cannot be used"
    ) as e:
        CampaignJournal.open(UNREACHABLE, "spring")

    assert "secret" not in str(e.value)
    assert "secret" not in repr(to_place(UNREACHABLE))


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("db1,db2", "db2,db1", True),
        ("db1:1,db2:2", "db2:2,db1:1", True),
        ("db1:1,db2:2", "db2:1,db1:2", False),
        ("db1,db2", "db1,db3", False),
        ("db1:5,db2:5", "ann:secret@db1:5,db2:5", True),
    ],
)
def test_several_hosts_are_one_database(first: str, second: str, are_one: bool):
    """A list of opt-outs is asked by claims where it is in the database of the campaign."""
    place = to_place(f"postgresql://{first}/sms", "spring")

    assert are_one == place.is_beside(f"postgresql://{second}/sms")


def test_newer_tables_are_refused(postgres: str, open_store):
    """Tables of a later version are not touched, and the error names both versions."""
    open_store()
    read(postgres, "UPDATE seven.schema_version SET version = 99 RETURNING 1")
    try:
        with pytest.raises(JournalError, match=f"version 99, .* up to {VERSION}"):
            CampaignJournal.open(postgres)
    finally:
        read(postgres, f"UPDATE seven.schema_version SET version = {VERSION} RETURNING 1")


async def test_lost_connection_ends_a_run_and_loses_nothing(postgres: str):
    """Results that are known are written over a new connection; the next run sends the rest."""
    sandbox = Sandbox()
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""

    async def send_until_cut_off(seven):
        async with Campaign(seven, "spring", journal=postgres, batch=1) as campaign:
            async for _ in campaign.send(texts(40)):
                if len(sandbox.ledger) >= 5:
                    read(postgres, query)

    async with awaiting(sandbox, concurrency=2) as seven:
        with pytest.raises(JournalError):
            await send_until_cut_off(seven)
        assert len(sandbox.ledger) < 40
        async with Campaign(seven, "spring", journal=postgres, batch=1) as campaign:
            states = [entry.state async for entry in campaign.send(texts(40))]
            report = campaign.report()

    assert State.UNKNOWN not in states
    assert 40 == report.accepted == accepted_once(sandbox)


async def test_texts_are_gone_when_served(postgres: str):
    """What sending needs is stored until then, and not a moment longer."""
    sandbox, message = Sandbox(), SendSms(number(1), "Secret words")
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres, store_texts="until-served") as campaign,
    ):
        await campaign.load([message])
        assert "Secret" in read(postgres, "SELECT content FROM seven.message")[0][0]
        async for _ in campaign.resume():
            pass

    assert [(None, None)] == read(postgres, "SELECT content, text FROM seven.message")


def test_range_that_one_process_has_twice_is_claimed_once(postgres: str, open_store):
    """Two deliveries of a job to one process, both claimed by the same commit."""
    store, rows = open_store(), planned(40)
    store.apply([loading(rows)])
    places = [n for (n,) in read(postgres, "SELECT n FROM seven.message ORDER BY n")]
    renewal = [(*values, n, 0) for values, n in zip(intents(rows, "one"), places, strict=True)]

    first, second = store.apply([Renewal(renewal[:30]), Renewal(renewal[10:])])
    assert set(places[:30]) == first
    assert set(places[30:]) == second


def test_load_in_the_meantime_wins_over_a_range_that_was_read_before(postgres: str, open_store):
    """Who is left out by then, or gets another text, does not get what a worker had read."""
    store, other, rows = open_store(), open_store(), planned(2)
    store.apply([loading(rows)])
    items = store.apply([lambda tables: read_chunk(tables, 1, 10**9)])[0]
    shared = Intent(*rows[0][-1])
    suppressed = shared._replace(state="skipped", reason="suppressed", content=None)
    changed = shared._replace(digest="another", content="{}")
    later = [(*rows[0][:-1], suppressed), (*rows[1][:-1], changed)]
    other.apply([loading(later)])
    renewal = [
        (*intent, item.row.n, item.row.attempt)
        for intent, item in zip(intents(rows, "one"), items, strict=True)
    ]
    assert [set()] == store.apply([Renewal(renewal)])
    assert ["skipped", "planned"] == [
        state for (state,) in read(postgres, "SELECT state FROM seven.message ORDER BY n")
    ]


def test_late_claim_wins_over_a_range_that_was_read_before(postgres: str, open_store):
    """What a process dates anew is its own, though another of its ranges has it as it was."""
    store, rows = open_store(), planned(2)
    store.apply([loading(rows)])
    places = [n for (n,) in read(postgres, "SELECT n FROM seven.message ORDER BY n")]
    own = [(*row, n) for row, n in zip(intents(rows, "one"), places, strict=True)]
    store.apply([Renewal([(*row, 0) for row in own])])

    stale, renewed = [(*row, 0) for row in own], [(*row, 1) for row in own]
    assert [set(), set(places)] == store.apply([Renewal(stale), Renewal(renewed)])


async def test_what_comes_into_doubt_during_a_look_waits_for_the_next(postgres: str, open_store):
    """No entry was compared with it: it would count as absent, and be sent a second time."""
    first, second, rows = open_store(), open_store(), planned(2)
    first.apply([loading(rows)])
    first.apply([Claim(intents(rows[:1], "one"))])
    second.apply([Claim(intents(rows[1:], "two"))])
    read(postgres, "UPDATE seven.message SET intent_at = 0 RETURNING 1")
    third, thread = open_store(), WorkerThread("journal")
    writer = Writer(third, thread)
    table = PostgresDoubtTable(writer, 7, third.lease.number, GRACE_S)
    end = "UPDATE seven.lease SET ended_at = 1 WHERE id = {} RETURNING 1"
    async with anyio.create_task_group() as tasks:
        await tasks.start(writer.main)
        read(postgres, end.format(first.lease.number))
        await table.open()
        read(postgres, end.format(second.lease.number))
        in_this_look = [stored.key for stored in await table.page(None)]
        await table.open()
        in_the_next = [stored.key for stored in await table.page(None)]
        await writer.close()
    thread.stop()
    assert [rows[0][0]] == in_this_look
    assert [row[0] for row in rows] == in_the_next


def test_odd_references_are_written_as_they_are(postgres: str, open_store):
    """What has a meaning in an array is a text like any other."""
    odd = ['"', "\\", "{a,b}", "NULL", "", "a,b", "“ü”"]
    store, rows = open_store(), planned(len(odd))
    store.apply([loading(rows)])
    places = [n for (n,) in read(postgres, "SELECT n FROM seven.message ORDER BY n")]
    own = [
        Intent(*row)._replace(foreign_id=to) for row, to in zip(to_intents(rows), odd, strict=True)
    ]
    store.apply([Renewal([(*row, None, n, 0) for row, n in zip(own, places, strict=True)])])

    written = read(postgres, "SELECT foreign_id FROM seven.message ORDER BY n")
    assert odd == [reference for (reference,) in written]


TALLIED = """SELECT state, coalesce(reason, ''), coalesce(delivery, ''), content IS NOT NULL,
    count(*), sum(coalesce(segments, 0)), sum(coalesce(price_micro_eur, 0))
    FROM seven.message GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"""
TALLIES = """SELECT state, reason, delivery, has_content, sum(n), sum(segments), sum(micro_eur)
    FROM seven.tally GROUP BY 1, 2, 3, 4 HAVING sum(n) <> 0 ORDER BY 1, 2, 3, 4"""


def test_counts_are_those_of_the_rows(postgres: str, open_store):
    """Each statement that changes messages changes their counts, whoever writes it."""
    first, second, rows = open_store(), open_store(), planned(30)

    def check() -> None:
        assert read(postgres, TALLIED) == read(postgres, TALLIES)

    first.apply([loading(rows[:20])])
    second.apply([loading(rows[10:])])
    check()
    claims = first.apply([Claim(intents(rows[:25], "one"))])[0]
    check()
    price = ("accepted", 1.0, "77", 2, 75_000, None, None, None, "one", None, "key")
    refused = ("rejected", 1.0, None, None, None, 201, "sender", "no", "one", None, "key")
    results = [price] * 15 + [refused] * 10
    first.apply(
        [
            Record(
                [
                    (*result, claim.n, claim.attempt)
                    for result, claim in zip(results, claims, strict=True)
                ]
            )
        ]
    )
    check()
    read(postgres, "UPDATE seven.message SET delivery = 'FAILED' WHERE n % 2 = 0 RETURNING 1")
    read(postgres, "DELETE FROM seven.message WHERE state = 'planned' RETURNING 1")
    check()
    report = CampaignJournal.open(postgres).report()
    assert (15, 10, 30) == (report.accepted, report.rejected, report.segments)
    read(postgres, "DELETE FROM seven.campaign RETURNING 1")
    assert [] == read(postgres, "SELECT * FROM seven.tally")
