"""A process that sends SMS only, to be killed by a test: `reported_sender.py URL JOURNAL COUNT`."""

from __future__ import annotations

import sys

import anyio

from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign


async def send(url: str, journal: str, count: int) -> None:
    """Send, half of the messages with the same text."""
    messages = (
        SendSms(f"+4917{place:08d}", "Hi" if place % 2 else f"Hi {place}") for place in range(count)
    )
    async with (
        AsyncSeven(api_key="sandbox-key", base_url=url, concurrency=8, timeout_s=10) as seven,
        Campaign(seven, journal=journal, reload_lock=True) as campaign,
    ):
        async for _ in campaign.send(messages):
            pass


if __name__ == "__main__":
    anyio.run(send, sys.argv[1], sys.argv[2], int(sys.argv[3]))
