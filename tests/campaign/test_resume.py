"""A campaign goes on by its journal alone: same text, same sender, each recipient once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import ConfigurationError, Receipt, SendRcs, SendSms, SendTemplate, SendVoice
from seven_async.api.table import endpoints
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    Fallback,
    JournalError,
    State,
    read_csv,
)
from seven_async.campaign.inputs.stored_content import read_content, write_content
from seven_async.campaign.journal.place import to_place
from seven_async.sandbox import Sandbox
from tests.api import request_values
from tests.campaign.gateways import accepted_once, awaiting, blocking, number, texts

SENDS = [
    endpoint.request
    for endpoint in endpoints()
    if isinstance(endpoint.row.reply, type) and issubclass(endpoint.row.reply, Receipt)
]
UNTIL_SERVED: dict[str, Any] = {"store_texts": "until-served"}


def campaign(client: Any, journal: Path | str, **options: Any) -> Campaign[Any]:
    """A campaign that can be resumed."""
    return Campaign(client, "people", journal=journal, **{**UNTIL_SERVED, **options})


def rows(journal: Path | str, columns: str) -> list[Any]:
    """Columns of all messages of a journal."""
    with to_place(journal).open_snapshot() as database:
        return database.execute(f"SELECT {columns} FROM message ORDER BY rowid").fetchall()


def is_written(journal: Path | str, text: bytes) -> bool:
    """Whether the bytes of a file have a text."""
    return isinstance(journal, Path) and text in journal.read_bytes()


async def resume(sandbox: Sandbox, journal: Path | str, **options: Any) -> list[State]:
    """Go on with a campaign; the states of its entries."""
    async with awaiting(sandbox) as seven, campaign(seven, journal, **options) as going_on:
        return [entry.state async for entry in going_on.resume()]


async def load(sandbox: Sandbox, journal: Path | str, messages: Iterable[Any]) -> int:
    """Write messages down, and send none."""
    async with awaiting(sandbox) as seven, campaign(seven, journal) as loading:
        return await loading.load(messages)


async def test_rest_is_sent_without_the_file(tmp_path: Path, journal: Path | str):
    """Stopped in the middle, its file gone: the rest says the same, from the same sender."""
    file = tmp_path / "people.csv"
    file.write_text("to,name\n" + "".join(f"{number(n)},Ann {n}\n" for n in range(100)))
    sandbox = Sandbox()
    messages = read_csv(file, text="Hi {name}", from_="Acme")
    async with awaiting(sandbox, concurrency=4) as seven, campaign(seven, journal) as first:
        assert await first.load(messages) == 100
        async for _ in first.send(messages):
            first.stop()
    file.unlink()
    assert 0 < accepted_once(sandbox) < 100

    states = await resume(sandbox, journal)

    assert set(states) == {State.ACCEPTED}
    assert accepted_once(sandbox) == 100
    assert {entry.text for entry in sandbox.ledger} == {f"Hi Ann {n}" for n in range(100)}
    assert {entry.from_ for entry in sandbox.ledger} == {"Acme"}


def test_blocking_clients_resume(journal: Path | str):
    """`Seven` does the same without await."""
    sandbox = Sandbox()
    with blocking(sandbox) as seven, campaign(seven, journal) as loading:
        assert loading.load(texts(30)) == 30
        assert loading.load(texts(30)) == 0
    with blocking(sandbox) as seven, campaign(seven, journal) as going_on:
        states = [entry.state for entry in going_on.resume()]

    assert [State.ACCEPTED] * 30 == states
    assert 30 == accepted_once(sandbox)


async def test_texts_are_erased_when_served(journal: Path | str):
    """Not before, and of one that was refused not at all: it may be sent again."""
    sandbox = Sandbox()
    await load(sandbox, journal, texts(3))
    assert all("Hi" in content for (content,) in rows(journal, "content"))
    sandbox.fault(code=301, times=1)
    await resume(sandbox, journal, batch=1)

    kept = [state for state, content in rows(journal, "state, content") if content is not None]
    assert kept == ["rejected"]
    async with awaiting(sandbox) as seven, campaign(seven, journal) as going_on:
        await going_on.retry("301")
        assert [entry.state async for entry in going_on.resume()] == [State.ACCEPTED]
    assert rows(journal, "state, content") == [("accepted", None)] * 3
    assert not is_written(journal, b"Hi 0")


async def test_journal_without_texts_cannot_be_resumed(journal: Path | str):
    """The error says what to give."""
    async with (
        awaiting(Sandbox()) as seven,
        Campaign(seven, "people", journal=journal) as never,
    ):
        with pytest.raises(ConfigurationError, match="until-served"):
            never.resume()
        with pytest.raises(ConfigurationError, match="until-served"):
            await never.load([])


async def test_every_channel_and_fallback_is_resumed(journal: Path | str):
    """Each with its own options; a fall-back in its order."""
    sandbox = Sandbox()
    messages = [
        SendSms(number(1), "Hi", from_="Acme", label="spring"),
        SendVoice(number(2), "Hello"),
        SendRcs(number(3), "Hi"),
        Fallback(
            SendTemplate(number(4), "order_ready", "de", from_="490000"), SendSms(number(4), "x")
        ),
    ]
    await load(sandbox, journal, messages)

    states = await resume(sandbox, journal)

    assert [State.ACCEPTED] * 4 == states
    sent = sorted((entry.channel, entry.text) for entry in sandbox.ledger)
    assert sent == [("RCS", "Hi"), ("SMS", "Hi"), ("SMS", "x"), ("VOICE", "Hello")]


async def test_part_of_an_input_is_not_taken_for_all_of_it(
    journal: Path | str, monkeypatch: pytest.MonkeyPatch
):
    """A loading that was cut off is done again first; then the whole input goes out."""
    monkeypatch.setattr("seven_async.campaign.journal.session._LOADED_TOGETHER", 500)

    def cut_off() -> Iterable[Any]:
        yield from texts(700)
        raise OSError

    sandbox = Sandbox()
    with pytest.raises(OSError):  # noqa: PT011 - which one says nothing
        await load(sandbox, journal, cut_off())
    with pytest.raises(JournalError, match="only a part of its input"):
        await resume(sandbox, journal)
    assert not sandbox.ledger

    assert 800 - 500 == await load(sandbox, journal, texts(800))
    assert [State.ACCEPTED] * 800 == await resume(sandbox, journal)
    assert 800 == accepted_once(sandbox)


async def test_rejected_ones_are_sent_again_when_asked(journal: Path | str):
    """By the reason that the report says; the others stay as they are."""
    sandbox = Sandbox()
    await load(sandbox, journal, texts(4))
    sandbox.fault(code=301, times=1)
    await resume(sandbox, journal, batch=1)
    with CampaignJournal.open(journal) as opened:
        (reason,) = opened.report().reasons

    async with awaiting(sandbox) as seven, campaign(seven, journal) as going_on:
        assert await going_on.retry("something else") == 0
        assert [entry async for entry in going_on.resume()] == []
        assert await going_on.retry(reason) == 1
        assert [entry.state async for entry in going_on.resume()] == [State.ACCEPTED]

    assert 4 == accepted_once(sandbox)


async def test_refused_rows_are_counted_once_over_all_runs(tmp_path: Path, journal: Path | str):
    """A run that goes on has the same rows that could not be sent."""
    file = tmp_path / "people.csv"
    file.write_text(f"to\n{number(1)}\n4\n{number(2)}\n")
    sandbox = Sandbox()
    messages = read_csv(file, text="Hi")
    async with awaiting(sandbox) as seven, campaign(seven, journal) as first:
        await first.load(messages)
        async for _ in first.send(messages):
            pass
    await resume(sandbox, journal)

    report = CampaignJournal.open(journal).report()

    assert (report.given, report.accepted, report.refused) == (3, 2, 1)


async def test_notes_are_kept(journal: Path | str):
    """Later ones replace those of the same name."""
    sandbox = Sandbox()
    for notes in ({"text": "Hi {name}", "rate": 50}, {"rate": None}, None):
        async with awaiting(sandbox) as seven, campaign(seven, journal, notes=notes) as noted:
            await noted.load([])

    assert CampaignJournal.open(journal).notes == {"text": "Hi {name}", "rate": None}


@pytest.mark.parametrize("request_class", SENDS, ids=lambda request: request.__name__)
@given(values=st.data())
def test_content_says_all_that_the_request_says(request_class: Any, values: st.DataObject):
    """A message that was written down and read again becomes the same request."""
    message = values.draw(request_values.values(request_class))
    recipient = message.to if isinstance(message.to, str) else message.to[0]

    again: Any = read_content(write_content((message,), None), recipient)

    assert write_content((again,), None) == write_content((message,), None)
    assert type(again) is request_class
    assert again.to in (recipient, (recipient,))
