"""A process that sends a campaign without a word of its own about signals, to be interrupted.

`interrupted_process.py URL JOURNAL COUNT WAY`: WAY is `asyncio`, `trio` or `blocking`; JOURNAL is
`-` for none. With the WAY `within` both Ctrl-C strike in a task that sends, the second right after
the first.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from typing import Any

import trio
from anyio import to_thread

from seven_async import AsyncSeven, CallEvent, SendSms, Seven
from seven_async.campaign import Campaign


def messages(count: int) -> Iterator[SendSms]:
    """Texts that cannot share a request."""
    for place in range(count):
        yield SendSms(f"+4917{place:08d}", f"Hi {place}")


def options(url: str) -> dict[str, Any]:
    """The options of a client whose requests take as long as the gateway likes."""
    return {"api_key": "sandbox-key", "base_url": url, "concurrency": 8, "timeout_s": 60}


async def send(url: str, journal: str | None, count: int) -> None:
    """Send with an awaiting client."""
    async with (
        AsyncSeven(**options(url)) as seven,
        Campaign(seven, journal=journal, reload_lock=True) as campaign,
    ):
        async for _ in campaign.send(messages(count)):
            pass


def send_blocking(url: str, journal: str | None, count: int) -> None:
    """Send with a blocking client."""
    with (
        Seven(**options(url)) as seven,
        Campaign(seven, journal=journal, reload_lock=True) as campaign,
    ):
        for _ in campaign.send(messages(count)):
            pass


def interrupt_twice(event: CallEvent, told: list[CallEvent] = []) -> None:  # noqa: B006 - kept
    """Raise what two Ctrl-C raise, where a task sends just now."""
    if event.request_line.startswith("POST") and not told:
        told.append(event)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


async def send_interrupted(url: str, journal: str | None, count: int) -> None:
    """Send, interrupted by the first answer. Another part of the program has used a thread."""
    await to_thread.run_sync(list, ())
    async with (
        AsyncSeven(**options(url), on_event=interrupt_twice) as seven,
        Campaign(seven, journal=journal, reload_lock=True) as campaign,
    ):
        async for _ in campaign.send(messages(count)):
            pass


def main(url: str, where: str, count: str, way: str) -> None:
    """See the top of the file."""
    journal = None if where == "-" else where
    if way == "asyncio":
        asyncio.run(send(url, journal, int(count)))
    elif way == "within":
        asyncio.run(send_interrupted(url, journal, int(count)))
    elif way == "trio":
        trio.run(send, url, journal, int(count))
    else:
        send_blocking(url, journal, int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
