"""A journal by itself: counts, exports, pages and delivery states, without the campaign."""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import threading
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seven_async import ConfigurationError, InvalidRequestError, SendSms
from seven_async.campaign import Campaign, CampaignJournal, JournalError, State, read_csv
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, blocking, number, texts

SCHEMA_1 = Path(__file__).with_name("journals") / "schema-1.sql"


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def path(tmp_path: Path, sandbox: Sandbox) -> Path:
    """The journal of a campaign with two accepted, one rejected and one refused message."""
    path = tmp_path / "spring.db"
    sandbox.fault(recipient=number(2), code=202)
    messages = [*texts(3), SendSms("12", "Hi")]
    with blocking(sandbox) as seven, Campaign(seven, "spring", journal=path) as campaign:
        list(campaign.send(messages))
    return path


def recipients(file: Path) -> set[str]:
    """The recipients in an export."""
    with file.open(encoding="utf-8", newline="") as rows:
        return {row["recipient"] for row in csv.DictReader(rows)}


def test_report_needs_no_client(path: Path):
    """The counts add up, and are those of the campaign."""
    with CampaignJournal.open(path) as journal:
        report = journal.report()

    assert "spring" == journal.name == report.name
    assert (4, 2, 1, 1) == (report.given, report.accepted, report.rejected, report.refused)
    assert Decimal("0.15") == report.cost


def test_path_may_be_a_text(path: Path):
    """A path is given as a text or as a path."""
    assert path == CampaignJournal.open(str(path)).path == CampaignJournal.open(path).path


@pytest.mark.parametrize("state", [*State, "missed"])
def test_export_is_that_of_the_campaign(path: Path, sandbox: Sandbox, tmp_path: Path, state: str):
    """The same rows come out, whichever of the two writes them."""
    with blocking(sandbox) as seven:
        campaign = Campaign(seven, "spring", journal=path)
        count = campaign.export(state, tmp_path / "campaign.csv")
    with CampaignJournal.open(path) as journal:
        assert count == journal.export(state, tmp_path / "journal.csv")

    assert (tmp_path / "campaign.csv").read_bytes() == (tmp_path / "journal.csv").read_bytes()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(State), max_size=12))
def test_exports_add_up_to_the_report(states: list[State]):
    """Whatever became of messages: each is in the export of its state, and in no other."""
    sandbox = Sandbox()
    for place, state in enumerate(states):
        if state is State.REJECTED:
            sandbox.fault(recipient=number(place), code=202)
        if state is State.UNKNOWN:
            sandbox.fault(recipient=number(place), code=600)
    messages = [
        SendSms("12" if state is State.REFUSED else number(place), f"Hi {place}")
        for place, state in enumerate(states)
    ]
    suppress = [number(place) for place, state in enumerate(states) if state is State.SKIPPED]
    with tempfile.TemporaryDirectory() as folder, blocking(sandbox) as seven:
        path = Path(folder) / "spring.db"
        with Campaign(seven, journal=path, suppress=suppress) as campaign:
            list(campaign.send(messages))
        with CampaignJournal.open(path) as journal:
            report = journal.report()
            counts = {state: journal.export(state, path.with_suffix(".csv")) for state in State}
            missed = journal.export("missed", path.with_suffix(".csv"))

    assert {state: states.count(state) for state in State} == counts
    assert counts == {state: getattr(report, state) for state in State}
    assert len(states) - report.accepted == missed


def test_export_has_the_columns_of_the_file(sandbox: Sandbox, tmp_path: Path):
    """With the messages of the file, rows are its rows, whatever the key of the campaign was."""

    def key(message: SendSms) -> str:
        return f"order-{message.text}"

    file = tmp_path / "people.csv"
    file.write_text("phone,order\n+491701111111,7\n+491702222222,8\n")
    messages = read_csv(file, text="{order}")
    path = tmp_path / "orders.db"
    with blocking(sandbox) as seven, Campaign(seven, journal=path, key=key) as campaign:
        list(campaign.send(messages))
    with CampaignJournal.open(path) as journal:
        count = journal.export("accepted", tmp_path / "out.csv", messages, key=key)
        with pytest.raises(InvalidRequestError, match="the journal has none of the file's"):
            journal.export("missed", tmp_path / "none.csv", messages)

    assert 2 == count
    assert not (tmp_path / "none.csv").exists()
    assert "phone,order,state" in (tmp_path / "out.csv").read_text()


def test_page_is_written(path: Path, tmp_path: Path):
    """The report with curves needs the file alone."""
    with CampaignJournal.open(path) as journal:
        journal.write_html(tmp_path / "report.html")

    assert "<svg" in (tmp_path / "report.html").read_text("utf-8")


def test_nothing_is_written_over_the_journal(path: Path):
    """A slip of the fingers does not cost the journal."""
    before = path.read_bytes()
    with CampaignJournal.open(path) as journal:
        with pytest.raises(InvalidRequestError, match="the file that is read"):
            journal.write_html(path)
        with pytest.raises(InvalidRequestError, match="the file that is read"):
            journal.export("missed", path)

    assert before == path.read_bytes()


def test_folder_that_is_not_there_is_no_error_of_the_journal(path: Path, tmp_path: Path):
    """A file that cannot be written is told as what it is."""
    with (
        CampaignJournal.open(path) as journal,
        pytest.raises(FileNotFoundError, match="no such folder"),
    ):
        journal.export("missed", tmp_path / "nowhere" / "missed.csv")


def test_blocking_client_refreshes(path: Path, sandbox: Sandbox):
    """Delivery states are fetched with a `Seven`; what is final is not fetched again."""
    sandbox.advance(60)
    with blocking(sandbox) as seven, CampaignJournal.open(path) as journal:
        assert [2, 0] == [journal.refresh(seven), journal.refresh(seven)]
        assert {"DELIVERED": 2} == journal.report().deliveries


async def test_awaiting_client_refreshes(path: Path, sandbox: Sandbox):
    """The same with an `AsyncSeven`, awaited, on both event loops."""
    sandbox.advance(60)
    async with awaiting(sandbox) as seven:
        with CampaignJournal.open(path) as journal:
            assert [2, 0] == [await journal.refresh(seven), await journal.refresh(seven)]
            assert {"DELIVERED": 2} == journal.report().deliveries


def test_another_gateway_has_no_states_for_it(path: Path):
    """Ids of one gateway mean nothing to another, or another message."""
    with (
        blocking(Sandbox()) as seven,
        CampaignJournal.open(path) as journal,
        pytest.raises(JournalError, match="not through"),
    ):
        journal.refresh(seven)


def test_refresh_takes_a_client(path: Path):
    """Anything else is named."""
    client: Any = "client"
    with (
        CampaignJournal.open(path) as journal,
        pytest.raises(ConfigurationError, match="client must be AsyncSeven or Seven, not str"),
    ):
        journal.refresh(client)


async def test_running_campaign_is_seen(path: Path, sandbox: Sandbox):
    """A campaign that is being sent and one that has crashed differ in this alone."""
    journal = CampaignJournal.open(path)
    assert not journal.is_running
    async with awaiting(sandbox) as seven, Campaign(seven, "spring", journal=path) as campaign:
        await anext(campaign.send(texts(9)))
        assert journal.is_running
        assert journal.report().ending is None
    assert not journal.is_running
    assert "stopped" == journal.report().ending


def test_journal_that_was_moved_while_it_is_sent_is_running(path: Path):
    """The lock in the temporary folder follows the file."""
    lock = SendingLock(path)
    lock.acquire(0)
    moved = path.rename(path.with_name("moved.db"))
    is_running = CampaignJournal.open(moved).is_running
    lock.release()

    assert is_running
    assert not CampaignJournal.open(moved).is_running


def test_asking_whether_it_runs_keeps_no_sender_out(path: Path):
    """The question takes the lock for an instant; a campaign that starts then waits for it."""
    with closing(
        sqlite3.connect(f"{path}-sending", isolation_level=None, check_same_thread=False)
    ) as asking:
        asking.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.02, asking.execute, ["ROLLBACK"])
        end.start()
        lock = SendingLock(path)
        lock.acquire(0)
        lock.release()
        end.join()


def test_closed_journal_says_so(path: Path):
    """After the block every call is refused; closing twice is none."""
    with CampaignJournal.open(path) as journal:
        pass
    journal.close()
    for call in (journal.report, lambda: journal.is_running, lambda: journal.write_html("a.html")):
        with pytest.raises(ConfigurationError, match="is closed"):
            call()
    assert "<CampaignJournal 'spring', closed>" == repr(journal)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("postgresql:user:secret@db/campaigns", "an address such as"),
        ("postgres:db/campaigns", "an address such as"),
        ("", "is empty"),
        (7, "must be a path, not int"),
        (None, "must be a path, not NoneType"),
    ],
)
def test_what_is_no_path_is_refused(given: Any, words: str, tmp_path: Path, monkeypatch):
    """The address of a server, or nothing, is an error before any file is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=words) as error:
        CampaignJournal.open(given)

    assert "secret" not in str(error.value)
    assert [] == list(tmp_path.iterdir())


def test_campaign_takes_no_half_address_either(sandbox: Sandbox):
    """Otherwise a file would be made whose name is the address, password included."""
    with blocking(sandbox) as seven, pytest.raises(ConfigurationError, match="an address such as"):
        Campaign(seven, journal="postgresql:user:secret@db/campaigns")


def foreign_database(path: Path) -> None:
    """A database of something else, in the form that a journal has."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE message (key)")
        database.execute("PRAGMA user_version = 2")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("phone\n+491701234567\n" * 100),
        foreign_database,
    ],
    ids=["empty", "csv", "database"],
)
def test_what_is_no_journal_keeps_every_byte(tmp_path: Path, make):
    """Opening a file that is no journal is an error that changes nothing of it."""
    path = tmp_path / "people.csv"
    make(path)
    before = path.read_bytes(), path.stat().st_mtime_ns
    with pytest.raises(JournalError, match=r"no journal|not a database"):
        CampaignJournal.open(path)

    assert before == (path.read_bytes(), path.stat().st_mtime_ns)


def test_missing_journal_is_not_made(tmp_path: Path):
    """A wrong name does not become an empty journal."""
    with pytest.raises(JournalError, match="there is no journal"):
        CampaignJournal.open(tmp_path / "autumn.db")

    assert [] == list(tmp_path.iterdir())


def test_journal_whose_maker_was_killed_has_no_campaign(path: Path):
    """Between the tables and the name of the campaign a process can end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DELETE FROM campaign")

    with pytest.raises(JournalError, match="nothing was ever sent"):
        CampaignJournal.open(path)


def test_journal_of_schema_1_is_read_as_it_is(tmp_path: Path):
    """Reports and exports of an earlier version's journal change no byte of it."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA_1.read_text("utf-8"))
    before = path.read_bytes()
    with CampaignJournal.open(path) as journal:
        report = journal.report()
        count = journal.export("accepted", tmp_path / "accepted.csv")
        journal.write_html(tmp_path / "report.html")
        is_running = journal.is_running

    assert ("spring", 9, 2, 5) == (journal.name, report.given, report.accepted, report.unknown)
    assert 2 == count == len(recipients(tmp_path / "accepted.csv"))
    assert not is_running
    assert before == path.read_bytes()


def test_journal_of_schema_1_is_refreshed(tmp_path: Path, sandbox: Sandbox):
    """Delivery states that are fetched give it today's tables, after a copy."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA_1.read_text("utf-8"))
    with blocking(sandbox) as seven, CampaignJournal.open(path) as journal:
        seven.sms.send(number(1), "Hi")  # gets the id of the journal's first message
        changed, deliveries = journal.refresh(seven), journal.report().deliveries

    assert (1, {"ACCEPTED": 1, "none": 1}) == (changed, deliveries)
    assert path.with_name("old.db.schema-1").exists()
