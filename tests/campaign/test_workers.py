"""Workers share a campaign: each message is sent by one of them, and none is left behind."""

from __future__ import annotations

from contextlib import closing

import anyio
import pytest

from seven_async import Rate, SendRcs, SendSms
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    Fallback,
    PausedError,
    work_chunk,
)
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting
from tests.campaign.machines import (
    RANGE,
    load,
    open_desk,
    read,
    wait_until,
    wait_until_sent,
    workers,
)

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.journal.postgres import chunks  # noqa: E402
from seven_async.campaign.workers.queue import add_jobs, build_queue, make_queue  # noqa: E402


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


async def test_workers_send_what_was_loaded(postgres: str):
    """Nobody has to queue anything: what was loaded whole is found, and sent once."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 1500, batch=50)
    async with workers(sandbox, postgres, 2):
        await wait_until_sent(postgres, 1500)

    assert 1500 == accepted_once(sandbox)
    status = CampaignJournal.open(postgres).status()
    assert (1500, 0, 0, 0) == (status.done, status.planned, status.in_doubt, status.in_flight)
    assert [(None,)] == read(postgres, "SELECT DISTINCT content FROM seven.message")


async def test_stopped_worker_leaves_the_rest_of_its_ranges_to_others(postgres: str):
    """What is in flight finishes; nobody has to wait for a thousand messages at a low rate."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 500, batch=5, rate=Rate(10, per_s=1))
    with anyio.fail_after(30):  # of the 50 seconds that all would take
        async with workers(sandbox, postgres):
            await wait_until(lambda: sandbox.ledger)
    status = CampaignJournal.open(postgres).status()
    assert (0, 0) == (status.in_flight, status.in_doubt)
    assert status.planned > 0

    CampaignJournal.open(postgres).set_rate(10_000)
    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 500)
    assert 500 == accepted_once(sandbox)


async def test_job_that_is_delivered_twice_sends_once(postgres: str):
    """The queue may say what it likes: the ledger gives each message away once."""
    sandbox = Sandbox(latency_s=0.01)
    number = await load(sandbox, postgres, 600, batch=7)
    ((_, low, high),) = read(postgres, RANGE)
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        make_queue(connection)
    queue = build_queue(postgres)
    async with queue.open_async():
        await add_jobs(queue, number, [(low, high), (low, high), (low + 100, high)])
    async with workers(sandbox, postgres, 2):
        await wait_until_sent(postgres, 600)

    assert 600 == accepted_once(sandbox)


async def test_range_may_be_the_job_of_any_queue(postgres: str):
    """Two calls for the same range at the same time send each message once, and count it once."""
    sandbox, counts = Sandbox(latency_s=0.01), []
    await load(sandbox, postgres, 200, batch=5)
    ((_, low, high),) = read(postgres, RANGE)

    async def call() -> None:
        async with awaiting(sandbox) as seven:
            counts.append(await work_chunk(postgres, "spring", low, high, client=seven))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(call)

    assert 200 == accepted_once(sandbox)
    assert 200 == CampaignJournal.open(postgres).report().accepted
    assert 200 == sum(counts)  # what another one took is no result of its own


async def test_worker_outlives_its_connections(postgres: str):
    """A database that throws everybody out loses nothing and sends nothing twice."""
    sandbox = Sandbox(latency_s=0.01)
    await load(sandbox, postgres, 800, batch=10, reload_lock=True)
    query = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()"""
    async with workers(sandbox, postgres):
        for target in (50, 300):
            await wait_until(lambda target=target: len(sandbox.ledger) >= target)
            read(postgres, query)
        await wait_until_sent(postgres, 800)

    assert 800 == accepted_once(sandbox)


async def test_what_a_dead_process_left_behind_is_finished(postgres: str):
    """Its intents are looked up: what arrived is accepted, what did not goes out under the lock."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=1, reload_lock=True)
    with sandbox.fault("GET", status=503):
        sandbox.fault("POST /sms", drop="after", times=5)
        sandbox.fault("POST /sms", drop="before", times=5)
        ((_, low, high),) = read(postgres, RANGE)
        async with awaiting(sandbox) as seven:
            await work_chunk(postgres, "spring", low, high, client=seven)
    states = "SELECT state, count(*) FROM seven.message GROUP BY 1 ORDER BY 1"
    assert [("accepted", 10), ("unknown", 10)] == read(postgres, states)

    async with workers(sandbox, postgres):
        await wait_until_sent(postgres, 20)
    assert 20 == accepted_once(sandbox)


async def test_missing_credit_pauses_a_campaign_for_all(postgres: str):
    """No other worker tries what one was told; after it was resumed, everybody is served."""
    sandbox = Sandbox(balance="0.30")
    await load(sandbox, postgres, 50, batch=1)
    ((_, low, high),) = read(postgres, RANGE)
    async with awaiting(sandbox, concurrency=1) as seven:
        with pytest.raises(PausedError, match="out of credit"):
            await work_chunk(postgres, "spring", low, high, client=seven)
        assert [("paused", "credit")] == read(postgres, "SELECT state, reason FROM seven.campaign")
        before = len(sandbox.ledger)
        await work_chunk(postgres, "spring", low, high, client=seven)
        assert before == len(sandbox.ledger) == 4


async def test_worker_goes_on_at_the_form_that_a_message_was_at(postgres: str):
    """The form before may have been accepted: it is not sent again."""
    sandbox, message = (
        Sandbox(),
        Fallback(SendRcs("+491701234567", "Hi"), SendSms("+491701234567", "Hi")),
    )
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres, store_texts="until-served") as campaign,
    ):
        await campaign.load([message])
    read(postgres, "UPDATE seven.message SET step = 1, intent_at = 1 RETURNING 1")
    ((_, low, high),) = read(postgres, RANGE)
    async with awaiting(sandbox) as seven:
        await work_chunk(postgres, "spring", low, high, client=seven)

    assert ["SMS"] == [entry.channel for entry in sandbox.ledger]
    assert [("accepted",)] == read(postgres, "SELECT state FROM seven.message")


async def test_worker_that_was_held_up_at_a_later_form_goes_on_with_it(postgres: str):
    """The row has the number of its own run by then, which makes it no duplicate."""
    sandbox, to = Sandbox(), "+491701234567"
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=postgres, store_texts="until-served") as campaign,
    ):
        await campaign.load([Fallback(SendRcs(to, "Hi"), SendSms(to, "Hi"))])
    ((_, low, high),) = read(postgres, RANGE)
    async with awaiting(sandbox) as seven, open_desk(seven, postgres) as desk:
        sandbox.fault("POST /rcs/messages", code=202)
        with sandbox.fault("POST /sms", code=500), pytest.raises(PausedError):
            await desk.work(low, high)
        assert [("planned", 1)] == read(postgres, "SELECT state, step FROM seven.message")
        CampaignJournal.open(postgres).unpause()
        await desk.work(low, high)

    assert ["SMS"] == [entry.channel for entry in sandbox.ledger]
    assert [("accepted",)] == read(postgres, "SELECT state FROM seven.message")


def test_ranges_are_found_in_the_gaps_between_jobs(postgres: str, monkeypatch: pytest.MonkeyPatch):
    """All that is planned is in one of them or in a job, and none has more than a thousand."""
    number = anyio.run(load, Sandbox(), postgres, 3_500)
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        ((_, low, high),) = read(postgres, RANGE)

        def find(*covered: tuple[int, int]) -> list[tuple[int, int]]:
            return chunks.find_ranges(connection, number, covered)

        firsts = [low, low + 1_000, low + 2_000]
        assert [*((first, first + 999) for first in firsts), (low + 3_000, high)] == find()
        # Two gaps share a range: what is in a job there is claimed by one of the two.
        covered = ((low + 100, low + 250), (low + 200, low + 299), (low + 400, high))
        assert [(low, low + 399)] == find(*covered)
        assert [] == find((low - 5, high + 5))
        monkeypatch.setattr(chunks, "MOST_RANGES", 2)
        assert [(low, low + 999), (low + 1_000, low + 1_999)] == find()
        connection.execute("UPDATE seven.message SET state = 'accepted'")
        assert [] == find()
