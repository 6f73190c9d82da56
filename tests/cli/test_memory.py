"""Campaigns that remember: a journal by itself, resume by it alone, and nobody written to twice."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seven_async.campaign import CampaignJournal
from seven_async.sandbox import Sandbox

SENDING = ("--text", "Hi {first_name}", "--from", "Acme")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A file of 1,200 people."""
    file = tmp_path / "people.csv"
    rows = (f"+4917112{number:05},Ann {number}\n" for number in range(1200))
    file.write_text("phone,first_name\n" + "".join(rows))
    return file


def environment(sandbox: Sandbox, url: str) -> dict[str, str]:
    """What a process needs to find the sandbox."""
    return os.environ | {"SEVEN_API_KEY": sandbox.api_key, "SEVEN_BASE_URL": url}


@pytest.mark.skipif(sys.platform == "win32", reason="a process gets SIGINT in the POSIX way")
def test_resumed_by_the_journal_alone(many: Path) -> None:
    """Interrupted, the file renamed and longer: each of the 1,200 once, same text, same sender."""
    sandbox = Sandbox(latency_s=0.02)
    command = [sys.executable, "-m", "seven_async", "campaign"]
    with sandbox.serve() as server:
        with subprocess.Popen(
            [*command, "send", str(many), *SENDING, "--concurrency", "4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(sandbox, server.url),
        ) as process:
            deadline = time.monotonic() + 60
            while len(sandbox.ledger) < 100 and time.monotonic() < deadline:
                time.sleep(0.02)  # a real process, which sends at its own pace
            process.send_signal(signal.SIGINT)
            said, complained = process.communicate(timeout=60)
        after_stopping = len(sandbox.ledger)
        renamed = many.rename(many.with_name("customers.csv"))
        renamed.write_text(renamed.read_text() + "+491711300001,New\n+491711300002,New\n")
        way_on = re.search(r"go on with: seven (.+)", complained)
        assert way_on, (said, complained)
        resumed = subprocess.run(
            [*command[:3], *way_on[1].split()],
            capture_output=True,
            text=True,
            env=environment(sandbox, server.url),
            timeout=60,
            check=False,
        )

    assert 130 == process.returncode
    assert 100 <= after_stopping < 1200
    assert 0 == resumed.returncode, resumed.stderr
    assert "Hi {first_name}" in resumed.stdout
    assert 1200 == len({entry.to for entry in sandbox.ledger}) == len(sandbox.ledger)
    assert {entry.text for entry in sandbox.ledger} == {f"Hi Ann {n}" for n in range(1200)}
    assert {entry.from_ for entry in sandbox.ledger} == {"Acme"}


def test_added_rows_are_sent_when_the_file_is_given(
    told: Any, gateway: Sandbox, people: Path, tmp_path: Path
) -> None:
    """A renamed file is compared by its rows."""
    told("campaign", "send", people, "--text", "Hi")
    renamed = people.rename(tmp_path / "customers.csv")
    renamed.write_text(renamed.read_text() + "Alan,+491711234569\n")

    status, out, _ = told("campaign", "resume", tmp_path / "people.seven.db", renamed)

    assert 1 == status  # a row without a number is refused
    assert "3 rows, of which the journal knows 2" in out
    assert 3 == len({entry.to for entry in gateway.ledger}) == len(gateway.ledger)


@pytest.mark.parametrize("name", ["people.csv", "customers.csv"])
def test_same_people_are_not_sent_to_again_by_mistake(
    told: Any, gateway: Sandbox, people: Path, name: str
) -> None:
    """Under any name of the file; `resume` and `--name` are what is left."""
    told("campaign", "send", people, "--text", "Hi")
    again = people.rename(people.with_name(name))

    status, _, err = told("campaign", "send", again, "--text", "Hi")
    assert 2 == status
    assert "people.seven.db has 2 of the recipients" in err
    assert "seven campaign resume" in err
    assert 2 == len(gateway.ledger)

    _, _, _ = told("campaign", "send", again, "--text", "News", "--name", "week-2")
    assert 4 == len(gateway.ledger)
    status, _, err = told("campaign", "send", again, "--text", "News", "--name", "week-2")
    assert (2, 4) == (status, len(gateway.ledger))
    assert "week-2.seven.db is the journal of another campaign" in err


def test_other_people_in_the_same_folder_are_no_mistake(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """A journal beside the file that has others holds nothing up."""
    told("campaign", "send", people, "--text", "Hi")
    staff = people.with_name("staff.csv")
    staff.write_text("phone\n+491711239999\n+491711239998\n+491711239997\n")

    status, _, _ = told("campaign", "send", staff, "--text", "Hi")

    assert (0, 5) == (status, len(gateway.ledger))


def test_other_options_are_asked_for(told: Any, gateway: Sandbox, people: Path) -> None:
    """On a pipe they need --yes; those of the pace do not."""
    journal = people.with_name("people.seven.db")
    told("campaign", "send", people, *SENDING, "--max-cost", "0.08", "--batch", 1)
    assert 1 == len(gateway.ledger)

    status, _, err = told("campaign", "resume", journal, people, "--text", "Hello {first_name}")
    assert (2, 1) == (status, len(gateway.ledger))
    assert "--text was 'Hi {first_name}', and is 'Hello {first_name}' now" in err
    assert "--yes" in err

    status, _, err = told("campaign", "resume", journal, "--max-cost", 10)
    assert (0, 2) == (status, len(gateway.ledger))
    assert "--max-cost was '0.08', and is '10' now" in err


def test_same_journal_with_another_text_is_asked_for(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """`send` with the journal of before is `resume` by another name."""
    journal = people.with_name("spring.db")
    told("campaign", "send", people, *SENDING, "--journal", journal)

    status, _, err = told("campaign", "send", people, "--text", "Other", "--journal", journal)

    assert (2, 2) == (status, len(gateway.ledger))
    assert "--from was 'Acme', and is not given now" in err


def test_strict_sends_nothing_if_a_row_is_refused(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """One row of the file has no number."""
    status, _, err = told("campaign", "send", people, "--text", "Hi", "--strict")

    assert (2, 0) == (status, len(gateway.ledger))
    assert "1 row cannot be sent, and --strict is given; nothing was sent" in err


def test_plan_only_shows_the_plan(told: Any, gateway: Sandbox, people: Path) -> None:
    """Cost, credit, time, text and journal; no journal is made."""
    status, out, _ = told("campaign", "send", people, *SENDING, "--plan-only")

    assert (0, 0) == (status, len(gateway.ledger))
    assert re.search(r"2 to send, 1 refused, 0 duplicates, 0 suppressed", out)
    assert "0.15 EUR (credit" in out
    assert "text: “Hi {first_name}” from Acme" in out
    assert not people.with_name("people.seven.db").exists()


def test_without_a_journal_nothing_is_remembered(told: Any, gateway: Sandbox, people: Path) -> None:
    """And the end says so where it matters."""
    told("campaign", "send", people, "--text", "Hi", "--no-journal")

    assert 2 == len(gateway.ledger)
    assert [] == list(people.parent.glob("*.db"))


def test_texts_are_not_stored_when_asked(told: Any, gateway: Sandbox, people: Path) -> None:
    """Then `resume` asks for the file."""
    never = ("--store-texts", "never", "--max-cost", "0.08", "--batch", 1)
    told("campaign", "send", people, *SENDING, *never)
    journal = people.with_name("people.seven.db")

    status, _, err = told("campaign", "resume", journal, "--max-cost", 1)
    assert (2, 1) == (status, len(gateway.ledger))
    assert f"people.seven.db {people}" in err

    told("campaign", "resume", journal, people, "--max-cost", 1)
    assert 2 == len(gateway.ledger)


def test_three_hundred_duplicates_take_four_lines(told: Any, people: Path) -> None:
    """The first three of each kind are shown, the rest is counted."""
    people.write_text(people.read_text() + "Ada,+491711234567\n" * 300)

    _, out, _ = told("campaign", "send", people, "--text", "Hi")

    assert 3 == out.count("duplicate of line 2")
    assert "and 297 more such rows" in out


@pytest.mark.parametrize("fault", [{"status": 500}, {"code": 902}, {"drop": "after"}])
def test_summary_comes_though_the_last_call_fails(
    told: Any, gateway: Sandbox, people: Path, fault: Any
) -> None:
    """The messages are paid for; whatever fails afterwards, their counts are shown."""
    gateway.fault("/balance", **fault)

    status, out, _ = told("campaign", "send", people, "--text", "Hi")

    assert 1 == status
    assert re.search(r"^accepted +2$", out, re.MULTILINE)
    assert re.search(r"^given +3$", out, re.MULTILINE)


def test_status_tells_what_was_not_sent(told: Any, gateway: Sandbox, many: Path) -> None:
    """Not "30 of 30 done" where half is still to go."""
    told("campaign", "send", many, *SENDING, "--max-cost", "3.75", "--batch", 1)

    _, out, _ = told("campaign", "status", many.with_name("people.seven.db"))

    assert re.search(r"^people: 1,200 recipients$", out, re.MULTILINE)
    assert re.search(r"^  planned +1,150$", out, re.MULTILINE)
    assert re.search(r"^  done +50$", out, re.MULTILINE)
    assert "ended: paused: cost" in out


def test_rejected_ones_are_sent_again(told: Any, gateway: Sandbox, people: Path) -> None:
    """By the code that the summary shows."""
    gateway.fault(code=301, times=1)
    _, _, err = told("campaign", "send", people, "--text", "Hi", "--batch", 1)
    assert "--retry REASON" in err

    status, out, _ = told(
        "campaign", "resume", people.with_name("people.seven.db"), "--retry", "301"
    )

    assert 0 == status
    assert "1 message rejected for “301” will be sent again" in out
    assert 2 == len({entry.to for entry in gateway.ledger}) == len(gateway.ledger)


@pytest.mark.parametrize("words", [("pause",), ("stop",), ("rate", "5")])
def test_what_does_not_run_cannot_be_steered(told: Any, people: Path, words: Any) -> None:
    """The error says why."""
    told("campaign", "send", people, "--text", "Hi")
    name, *rest = words

    status, _, err = told("campaign", name, people.with_name("people.seven.db"), *rest)

    assert 2 == status
    assert "no process is sending" in err


def test_amount_that_is_none_is_wrong_usage(told: Any, people: Path) -> None:
    """No traceback."""
    status, _, err = told("campaign", "send", people, "--text", "Hi", "--max-cost", "abc")

    assert 2 == status
    assert "--max-cost" in err


def test_forget_erases_a_recipient(
    told: Any, gateway: Sandbox, people: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It says how many messages there were, and nobody writes to it again."""
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "key"))
    told("campaign", "send", people, "--text", "Hi")
    journal = people.with_name("people.seven.db")

    status, out, _ = told("campaign", "forget", journal, "+49 171 1234567")
    assert (0, True) == (status, "1 message erased" in out)
    assert b"491711234567" not in journal.read_bytes()

    _, out, _ = told("campaign", "resume", journal, people)
    assert "1 × skipped: forgotten" in out
    assert 2 == len(gateway.ledger)


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped in the POSIX way")
def test_steered_from_another_terminal(many: Path) -> None:
    """Paused, seen as paused, let go on, stopped, and resumed: each once."""
    sandbox = Sandbox(latency_s=0.02)
    journal = many.with_name("people.seven.db")
    command = [sys.executable, "-m", "seven_async", "campaign"]
    with sandbox.serve() as server:
        variables = environment(sandbox, server.url)

        def run(*words: object) -> str:
            ended = subprocess.run(
                [*command, *map(str, words)],
                capture_output=True,
                text=True,
                env=variables,
                timeout=120,
                check=True,
            )
            return ended.stdout

        def wait_for(words: str) -> None:
            deadline = time.monotonic() + 60
            while words not in (said := run("status", journal)):
                assert time.monotonic() < deadline, said

        with subprocess.Popen(
            [*command, "send", str(many), *SENDING, "--concurrency", "2"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
        ) as process:
            deadline = time.monotonic() + 60
            while len(sandbox.ledger) < 20 and time.monotonic() < deadline:
                time.sleep(0.02)  # a real process, which sends at its own pace
            run("pause", journal)
            wait_for("paused; seven campaign resume lets it go on")
            assert len(sandbox.ledger) < 1200
            assert "goes on, in the process that was paused" in run("resume", journal)
            run("rate", journal, 2)
            wait_for("as fast as the rate allows")
            run("stop", journal)
            said, complained = process.communicate(timeout=60)
        assert 130 == process.returncode, complained
        assert "go on with: seven campaign resume" in complained
        assert len(sandbox.ledger) < 1200
        run("resume", journal, "--rate", 100000)

    assert "given" in said
    assert 1200 == len({entry.to for entry in sandbox.ledger}) == len(sandbox.ledger)


def test_forget_knows_the_country_of_the_campaign(
    told: Any, gateway: Sandbox, people: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A number as the file spells it is the person in the file."""
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "key"))
    people.write_text("phone\n0171 1234567\n")
    told("campaign", "send", people, "--text", "Hi", "--country", "DE")

    _, out, _ = told("campaign", "forget", people.with_name("people.seven.db"), "0171/1234567")

    assert "1 message erased" in out


def test_options_of_a_resume_are_remembered(told: Any, gateway: Sandbox, people: Path) -> None:
    """Also without the file: the next `resume` has the same quiet hours."""
    journal = people.with_name("people.seven.db")
    told("campaign", "send", people, *SENDING, "--max-cost", "0.08", "--batch", 1)

    told("campaign", "resume", journal, "--label", "x", "--yes")  # needs the file
    told("campaign", "resume", journal, "--max-cost", "0.09", "--concurrency", 3)

    with CampaignJournal.open(journal) as opened:
        notes = opened.notes
    assert ("0.09", 3) == (notes["options"]["max_cost"], notes["options"]["concurrency"])
    assert str(people) == notes["file"]


def test_file_of_other_people_is_not_taken_for_the_campaigns(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """On a pipe nobody sees that all of its rows are new."""
    told("campaign", "send", people, "--text", "Hi")
    journal, other = people.with_name("people.seven.db"), people.with_name("other.csv")
    other.write_text("phone\n+491711239999\n")

    status, _, err = told("campaign", "resume", journal, other)
    assert (2, 2) == (status, len(gateway.ledger))
    assert "the journal has nobody of" in err
    assert "--yes" in err

    told("campaign", "resume", journal, other, "--yes")
    assert 3 == len(gateway.ledger)


def test_journal_that_was_never_filled_asks_for_the_file(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """Killed before anything was written down: nothing to resume is not "all done"."""
    journal = people.with_name("people.seven.db")
    told("campaign", "send", people, "--text", "Hi")
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("DELETE FROM message")
        database.execute("DELETE FROM run")

    status, _, err = told("campaign", "resume", journal)

    assert 2 == status
    assert f"people.seven.db {people}" in err


def test_long_file_is_known_though_the_journal_has_its_beginning_only(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """Of large files a part of the rows is compared: that is told from a part that is known."""
    rows = [f"+4917{number:08}" for number in range(20_000)]
    people.write_text("phone\n" + "\n".join(rows[:40]) + "\n")
    told("campaign", "send", people, "--text", "Hi", "--store-texts", "never")
    renamed = people.rename(people.with_name("customers.csv"))
    renamed.write_text("phone\n" + "\n".join(rows) + "\n")

    status, _, err = told("campaign", "send", renamed, "--text", "Hi")

    assert (2, 40) == (status, len(gateway.ledger))
    assert "people.seven.db has" in err


def test_json_says_what_the_terminal_says(told: Any, gateway: Sandbox, people: Path) -> None:
    """One line each, for programs; what people read goes to standard error."""
    journal = people.with_name("people.seven.db")
    plan = lines_of(told("campaign", "plan", people, *SENDING, "--json"))
    sent = lines_of(told("campaign", "send", people, *SENDING, "--json"))
    again = lines_of(told("campaign", "resume", journal, people, "--json"))
    status = lines_of(told("campaign", "status", journal, "--json"))
    report = lines_of(told("campaign", "report", journal, "--json"))

    assert (plan["to_send"], plan["refused"], plan["highest_cost"]) == (2, 1, 0.15)
    assert (sent["run"]["accepted"], sent["run"]["given"], sent["exit_status"]) == (2, 3, 1)
    assert again["run"]["skipped"] == 2
    assert (status["done"], status["total"], status["name"]) == (2, 3, "people")
    assert (report["accepted"], report["given"]) == (2, 3)
    assert sent["run"]["cost"] == report["cost"] == status["cost"] == 0.15
    assert sent["balance"]["amount"] == 999999.85


def lines_of(ended: Any) -> dict[str, Any]:
    """The only line of an output, read as JSON."""
    (line,) = ended[1].splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


@pytest.mark.parametrize("name", ["a/b", "", ".."])
def test_name_that_no_file_can_have_is_wrong_usage(told: Any, people: Path, name: str) -> None:
    """The journal is called by it."""
    status, _, err = told("campaign", "send", people, "--text", "Hi", "--name", name)

    assert 2 == status
    assert "is no name of a file" in err


def test_journal_that_cannot_be_made_is_not_what_goes_on(told: Any, people: Path) -> None:
    """There is nothing to resume."""
    journal = people.with_name("no-such-folder") / "x.db"

    status, _, err = told("campaign", "send", people, "--text", "Hi", "--journal", journal)

    assert 4 == status
    assert "cannot be used" in err
    assert "go on with" not in err


def test_forget_without_calling_code_says_what_is_missing(
    told: Any, gateway: Sandbox, people: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is another number than that of the file."""
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "key"))
    told("campaign", "send", people, "--text", "Hi")

    _, out, err = told("campaign", "forget", people.with_name("people.seven.db"), "01711234567")

    assert "0 messages erased" in out
    assert "--country" in err


def test_status_of_a_cut_off_loading_asks_for_the_file(
    told: Any, gateway: Sandbox, people: Path
) -> None:
    """By the journal alone nothing goes on then."""
    journal = people.with_name("people.seven.db")
    told("campaign", "send", people, *SENDING, "--max-cost", "0.08", "--store-texts", "never")

    _, out, _ = told("campaign", "status", journal)

    assert "resume needs the file" in out


COMMANDS = ("plan", "send", "status", "resume", "report", "export", "suppress")
WHILE_IT_RUNS = ("pause", "stop", "rate")


def test_examples_of_help_run(
    told: Any, people: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each command's, one after another; those for a running campaign say that none is."""
    monkeypatch.chdir(people.parent)
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(tmp_path / "key"))
    for command in (*COMMANDS, *WHILE_IT_RUNS, "forget"):
        help_text = " ".join(told("campaign", command, "--help")[1].split())
        example = re.search(r"For example: seven (campaign .+?) (?:Arguments|Options):", help_text)
        assert example, help_text
        status, _, err = told(*shlex.split(example[1]))
        expected = {2} if command in WHILE_IT_RUNS else {0, 1}
        assert status in expected, (command, err)
        assert command not in WHILE_IT_RUNS or "no process is sending" in err


def test_file_of_a_campaign_leads_to_its_journal(told: Any, people: Path) -> None:
    """Who names the table instead of the journal is told where that is."""
    told("campaign", "send", people, "--text", "Hi")

    status, _, err = told("campaign", "resume", people)

    assert 2 == status
    assert f"its journal may be {people.with_name('people.seven.db')}" in err
