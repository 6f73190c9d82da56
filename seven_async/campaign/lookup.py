"""Whether messages in doubt were accepted, by what the gateway's journal says.

In: messages that may have left. Out: what the gateway has of each. I/O: the gateway's journal,
paged by date for many, by recipient for few; it is only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import attrs

from seven_async.api.journal import OutboundMessage, VoiceCall
from seven_async.client import AsyncSeven
from seven_async.flow.moment import berlin

_FEW: Final = 20
"""Up to so many are asked for one by one, which is a request each; more are paged through."""

_PAGES_AHEAD: Final = 10
_PAGE: Final = 100
_SKEW_S: Final = 3600.0
"""How far this machine's clock and the gateway's may be apart."""

_CALL_SKEW_S: Final = 120.0
"""The same for calls, which are matched by time alone, since their journal has no references."""


@attrs.frozen(kw_only=True)
class Doubt:
    """A message that may have left. Times are Unix seconds."""

    key: str
    to: str
    digits: str | None
    """The number as the gateway writes it; None for what it rewrites (national, names)."""
    channel: str
    foreign_id: str | None
    intent_at: float


@attrs.frozen(kw_only=True)
class Trace:
    """What the gateway's journal has of a message."""

    message_id: str | None
    price: Decimal | None


class Lookup:
    """Reads the gateway's journals."""

    def __init__(self, client: AsyncSeven) -> None:
        self._client = client

    async def traces(self, doubts: Sequence[Doubt]) -> dict[str, Trace]:
        """What was found, by key; who is not in it is not in the gateway's journal.

        Raises what reading the journal raises: then nothing can be said.
        """
        found: dict[str, Trace] = {}
        written = [doubt for doubt in doubts if doubt.channel != "voice"]
        if len(written) > _FEW:
            await self._page_through(written, found, most=_PAGES_AHEAD + 4 * len(written) // _PAGE)
        for doubt in written:
            if doubt.key not in found:
                await self._ask(doubt, found)
        for doubt in doubts:
            if doubt.channel == "voice":
                await self._ask_calls(doubt, found)
        return found

    async def _page_through(
        self, doubts: Sequence[Doubt], found: dict[str, Trace], most: int | None
    ) -> None:
        """The newest pages first, until all are found, or what is older than all of them."""
        waiting = _by_reference(doubts)
        begin = min(doubt.intent_at for doubt in doubts) - _SKEW_S
        pages = self._client.journal.outbound(date_from=day_before(begin)).pages()
        count = 0
        async for page in pages:
            for message in page:
                for doubt in waiting.get(message.foreign_id or "", ()):
                    if is_trace(message, doubt):
                        found.setdefault(doubt.key, _trace(message))
            count += 1
            if len(found) == len(doubts) or count == most or _is_older(page, begin):
                return

    async def _ask(self, doubt: Doubt, found: dict[str, Trace]) -> None:
        if doubt.digits is None:
            await self._page_through([doubt], found, most=None)
            return
        day = day_before(doubt.intent_at)
        async for message in self._client.journal.outbound(to=doubt.to, date_from=day):
            if is_trace(message, doubt):
                found[doubt.key] = _trace(message)
                return

    async def _ask_calls(self, doubt: Doubt, found: dict[str, Trace]) -> None:
        day = day_before(doubt.intent_at)
        async for call in self._client.journal.voice(to=doubt.to, date_from=day):
            if call.timestamp is None or _seconds(call.timestamp) >= doubt.intent_at - _CALL_SKEW_S:
                found[doubt.key] = _trace(call)
                return


def is_trace(message: OutboundMessage, doubt: Doubt) -> bool:
    """Whether an entry of the gateway's journal is the message in doubt.

    The reference decides; number and time are asked too, since a caller may use a reference twice.
    """
    if not message.foreign_id or message.foreign_id != doubt.foreign_id:
        return False
    if doubt.digits is not None and digits_of(message.to) != doubt.digits:
        return False
    moment = message.timestamp
    return moment is None or _seconds(moment) >= doubt.intent_at - _SKEW_S


def digits_of(number: str | None) -> str:
    """A number of a reply as digits with the calling code."""
    return (number or "").removeprefix("+").removeprefix("00")


def day_before(moment_s: float) -> str:
    """The day before a moment, where the gateway is."""
    day = datetime.fromtimestamp(moment_s, berlin()) - timedelta(days=1)
    return day.date().isoformat()


def _by_reference(doubts: Iterable[Doubt]) -> dict[str, list[Doubt]]:
    waiting: dict[str, list[Doubt]] = {}
    for doubt in doubts:
        waiting.setdefault(doubt.foreign_id or "", []).append(doubt)
    waiting.pop("", None)
    return waiting


def _is_older(page: Sequence[OutboundMessage], begin_s: float) -> bool:
    moment = page[-1].timestamp if page else None
    return moment is not None and _seconds(moment) < begin_s


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def _trace(entry: OutboundMessage | VoiceCall) -> Trace:
    return Trace(message_id=entry.id, price=entry.price)
