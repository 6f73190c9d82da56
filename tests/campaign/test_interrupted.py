"""Ctrl-C twice ends every campaign at once, and the next run finds what was in flight.

Real processes, whose time is limited and not measured: what hangs fails.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once

SENDER = Path(__file__).with_name("interrupted_process.py")
WAYS = ("asyncio", "trio", "blocking", "command")
COUNT = 60

#: Seconds after the second Ctrl-C within which a process has ended, where the machine has time.
ENDED_WITHIN_S = 2.0

#: Where it may be busy: still much less than `finish_s`, which is what a process would wait for.
ENDED_AT_LAST_S = 20.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A file with the recipients of the other ways."""
    file = tmp_path / "people.csv"
    lines = (f"+4917{place:08d},{place}" for place in range(COUNT))
    file.write_text("to,place\n" + "\n".join(lines) + "\n")
    return file


class Senders:
    """Starts processes that send, each with a gateway that answers late."""

    def __init__(self, sandbox: Sandbox, url: str, folder: Path, people: Path) -> None:
        self.sandbox = sandbox
        self.journal = folder / "people.db"
        self._people = people
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(SENDER.parents[2]),
            "SEVEN_API_KEY": sandbox.api_key,
            "SEVEN_BASE_URL": url,
        }
        self._url = url

    def start(self, way: str, *, with_journal: bool) -> subprocess.Popen[str]:
        """Start a process."""
        command = [str(SENDER), self._url, str(self.journal) if with_journal else "-", str(COUNT)]
        command.append(way)
        if way == "command":
            options = ["--text", "Hi {place}", "--concurrency", "8", "--batch", "1"]
            options += ["--journal", str(self.journal)] if with_journal else []
            command = ["-m", "seven_async", "campaign", "send", str(self._people), *options]
        return subprocess.Popen(
            [sys.executable, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def wait_in_flight(self, process: subprocess.Popen[str]) -> None:
        """Return when requests of a process are with the gateway."""
        while not self.sandbox.ledger:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)  # a real process, which starts at its own pace


@pytest.fixture
def senders(tmp_path: Path, people: Path) -> Iterator[Senders]:
    """Processes that send to a gateway that answers after half a minute."""
    sandbox = Sandbox(latency_s=30)
    with sandbox.serve() as server:
        yield Senders(sandbox, server.url, tmp_path, people)


def wait_for_arrival(process: subprocess.Popen[str]) -> None:
    """Wait until a process has taken a signal: of two that wait at once, the system keeps one.

    Only Linux tells; a busy machine elsewhere may run a process too late for two signals.
    """
    status = Path(f"/proc/{process.pid}/status")
    bit = 1 << (signal.SIGINT - 1)
    while process.poll() is None and status.exists():
        waiting = re.search(r"^ShdPnd:\s*([0-9a-f]+)$", status.read_text(), re.MULTILINE)
        if waiting is None or not int(waiting[1], 16) & bit:
            return
        time.sleep(0.001)


def interrupted(process: subprocess.Popen[str], gap_s: float, within_s: float) -> str:
    """Interrupt a process twice; what it said on standard error."""
    process.send_signal(signal.SIGINT)
    wait_for_arrival(process)
    time.sleep(gap_s)  # what happens in between is what is tested
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=within_s)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it hangs:\n{process.communicate()[1]}") from None


def check_next_run(senders: Senders, way: str) -> None:
    """What was in flight is found by the next run, and nobody is served twice."""
    senders.sandbox.latency_s = 0.0
    process = senders.start(way, with_journal=True)
    said = process.communicate(timeout=60)[1]

    with closing(sqlite3.connect(senders.journal)) as database:
        query = "SELECT count(*) FROM message WHERE state = 'unknown'"
        (unknown,) = database.execute(query).fetchone()

    # A command cannot declare the reload lock: what was cut off on its way out stays in doubt.
    assert process.returncode == (3 if unknown else 0), said
    assert COUNT == accepted_once(senders.sandbox) + unknown
    assert not unknown or way == "command"


def interrupt_twice(
    senders: Senders,
    way: str,
    gap_s: float,
    *,
    with_journal: bool,
    within_s: float = ENDED_WITHIN_S,
) -> None:
    """One case of the matrix."""
    process = senders.start(way, with_journal=with_journal)
    senders.wait_in_flight(process)
    said = interrupted(process, gap_s, within_s)

    assert process.returncode in {130, -signal.SIGINT, 1}
    if way == "command":
        assert "Traceback" not in said
        assert 130 == process.returncode
    if with_journal:
        check_next_run(senders, way)


@pytest.mark.parametrize(
    ("way", "with_journal"),
    [("asyncio", True), ("trio", False), ("blocking", False), ("command", True)],
)
def test_second_ctrl_c_ends_a_campaign(senders: Senders, way: str, with_journal: bool):
    """Requests that the gateway does not answer hold nothing up; `soak` tries every way at that."""
    interrupt_twice(senders, way, 0.1, with_journal=with_journal, within_s=ENDED_AT_LAST_S)


def test_process_ends_when_ctrl_c_strikes_in_a_task(senders: Senders):
    """Also where a thread waits for work: the event loop has to stop it before it is closed."""
    senders.sandbox.latency_s = 0.0
    process = senders.start("within", with_journal=True)
    try:
        _, said = process.communicate(timeout=ENDED_AT_LAST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"it hangs:\n{process.communicate()[1]}") from None

    assert process.returncode == -signal.SIGINT, said
    assert "KeyboardInterrupt" in said
    check_next_run(senders, "asyncio")


@pytest.mark.soak
@pytest.mark.parametrize("gap_s", [0.02, 0.05, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("with_journal", [True, False], ids=["journal", "none"])
@pytest.mark.parametrize("way", WAYS)
def test_every_gap_between_two(senders: Senders, way: str, with_journal: bool, gap_s: float):
    """However long it takes between the two, the second one ends the campaign."""
    interrupt_twice(senders, way, gap_s, with_journal=with_journal)


@pytest.mark.soak
@pytest.mark.parametrize("gap_s", [0.02, 0.06, 0.1, 0.14, 0.2, 0.3])
@pytest.mark.parametrize("with_journal", [True, False], ids=["journal", "none"])
@pytest.mark.parametrize("way", WAYS)
def test_second_one_while_the_campaign_ends(
    senders: Senders, way: str, with_journal: bool, gap_s: float
):
    """The second one may come at any moment of the ending that the first one began."""
    senders.sandbox.latency_s = 0.1
    interrupt_twice(senders, way, gap_s, with_journal=with_journal)
