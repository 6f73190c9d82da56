"""The primary is lost and its replica takes over: nobody is served twice or left out."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from seven_async.campaign import (
    Campaign,
    JournalError,
    JournalSink,
    OptOutError,
    OptOutList,
    work_chunk,
)
from seven_async.sandbox import Sandbox
from tests.campaign import machines
from tests.campaign.gateways import accepted_once, awaiting, number, texts
from tests.campaign.postgres_server import missing_reason
from tests.campaign.test_journal_sink import report
from tests.campaign.test_worker_killed import check, send_under_chaos

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from tests.campaign.replica import ServerPair, execute, wait_for  # noqa: E402

AGE = """UPDATE seven.message SET intent_at = intent_at - 1000, boot_s = boot_s - 1000,
         gateway_at = gateway_at - 1000"""
"""Makes each intent so old that the gateway's journal would have its message, if it had left."""

SENDER = Path(__file__).with_name("sender_process.py")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux proves that a process is dead"
)


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


@pytest.fixture
def pair() -> Iterator[ServerPair]:
    """A primary and a synchronous replica."""
    reason = missing_reason(own=True)
    if reason is not None:
        pytest.skip(reason)
    with ServerPair() as servers:
        yield servers


def test_workers_go_on_at_the_replica(pair: ServerPair):
    """Two workers on a gateway that loses answers, and a failover in the middle."""
    send_under_chaos(
        pair.address, count=400, size=2, troubles=["stop"], seed=3, stop_database=pair.fail_over
    )


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
def test_large_campaign_over_a_failover(pair: ServerPair, seed: int):
    """20,000 recipients, three workers of which some are killed and frozen, and a failover."""
    send_under_chaos(
        pair.address,
        count=int(os.environ.get("SEVEN_SOAK_COUNT", "20000")),
        size=3,
        troubles=["kill"] * 4 + ["freeze"] * 2 + ["stop"],
        seed=seed,
        batch=20,
        rate=1_000,
        latency_s=0.005,
        stop_database=pair.fail_over,
        latest_s=400.0,
    )


def send_in_a_process(url: str, address: str, *words: str) -> subprocess.Popen:
    """Send messages by a process of its own."""
    words = (sys.executable, str(SENDER), url, address, *words)
    environment = {**os.environ, "PYTHONPATH": str(SENDER.parents[2])}
    return subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("resumed", [(), ("--remembers",)])
def test_send_in_a_process_ends_with_an_error_and_goes_on(pair: ServerPair, resumed: tuple):
    """What it has claimed is looked up by the next run, which is given the same or resumes."""
    count = 300
    words = (str(count), *resumed)
    sandbox = Sandbox(latency_s=0.05)
    with sandbox.serve() as server:
        first = send_in_a_process(server.url, pair.address, *words)
        wait_for(lambda: len(sandbox.ledger) >= count // 3)
        pair.fail_over()
        _, said = first.communicate(timeout=60)
        assert 1 == first.returncode
        assert "JournalError" in said
        # What it has claimed, and did not send since it never learnt of that.
        execute(pair.address, AGE)
        second = send_in_a_process(server.url, pair.address, *words)
        _, said = second.communicate(timeout=60)
        assert 0 == second.returncode, said
    check(sandbox, pair.address, count)


@contextmanager
def cancelling(address: str) -> Iterator[None]:
    """Let no commit wait for the replica: somebody cancels each that does."""
    query = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    ended = threading.Event()

    def cancel() -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            while not ended.wait(0.005):
                connection.execute(query)

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.anyio
async def test_claim_that_is_not_on_the_replica_is_none(pair: ServerPair):
    """A commit whose wait for the replica is cancelled is told as a success, with a warning."""
    sandbox = Sandbox()
    number = await machines.load(sandbox, pair.address, 20)
    ((_, low, high),) = machines.read(pair.address, machines.RANGE)
    pair.stop_replica()
    with cancelling(pair.primary):
        async with awaiting(sandbox) as seven, Campaign(seven, journal=pair.primary) as campaign:
            with pytest.raises(JournalError, match="synchronous replica"):
                async for _ in campaign.send(texts(20, "Hi")):
                    pass
        async with awaiting(sandbox) as seven:
            with pytest.raises(JournalError, match="synchronous replica"):
                await work_chunk(pair.primary, number, low, high, client=seven)
    assert not sandbox.ledger

    pair.stop_primary()
    pair.start_replica()
    pair.promote()
    async with awaiting(sandbox) as seven:
        assert 20 == await work_chunk(pair.address, number, low, high, client=seven)
    assert 20 == accepted_once(sandbox)


def test_server_that_takes_no_writes_any_more_is_left(pair: ServerPair):
    """Its connections stay open; worker, rate, reports and opt-outs go on at the other server."""
    sandbox = Sandbox(latency_s=0.05)
    with closing(OptOutList(pair.address)) as opt_outs, closing(JournalSink(pair.address)) as sink:
        opt_outs.add(number(1000), reason="STOP")
        sink.store(report("1"))
        # Not by the plugin: it minds that the queue could not note that a job is done.
        anyio.run(switch_over, sandbox, pair)
        for attempt in range(2):  # the first one finds that the server takes no writes
            with suppress(JournalError):
                sink.store(report(f"{attempt}-later"))
            with suppress(OptOutError):
                opt_outs.add(number(2000 + attempt), reason="STOP")
        assert ("1-later",) in execute(pair.replica, "SELECT message_id FROM seven.report")
        assert number(2001) in OptOutList(pair.replica)
    assert 100 == accepted_once(sandbox)


async def switch_over(sandbox: Sandbox, pair: ServerPair) -> None:
    """Make the primary read-only, and the replica take over, while a worker sends."""
    await machines.load(sandbox, pair.address, 100, batch=1, rate=100)
    async with machines.workers(sandbox, pair.address) as (worker,):
        await machines.wait_until(lambda: worker.sent >= 20)
        execute(pair.primary, "ALTER SYSTEM SET default_transaction_read_only = on")
        execute(pair.primary, "SELECT pg_reload_conf()")
        await machines.wait_until(
            lambda: execute(pair.primary, "SHOW transaction_read_only") == [("on",)]
        )
        pair.promote()
        await machines.wait_until_sent(pair.address, 100)
