"""The campaign commands on one journal: plan, send, status, resume, report, export, suppress."""

from __future__ import annotations

import csv
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a campaign is remembered."""
    return tmp_path / "people.db"


def test_plan_tells_the_cost_and_sends_nothing(told, gateway: Sandbox, people: Path) -> None:
    """Segments, countries and credit are known before anything goes out."""
    status, out, _ = told("campaign", "plan", people, "--text", "Hi {first_name}")

    assert 0 == status
    assert "2 segments, cost 0.15" in out
    assert "DE: 2 messages" in out
    assert 0 == len(gateway.ledger)


def test_nobody_is_served_twice(told, gateway: Sandbox, people: Path, journal: Path) -> None:
    """The same file again, and with a row more: only the new row goes out."""
    send = ("campaign", "send", people, "--text", "Hi", "--journal", journal)
    told(*send)
    people.write_text(people.read_text() + "Alan,+491711234569\n")
    _, out, _ = told(*send)

    assert 3 == len(gateway.ledger)
    assert re.search(r"^accepted +1$", out, re.MULTILINE)
    assert re.search(r"^skipped +2$", out, re.MULTILINE)


def test_status_and_report_read_the_journal_alone(
    told, people: Path, journal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither needs a key; the counts add up; the page is written."""
    told("campaign", "send", people, "--text", "Hi", "--journal", journal)
    monkeypatch.delenv("SEVEN_API_KEY")
    page = tmp_path / "report.html"
    status, out, _ = told("campaign", "status", journal)
    _, report, _ = told("campaign", "report", journal, "--html", page)

    assert 0 == status
    assert "people: 3 recipients" in out
    assert "cost 0.15 EUR" in out
    assert re.search(r"^accepted +2$", report, re.MULTILINE)
    assert re.search(r"^refused +1$", report, re.MULTILINE)
    assert re.search(r"^given +3$", report, re.MULTILINE)
    assert "<svg" in page.read_text("utf-8")


def test_page_has_the_times_of_a_zone(told, people: Path, journal: Path, tmp_path: Path) -> None:
    """A page that a server makes has the times of those who read it."""
    told("campaign", "send", people, "--text", "Hi", "--journal", journal)
    page = tmp_path / "report.html"
    command = ("campaign", "report", journal, "--html", page, "--zone")
    assert 0 == told(*command, "Asia/Tokyo")[0]
    assert "Asia/Tokyo (UTC+09:00)" in page.read_text("utf-8")

    status, _, err = told(*command, "Bielefeld")
    assert 2 == status
    assert "--zone Bielefeld is no time zone" in err


def test_delivery_states_are_filled_in(told, gateway: Sandbox, people: Path, journal: Path) -> None:
    """`report --refresh` asks the gateway's journal for them."""
    told("campaign", "send", people, "--text", "Hi", "--journal", journal)
    gateway.advance(3600)
    _, out, _ = told("campaign", "report", journal, "--refresh")

    assert "2 delivery states are new" in out
    assert "2 × DELIVERED" in out


def test_who_was_missed_is_a_file_with_the_original_columns(
    told, gateway: Sandbox, people: Path, journal: Path, tmp_path: Path
) -> None:
    """`export` writes those who were not accepted, as they stood in the file."""
    gateway.fault(recipient="+491711234568", code=202)
    told("campaign", "send", people, "--text", "Hi", "--journal", journal)
    missed = tmp_path / "missed.csv"
    _, out, _ = told("campaign", "export", journal, "--to", missed, "--file", people)
    with missed.open(newline="", encoding="utf-8") as file:
        names = [row["first_name"] for row in csv.DictReader(file)]

    assert "wrote 2 rows" in out
    assert ["Edsger", "Grace"] == sorted(names)


@pytest.mark.parametrize(
    "command", [("status",), ("report",), ("report", "--refresh"), ("export", "--to", "out.csv")]
)
@pytest.mark.parametrize("name", ["nowhere.db", "people.csv"])
def test_what_is_no_journal_is_wrong_usage(
    seven, people: Path, monkeypatch: pytest.MonkeyPatch, command, name: str
) -> None:
    """A wrong name ends with 2 and one sentence, and nothing is made or changed."""
    monkeypatch.chdir(people.parent)
    before = people.read_bytes()
    verb, *options = command
    status, out, err = seven("campaign", verb, name, *options)

    assert (2, "") == (status, out)
    assert name in err
    assert [people] == list(people.parent.iterdir())
    assert before == people.read_bytes()


@pytest.mark.parametrize(
    "slip",
    [
        (("export", "people.db", "--to", "people.db"), "the file that is read"),
        (("export", "people.db", "--to", "other.db"), "is a database"),
        (("export", "people.db", "--to", "people.csv", "--file", "people.csv"), "would be overwr"),
        (("export", "people.db", "--to", "people.csv"), "the name of the file that was sent"),
        (("report", "people.db", "--html", "people.db"), "the file that is read"),
        (("report", "people.db", "--html", "people.csv"), "the name of the file that was sent"),
        (("suppress", "people.db", "+491711234567"), "is a database"),
    ],
    ids=lambda slip: " ".join(slip[0]),
)
def test_nothing_is_written_over_a_journal_or_an_input(
    told, people: Path, journal: Path, monkeypatch: pytest.MonkeyPatch, slip
) -> None:
    """A slip of the fingers costs nobody the journal, or the file that was sent."""
    command, said = slip
    monkeypatch.chdir(people.parent)
    told("campaign", "send", "people.csv", "--text", "Hi", "--journal", journal)
    journal.with_name("other.db").write_bytes(journal.read_bytes())
    before = journal.read_bytes(), people.read_bytes()
    status, _, err = told("campaign", *command)

    assert 2 == status
    assert said in err
    assert before == (journal.read_bytes(), people.read_bytes())


def test_export_replaces_an_earlier_one(told, people: Path, journal: Path) -> None:
    """What a campaign has written it may write again, also under its own name."""
    told("campaign", "send", people, "--text", "Hi", "--journal", journal)
    path = people.parent / "out" / "people.csv"
    path.parent.mkdir()
    export = ("campaign", "export", journal, "--state", "accepted", "--to", path)

    assert [0, 0] == [told(*export)[0], told(*export, "--file", people)[0]]
    assert 3 == len(path.read_text("utf-8").splitlines())


def test_listed_numbers_are_not_written_to(
    told, gateway: Sandbox, people: Path, tmp_path: Path
) -> None:
    """`suppress` adds to a list in any notation; `--suppress` keeps to it."""
    listed = tmp_path / "stop.txt"
    _, out, _ = told("campaign", "suppress", listed, "0049 171 1234567", "+491711234567")
    _, sent, _ = told("campaign", "send", people, "--text", "Hi", "--suppress", listed)

    assert "1 added, 1 listed before" in out
    assert [] == gateway.sent("+491711234567")
    assert 1 == len(gateway.ledger)
    assert re.search(r"^skipped +1$", sent, re.MULTILINE)


def test_the_cost_limit_pauses_and_says_how_to_go_on(
    told, gateway: Sandbox, people: Path, journal: Path
) -> None:
    """`--max-cost` stops before the line is crossed; `resume` goes on with a higher one."""
    send = ("campaign", "send", people, "--text", "Hi", "--journal", journal, "--batch", 1)
    status, _, err = told(*send, "--max-cost", "0.10")
    resumed = ("campaign", "resume", journal)
    told(*resumed, "--max-cost", "10")

    assert 1 == status
    assert "seven campaign resume" in err
    assert 2 == len(gateway.ledger)


def test_resume_of_what_is_no_journal_is_refused(told, gateway: Sandbox, people: Path) -> None:
    """The file of the campaign, say."""
    status, _, err = told("campaign", "resume", people)

    assert 2 == status
    assert "people.csv" in err
    assert 0 == len(gateway.ledger)


def test_a_wrong_key_stops_at_once(told, monkeypatch, people: Path) -> None:
    """An error that every message would meet is told once, not per row."""
    monkeypatch.setenv("SEVEN_API_KEY", "wrong")
    status, _, err = told("campaign", "send", people, "--text", "Hi")

    assert 4 == status
    assert 1 == err.count("code 900")


def test_quiet_hours_that_are_none_are_refused(told, people: Path) -> None:
    """`--quiet-hours` says what it takes."""
    status, _, err = told("campaign", "send", people, "--text", "Hi", "--quiet-hours", "late")

    assert 2 == status
    assert "20-8" in err


@pytest.mark.skipif(sys.platform == "win32", reason="a process gets SIGINT in the POSIX way")
def test_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    tmp_path: Path, journal: Path
) -> None:
    """After Ctrl-C and a resume everybody was served once."""
    sandbox = Sandbox(latency_s=0.05)
    file = tmp_path / "many.csv"
    file.write_text("to\n" + "".join(f"+4917112{number:05}\n" for number in range(400)))
    command = [sys.executable, "-m", "seven_async", "campaign"]
    options = [str(file), "--text", "Hi", "--journal", str(journal), "--concurrency", "4"]
    with sandbox.serve() as server:
        keys = {"SEVEN_API_KEY": sandbox.api_key, "SEVEN_BASE_URL": server.url}
        environment = os.environ | keys
        with subprocess.Popen(
            [*command, "send", *options, "--batch", "1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        ) as process:
            deadline = time.monotonic() + 60
            while len(sandbox.ledger) < 20 and time.monotonic() < deadline:
                time.sleep(0.02)  # a real process, which sends at its own pace
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        after_stopping = len(sandbox.ledger)
        resumed = subprocess.run(
            [*command, "resume", str(journal)],
            capture_output=True,
            text=True,
            env=environment,
            timeout=60,
            check=False,
        )

    assert 130 == process.returncode
    assert "finishing what is in flight" in err
    assert "go on with: seven campaign resume" in err
    assert 20 <= after_stopping < 400
    assert 0 == resumed.returncode
    assert 400 == len({entry.to for entry in sandbox.ledger}) == len(sandbox.ledger)
