"""A campaign that is killed and restarted, and reports that come shuffled, doubled and early.

In: a served sandbox, processes that send, a receiver in this process. Out: the journal, held
against what the networks said. I/O: loopback, files.
"""

from __future__ import annotations

import io
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.campaign import JournalSink
from seven_async.receivers import WebhookWsgiApp
from seven_async.sandbox import Sandbox
from seven_async.sandbox.webhooks.deliveries import WebRequest
from seven_async.webhooks import WebhookVerifier

SENDER = Path(__file__).with_name("reported_sender.py")
URL = "https://app.example/hooks/seven"
SECRET = "s3cret"
ENDS = ("DELIVERED", "NOTDELIVERED", "EXPIRED", "FAILED", "REJECTED", "READ")
MESSAGE_ID = re.compile(rb"77[0-9]{9}")


class Networks:
    """What becomes of each message, told to a receiver in a bad order."""

    def __init__(self, journal: Path, seed: int) -> None:
        self._dice = random.Random(seed)
        verifier = WebhookVerifier(SECRET, url=URL)
        self._sink = JournalSink(journal)
        self._app = WebhookWsgiApp(
            verifier, inbox=journal.with_name("inbox.db"), sinks=[self._sink]
        )
        self.ends: dict[str, str] = {}
        self.early = 0
        self.answers: list[int] = []
        self._open_early: dict[str, int] = {}
        self._told_early = threading.Condition()
        self._choosing = threading.Lock()
        self._untold: list[WebRequest] = []

    def take(self, request: WebRequest) -> int:
        """Keep a delivery of the sandbox for later; hand on at once what has to be early."""
        message_id = MESSAGE_ID.search(request.body)[0].decode()
        if message_id not in self._open_early:
            self._untold.append(request)
            return 204
        self.deliver(request)
        with self._told_early:
            # The first report comes by itself, before the way of a message was chosen.
            self._open_early[message_id] -= b"ACCEPTED" not in request.body
            self._told_early.notify_all()
        return 204

    def choose_ways(self, ids: list[str]) -> dict[str, list[str]]:
        """Return the states of each message that has none yet, the last of which is its end."""
        ways: dict[str, list[str]] = {}
        with self._choosing:
            for message_id in ids:
                if message_id not in self.ends:
                    end = self.ends[message_id] = self._dice.choice(ENDS)
                    before = ["DELIVERED"] if end == "READ" else []
                    ways[message_id] = ["TRANSMITTED", "BUFFERED", *before, end]
        return ways

    def end_messages(self, sandbox: Sandbox, ways: dict[str, list[str]]) -> None:
        """Let reports come in up to the end of some messages."""
        for message_id, way in ways.items():
            for state in way:
                sandbox.simulate.report(message_id, state)

    def end_early(self, sandbox: Sandbox, ids: list[str]) -> None:
        """Have the whole way of some messages delivered before their send call returns."""
        ways = self.choose_ways(ids)
        self._open_early |= {message_id: 2 * len(way) for message_id, way in ways.items()}
        self.end_messages(sandbox, ways)
        with self._told_early:
            assert self._told_early.wait_for(lambda: not any(map(self._open_early.get, ways)), 300)
        self.early += len(ways)

    def tell(self) -> None:
        """Deliver what was kept, shuffled, a tenth of the requests once more."""
        untold, self._untold = self._untold, []
        untold += self._dice.sample(untold, len(untold) // 10)
        self._dice.shuffle(untold)
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(self.deliver, untold))

    def deliver(self, request: WebRequest) -> None:
        """Hand a delivery to the receiver; one that it could not take comes again."""
        status = 503
        while status == 503:
            status = self._post(request)
        self.answers.append(status)

    def _post(self, request: WebRequest) -> int:
        environ = {
            f"HTTP_{name.upper().replace('-', '_')}": value
            for name, value in request.headers.items()
        }
        environ |= {
            "REQUEST_METHOD": request.method,
            "PATH_INFO": "/hooks/seven",
            "QUERY_STRING": request.url.partition("?")[2],
            "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.input": io.BytesIO(request.body),
        }
        lines: list[str] = []
        self._app(environ, lambda status, _: lines.append(status))
        return int(lines[0].split()[0])

    def close(self) -> None:
        """Close the journal."""
        self._sink.close()


class Gateway(Sandbox):
    """A sandbox that has the reports of some messages delivered before it answers their send."""

    networks: Networks
    share_of_early = 0.01
    dice = random.Random(11)
    kills: tuple[int, ...] = ()
    """After how many messages the process that sends is killed, before its answer."""
    sender: subprocess.Popen[str]

    def answer(self, request):
        """Answer a call."""
        before = len(self.ledger)
        answer = super().answer(request)
        fresh = [entry.id for entry in list(self.ledger)[before:]] if "/sms" in request.url else []
        if fresh and self.dice.random() < self.share_of_early:
            self.networks.end_early(self, fresh)
        if fresh and self.kills and len(self.ledger) >= self.kills[0]:
            self.kills = self.kills[1:]
            self.sender.send_signal(signal.SIGKILL)
        return answer


def send_and_report(
    journal: Path, count: int, seed: int, share_of_early: float = 0.01
) -> tuple[Gateway, Networks]:
    """Send with processes of which two are killed, while reports come in."""
    networks = Networks(journal, seed)
    began_s = time.time()
    gateway = Gateway(
        # Its time stands still, or reports would come by themselves.
        now=lambda: began_s,
        post_webhook=networks.take,
        signing_secret=SECRET,
        latency_s=0.002,
        seed=seed,
        keep=count,
    )
    gateway.networks, gateway.share_of_early = networks, share_of_early
    for form in ("JSON", "POST"):  # two hooks: each report comes twice, with a nonce of its own
        subscribe(gateway, form)
    gateway.kills = (count // 3, 2 * count // 3)
    with gateway.serve() as server:
        while True:
            gateway.sender = start_sender(server.url, journal, count)
            while gateway.sender.poll() is None:
                end_some(gateway, networks)
            if gateway.sender.returncode == 0:
                break
            assert -signal.SIGKILL == gateway.sender.returncode
    end_some(gateway, networks)
    networks.tell()
    networks.close()
    assert () == gateway.kills
    return gateway, networks


def subscribe(gateway: Gateway, form: str) -> None:
    """Subscribe to delivery reports."""
    body = f"target_url={URL}&event_type=dlr&request_method={form}".encode()
    content_type = "application/x-www-form-urlencoded"
    headers = {"x-api-key": gateway.api_key, "content-type": content_type}
    gateway.handle("POST", f"{gateway.base_url}/hooks", headers, body)


def start_sender(url: str, journal: Path, count: int) -> subprocess.Popen[str]:
    """Return a process that sends."""
    command = [sys.executable, str(SENDER), url, str(journal), str(count)]
    environment = {**os.environ, "PYTHONPATH": str(SENDER.parents[2])}
    return subprocess.Popen(command, text=True, env=environment)


def end_some(gateway: Gateway, networks: Networks) -> None:
    """Report on what has left since the last time, and tell the receiver of what was kept."""
    with gateway.gateway.lock:
        ids = [entry.id for entry in gateway.ledger]
    networks.end_messages(gateway, networks.choose_ways(ids))
    while not gateway.settle(10):
        pass  # a busy machine; what is queued only gets less
    networks.tell()
    time.sleep(0.01)  # the sending processes are real ones


def check(gateway: Gateway, networks: Networks, journal: Path, count: int) -> None:
    """Hold the journal against what the networks said, message by message."""
    with closing(sqlite3.connect(journal)) as database:
        found = {
            row[0]: row
            for row in database.execute("SELECT message_id, state, delivery FROM message")
        }
        kept = database.execute("SELECT count(*) FROM early_report").fetchone()[0]

    assert count == len({entry.to for entry in gateway.ledger}) == len(gateway.ledger)
    assert {id_: (id_, "accepted", end) for id_, end in networks.ends.items()} == found
    assert networks.early > 0
    assert {200, 204} == set(networks.answers)
    assert 0 == kept


def test_campaign_ends_with_the_true_state_of_each_message(tmp_path):
    """Shuffled, doubled and early reports, and two kills: each message has its final state."""
    journal = tmp_path / "campaign.db"
    gateway, networks = send_and_report(journal, 600, seed=3, share_of_early=0.2)

    check(gateway, networks, journal, 600)


@pytest.mark.soak
def test_large_campaign_ends_with_the_true_state_of_each_message(tmp_path):
    """The same with 10,000 messages."""
    journal = tmp_path / "campaign.db"
    gateway, networks = send_and_report(journal, 10_000, seed=4)

    check(gateway, networks, journal, 10_000)
