"""A journal that cannot be written stops the campaign before the next send; nothing is lost."""

from __future__ import annotations

import sqlite3

import pytest

from seven_async.campaign import Campaign, JournalError, State
from seven_async.campaign.journal.sqlite.store import SqliteStore as Store
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, texts


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox(latency_s=0.002)


def fill_up(database: sqlite3.Connection) -> None:
    """Leave no room for another page, as a full disk does."""
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")


def protect(database: sqlite3.Connection) -> None:
    """Refuse to write, as a disk that was mounted anew does."""
    database.execute("PRAGMA query_only = ON")


def close(database: sqlite3.Connection) -> None:
    """Lose the file."""
    database.close()


@pytest.fixture
def break_after(monkeypatch: pytest.MonkeyPatch):
    """Breaks a journal after some of its writes."""

    def broken(how, writes: int) -> None:
        apply, left = Store.apply, [writes]

        def applied(store, operations):
            left[0] -= 1
            if left[0] == 0:
                how(store.database)
            return apply(store, operations)

        monkeypatch.setattr(Store, "apply", applied)

    return broken


async def failed(sandbox, journal, messages) -> list[State]:
    """The states of the entries before the journal failed."""
    states: list[State] = []
    async with (
        awaiting(sandbox, concurrency=8) as seven,
        Campaign(seven, journal=journal, batch=1) as campaign,
    ):
        entries = campaign.send(messages)
        with pytest.raises(JournalError, match="cannot be used"):
            await collect(entries, states)
    return states


async def collect(entries, states):
    """Keep the states of all entries."""
    async for entry in entries:
        states.append(entry.state)


@pytest.mark.parametrize("how", [fill_up, protect, close])
@pytest.mark.parametrize("writes", [4, 5, 8, 13])
async def test_nothing_leaves_unrecorded(sandbox, tmp_path, break_after, how, writes):
    """Whoever was served is in the journal; the rest is served by the next run, nobody twice."""
    break_after(how, writes)
    states = await failed(sandbox, tmp_path / "c.db", texts(2_000))
    served = accepted_once(sandbox)

    assert served < 2_000
    assert states.count(State.ACCEPTED) == served


@pytest.mark.parametrize("how", [fill_up, protect, close])
async def test_next_run_goes_on(sandbox, tmp_path, monkeypatch, break_after, how):
    """Once the disk has room again, the same messages are finished, and each arrives once."""
    break_after(how, 7)
    await failed(sandbox, tmp_path / "c.db", texts(200))
    monkeypatch.undo()

    async with awaiting(sandbox) as seven, Campaign(seven, journal=tmp_path / "c.db") as campaign:
        async for _ in campaign.send(texts(200)):
            pass
        report = campaign.report()

    assert 200 == accepted_once(sandbox) == report.accepted == report.given


async def test_folder_that_is_not_there_is_told(sandbox, tmp_path):
    """A journal that cannot be made is an error before anything is sent."""
    with pytest.raises(JournalError, match="No such file"):
        async with Campaign(awaiting(sandbox), journal=tmp_path / "nowhere" / "c.db"):
            pass


async def test_old_sqlite_is_told(sandbox, tmp_path, monkeypatch):
    """A Python with an SQLite that lacks what the journal needs is an error of its own."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(JournalError, match=r"SQLite 3\.33"):
        async with Campaign(awaiting(sandbox), journal=tmp_path / "c.db"):
            pass


async def test_damaged_journal_is_told(sandbox, tmp_path):
    """A file that was cut short is no journal any more; nothing is sent."""
    journal = tmp_path / "c.db"
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        async for _ in campaign.send(texts(300)):
            pass
    journal.write_bytes(journal.read_bytes()[:5000])
    with pytest.raises(JournalError):
        async with Campaign(awaiting(sandbox), journal=journal) as campaign:
            await anext(campaign.send(texts(400)))

    assert 300 == accepted_once(sandbox)
