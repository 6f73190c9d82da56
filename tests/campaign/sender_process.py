"""A process that sends a campaign, to be killed by the tests.

`sender_process.py URL JOURNAL COUNT` sends COUNT messages and prints the report.

`sender_process.py URL JOURNAL COUNT --remembers`: the same of a journal that remembers: what it has
is resumed, and only where it asks for the messages they are loaded and sent.

`sender_process.py URL FOLDER COUNT --stops`: for each place where a sending process could be
stopped, one process that stops there and one that goes on; prints how many places there are.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio

from seven_async import AsyncSeven, SendRcs, SendSms, SendTemplate
from seven_async.campaign import Campaign, JournalError
from seven_async.campaign.journal.sqlite.store import SqliteStore as Store

CHANNELS = ("sms", "sms", "sms", "rcs", "waba")


def messages(begin: int, count: int) -> Iterator[Any]:
    """SMS mostly, half of them with the same text, and a few of other channels."""
    for place in range(begin, begin + count):
        to = f"+4917{place:08d}"
        channel = CHANNELS[place % len(CHANNELS)]
        if channel == "rcs":
            yield SendRcs(to, "Hi")
        elif channel == "waba":
            yield SendTemplate(to, "hello", "en", from_="4915112345678")
        else:
            yield SendSms(to, "Hi" if place % 2 else f"Hi {place}")


async def send(url: str, journal: str, begin: int, count: int) -> None:
    """Send, and print what the campaign says of itself."""
    async with (
        AsyncSeven(api_key="sandbox-key", base_url=url, concurrency=16, timeout_s=2) as seven,
        Campaign(seven, journal=journal, batch=5, reload_lock=True) as campaign,
    ):
        async for _ in campaign.send(messages(begin, count)):
            pass
        tell(campaign)


def tell(campaign: Campaign[Any]) -> None:
    """Print what a campaign says of itself."""
    report = campaign.report()
    sys.stdout.write(json.dumps({"given": report.given, "unknown": report.unknown}) + "\n")


async def remember(url: str, journal: str, count: int) -> None:
    """Go on by the journal alone, or begin; print what the campaign says of itself."""
    async with (
        AsyncSeven(api_key="sandbox-key", base_url=url, concurrency=16, timeout_s=2) as seven,
        Campaign(
            seven, journal=journal, batch=5, reload_lock=True, store_texts="until-served"
        ) as campaign,
    ):
        try:
            async for _ in campaign.resume():
                pass
        except JournalError:
            given = list(messages(0, count))
            await campaign.load(given)
            async for _ in campaign.send(given):
                pass
        tell(campaign)


class Stops:
    """Ends this process at one of the places where it writes or sends."""

    def __init__(self, place: int) -> None:
        self._left = place
        apply, call = Store.apply, AsyncSeven.call

        def applied(store: Store, operations: Any) -> Any:
            self.passed()
            results = apply(store, operations)
            self.passed()
            return results

        async def called(*given: Any, **named: Any) -> Any:
            self.passed()
            reply = await call(*given, **named)
            self.passed()
            return reply

        Store.apply, AsyncSeven.call = applied, called

    def passed(self) -> None:
        """One more place."""
        self._left -= 1
        if self._left == 0:
            os._exit(9)


def stopped_at(url: str, folder: Path, count: int, place: int) -> bool:
    """Whether a process that stops at a place got there; another one then goes on."""
    begin = place * 1000
    journal = str(folder / f"{place}.db")

    def first() -> None:
        Stops(place)
        anyio.run(send, url, journal, begin, count)

    def second() -> None:
        anyio.run(send, url, journal, begin, count)

    status = in_a_fork(first)
    if in_a_fork(second) != 0:
        raise SystemExit(f"the second process failed after a stop at {place}")
    return status == 9


def in_a_fork(work: Any) -> int:
    """The exit status of a process that does some work."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(url: str, where: str, count: str, *stops: str) -> None:
    """See the top of the file."""
    if stops == ("--remembers",):
        anyio.run(remember, url, where, int(count))
        return
    if not stops:
        anyio.run(send, url, where, 0, int(count))
        return
    place = 1
    while stopped_at(url, Path(where), int(count), place):
        place += 1
    sys.stdout.write(f"{place - 1}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
