"""However workers end, freeze and lose their database: nobody is served twice or left out."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from seven_async import AsyncSeven
from seven_async.campaign import Campaign, CampaignJournal
from seven_async.sandbox import Sandbox
from tests.campaign.postgres_server import OwnServer, missing_reason
from tests.campaign.sender_process import CHANNELS, messages
from tests.campaign.test_killed import unruly

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from seven_async.campaign.workers.queue import add_jobs, build_queue, make_queue  # noqa: E402

WORKER = Path(__file__).with_name("worker_process.py")
LEASE_S = 3.0
LATEST_S = 100.0

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux proves that a process is dead"
)


async def load(url: str, address: str, count: int, batch: int) -> None:
    """Write a campaign down, and have each of its jobs delivered twice."""
    async with (
        AsyncSeven(api_key="sandbox-key", base_url=url) as seven,
        Campaign(
            seven,
            "spring",
            journal=address,
            batch=batch,
            reload_lock=True,
            store_texts="until-served",
        ) as campaign,
    ):
        assert count == await campaign.load(messages(0, count))
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        make_queue(connection)
        query = "SELECT campaign, min(n), max(n) FROM seven.message GROUP BY 1"
        number, low, high = connection.execute(query).fetchone()
    queue = build_queue(address)
    ranges = [(first, min(first + 999, high)) for first in range(low, high + 1, 1000)]
    async with queue.open_async():
        await add_jobs(queue, number, [*ranges, *ranges])


class Crew:
    """Some worker processes, to which bad things happen."""

    def __init__(self, url: str, address: str, size: int, chance: random.Random) -> None:
        self._words = [sys.executable, str(WORKER), url, address, str(LEASE_S)]
        self._environment = {**os.environ, "PYTHONPATH": str(WORKER.parents[2])}
        self._chance = chance
        self._processes = [self._start() for _ in range(size)]

    def _start(self) -> subprocess.Popen:
        return subprocess.Popen(self._words, env=self._environment, stderr=subprocess.DEVNULL)

    def kill_one(self) -> None:
        """Kill a worker wherever it is; another one takes its place."""
        place = self._chance.randrange(len(self._processes))
        self._processes[place].kill()
        self._processes[place].wait()
        self._processes[place] = self._start()

    def freeze_one(self) -> None:
        """Freeze a worker for longer than its lease."""
        process = self._chance.choice(self._processes)
        process.send_signal(signal.SIGSTOP)
        time.sleep(LEASE_S + 1.0)  # a real process, and the database's real clock
        process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Let all finish what they have."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            # One that was started a moment ago does not listen yet.
            assert process.wait(30) in {0, -signal.SIGTERM}


def states_of(address: str) -> dict[str, tuple[str, str]]:
    """Channel and state of each recipient, in any moment of the database."""
    with closing(psycopg.connect(address)) as connection:
        rows = connection.execute("SELECT recipient, channel, state FROM seven.message")
        return {to.removeprefix("+"): (channel, state) for to, channel, state in rows}


def is_finished(address: str) -> bool:
    """Whether nothing is left that could be decided: on other channels a doubt may stay."""
    states = set(states_of(address).values())
    return not any(
        state == "planned" or (channel == "sms" and state in ("intent", "unknown"))
        for channel, state in states
    )


def wait_until(is_so: Callable[[], bool]) -> None:
    """Return when something is so."""
    until = time.monotonic() + LATEST_S
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.2)  # real processes, at their own pace


def check(sandbox: Sandbox, address: str, count: int) -> None:
    """Hold the journal against the gateway's ledger, row by row."""
    served = Counter(entry.to for entry in sandbox.ledger)
    found = states_of(address)
    assert {1} == set(served.values()), "somebody was served twice"
    assert count == len(found)
    for to, (channel, state) in found.items():
        if channel == "sms":
            assert ("accepted", 1) == (state, served[to])
        elif state == "accepted":
            assert 1 == served[to]
        else:
            assert state in {"unknown", "intent"}
    report = CampaignJournal.open(address).report()
    assert report.accepted == sum(state == "accepted" for _, state in found.values())


def send_under_chaos(
    address: str,
    *,
    count: int,
    size: int,
    troubles: list[str],
    seed: int,
    latency_s: float = 0.02,
    stop_database: Callable[[], None] = lambda: None,
) -> None:
    """Send with workers to whom troubles happen, in any order, and check what came of it."""
    chance = random.Random(seed)
    chance.shuffle(troubles)
    sandbox = Sandbox(latency_s=latency_s, seed=seed)
    unruly(sandbox)
    with sandbox.serve() as server:
        anyio.run(load, server.url, address, count, 5)
        crew = Crew(server.url, address, size, chance)
        deeds = {"kill": crew.kill_one, "freeze": crew.freeze_one, "stop": stop_database}
        for number, trouble in enumerate(troubles, 1):
            target = number * count // (len(troubles) + 2)
            wait_until(lambda target=target: len(sandbox.ledger) >= target)
            deeds[trouble]()
        try:
            wait_until(lambda: is_finished(address))
        except TimeoutError:
            pytest.fail(
                f"the workers do not come to an end: {Counter(states_of(address).values())}"
            )
        finally:
            crew.end()
        check(sandbox, address, count)


def test_killed_and_frozen_workers_serve_nobody_twice(postgres: str):
    """Two kills and a freeze, every job delivered twice, on a gateway that loses answers."""
    assert set(CHANNELS) == {"sms", "rcs", "waba"}
    send_under_chaos(postgres, count=400, size=2, troubles=["kill", "kill", "freeze"], seed=1)


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
    """60,000 recipients, three workers, ten kills, six freezes, and the database stops at once."""
    send_under_chaos(
        own_server.address,
        count=int(os.environ.get("SEVEN_SOAK_COUNT", "60000")),
        size=3,
        troubles=["kill"] * 10 + ["freeze"] * 6 + ["stop"],
        seed=seed,
        latency_s=0.005,
        stop_database=own_server.restart_at_once,
    )
