"""What processes, and those who look after the database, do at the same moment."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import anyio
import pytest

from seven_async.campaign import Campaign, State
from seven_async.campaign.journal.delivery_order import DeliveryNews
from seven_async.campaign.journal.place import to_place
from seven_async.campaign.journal.protocol import Look, Looked
from seven_async.campaign.journal.rows import Intent
from seven_async.campaign.journal.statements.queries import insert_refusal
from seven_async.campaign.journal.writer import Claim, Record, Writer
from seven_async.sandbox import Sandbox
from seven_async.worker_thread import WorkerThread
from tests.campaign.gateways import awaiting, texts
from tests.campaign.machines import read
from tests.campaign.test_postgres import GRACE_S, intents, loading, open_store, planned

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.journal.postgres import forgetting, lease  # noqa: E402
from seven_async.campaign.journal.postgres.connection import CampaignTables  # noqa: E402
from seven_async.campaign.journal.postgres.doubt_table import PostgresDoubtTable  # noqa: E402
from seven_async.campaign.journal.postgres.duty import take_duty  # noqa: E402
from seven_async.campaign.journal.postgres.report_table import ReportTable  # noqa: E402
from seven_async.campaign.journal.postgres.store import PostgresStore  # noqa: E402

__all__ = ["open_store"]
RESULT = ("accepted", 1.0, "77", 1, 75_000, None, None, None, "one", None, "key")


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def connection(postgres: str) -> Iterator:
    """A connection of somebody else."""
    with closing(psycopg.connect(postgres, autocommit=True)) as opened:
        yield opened


def at_the_same_time(*calls: Callable[[], object]) -> Callable[[], list[object]]:
    """Begin calls one after another, each once the one before waits for a lock; their results."""
    results: list[object] = [None] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            results[place] = call()
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[place] = error

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]

    def wait() -> list[object]:
        for thread in threads:
            thread.join(30)
        return results

    wait.threads = threads
    return wait


def wait_for_locks(connection, count: int) -> None:
    """Return when so many wait for a lock."""
    query = """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    while connection.execute(query).fetchone()[0] < count:
        pass


async def test_look_says_nothing_of_what_was_sent_again_meanwhile(postgres: str, open_store):
    """Another process has sent it, and lost the answer again: it was not absent after that."""
    first, second, rows = open_store(), open_store(), planned(1)
    first.apply([Claim(intents(rows, "one"))])
    unknown = "UPDATE seven.message SET state = 'unknown', intent_at = {} RETURNING 1"
    read(postgres, unknown.format(1))
    thread = WorkerThread("journal")
    writer = Writer(second, thread)
    table = PostgresDoubtTable(writer, 7, second.lease.number, GRACE_S)
    looked: list[tuple] = []
    async with anyio.create_task_group() as tasks:
        await tasks.start(writer.main)
        await table.open()
        (stored,) = await table.page(None)
        read(postgres, unknown.format(2))
        absent = Looked(is_absent=True, age_s=1_000.0)
        for _ in range(2):
            await table.note_looks([Look(stored.key, absent, stored.intent_at)], None)
            looked += read(postgres, "SELECT looked_run FROM seven.message")
            (stored,) = await table.page(None)
        await writer.close()
    thread.stop()
    assert [(None,), (7,)] == looked


@pytest.mark.skipif(lease.name_process(os.getpid()) is None, reason="no /proc")
def test_process_that_cannot_be_looked_at_is_not_dead(
    connection, open_store, monkeypatch: pytest.MonkeyPatch
):
    """With `hidepid` nobody sees the processes of others, which live all the same."""
    open_store()
    own = lease.name_process(os.getpid())
    connection.execute("UPDATE seven.lease SET pid = %s, process = %s", (os.getppid(), f"{own}9"))
    monkeypatch.setattr(lease, "name_process", lambda pid: own if pid == os.getpid() else None)
    assert 0 == lease.end_dead_leases(connection)
    connection.execute("UPDATE seven.lease SET pid = 2147483646")
    assert 1 == lease.end_dead_leases(connection)


def test_isolation_that_the_server_was_given_changes_nothing(postgres: str, connection, open_store):
    """What somebody else has just committed is read again, and is no error."""
    store, rows = open_store(), planned(2)
    store.apply([loading(rows)])
    address = f"{postgres}&options=-cdefault_transaction_isolation%3Dserializable"
    strict = PostgresStore(address, name="spring", gateway="here", grace_s=GRACE_S)
    with connection.transaction():
        connection.execute("UPDATE seven.message SET state = 'skipped' WHERE n % 2 = 0")
        claim = at_the_same_time(partial(strict.apply, [Claim(intents(rows, "one"))]))
        claim.threads[0].start()
        with closing(psycopg.connect(postgres, autocommit=True)) as other:
            wait_for_locks(other, 1)
    ((claimed,),) = claim()
    strict.close()

    assert 1 == sum(each.stored is None for each in claimed)


@pytest.mark.parametrize(
    "error", ["DeadlockDetected", "SerializationFailure", "LockNotAvailable", "QueryCanceled"]
)
def test_group_that_had_to_give_way_is_written_anew(
    open_store, postgres: str, monkeypatch: pytest.MonkeyPatch, error: str
):
    """Others were at its rows, or the server had no patience: results are not lost for that."""
    store = open_store()
    ((claim,),) = store.apply([Claim(intents(planned(1), "one"))])
    execute, failures = store._execute, [getattr(psycopg.errors, error)("meanwhile")] * 2

    def give_way(operations) -> list:
        if failures:
            raise failures.pop()
        return execute(operations)

    monkeypatch.setattr(store, "_execute", give_way)
    store.apply([Record([(*RESULT, claim.n, claim.attempt)])])
    assert [("accepted",)] == read(postgres, "SELECT state FROM seven.message")


def test_nobody_loads_while_a_recipient_is_forgotten(
    postgres: str, connection, open_store, monkeypatch: pytest.MonkeyPatch
):
    """To find a recipient among millions takes seconds, in which a load would bring it back."""
    open_store().apply([loading(planned(1))])
    ((number,),) = read(postgres, "SELECT id FROM seven.campaign")
    waits: list[bool] = []

    def begin_to_load(_: object) -> bool:
        try:
            read(postgres, "SELECT 1 FROM seven.campaign FOR UPDATE NOWAIT")
        except psycopg.errors.LockNotAvailable:
            waits.append(True)
        return False

    monkeypatch.setattr(forgetting, "is_sending", begin_to_load)
    tables = CampaignTables(connection, number)
    with tables.transaction():
        assert 1 == forgetting.forget_recipient(tables, planned(1)[0][0].partition("/")[0])
    assert [True] == waits


@pytest.mark.parametrize("names", ["ab", "ba"])
def test_reports_that_are_kept_and_joined_at_once_do_not_lock_each_other_out(
    postgres: str, connection, open_store, names: str
):
    """Both take the rows in one order, whatever order the reports came in."""
    store = open_store()
    claims = store.apply([Claim(intents(planned(2), "one"))])[0]
    store.apply(
        [
            Record([(*RESULT[:2], name, *RESULT[3:], claim.n, claim.attempt)])
            for name, claim in zip("ab", claims, strict=True)
        ]
    )
    reports = ReportTable(postgres)

    def keep(names: str, state: str) -> None:
        news = [DeliveryNews(name, state, 1.0, None) for name in names]
        reports.write(news)

    keep("ab", "BUFFERED")
    with connection.transaction():
        lock = "SELECT 1 FROM seven.report WHERE message_id = %s FOR UPDATE"
        connection.execute(lock, (names[1],))
        join = to_place(f"{postgres}#spring").join_reports
        both = at_the_same_time(join, partial(keep, names, "DELIVERED"))
        with closing(psycopg.connect(postgres, autocommit=True)) as other:
            for place, thread in enumerate(both.threads):
                thread.start()
                wait_for_locks(other, place + 1)
    results = both()
    reports.close()
    assert [2, None] == results


def test_duty_that_a_clock_has_put_off_for_ever_is_taken(connection, open_store):
    """The database's clock was ahead for a while: its messages would be found by nobody."""
    open_store()
    assert take_duty(connection, "reaper", 10)
    assert not take_duty(connection, "reaper", 10)
    connection.execute("UPDATE seven.duty SET until = until + 86400")
    assert take_duty(connection, "reaper", 10)


def test_what_postgres_keeps_in_no_text_stops_no_group(postgres: str, open_store):
    """A reply, or a broken file, may have NUL and half an emoji: the others are written too."""
    odd, store = "a\0\ud83d", open_store()
    store.apply([partial(insert_refusal, run=1, line=1, recipient=odd, reason=odd)])
    texts, loaded = (odd, "ab"), planned(2)
    rows, said = intents(loaded, "one"), Intent._fields.index("text")
    # One value for all rows, and one for each.
    for count in (1, 2):
        together = [
            (f"{row[0]}{count}", *row[1:said], text, *row[said + 1 :])
            for row, text in zip(rows[:count], texts, strict=False)
        ]
        (claims,) = store.apply([Claim(together)])
        results = [
            (*RESULT[:2], text, *RESULT[3:], claim.n, claim.attempt)
            for text, claim in zip(texts, claims, strict=False)
        ]
        store.apply([Record(results)])
    later = [(*row[:-1], Intent(*row[-1])._replace(text="a\0")) for row in loaded]
    store.apply([loading(later)])

    stored = "SELECT message_id, text FROM seven.message ORDER BY n"
    kept = "a\ufffd?"
    assert [(kept, kept), (kept, kept), ("ab", "ab"), *[(None, "a\ufffd")] * 2] == read(
        postgres, stored
    )


async def test_numbers_that_no_column_takes_stop_no_group(postgres: str):
    """A reply may claim anything; what it accepted is accepted."""
    sandbox = Sandbox()
    answer = {
        "success": "100",
        "messages": [
            {"id": "77", "recipient": "491700000000", "parts": 10**12, "success": True},
            {"id": None, "recipient": "491700000001", "success": False, "error": 10**12},
        ],
    }
    sandbox.fault("POST /sms", body=json.dumps(answer))
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres) as campaign,
    ):
        states = [entry.state async for entry in campaign.send(list(texts(2, "Hi")))]

    assert [State.ACCEPTED, State.REJECTED] == states
    assert [("accepted", "77", None), ("rejected", None, None)] == read(
        postgres, "SELECT state, message_id, segments FROM seven.message ORDER BY n"
    )
