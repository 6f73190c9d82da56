"""A journal that an earlier version wrote is copied, gets today's tables, and is gone on with."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from seven_async import Clock, SendRcs, SendSms
from seven_async.campaign import Campaign, JournalError
from seven_async.campaign.journal.sqlite.migration import VERSION
from seven_async.campaign.journal.sqlite.schema import connect
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting

JOURNALS = Path(__file__).with_name("journals")
WRITTEN_AT = 1_750_000_060.0
OWN_REFERENCE = "060f1641ff2a1ec335dacc0000000002"


def recipient(place: int) -> str:
    """A recipient of the old journals."""
    return f"+4917010000{place:02d}"


MESSAGES = [
    *(SendSms(recipient(place), "Hi") for place in (1, 2, 3, 4, 7)),
    SendSms(recipient(5), "Your order", foreign_id="order-5"),
    SendSms(recipient(8), "Your order", foreign_id="order-8"),
    SendRcs(recipient(6), "Hi"),
]


def write_journal(path: Path, schema: int) -> Path:
    """Write a journal as an earlier version left it."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript((JOURNALS / f"schema-{schema}.sql").read_text("utf-8"))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The file of schema 1: two accepted, five in doubt, one that could not leave."""
    return write_journal(tmp_path / "spring.db", 1)


class Old(NamedTuple):
    """A journal of an earlier schema."""

    path: Path
    schema: int


@pytest.fixture(params=range(1, VERSION))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Old:
    """Each earlier schema. The file of schema 2 is that of schema 1 after one more day's run."""
    return Old(write_journal(tmp_path / "old.db", request.param), request.param)


def rows(path: Path, query: str) -> list[Any]:
    """What a query finds in a file."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.execute(query))


class Later:
    """A sandbox some time after the file was written, and campaigns that go on with it."""

    def __init__(self, journal: Path, after_s: float) -> None:
        self.now_s = WRITTEN_AT + after_s
        self.sandbox = Sandbox(now=lambda: self.now_s)
        self._journal = journal

    def accept(self, place: int, text: str, foreign_id: str) -> None:
        """Let the gateway have accepted a message, at the time of the file."""
        message = f"to={recipient(place).replace('+', '%2B')}&text={text}&foreign_id={foreign_id}"
        headers = {
            "x-api-key": self.sandbox.api_key,
            "accept": "application/json",
            "content-type": "application/x-www-form-urlencoded",
        }
        now_s, self.now_s = self.now_s, WRITTEN_AT
        self.sandbox.handle("POST", "http://sandbox/api/sms", headers, message.encode())
        self.now_s = now_s

    async def send(self) -> dict[str, str]:
        """State or reason of each message, by the last two digits of its recipient."""
        clock = Clock(now=lambda: self.now_s, sleep=lambda _: anyio.lowlevel.checkpoint())
        options = {"clock": clock, "base_url": "http://localhost/api"}
        async with (
            awaiting(self.sandbox, **options) as seven,
            Campaign(seven, "spring", journal=self._journal) as campaign,
        ):
            return {
                entry.recipient[-2:]: entry.reason or entry.state.value
                async for entry in campaign.send(MESSAGES)
            }


@pytest.fixture
def later(journal: Path) -> Later:
    """A day later."""
    return Later(journal, 86_400.0)


async def test_old_journal_is_copied_beside_itself(old: Old):
    """Before a byte changes there is a copy, readable by its owner only, and complete."""
    before = rows(old.path, "SELECT * FROM message ORDER BY key")
    await Later(old.path, 2 * 86_400.0).send()
    copy = old.path.with_name(f"old.db.schema-{old.schema}")

    assert before == rows(copy, "SELECT * FROM message ORDER BY key")
    assert [(old.schema,)] == rows(copy, "PRAGMA user_version")
    assert [(VERSION,)] == rows(old.path, "PRAGMA user_version")
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
    assert {"old.db", copy.name, "old.db-sending"} == {
        file.name for file in old.path.parent.iterdir() if not file.name.endswith(("-wal", "-shm"))
    }


def test_file_in_the_copys_place_is_left(journal: Path):
    """Nothing is written over: the copy takes another name."""
    other = journal.with_name("spring.db.schema-1")
    other.write_text("mine")
    connect(journal).close()

    assert "mine" == other.read_text()
    assert [(1,)] == rows(journal.with_name("spring.db.schema-1.2"), "PRAGMA user_version")


def test_migrated_tables_are_those_of_a_new_journal(old: Old, tmp_path: Path):
    """Old and new journals have the same tables, with the same columns in the same order."""
    connect(old.path).close()
    connect(tmp_path / "new.db").close()
    columns = """
        SELECT t.name, c.name, c.type, c.[notnull], c.dflt_value, c.pk
        FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
        WHERE t.type IN ('table', 'index') ORDER BY t.name, c.cid
    """

    assert rows(tmp_path / "new.db", columns) == rows(old.path, columns)


def test_read_only_view_has_todays_tables(old: Old, tmp_path: Path):
    """Where the file may not be written, queries find all columns and tables all the same."""
    connect(tmp_path / "new.db").close()
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    with closing(connect(old.path, read_only=True)) as database:
        for (table,) in rows(tmp_path / "new.db", tables):
            expected = [
                name
                for (name,) in rows(
                    tmp_path / "new.db", f"SELECT name FROM pragma_table_info('{table}')"
                )
            ]
            shown = database.execute(f"SELECT * FROM {table}").description
            assert expected == [name for name, *_ in shown]


async def test_old_messages_in_doubt_are_found(later: Later):
    """References of ours prove it by themselves; a caller's where the text was kept, and agrees."""
    later.accept(4, "Hi", OWN_REFERENCE)
    later.accept(5, "Your order", "order-5")
    later.accept(8, "Your order", "order-8")

    assert {
        **dict.fromkeys(["01", "02"], "served before"),
        **dict.fromkeys(["03", "06"], "in doubt"),
        "04": "served before",
        "05": "similar message found",  # schema 1 kept no fingerprint of it
        "07": "accepted",
        "08": "served before",
    } == await later.send()


async def test_old_messages_that_are_not_found_wait_for_a_proven_age(later: Later):
    """The times in an old file prove nothing: they are sent ten minutes after they were missed."""
    first = await later.send()
    later.now_s += 660
    second = await later.send()

    lost = ["03", "04", "05", "06", "08"]
    assert dict.fromkeys(lost, "in doubt") == {place: first[place] for place in lost}
    assert dict.fromkeys(lost, "accepted") == {place: second[place] for place in lost}
    assert 6 == len({entry.to for entry in later.sandbox.ledger}) == len(later.sandbox.ledger)


async def test_absence_that_schema_2_noted_counts(tmp_path: Path):
    """What was missed a day after it left, and is missed again ten minutes later, is sent."""
    later = Later(write_journal(tmp_path / "spring.db", 2), 86_400.0 + 660)
    entries = await later.send()

    lost = ["03", "04", "06", "08"]
    assert dict.fromkeys(lost, "accepted") == {place: entries[place] for place in lost}
    assert "in doubt" == entries["05"]
    assert 4 == len(later.sandbox.ledger)


def test_old_journal_is_read_without_changing_it(old: Old):
    """A report or a plan of an old journal leaves the file as it is."""
    content = old.path.read_bytes()
    with closing(connect(old.path, read_only=True)) as database:
        query = "SELECT attempts, gateway_at, looked_run FROM message WHERE state = 'intent'"
        assert [(1, None, None)] == list(database.execute(query))
    report = Campaign(awaiting(Sandbox()), "spring", journal=old.path).report()

    assert (1 + old.schema, 5) == (report.accepted, report.unknown)
    assert content == old.path.read_bytes()


def test_migration_that_fails_changes_nothing(journal: Path):
    """All columns or none: a file that cannot be brought to today's schema stays as it is."""
    with closing(sqlite3.connect(journal)) as database:
        database.execute("ALTER TABLE message ADD COLUMN gateway_at REAL")
    with pytest.raises(JournalError, match="duplicate column"):
        connect(journal)

    assert [(1,)] == rows(journal, "PRAGMA user_version")
    columns = rows(journal, "SELECT name FROM pragma_table_info('message')")
    assert ("text_mark",) not in columns


def test_newer_journal_is_refused_with_what_to_do(journal: Path):
    """A version that is not known yet is named, with the one that is."""
    with closing(sqlite3.connect(journal)) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(JournalError, match=f"version {VERSION + 1}.* up to {VERSION}"):
        connect(journal)


@pytest.mark.parametrize(
    ("written", "now"),
    [
        ("+5215512345678", "+52 55 1234 5678"),
        ("+5491161234567", "+54 11 6123 4567"),
        ("+551181234567", "+55 11 98123 4567"),
        ("+22507123456", "+225 07 07 12 34 56"),
        ("+22997123456", "+229 01 97 12 34 56"),
    ],
)
@pytest.mark.parametrize("also_planned", [False, True])
async def test_old_number_that_was_served(
    journal: Path, written: str, now: str, also_planned: bool
):
    """Whoever was served under an old number is not served again under the one of today."""
    today = "".join(character for character in now if character.isdigit())
    query = """INSERT INTO message (key, recipient, channel, state, digest, run)
               VALUES (? || '/sms', '+' || ?, 'sms', ?, 'x', 1)"""
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute(query, (written[1:], written[1:], "accepted"))
        if also_planned:
            database.execute(query, (today, today, "planned"))
    later = Later(journal, 86_400.0)
    async with (
        awaiting(later.sandbox, base_url="http://localhost/api") as seven,
        Campaign(seven, "spring", journal=journal) as campaign,
    ):
        entries = [entry async for entry in campaign.send([SendSms(now, "Hi")])]

    assert ["skipped"] == [entry.state.value for entry in entries]
    assert 0 == len(later.sandbox.ledger)
