"""However workers end, freeze and lose their database: nobody is served twice or left out."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import anyio
import pytest

from seven_async import AsyncSeven
from seven_async.campaign import Campaign, CampaignJournal
from seven_async.campaign.journal.statements.runs import SETTINGS
from seven_async.sandbox import Sandbox
from tests.campaign.hosts import Host, missing_right
from tests.campaign.postgres_server import OwnServer, missing_reason
from tests.campaign.sender_process import CHANNELS, messages
from tests.campaign.test_killed import unruly

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.workers.queue import add_jobs, build_queue, make_queue  # noqa: E402

WORKER = Path(__file__).with_name("worker_process.py")
LEASE_S = 3.0

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux proves that a process is dead"
)


RULES = {"lock_s": 0.0, "grace_s": 10.0}
"""What is in doubt is decided when lease and deadline are over, not after minutes: this gateway has
nothing on its way for longer."""


async def load(url: str, address: str, count: int, batch: int, rate: float | None) -> None:
    """Write a campaign down, and have each of its jobs delivered twice."""
    async with (
        AsyncSeven(api_key="sandbox-key", base_url=url) as seven,
        Campaign(
            seven, "spring", journal=address, batch=batch, rate=rate, store_texts="until-served"
        ) as campaign,
    ):
        assert count == await campaign.load(messages(0, count))
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        query = """UPDATE seven.note SET value = jsonb_set(value::jsonb, '{rules}',
                   value::jsonb->'rules' || %s::jsonb)::text WHERE name = %s"""
        assert 1 == connection.execute(query, (json.dumps(RULES), SETTINGS)).rowcount
        make_queue(connection)
        query = "SELECT campaign, min(n), max(n) FROM seven.message GROUP BY 1"
        number, low, high = connection.execute(query).fetchone()
    queue = build_queue(address)
    ranges = [(first, min(first + 999, high)) for first in range(low, high + 1, 1000)]
    async with queue.open_async():
        await add_jobs(queue, number, [*ranges, *ranges])


class Crew:
    """Some worker processes, on hosts if there are any, to which bad things happen."""

    def __init__(
        self, url: str, address: str, size: int, chance: random.Random, hosts: Sequence[Host]
    ) -> None:
        self._url, self._address, self._hosts = url, address, hosts
        self._environment = {**os.environ, "PYTHONPATH": str(WORKER.parents[2])}
        self._chance = chance
        self._may_be_refused = False
        self._processes = [self._start(place) for place in range(size)]

    def _start(self, place: int) -> subprocess.Popen:
        prefix, address = (), self._address
        if self._hosts:
            host = self._hosts[place % len(self._hosts)]
            prefix, address = host.prefix, host.address
        words = [*prefix, sys.executable, str(WORKER), self._url, address, str(LEASE_S)]
        return subprocess.Popen(words, env=self._environment, stderr=subprocess.DEVNULL)

    def kill_one(self) -> None:
        """Kill a worker wherever it is; another one takes its place."""
        place = self._chance.randrange(len(self._processes))
        self._processes[place].kill()
        self._processes[place].wait()
        self._processes[place] = self._start(place)

    def freeze_one(self) -> None:
        """Freeze a worker for longer than its lease."""
        process = self._chance.choice(self._processes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_S + 1.0)  # a real process, and the database's real clock
        process.send_signal(signal.SIGCONT)

    def cut_one_off(self) -> None:
        """Let a host lose the database for a lease and a half."""
        if self._hosts:
            host = self._chance.choice(self._hosts)
            host.lose_database()
            time.sleep(1.5 * LEASE_S)
            host.find_database()
            self._may_be_refused = True

    def stop_database(self, restart: Callable[[], None]) -> None:
        """Let the database stop without a word, and come back."""
        restart()
        self._may_be_refused = True

    def restart_refused(self) -> None:
        """Start workers anew that were just starting without the database: they say so, and end.

        A slow machine shows that late. Without such trouble no worker may end.
        """
        if not self._may_be_refused:
            return
        for place, process in enumerate(self._processes):
            if process.poll() == 1:
                self._processes[place] = self._start(place)

    def end(self) -> None:
        """Let all finish what they have."""
        for process in self._processes:
            process.terminate()
        codes = [process.wait(60) for process in self._processes]
        # One that was started a moment ago does not listen yet.
        assert set(codes) <= {0, -signal.SIGTERM}


def read(address: str, query: str) -> list[tuple]:
    """What a query finds."""
    with closing(psycopg.connect(address)) as connection:
        return connection.execute(query).fetchall()


def is_finished(address: str) -> bool:
    """Whether nothing is left that could be decided: of other channels a doubt may stay."""
    query = """SELECT 1 FROM seven.message WHERE state = 'planned'
               OR (state IN ('intent', 'unknown') AND channel IN ('sms', 'rcs')) LIMIT 1"""
    return not read(address, query)


def wait_until(is_so: Callable[[], bool], crew: Crew, latest_s: float) -> None:
    """Return when something is so; meanwhile workers are started that could not start."""
    until = time.monotonic() + latest_s
    while not is_so():
        crew.restart_refused()
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.2)  # real processes, at their own pace


def check(sandbox: Sandbox, address: str, count: int) -> None:
    """Hold the journal against the gateway's ledger, row by row."""
    served = Counter(entry.to for entry in sandbox.ledger)
    rows = read(address, "SELECT recipient, channel, state FROM seven.message")
    twice = [entry for entry in sandbox.ledger if served[entry.to] > 1]
    assert not twice, "somebody was served twice"
    assert count == len(rows)
    for recipient, channel, state in rows:
        times = served[recipient.removeprefix("+")]
        if channel == "waba" and state != "accepted":
            assert state in {"unknown", "intent"}
        else:
            assert ("accepted", 1) == (state, times)
    report = CampaignJournal.open(address).report()
    assert report.accepted == sum(state == "accepted" for _, _, state in rows)
    assert count == report.accepted + report.unknown


def send_under_chaos(
    address: str,
    *,
    count: int,
    size: int,
    troubles: list[str],
    seed: int,
    batch: int = 5,
    rate: float | None = None,
    latency_s: float = 0.02,
    stop_database: Callable[[], None] = lambda: None,
    host_count: int = 0,
    latest_s: float = 100.0,
) -> None:
    """Send with workers to whom troubles happen, in any order, and check what came of it."""
    chance = random.Random(seed)
    chance.shuffle(troubles)
    sandbox = Sandbox(latency_s=latency_s, seed=seed)
    unruly(sandbox)
    with sandbox.serve() as server, ExitStack() as stack:
        anyio.run(load, server.url, address, count, batch, rate)
        hosts = [
            stack.enter_context(Host(place, server.url, address))
            for place in range(1, host_count + 1)
        ]
        crew = Crew(server.url, address, size, chance, hosts)
        deeds = {
            "kill": crew.kill_one,
            "freeze": crew.freeze_one,
            "cut": crew.cut_one_off,
            "stop": partial(crew.stop_database, stop_database),
        }
        try:
            for number, trouble in enumerate(troubles, 1):
                target = number * count // (len(troubles) + 2)
                wait_until(lambda target=target: len(sandbox.ledger) >= target, crew, latest_s)
                deeds[trouble]()
            wait_until(lambda: is_finished(address), crew, latest_s)
        except TimeoutError:
            query = "SELECT channel, state, count(*) FROM seven.message GROUP BY 1, 2"
            pytest.fail(f"the workers do not come to an end: {read(address, query)}")
        finally:
            crew.end()
        check(sandbox, address, count)


def test_killed_and_frozen_workers_serve_nobody_twice(postgres: str):
    """Two kills and a freeze, every job delivered twice, on a gateway that loses answers."""
    assert set(CHANNELS) == {"sms", "rcs", "waba"}
    send_under_chaos(postgres, count=400, size=2, troubles=["kill", "kill", "freeze"], seed=1)


def test_host_without_its_database_serves_nobody_twice(postgres: str):
    """Two hosts, one of which loses the database for a lease and a half while it sends."""
    reason = missing_right()
    if reason is not None:
        pytest.skip(reason)
    if "host=/" not in postgres:
        pytest.skip("the database is not on this machine")
    send_under_chaos(postgres, count=400, size=2, troubles=["cut", "kill"], seed=2, host_count=2)


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A server that a test may stop."""
    reason = missing_reason(own=True)
    if reason is not None:
        pytest.skip(reason)
    with OwnServer() as server:
        yield server


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_large_campaign_under_chaos(own_server: OwnServer, seed: int):
    """60,000 recipients at 2,500 a second, three workers on two hosts, and all that may happen.

    Ten kills, six freezes, and the database stops at once; a host loses it for a lease and a half,
    where hosts can be made.
    """
    reason = missing_right()
    if reason is not None:
        sys.stdout.write(f"without hosts of their own: {reason}\n")
    send_under_chaos(
        own_server.address,
        count=int(os.environ.get("SEVEN_SOAK_COUNT", "60000")),
        size=3,
        troubles=["kill"] * 10 + ["freeze"] * 6 + ["stop", "cut"],
        seed=seed,
        batch=20,
        rate=2_500,
        latency_s=0.005,
        stop_database=own_server.restart_at_once,
        host_count=0 if reason else 2,
        latest_s=400.0,
    )
