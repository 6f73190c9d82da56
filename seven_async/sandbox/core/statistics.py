"""Counters of what was really sent, by day, country and label, for `/analytics`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from attrs import asdict, define

from seven_async.sandbox.core.wire import Json, money

COUNTED: Final = {"SMS": "sms", "RCS": "rcs", "VOICE": "voice"}
"""WhatsApp has no counter of its own in the reference; it shows in the usage alone."""
MOST_ROWS: Final = 200_000
"""Beyond so many combinations, labels are counted together: memory stays bounded."""


@define
class Tally:
    """What happened on one day, in one country, under one label, of one account."""

    sms: int = 0
    rcs: int = 0
    voice: int = 0
    hlr: int = 0
    mnp: int = 0
    inbound: int = 0
    usage: Decimal = Decimal(0)

    def add(self, other: Tally) -> None:
        """Add another tally to this one."""
        for name in ("sms", "rcs", "voice", "hlr", "mnp", "inbound", "usage"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def row(self) -> Json:
        """Build the counters as an analytics row carries them."""
        counters = asdict(self)
        counters["usage_eur"] = money(counters.pop("usage"))
        return counters


Place = tuple[str, str, str, str]
"""Account, date, country, label; the last two may be empty."""


class Statistics:
    """All tallies."""

    def __init__(self) -> None:
        self.tallies: dict[Place, Tally] = {}

    def count(self, place: Place, name: str, usage: Decimal, times: int = 1) -> None:
        """Count a message or lookup and what it cost; -1 takes one back."""
        tally = self.tallies.get(place)
        if tally is None:
            if len(self.tallies) >= MOST_ROWS:
                place = (*place[:3], "")
            tally = self.tallies.setdefault(place, Tally())
        if name:
            setattr(tally, name, getattr(tally, name) + times)
        tally.usage += usage * times
