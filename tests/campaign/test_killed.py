"""However a sending process ends, the next one serves nobody twice and leaves nobody out."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox
from tests.campaign.sender_process import CHANNELS

SENDER = Path(__file__).with_name("sender_process.py")


def sender(*arguments: object) -> subprocess.Popen[str]:
    """A process that sends."""
    command = [sys.executable, str(SENDER), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(SENDER.parents[2])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def unruly(sandbox: Sandbox) -> None:
    """Make a gateway lose answers and requests, now and then."""
    sandbox.fault("POST", probability=0.03, drop="after")
    sandbox.fault("POST", probability=0.02, drop="before")
    sandbox.fault("POST", probability=0.02, status=503, processed=True)
    sandbox.fault("POST", probability=0.01, status=503)
    sandbox.fault("POST", probability=0.01, truncate=True)
    sandbox.fault("GET /journal/outbound", probability=0.02, status=502)


def rows(journal: Path) -> dict[str, tuple[str, str]]:
    """Channel and state of each recipient in a journal."""
    with closing(sqlite3.connect(journal)) as database:
        found = database.execute("SELECT recipient, channel, state FROM message")
        return {to.removeprefix("+"): (channel, state) for to, channel, state in found}


def check(sandbox: Sandbox, journal: Path, begin: int, count: int) -> None:
    """Hold a journal against the gateway's ledger, row by row."""
    expected = {f"4917{place:08d}": place for place in range(begin, begin + count)}
    served = Counter(entry.to for entry in sandbox.ledger if entry.to in expected)
    found = rows(journal)

    assert {1} == set(served.values()), "somebody was served twice"
    assert expected.keys() == found.keys()
    for to, place in expected.items():
        channel, state = found[to]
        assert CHANNELS[place % len(CHANNELS)] == channel
        if channel == "sms":
            assert ("accepted", 1) == (state, served[to])
        elif state == "accepted":
            assert 1 == served[to]
        else:
            assert state in {"unknown", "intent"}


def killed_and_finished(journal: Path, *options: str, count: int, kills: int, seed: int) -> Sandbox:
    """Send with a process that is killed at random moments, until nothing is left to be sent."""
    chance = random.Random(seed)
    sandbox = Sandbox(latency_s=0.005, seed=seed)
    unruly(sandbox)
    with sandbox.serve() as server:
        for _ in range(kills):
            process = sender(server.url, journal, count, *options)
            if options:
                wait_for_work(process, sandbox, journal, chance, count // (kills + 1))
            else:
                time.sleep(chance.uniform(0.25, 1.1))  # a real process, killed wherever it is
            process.send_signal(signal.SIGKILL)
            process.communicate()
        for _ in range(10):
            process = sender(server.url, journal, count, *options)
            told = json.loads(process.communicate()[0])
            assert count == told["given"]
            states = Counter(rows(journal).values())
            if not states["sms", "unknown"] + states["sms", "intent"] + states["sms", "planned"]:
                break
    return sandbox


def wait_for_work(
    process: subprocess.Popen[str],
    sandbox: Sandbox,
    journal: Path,
    chance: random.Random,
    most: int,
) -> None:
    """Return somewhere in the loading, where there is no journal yet, else among the messages."""
    loads = not journal.exists()
    target = len(sandbox.ledger) + chance.randint(1, most)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        if journal.exists() if loads else len(sandbox.ledger) >= target:
            break
        time.sleep(0.002)  # a real process, which works at its own pace
    if loads:
        time.sleep(chance.uniform(0.0, 0.3))


def test_killed_process_serves_nobody_twice(tmp_path):
    """Five kills at random moments, on a gateway that loses answers: each SMS arrives once."""
    journal = tmp_path / "campaign.db"
    sandbox = killed_and_finished(journal, count=1500, kills=5, seed=1)

    check(sandbox, journal, 0, 1500)


@pytest.mark.soak
def test_process_killed_fifty_times_serves_nobody_twice(tmp_path):
    """The same with fifty kills over 20,000 recipients."""
    journal = tmp_path / "campaign.db"
    sandbox = killed_and_finished(journal, count=20_000, kills=50, seed=2)

    check(sandbox, journal, 0, 20_000)


def test_killed_while_loading_or_resuming_serves_nobody_twice(tmp_path):
    """The same where messages are loaded first, and later processes have only the journal."""
    journal = tmp_path / "campaign.db"
    sandbox = killed_and_finished(journal, "--remembers", count=1500, kills=6, seed=3)

    check(sandbox, journal, 0, 1500)
    assert not texts_of_served(journal)


@pytest.mark.soak
def test_killed_fifty_times_while_loading_or_resuming(tmp_path):
    """The same with fifty kills over 20,000 recipients."""
    journal = tmp_path / "campaign.db"
    sandbox = killed_and_finished(journal, "--remembers", count=20_000, kills=50, seed=4)

    check(sandbox, journal, 0, 20_000)
    assert not texts_of_served(journal)


def texts_of_served(journal: Path) -> int:
    """How many messages that were accepted still have their content."""
    with closing(sqlite3.connect(journal)) as database:
        query = "SELECT count(*) FROM message WHERE state = 'accepted' AND content IS NOT NULL"
        return int(database.execute(query).fetchone()[0])


def test_stop_between_any_two_writes(tmp_path):
    """Wherever a process stops before or after it writes or sends, the next one finishes."""
    sandbox = Sandbox()
    with sandbox.serve() as server:
        process = sender(server.url, tmp_path, 12, "--stops")
        places = int(process.communicate()[0].splitlines()[-1])

    assert places > 20
    for place in range(1, places + 2):
        check(sandbox, tmp_path / f"{place}.db", place * 1000, 12)
