"""The colours of a campaign: each client has its own, and mixing them is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from seven_async import AsyncSeven, SendRcs, SendSms, SendTemplate, Seven
from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    CsvMessages,
    Entry,
    Fallback,
    MessageTemplate,
    read_csv,
)


async def awaited(messages: AsyncIterator[SendSms]) -> None:
    """Right and wrong calls with an awaiting client."""
    async with AsyncSeven() as seven, Campaign(seven, "spring") as campaign:
        async for entry in campaign.send([SendSms("+49", "Hi")]):
            assert_type(entry, Entry)
        async for entry in campaign.send(messages):
            assert_type(entry, Entry)
        async for entry in campaign.send(read_csv("people.csv", text="Hi")):
            assert_type(entry, Entry)
        campaign.send(["text"])  # type: ignore[list-item]
        for _ in campaign.send([SendSms("+49", "Hi")]):  # type: ignore[attr-defined]
            pass
        with campaign:  # type: ignore[misc]
            pass


def blocked(messages: AsyncIterator[SendSms]) -> None:
    """Right and wrong calls with a blocking client."""
    with Seven() as seven, Campaign(seven) as campaign:
        for entry in campaign.send([SendSms("+49", "Hi")]):
            assert_type(entry, Entry)
        campaign.send(messages)  # type: ignore[arg-type]


async def mixed() -> None:
    """A blocking client in an awaiting campaign."""
    async with Campaign(Seven()):  # type: ignore[misc]
        pass


async def journals(journal: CampaignJournal) -> None:
    """A journal is refreshed by either client, awaited or not."""
    assert_type(await journal.refresh(AsyncSeven()), int)
    assert_type(journal.refresh(Seven()), int)
    journal.refresh("client")  # type: ignore[call-overload]
    await journal.refresh(Seven())  # type: ignore[misc]


def tables(anything: CsvMessages) -> None:
    """What a file gives is known by what it was read with."""
    assert_type(read_csv("people.csv", text="Hi", from_="Acme"), CsvMessages[SendSms])
    rcs = MessageTemplate(SendRcs, text="Hi")
    assert_type(rcs, MessageTemplate[SendRcs])
    assert_type(read_csv("people.csv", message=rcs, required=["name"]), CsvMessages[SendRcs])
    for row in read_csv("people.csv", message=rcs).rows():
        assert_type(row.message, SendRcs)
    both = read_csv("people.csv", message=rcs, then=[MessageTemplate(SendSms, text="Hi")])
    assert_type(both, CsvMessages[Fallback])
    assert_type(read_csv("people.csv", text="Hi", then=[rcs]), CsvMessages[Fallback])
    anything = both
    anything = read_csv("people.csv", message=MessageTemplate(SendTemplate, template="a"))
    for message in anything:
        message.to  # noqa: B018


def tables_that_are_refused() -> None:
    """Files without a message, with two, or with a fall-back that is none."""
    rcs = MessageTemplate(SendRcs, text="Hi")
    read_csv("people.csv")  # type: ignore[call-overload]
    read_csv("people.csv", message=rcs, text="Hi")  # type: ignore[call-overload]
    read_csv("people.csv", message=rcs, label="a")  # type: ignore[call-overload]
    read_csv("people.csv", message=SendRcs("+49", "Hi"))  # type: ignore[call-overload]
    read_csv("people.csv", text="Hi", on_failed_delivery=True)  # type: ignore[call-overload]
    MessageTemplate(str)  # type: ignore[type-var]
