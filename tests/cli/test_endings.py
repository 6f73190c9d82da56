"""How commands end: their exit status, and what they say of messages that may have been sent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
SEND_SMS = ("sms", "send", "+491711234567", "--text", "Hi")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two people."""
    path = tmp_path / "two.csv"
    path.write_text("to\n+491711234567\n+491711234568\n")
    return path


def send(file: Path, *options: object) -> tuple[object, ...]:
    """The words of a command that sends a file."""
    return ("campaign", "send", file, "--text", "Hi", "--batch", 1, *options)


def told_foreign_id(said: str) -> str:
    """The reference in `seven reconcile …`."""
    found = re.search(r"seven reconcile (\S+)", said)
    assert found is not None, said
    return found[1]


def test_unanswered_sms_says_how_to_find_out(seven, gateway: Sandbox) -> None:
    """3: it may have been sent; the command that is named finds it."""
    gateway.fault("POST /sms", drop="after")
    status, _, err = seven(*SEND_SMS)
    found_status, out, _ = seven("reconcile", told_foreign_id(err))

    assert 3 == status
    assert "may have been sent" in err
    assert 0 == found_status
    assert "491711234567" in out
    assert "the message was accepted; do not send again" in out


def test_sms_that_never_arrived_is_not_found(seven, gateway: Sandbox) -> None:
    """3 again: what is not in the gateway's journal yet may still come."""
    gateway.fault("POST /sms", drop="before")
    _, _, err = seven(*SEND_SMS)
    status, _, said = seven("reconcile", told_foreign_id(err))

    assert 3 == status
    assert "has no message" in said


def test_sms_without_a_connection(seven, gateway: Sandbox, monkeypatch) -> None:
    """4: it was not sent, and may be sent again."""
    monkeypatch.setenv("SEVEN_BASE_URL", "http://127.0.0.1:1/api")
    status, _, err = seven(*SEND_SMS)

    assert 4 == status
    assert "seven reconcile" not in err


def test_refused_sms(seven, gateway: Sandbox) -> None:
    """4 for a request that was refused, 1 where some of several recipients were."""
    gateway.fault("POST /sms", code=500, times=1)
    status = seven(*SEND_SMS)[0]
    gateway.fault(recipient="+491711234568", code=202)

    assert 4 == status
    assert 1 == seven(*SEND_SMS, "+491711234568")[0]


def test_campaign_with_an_unknown_outcome(seven, gateway: Sandbox, file: Path) -> None:
    """3, whatever became of the others, and the reason is counted."""
    gateway.fault("POST /sms", nth=1, drop="after")
    gateway.fault("GET /journal/outbound", status=503)
    status, out, _ = seven(*send(file))

    assert 3 == status
    assert re.search(r"1 × unknown: \w+", out)


def test_campaign_that_could_not_send_anything(seven, gateway: Sandbox, file, monkeypatch) -> None:
    """4: nobody was served, and the next run may do it."""
    monkeypatch.setenv("SEVEN_BASE_URL", "http://127.0.0.1:1/api")
    status, out, _ = seven(*send(file))

    assert 4 == status
    assert "2 × skipped: NotSentError" in out


def test_campaign_without_credit(seven, gateway: Sandbox, file: Path) -> None:
    """1 when some were served before the credit ended, 4 when nobody was."""
    gateway.fault("POST /sms", nth=2, code=500)
    some = seven(*send(file, "--concurrency", 1))
    gateway.fault("POST /sms", code=500)
    nobody = seven(*send(file, "--concurrency", 1, "--name", "second"))

    assert [1, 4] == [some[0], nobody[0]]
    assert "credit" in some[2]


def test_everybody_was_served_before(seven, gateway: Sandbox, file: Path, tmp_path: Path) -> None:
    """0: there was nothing to do; the reason is counted."""
    journal = tmp_path / "two.db"
    seven(*send(file, "--journal", journal))
    status, out, err = seven(*send(file, "--journal", journal))

    assert 0 == status
    assert "2 × skipped: served before" in out
    assert "differ" not in err


@pytest.mark.parametrize(
    ("options", "reason"),
    [(("--text", "Ho"), "text changed"), (("--from", "Acme"), "sender changed")],
)
def test_what_differs_is_told(seven, gateway: Sandbox, file: Path, options, reason: str) -> None:
    """1: who got another text or sender before was not served, and the command says so."""
    journal = file.with_name("two.db")
    seven(*send(file, "--journal", journal))
    status, out, err = seven(*send(file, "--journal", journal), *options, "--yes")

    assert 1 == status
    assert f"2 × skipped: {reason}" in out
    assert "2 messages with another text or sender than was sent before: not sent" in err
    assert "--resend-changed" in err
    assert 2 == len(gateway.ledger)


def test_journal_that_vanishes_is_told_after_the_sum(
    seven, gateway: Sandbox, file: Path, monkeypatch
) -> None:
    """What was sent until then is counted, then the error is one line."""
    journal = file.with_name("two.db")
    handle = gateway.gateway.handle

    def handled(*arguments):
        for path in journal.parent.glob("two.db*"):
            path.unlink()
        return handle(*arguments)

    monkeypatch.setattr(gateway.gateway, "handle", handled)
    status, out, err = seven(*send(file, "--journal", journal, "--concurrency", 1))

    assert 1 <= len(gateway.ledger)
    assert status in {1, 3}
    assert re.search(r"^given +\d", out, re.MULTILINE)
    assert "is gone" in err
    assert "Traceback" not in err


class Commands:
    """Starts commands as processes, with a gateway that answers late."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self._environment = {
            **os.environ,
            "SEVEN_API_KEY": sandbox.api_key,
            "SEVEN_BASE_URL": url,
        }

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "seven_async", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def wait_in_flight(self, process: subprocess.Popen[str]) -> None:
        """Return when the gateway has a request of a process."""
        while not self.sandbox.ledger:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)  # a real process, which starts at its own pace


@pytest.fixture
def commands() -> Iterator[Commands]:
    """Commands and a gateway that answers after half a minute."""
    sandbox = Sandbox(latency_s=30)
    with sandbox.serve() as server:
        yield Commands(sandbox, server.url)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_sms_says_how_to_find_out(commands: Commands, number: signal.Signals) -> None:
    """3: the request had left; the reference is the one that the gateway has."""
    process = commands.start(*SEND_SMS)
    commands.wait_in_flight(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=5)

    assert 3 == process.returncode
    assert "may have been sent (interrupted)" in err
    assert commands.sandbox.ledger[0].foreign_id == told_foreign_id(err)
    assert "Traceback" not in err


@posix
def test_sigterm_finishes_what_is_in_flight(commands: Commands, file: Path) -> None:
    """130: SIGTERM is the first Ctrl-C; what the gateway has is accepted, the rest stays."""
    commands.sandbox.latency_s = 0.3
    # With a journal those that are written down already would leave, too.
    process = commands.start(*send(file, "--concurrency", 1, "--no-journal"))
    commands.wait_in_flight(process)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)

    assert 130 == process.returncode
    assert "finishing what is in flight" in err
    assert re.search(r"^accepted +1$", out, re.MULTILINE)
    assert 1 == accepted_once(commands.sandbox)
