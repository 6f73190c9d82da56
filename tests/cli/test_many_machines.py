"""The commands for a journal in a database: load, worker, and what watches and steers them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from seven_async.campaign import CampaignJournal, OptOutList
from seven_async.sandbox import Sandbox

psycopg = pytest.importorskip("psycopg", reason="the extra postgres is not installed")

TEXT = ("--text", "Hi {first_name}")


def wait_until(is_so) -> None:
    """Return when something is so; a real worker gets there at its own pace."""
    for _ in range(600):
        if is_so():
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.fixture(params=["one host", "two hosts"])
def address(request: pytest.FixtureRequest, postgres: str, tmp_path: Path) -> str:
    """The address of a database; of two hosts the first one is away."""
    if request.param == "one host":
        return postgres
    if "?host=/" not in postgres:
        pytest.skip("the database is not on this machine")
    hosts = postgres.replace("?host=", f"?host={tmp_path},")
    return f"{hosts}&target_session_attrs=read-write"


def test_file_is_loaded_here_and_sent_by_a_worker(
    told, gateway: Sandbox, people: Path, address: str, tmp_path: Path
) -> None:
    """Load, worker, status, pause, resume, rate, report and export go by the address alone.

    A row of the file was refused, which a script sees by the status of the load.
    """
    named = f"{address}#people"
    status, out, _ = told("campaign", "load", people, *TEXT, "--journal", address)
    assert (1, True) == (status, "people: 2 messages loaded" in out)
    assert 0 == told("campaign", "pause", named)[0]
    assert CampaignJournal.open(address).is_paused
    assert "paused; resume lets it go on" in told("campaign", "status", named)[1]
    status, _, err = told("campaign", "resume", named, "--max-cost", "5")
    assert (2, True) == (status, "--max-cost: workers keep to what" in err)
    assert CampaignJournal.open(address).is_paused
    _, out, _ = told("campaign", "resume", named)
    assert "people goes on" in out
    assert 0 == told("campaign", "rate", named, "500")[0]
    assert 0 == told("campaign", "cancel", named)[0]
    status, _, err = told("campaign", "resume", named)
    assert (2, True) == (status, "people was cancelled" in err)
    assert 0 == told("campaign", "resume", named, "--reopen")[0]

    command = [sys.executable, "-m", "seven_async", "worker"]
    environment = {
        **os.environ,
        "SEVEN_JOURNAL": address,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: len(gateway.ledger) == 2)
        wait_until(lambda: CampaignJournal.open(address).report().accepted == 2)
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]

    assert (0, True) == (process.returncode, "2 messages worked at here" in said)
    _, out, _ = told("campaign", "status", named)
    assert "2 recipients" in out
    _, out, _ = told("campaign", "report", named)
    assert re.search(r"^accepted +2$", out, re.MULTILINE)
    _, out, _ = told(
        *("campaign", "export", named, "--state", "accepted"), "--to", tmp_path / "accepted.csv"
    )
    assert 3 == (tmp_path / "accepted.csv").read_text().count("\n")


def test_send_loads_into_a_database_and_sends_from_there(
    told, gateway: Sandbox, people: Path, postgres: str
) -> None:
    """One command is enough for one machine; nobody on the database's list is written to.

    A row was refused, so that not all were served.
    """
    told("campaign", "suppress", postgres, "+491711234568")
    status, out, _ = told(
        *("campaign", "send", people, *TEXT, "--yes"),
        *("--journal", postgres, "--workers", "2"),
    )

    assert (1, ["491711234567"]) == (status, [entry.to for entry in gateway.ledger])
    assert re.search(r"^accepted +1$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--workers", "2"), "--workers needs a journal in a database"),
        (("--journal", "postgresql://db/sms", "--sandbox"), "do not reach a sandbox"),
        (("--journal", "postgresql://db/sms", "--no-journal"), "are not for a database"),
        (("--journal", "postgresql://db/sms", "--resend-changed"), "gets nothing more"),
    ],
)
def test_what_does_not_go_with_a_database_is_refused(told, people: Path, words, said) -> None:
    """Before anything is loaded."""
    status, _, err = told("campaign", "send", people, *TEXT, *words)

    assert (2, True) == (status, said in err)


@contextmanager
def worker(postgres: str, *words: str):
    """A worker in a process of its own; its output is what it says until it ends."""
    environment = {
        **os.environ,
        "SEVEN_JOURNAL": postgres,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "seven_async", "worker", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_worker_says_what_it_does_and_drains(
    told, gateway: Sandbox, people: Path, postgres: str
) -> None:
    """At SIGTERM what is in flight gets its result; a line now and then says that it lives."""
    gateway.latency_s = 1.0
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    in_flight = "SELECT count(*) FROM seven.message WHERE state = 'intent'"
    with worker(postgres, "--health", "0.2", "--metrics") as process:
        with closing(psycopg.connect(postgres, autocommit=True)) as connection:
            wait_until(lambda: connection.execute(in_flight).fetchone()[0] == 2)
        time.sleep(0.4)  # for a line, while the gateway takes its time
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]

    assert 0 == process.returncode
    assert "worker: 1 campaign, 1 range under way, 0 messages so far" in said
    assert "the database is there" in said
    assert "--metrics: no SDK of OpenTelemetry is set up" in said
    assert "2 messages worked at here" in said
    assert 2 == CampaignJournal.open(postgres).report().accepted


def test_second_signal_ends_a_worker_at_once(
    told, gateway: Sandbox, people: Path, postgres: str
) -> None:
    """What was in flight is in doubt, and looked up by whoever works next."""
    gateway.latency_s = 50.0
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    in_flight = "SELECT count(*) FROM seven.message WHERE state = 'intent'"
    with worker(postgres) as process:
        with closing(psycopg.connect(postgres, autocommit=True)) as connection:
            wait_until(lambda: connection.execute(in_flight).fetchone()[0] == 2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[0]

    assert (0, True) == (process.returncode, "stopping at once" in said)
    assert 2 == CampaignJournal.open(postgres).status().in_doubt


def test_numbers_of_the_database_s_list_get_nothing(
    told, gateway: Sandbox, people: Path, postgres: str, tmp_path: Path
) -> None:
    """What is loaded there asks it, beside another list that it is given, unless told not to."""
    _, out, _ = told("campaign", "suppress", postgres, "+491711234567", "0049 171 1234567")
    assert "the database: 1 added, 1 listed before" in out
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    reasons = CampaignJournal.open(postgres).report().reasons
    assert 1 == reasons["suppressed"]

    stop = tmp_path / "stop.txt"
    stop.write_text("+491711234568\n")
    command = ("campaign", "load", people, *TEXT, "--journal", postgres, "--suppress", stop)
    told(*command, "--name", "both")
    told(*command, "--name", "one", "--no-opt-outs")
    for name, held in (("both", 2), ("one", 1)):
        reasons = CampaignJournal.open(postgres, name).report().reasons
        assert held == reasons["suppressed"]
    people.write_text("phone\n+491711234567\n")
    text = ("--text", "Hi", "--journal", postgres, "--name", "whole")
    assert 0 == told("campaign", "load", people, *text)[0]


def test_list_of_opt_outs_is_added_to(told, tmp_path: Path) -> None:
    """A list of webhooks keeps when and why; of numbers with a wrong one none is added."""
    path = tmp_path / "opt-outs.db"
    with closing(OptOutList(path)) as opt_outs:
        assert 0 == told("campaign", "suppress", path, "+491711234567")[0]
        assert 2 == told("campaign", "suppress", path, "+491717654321", "friends")[0]
        (change,) = opt_outs.history("+491711234567")
        assert "seven campaign suppress" == change.reason
        assert 1 == len(opt_outs)


def test_worker_without_a_database_says_what_is_missing(told) -> None:
    """A file is no journal for workers."""
    status, _, err = told("worker", "--journal", "people.db")

    assert 2 == status
    assert "the address of a database" in err


PASSWORD = "Geh3im"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://seven:{PASSWORD}/1@127.0.0.1:1/campaigns#spring",
        f"postgresql://seven:%{PASSWORD}@127.0.0.1:1/campaigns#spring",
        f"postgresql://seven@127.0.0.1:1/campaigns?password={PASSWORD}#spring",
        f"postgrsql://seven:{PASSWORD}@127.0.0.1:1/campaigns#spring",
        f"postgresql://seven:{PASSWORD}@127.0.0.1:1/campaigns#spring",
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ("campaign", "status", "ADDRESS"),
        ("campaign", "suppress", "ADDRESS", "+491711234567"),
        ("campaign", "load", "FILE", *TEXT, "--journal", "ADDRESS"),
        ("campaign", "send", "FILE", *TEXT, "--yes", "--journal", "ADDRESS"),
        ("worker", "--journal", "ADDRESS"),
    ],
)
def test_no_error_shows_a_password(told, people: Path, tmp_path: Path, address: str, words) -> None:
    """Whatever is wrong with an address; libpq quotes what it takes for a part of one."""
    if words[1] not in ("status", "suppress"):
        address = address.partition("#")[0]
    before = set(tmp_path.iterdir())
    places = {"ADDRESS": address, "FILE": people}
    status, out, err = told(*(places.get(word, word) for word in words))

    assert status in (2, 4)
    assert PASSWORD not in out + err
    assert "Traceback" not in err
    assert before == set(tmp_path.iterdir())


def test_commands_to_go_on_with_have_no_password(
    told, people: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown to be copied names the variable, or has … for the password."""
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    address = postgres.replace("@", f":{PASSWORD}@", 1)
    assert PASSWORD in address
    _, out, _ = told("campaign", "pause", f"{address}#people")
    assert (False, True) == (PASSWORD in out, "resume 'postgresql://…#people'" in out)
    monkeypatch.setenv("SEVEN_JOURNAL", address)
    _, out, _ = told("campaign", "pause", f"{address}#people")
    assert 'seven campaign resume "$SEVEN_JOURNAL#people"' in out
    _, out, _ = told("campaign", "forget", f"{address}#people", "+491711234567")
    assert (False, True) == (PASSWORD in out, "#people: 1 message erased" in out)


def test_what_is_not_there_is_wrong_usage(told, people: Path, postgres: str) -> None:
    """A campaign that a database has not, and one that is named where none may be."""
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    status, _, err = told("campaign", "status", f"{postgres}#poeple")
    assert (2, True) == (status, "has no campaign 'poeple', but 'people'" in err)
    for words in (("worker",), ("campaign", "load", people, *TEXT)):
        status, _, err = told(*words, "--journal", f"{postgres}#people")
        assert (2, True) == (status, "without # and a campaign" in err)


def test_worker_says_why_a_campaign_has_paused(
    told, gateway: Sandbox, people: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is refused is no line of a log that nobody has set up."""
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    monkeypatch.setenv("SEVEN_API_KEY", "wrong")
    with worker(postgres) as process:
        wait_until(lambda: CampaignJournal.open(postgres).is_paused)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]

    assert "seven: people has paused: " in said
    assert "mend that, then resume it" in said
    assert not gateway.ledger
    _, out, _ = told("campaign", "status", f"{postgres}#people")
    assert "paused: AuthenticationError; give all workers a key that is valid, then resume" in out


def test_campaign_that_costs_too_much_is_loaded_with_more_and_resumed(
    told, gateway: Sandbox, people: Path, postgres: str
) -> None:
    """To resume it alone would let it pause again at the same limit."""
    load = ("campaign", "load", people, *TEXT, "--journal", postgres)
    told(*load, "--max-cost", "0.001")
    with worker(postgres) as process:
        wait_until(lambda: CampaignJournal.open(postgres).is_paused)
        _, out, _ = told("campaign", "report", f"{postgres}#people")
        assert "paused: cost; load it again with a higher --max-cost, then resume" in out
        told(*load, "--max-cost", "5")
        told("campaign", "resume", f"{postgres}#people")
        wait_until(lambda: CampaignJournal.open(postgres).report().accepted == 2)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=60)[0]

    assert "people has paused: cost; load it again with a higher max_cost, then resume it" in said


def test_campaign_that_is_not_sent_is_named(told, people: Path, postgres: str) -> None:
    """Nobody knows its number in the database."""
    told("campaign", "load", people, *TEXT, "--journal", postgres)
    with closing(psycopg.connect(postgres, autocommit=True)) as connection:
        connection.execute("UPDATE seven.note SET value = '{}' WHERE name = '(settings)'")
    with worker(postgres) as process:
        line = next(line for line in process.stdout if "is not sent here" in line)

    assert "campaign people is not sent here: " in line
