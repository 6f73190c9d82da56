"""The numbers of a campaign: counts by state, messages per second, cost; no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from attrs import define, field

from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.wire import Json
from seven_async.sandbox.inbox.messages import CANCELLED, MessageFilter, state_of

BARS: Final = 60
"""Columns of a plot."""
NOTHING: Final = Decimal(0)


@define
class Bar:
    """What was accepted within one stretch of time."""

    messages: int = 0
    cost: Decimal = NOTHING


@define
class CampaignNumbers:
    """What the messages of a filter add up to."""

    messages: int = 0
    segments: int = 0
    cost: Decimal = NOTHING
    recipients: set[str] = field(factory=set[str])
    states: Counter[str] = field(factory=Counter[str])
    channels: Counter[str] = field(factory=Counter[str])
    seconds: dict[int, Bar] = field(factory=dict[int, Bar])

    def add(self, entry: LedgerEntry, state: str) -> None:
        """Count one message; a cancelled one costs nothing."""
        price = NOTHING if state == CANCELLED else entry.price
        self.messages += 1
        self.segments += entry.segments
        self.cost += price
        self.recipients.add(entry.to)
        self.states[state] += 1
        self.channels[entry.channel] += 1
        bar = self.seconds.setdefault(int(entry.time), Bar())
        bar.messages += 1
        bar.cost += price

    def to_json(self) -> Json:
        """Build the numbers; `bars` are of equal width, `width_s` seconds each."""
        first, last = min(self.seconds, default=0), max(self.seconds, default=0)
        width_s = -(-(last - first + 1) // BARS)
        bars = [Bar() for _ in range(-(-(last - first + 1) // width_s))]
        for second, counted in self.seconds.items():
            bar = bars[(second - first) // width_s]
            bar.messages += counted.messages
            bar.cost += counted.cost
        return {
            "messages": self.messages,
            "recipients": len(self.recipients),
            "segments": self.segments,
            "cost": str(self.cost),
            "states": dict(self.states),
            "channels": dict(self.channels),
            "first": first or None,
            "last": last or None,
            "width_s": width_s,
            "peak_per_s": max((bar.messages for bar in self.seconds.values()), default=0),
            "bars": [{"messages": bar.messages, "cost": str(bar.cost)} for bar in bars],
        }


def count_campaign(
    entries: Iterable[LedgerEntry], wanted: MessageFilter, now: float
) -> CampaignNumbers:
    """Add up the messages that fit."""
    numbers = CampaignNumbers()
    for entry in entries:
        if wanted.fits(entry, now):
            numbers.add(entry, state_of(entry, now)[0])
    return numbers
