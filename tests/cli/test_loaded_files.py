"""What commands say of a file that goes into a database: who gets nothing, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

TEXT = ("--text", "Hi {first_name}")


def test_what_differs_from_what_was_sent_is_told(
    told, gateway: Sandbox, people: Path, postgres: str
) -> None:
    """1: who got another text or sender before gets nothing, and both commands say so."""
    people.write_text("phone\n+491711234567\n+491711234568\n")
    send = ("campaign", "send", people, "--yes", "--journal", postgres)
    assert 0 == told(*send, "--text", "Hi")[0]
    status, _, err = told(*send, "--text", "Hi")
    assert (0, False) == (status, "another text" in err)
    status, _, err = told(*send, "--text", "Ho")
    assert 1 == status
    assert "2 messages with another text or sender than was sent before: not sent" in err
    load = ("campaign", "load", people, "--journal", postgres)
    status, _, err = told(*load, "--text", "Hi", "--from", "Acme")
    assert (1, True) == (status, "2 messages with another text or sender" in err)
    assert 2 == len(gateway.ledger)


def test_refused_rows_of_a_load_are_found_in_the_file(
    told, people: Path, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are not in the database: both commands say so, and what to do."""
    monkeypatch.setenv("SEVEN_JOURNAL", postgres)
    _, out, _ = told("campaign", "load", people, *TEXT)
    command = f'export "$SEVEN_JOURNAL#people" --state refused --file {people} --to refused.csv'
    assert command in out
    refused = tmp_path / "refused.csv"
    export = ("campaign", "export", f"{postgres}#people", "--state", "refused", "--to", refused)
    status, _, err = told(*export)
    assert (0, 1) == (status, refused.read_text().count("\n"))
    assert "rows that were refused when a file was loaded are in that alone: --file FILE" in err
    status, _, err = told(*export, "--file", people)
    assert (0, "") == (status, err)
    assert "Grace,,refused,the number is empty" in refused.read_text()


def test_end_of_a_campaign_is_that_of_its_messages(told, people: Path, postgres: str) -> None:
    """Workers come and go: what is all sent is complete, and refused rows were not served."""
    load = ("campaign", "load", people, *TEXT, "--journal", postgres)
    told(*load)
    _, out, _ = told("campaign", "status", f"{postgres}#people")
    assert "nobody sends it now; workers go on with it" in out
    status, out, _ = told(*load, "--workers", "1")
    assert "0 messages loaded" in out
    assert "2 were there before" in out
    assert (1, True) == (status, "ended: complete" in out)
    _, out, _ = told("campaign", "status", f"{postgres}#people", "--watch")
    assert "ended: complete" in out


def test_workers_of_a_command_leave_the_telling_to_it(
    gateway: Sandbox, people: Path, postgres: str
) -> None:
    """What is said at an end is said once, whatever the number of workers."""
    words = ("campaign", "send", str(people), *TEXT, "--yes", "--workers", "2")
    sending = subprocess.run(
        [sys.executable, "-m", "seven_async", *words, "--journal", postgres],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (1, 2) == (sending.returncode, len(gateway.ledger))
    assert "" == sending.stderr
    assert "worked at here" not in sending.stdout
    assert 1 == sending.stdout.count("ended: complete")
