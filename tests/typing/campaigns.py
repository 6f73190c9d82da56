"""The colours of a campaign: each client has its own, and mixing them is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from seven_async import AsyncSeven, SendSms, Seven
from seven_async.campaign import Campaign, CampaignJournal, Entry, read_csv


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
