"""Inputs that are written down before they are sent, in a file and in PostgreSQL alike."""

from __future__ import annotations

import secrets
from contextlib import closing

import pytest

from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign, CampaignJournal, JournalError
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.place import to_place
from seven_async.campaign.journal.rows import PlannedBuilder
from seven_async.campaign.sending.unpack import OutgoingBuilder
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting, number

ODD = ("a\\b", "a\tb", "line\nline\r\n", "\\N", "100 %s", "“ü”", "\\.")


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


def loading(seven: AsyncSeven, journal: object, name: str = "spring") -> Campaign:
    """A campaign that keeps what it needs to send by itself."""
    return Campaign(seven, name, journal=journal, store_texts="until-served")


def stored(journal: object) -> list[tuple]:
    """Recipient and content of all messages, in their order."""
    with to_place(journal).open_snapshot() as database:
        query = "SELECT recipient, content FROM message ORDER BY rowid"
        return database.execute(query).fetchall()


async def test_odd_texts_arrive_as_they_were_loaded(journal: str):
    """What separates values or rows on the way into the table changes nothing."""
    sandbox = Sandbox()
    async with awaiting(sandbox) as seven, loading(seven, journal) as campaign:
        messages = [SendSms(number(place), text, from_="Acme") for place, text in enumerate(ODD)]
        assert len(ODD) == await campaign.load(messages)
        async for entry in campaign.resume():
            assert entry.state == "accepted"
    assert sorted(ODD) == sorted(entry.text for entry in sandbox.ledger)


async def test_odd_text_of_many_messages_arrives_as_it_was_loaded(journal: str):
    """What all messages of a group have in common is written once."""
    sandbox = Sandbox()
    async with awaiting(sandbox) as seven, loading(seven, journal) as campaign:
        for place, text in enumerate(ODD):
            recipients = [number(3 * place + each) for each in range(3)]
            messages = [SendSms(to, text, from_="Acme") for to in recipients]
            assert len(messages) == await campaign.load(messages)
        async for entry in campaign.resume():
            assert entry.state == "accepted"
    assert sorted(ODD * 3) == sorted(entry.text for entry in sandbox.ledger)


async def test_what_no_table_keeps_leaves_the_others_loaded(journal: str):
    """A name or a key that no index has room for, a key or a text with NUL."""
    keys = {number(1): "a\0b", number(2): secrets.token_hex(1_500)}
    async with (
        awaiting(Sandbox()) as seven,
        Campaign(
            seven,
            "spring",
            journal=journal,
            store_texts="always",
            key=lambda message: keys.get(message.to, "") or message.to[:90],
        ) as campaign,
    ):
        names = [*keys, secrets.token_hex(1_500), number(3), number(4)]
        assert 2 == await campaign.load(SendSms(to, "a\0b", from_="Acme") for to in names)


async def test_of_a_recipient_that_comes_twice_the_last_text_counts(journal: str):
    """Within a group and across groups; it keeps the place that it had."""
    count = 5_500
    async with awaiting(Sandbox()) as seven, loading(seven, journal) as campaign:
        messages = [SendSms(number(place), "first", from_="Acme") for place in range(count)]
        changed = [SendSms(number(place), "last", from_="Acme") for place in (0, 1, count - 1)]
        assert count == await campaign.load([*messages, *changed])
    rows = stored(journal)
    assert [number(place) for place in range(count)] == [to for to, _ in rows]
    assert [0, 1, count - 1] == [
        place for place, (_, content) in enumerate(rows) if "last" in content
    ]


async def test_input_is_loaded_again(journal: str):
    """What is there already is not new, and what was not served gets the text of now."""
    async with awaiting(Sandbox()) as seven, loading(seven, journal) as campaign:
        first = [SendSms(number(place), "first", from_="Acme") for place in range(10)]
        assert 10 == await campaign.load(first)
        more = [SendSms(number(place), "last", from_="Acme") for place in range(5, 20)]
        assert 10 == await campaign.load(more)
    assert ["first"] * 5 + ["last"] * 15 == [
        "first" if "first" in content else "last" for _, content in stored(journal)
    ]


async def test_rows_of_one_content_are_as_if_built_alone():
    """What is remembered of the row before is only what both have in common."""
    texts = [
        SendSms(number(0), "Hi", from_="Acme"),
        SendSms(number(1), "Hi", from_="Acme"),
        SendSms(number(2), "Hi", from_="Acme", foreign_id="own"),
        SendSms(number(3), "Hello", from_="Acme"),
        SendSms(number(4), "Hi", from_="Acme"),
    ]
    together, shared = OutgoingBuilder(), PlannedBuilder(StoreTexts.ALWAYS)
    for line, text in enumerate(texts):
        (message,) = together.build(text, line)
        (alone,) = OutgoingBuilder().build(text, line)
        assert PlannedBuilder(StoreTexts.ALWAYS).build(alone) == shared.build(message)


async def test_messages_go_with_their_campaign(postgres: str):
    """Deleting a campaign deletes its messages, and nothing more is written to it."""
    psycopg = pytest.importorskip("psycopg")
    async with (
        awaiting(Sandbox()) as seven,
        loading(seven, postgres, "other") as other,
        loading(seven, postgres) as campaign,
    ):
        assert 1 == await other.load([SendSms(number(0), "Hi", from_="Acme")])
        assert 1 == await campaign.load([SendSms(number(0), "Hi", from_="Acme")])
        with closing(psycopg.connect(postgres, autocommit=True)) as connection:
            connection.execute("DELETE FROM seven.campaign WHERE name = 'spring'")
            query = "SELECT count(*) FROM seven.message"
            assert (1,) == connection.execute(query).fetchone()
        with pytest.raises(JournalError):
            await campaign.load([SendSms(number(1), "Hi", from_="Acme")])
    assert 1 == CampaignJournal.open(postgres).status().planned
