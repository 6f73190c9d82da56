"""A journal that vanishes, is replaced or is a link: nothing leaves unknown to the next run."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from seven_async.campaign import Campaign, JournalError, JournalLockedError
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.campaign.journal.sqlite.store import SqliteStore as Store
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, texts

DISTURBED_AT = 10
"""The write after which something happens to the file."""


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a campaign is remembered."""
    return tmp_path / "campaign.db"


def delete(journal: Path) -> None:
    """Delete the file with all that belongs to it."""
    for path in journal.parent.glob("campaign.db*"):
        path.unlink()


def move(journal: Path) -> None:
    """Give the file another name."""
    journal.rename(journal.with_name("moved.db"))


def replace(journal: Path) -> None:
    """Put another file in its place."""
    other = journal.with_name("other")
    other.write_bytes(journal.read_bytes())
    other.replace(journal)


def delete_log(journal: Path) -> None:
    """Delete what SQLite has not yet moved to the file itself."""
    journal.with_name("campaign.db-wal").unlink()


def delete_lock(journal: Path) -> None:
    """Let another process in."""
    journal.with_name("campaign.db-sending").unlink()


async def sent_until_disturbed(
    sandbox: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch, disturb: Callable[[], None]
) -> tuple[int, int, str]:
    """Send; how many were accepted when the file was disturbed, in the end, and what was said."""
    written, accepted = Store._write, []
    writes = [0]

    def disturbed(store, operations):
        writes[0] += 1
        if writes[0] == DISTURBED_AT:
            accepted.append(len(sandbox.ledger))
            disturb()
        return written(store, operations)

    monkeypatch.setattr(Store, "_write", disturbed)
    async with (
        awaiting(sandbox, concurrency=1) as seven,
        Campaign(seven, journal=journal, batch=1) as campaign,
    ):
        entries = campaign.send(texts(500))
        with pytest.raises(JournalError) as error:
            await anext_of_all(entries)
    return accepted[0], accepted_once(sandbox), str(error.value)


async def anext_of_all(entries) -> None:
    """Take all entries."""
    async for _ in entries:
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (delete, "is gone"),
        (move, "is gone"),
        (replace, "another file by now"),
        (delete_log, "campaign.db-wal is gone"),
        (delete_lock, "campaign.db-sending is gone"),
    ],
)
async def test_disturbed_journal_stops_the_campaign(sandbox, journal, monkeypatch, what, said):
    """After the write that finds the file gone, no request leaves."""
    before, after, message = await sent_until_disturbed(
        sandbox, journal, monkeypatch, lambda: what(journal)
    )

    assert said in message
    # What was written down before the disturbance may still leave.
    assert before <= after <= before + 4


async def test_moved_journal_has_all_that_left(sandbox, journal, monkeypatch):
    """Put back, the file knows every message that left: the next run serves nobody twice."""
    await sent_until_disturbed(sandbox, journal, monkeypatch, lambda: move(journal))
    monkeypatch.undo()
    journal.with_name("moved.db").rename(journal)
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, journal=journal, reload_lock=True) as campaign,
    ):
        await anext_of_all(campaign.send(texts(500)))

    assert 500 == accepted_once(sandbox)


async def test_link_that_leads_elsewhere_stops_the_campaign(sandbox, journal, monkeypatch):
    """The path is what the next run opens: where it leads is what counts."""
    first, second = journal.with_name("first.db"), journal.with_name("second.db")
    first.touch()
    second.touch()
    journal.symlink_to(first)

    def lead_elsewhere() -> None:
        journal.unlink()
        journal.symlink_to(second)

    _, _, said = await sent_until_disturbed(sandbox, journal, monkeypatch, lead_elsewhere)

    assert "another file by now" in said


async def second_sender(sandbox: Sandbox, path: Path) -> None:
    """Send the same with another campaign of this process."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=path) as campaign:
        await anext_of_all(campaign.send(texts(5)))


def named_twice(journal: Path) -> Path:
    """A symbolic link in another folder."""
    link = journal.parent / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(journal)
    return link


def moved(journal: Path) -> Path:
    """Another name, with all that belongs to the file but the lock."""
    for suffix in ("", "-wal", "-shm"):
        journal.with_name(f"campaign.db{suffix}").rename(journal.with_name(f"moved.db{suffix}"))
    return journal.with_name("moved.db")


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("other_name", [named_twice, moved])
async def test_lock_follows_the_file(sandbox, journal, other_name):
    """Whatever name a journal has, one sender at a time has it."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        await anext(campaign.send(texts(5)))
        with pytest.raises(JournalLockedError, match="is being sent by process"):
            await second_sender(sandbox, other_name(journal))


async def test_lock_follows_a_link_without_a_temporary_folder(sandbox, journal, monkeypatch):
    """The lock beside the file holds by itself, where the other one is not to be had."""
    monkeypatch.setattr(tempfile, "tempdir", str(journal / "nowhere"))
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal) as campaign:
        await anext(campaign.send(texts(5)))
        with pytest.raises(JournalLockedError):
            await second_sender(sandbox, named_twice(journal))


LOCKED = """
import sys
from pathlib import Path
from seven_async.campaign.journal.sqlite.lock import SendingLock, is_held
print(is_held(Path(sys.argv[1])))
SendingLock(Path(sys.argv[1])).acquire(0)
"""


def test_lock_holds_against_other_processes(journal):
    """Another campaign of this process that asks for the lock does not end it for the others."""
    journal.touch()
    lock = SendingLock(journal)
    lock.acquire(0)
    with pytest.raises(JournalLockedError):
        SendingLock(journal).acquire(0)
    command = [sys.executable, "-c", LOCKED, str(journal)]
    other = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lock.release()
    after = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert "True\n" == other.stdout
    assert "JournalLockedError" in other.stderr
    assert ("False\n", 0) == (after.stdout, after.returncode)


async def test_hard_link_is_refused(sandbox, journal):
    """SQLite keeps what is new beside one name; under the other, messages would be missing."""
    await second_sender(sandbox, journal)
    os.link(journal, journal.with_name("second.db"))
    with pytest.raises(JournalError, match="hard link"):
        await second_sender(sandbox, journal.with_name("second.db"))


def foreign_database(path: Path, *pragmas: str) -> None:
    """A database of something else."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for pragma in pragmas:
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE message (key)")
        database.execute("CREATE TABLE invoice (id)")


def file_of_something_else(kind: str, path: Path) -> None:
    """A file that is no journal."""
    if kind == "csv":
        path.write_text("phone\n+491701234567\n" * 100)
    elif kind == "half a journal":
        foreign_database(path, "user_version = 1")
    elif kind == "database":
        foreign_database(path)
    else:
        foreign_database(path, "journal_mode = WAL", "user_version = 1")


@pytest.mark.parametrize("pragmas", [["journal_mode = WAL"], ["user_version = 0"]])
async def test_journal_whose_maker_was_killed_is_made_again(sandbox, journal, pragmas):
    """A process that was killed before the tables were on disk has sent nothing; the next does."""
    with closing(sqlite3.connect(journal, isolation_level=None)) as database:
        for pragma in pragmas:
            database.execute(f"PRAGMA {pragma}")

    await second_sender(sandbox, journal)

    assert sandbox.ledger


@pytest.mark.parametrize("kind", ["csv", "database", "half a journal", "database with a log"])
async def test_what_is_no_journal_keeps_every_byte(sandbox, journal, kind):
    """Opening a file that is no journal is refused and changes nothing of it."""
    file_of_something_else(kind, journal)
    before = journal.read_bytes()
    with pytest.raises(JournalError, match=r"no journal|not a database"):
        await second_sender(sandbox, journal)

    assert before == journal.read_bytes()
    assert 0 == len(sandbox.ledger)
