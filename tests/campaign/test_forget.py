"""A recipient is erased from a journal: nothing of it is left, and nobody writes to it again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from seven_async import SendRcs, SendSms
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    JournalError,
    JournalLockedError,
    read_csv,
)
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number, texts

ALWAYS: dict[str, Any] = {"store_texts": "always"}
OLD = Path(__file__).with_name("journals") / "schema-1.sql"


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key lies: not with the journals."""
    path = tmp_path / "keys" / "forget.key"
    monkeypatch.setenv("SEVEN_FORGET_KEY", str(path))
    return path


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """The path of a journal that is not there yet."""
    return tmp_path / "spring.db"


async def send(sandbox: Sandbox, journal: Path, messages: Any, **options: Any) -> list[str | None]:
    """Send; the reasons of the entries."""
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=journal, **{**ALWAYS, **options}) as campaign,
    ):
        return [entry.reason async for entry in campaign.send(messages)]


def is_anywhere(folder: Path, text: str) -> bool:
    """Whether any file in a folder has a text in its bytes."""
    return any(text.encode() in file.read_bytes() for file in folder.iterdir() if file.is_file())


async def test_nothing_is_left_in_the_files(journal: Path):
    """Neither number nor text, also in log and free pages; the counts stay."""
    sandbox = Sandbox()
    await send(sandbox, journal, texts(50, "Secret {}"))
    opened = CampaignJournal.open(journal)
    before = opened.report()
    forgotten = number(7)
    assert is_anywhere(journal.parent, forgotten[1:])

    assert opened.forget(forgotten) == 1

    assert not is_anywhere(journal.parent, forgotten[1:])
    assert not is_anywhere(journal.parent, "Secret 7")
    assert is_anywhere(journal.parent, number(8)[1:])
    after = opened.report()
    assert (after.given, after.accepted, after.cost) == (before.given, 50, before.cost)


async def test_nobody_writes_to_it_again(journal: Path):
    """Also by another channel, in another spelling, and the journal does not learn the number."""
    sandbox = Sandbox()
    await send(sandbox, journal, texts(3))
    CampaignJournal.open(journal).forget(number(1))

    reasons = await send(sandbox, journal, texts(4))
    by_rcs = await send(sandbox, journal, [SendRcs("00" + number(1)[1:], "Hi")])

    assert sorted(str(reason) for reason in reasons) == [
        "None",
        "forgotten",
        "served before",
        "served before",
    ]
    assert by_rcs == ["forgotten"]
    assert 4 == accepted_once(sandbox)
    assert not is_anywhere(journal.parent, number(1)[1:])


async def test_one_in_doubt_is_never_sent_again(journal: Path):
    """Not even when the caller asks for what may arrive twice."""
    sandbox = Sandbox()
    sandbox.fault("POST /sms", drop="after")
    sandbox.fault("/journal/outbound", status=500)
    await send(sandbox, journal, [SendSms(number(1), "Hi")], max_error_rate=None)
    sandbox.clear_faults()
    with closing(sqlite3.connect(journal)) as database:
        assert database.execute("SELECT state FROM message").fetchall() == [("unknown",)]
    attempts = len(sandbox.ledger)

    opened = CampaignJournal.open(journal)
    opened.forget(number(1))
    reasons = await send(sandbox, journal, [SendSms(number(1), "Hi")], resend_unknown=True)

    assert reasons == ["forgotten"]
    assert len(sandbox.ledger) == attempts
    assert opened.report().unknown == 1


async def test_planned_one_is_not_sent(journal: Path):
    """Nor is it loaded again."""
    sandbox = Sandbox()
    options: dict[str, Any] = {"journal": journal, "store_texts": "until-served"}
    async with awaiting(sandbox) as seven, Campaign(seven, "spring", **options) as campaign:
        await campaign.load(texts(3))
    CampaignJournal.open(journal).forget(number(1))
    async with awaiting(sandbox) as seven, Campaign(seven, "spring", **options) as campaign:
        assert 0 == await campaign.load(texts(3))
        entries = [entry async for entry in campaign.resume()]

    assert 2 == len(entries) == accepted_once(sandbox)
    assert not is_anywhere(journal.parent, number(1)[1:])


async def test_without_the_key_nothing_is_sent(journal: Path, key_file: Path):
    """It could not be told who was forgotten."""
    sandbox = Sandbox()
    await send(sandbox, journal, texts(1))
    CampaignJournal.open(journal).forget(number(0))
    remove(key_file)

    with pytest.raises(JournalError, match="SEVEN_FORGET_KEY"):
        await send(sandbox, journal, texts(3))

    assert 1 == len(sandbox.ledger)


async def test_key_is_its_owners_and_made_once(journal: Path, key_file: Path):
    """The fingerprint of one journal is found with the key of the other."""
    await send(Sandbox(), journal, texts(2))
    opened = CampaignJournal.open(journal)
    opened.forget(number(0))
    key = contents(key_file)
    opened.forget(number(1))

    assert key == contents(key_file)
    assert is_private(key_file)
    assert not is_anywhere(journal.parent, number(0)[1:])


def remove(file: Path) -> None:
    """Delete a file."""
    file.unlink()


def is_private(file: Path) -> bool:
    """Whether nobody but its owner may read a file."""
    return file.stat().st_mode & 0o777 == 0o600


def contents(file: Path) -> bytes:
    """The bytes of a file."""
    return file.read_bytes()


def test_copies_of_migrations_forget_too(journal: Path):
    """A journal of schema 1 was copied when it became one of today."""
    with closing(sqlite3.connect(journal)) as database:
        database.executescript(OLD.read_text("utf-8"))
        (recipient,) = database.execute("SELECT recipient FROM message LIMIT 1").fetchone()
    digits = recipient.removeprefix("+")
    opened = CampaignJournal.open(journal)
    opened.forget(recipient)  # which migrates first

    assert list(journal.parent.glob("*.schema-1"))
    assert not is_anywhere(journal.parent, digits)


async def test_not_while_it_is_being_sent(journal: Path):
    """What is in flight would be written down again."""
    async with (
        awaiting(Sandbox()) as seven,
        Campaign(seven, "spring", journal=journal) as campaign,
    ):
        async for _ in campaign.send(texts(1)):
            pass
        with pytest.raises(JournalLockedError):
            CampaignJournal.open(journal).forget(number(0))


async def test_neither_planned_nor_exported_as_missed(tmp_path: Path, journal: Path):
    """A file of those who were missed is there to be sent."""
    file = tmp_path / "people.csv"
    write(file, f"to\n{number(0)}\n{number(1)}\n")
    messages, sandbox, missed = read_csv(file, text="Hi"), Sandbox(), tmp_path / "missed.csv"
    await send(sandbox, journal, texts(1))
    opened = CampaignJournal.open(journal)
    opened.forget(number(0))

    assert 1 == opened.export("missed", missed, messages)
    async with (
        awaiting(sandbox) as seven,
        Campaign(seven, "spring", journal=journal) as campaign,
    ):
        assert 1 == (await campaign.plan(messages)).to_send


def write(file: Path, text: str) -> None:
    """Write a file."""
    file.write_text(text)


async def test_refused_rows_forget_too(tmp_path: Path, journal: Path):
    """However the file spells the number, also when it is sent again; the counts stay."""
    file = tmp_path / "other" / "people.csv"
    make_folder(file.parent)
    write(file, "to\n+491711234567\n0049 171 1234567\n+49 (0)171 1234567\n+491711234568\n")
    messages, sandbox = read_csv(file, text="Hi"), Sandbox()
    await send(sandbox, journal, messages)
    opened = CampaignJournal.open(journal)
    before = opened.report()

    opened.forget("+491711234567")

    assert not is_anywhere(journal.parent, "1234567")
    assert (before.given, before.refused) == (opened.report().given, opened.report().refused)
    await send(sandbox, journal, messages)
    assert not is_anywhere(journal.parent, "1234567")
    assert 2 == accepted_once(sandbox)


def make_folder(folder: Path) -> None:
    """Make a folder."""
    folder.mkdir()


async def test_name_with_a_wildcard_forgets_nobody_else(journal: Path):
    """Names of groups are no patterns."""
    sandbox = Sandbox()
    await send(sandbox, journal, [SendSms("VIP*", "Hi"), SendSms("VIPs", "Hi")])

    assert 1 == CampaignJournal.open(journal).forget("VIP*")


def test_copy_of_a_journal_with_brackets_in_its_name(tmp_path: Path):
    """Browsers call the second download `people (1)`, others `people[1]`."""
    journal = tmp_path / "people[1].db"
    with closing(sqlite3.connect(journal)) as database:
        database.executescript(OLD.read_text("utf-8"))
        (recipient,) = database.execute("SELECT recipient FROM message LIMIT 1").fetchone()

    CampaignJournal.open(journal).forget(recipient)

    assert not is_anywhere(tmp_path, recipient.removeprefix("+"))
