"""What the sandbox accepted: one entry per message or call, newest kept, oldest dropped."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Final

from attrs import define, field

from seven_async.sandbox.core.recipients import mask_number, number_or_text
from seven_async.sandbox.core.wire import Json

ORDINARY_REPORTS: Final = ((0.0, "ACCEPTED"), (1.0, "TRANSMITTED"), (4.0, "DELIVERED"))
"""Seconds after leaving, and the status report of that moment."""


def _length(text: str) -> str:
    return f"<{len(text)} characters>"


@define(eq=False)
class LedgerEntry:
    """One accepted message or call. Times are epoch seconds of the sandbox's clock.

    The repr masks the recipient and shows the text's length alone; the attributes are readable.
    """

    id: str
    channel: str
    """`SMS`, `RCS`, `WA` or `VOICE`."""
    to: str = field(repr=mask_number)
    """The normalised number: `491711234567`."""
    from_: str = field(repr=lambda sender: mask_number(sender) if sender.isdecimal() else sender)
    text: str = field(repr=_length)
    time: float
    """When it was accepted."""
    due: float
    """When it leaves: later than `time` if it was scheduled with `delay`."""
    price: Decimal
    segments: int
    encoding: str
    label: str | None
    foreign_id: str | None
    connection: str
    account: str
    country: str
    mccmnc: str | None
    reports: tuple[tuple[float, str], ...] = field(default=ORDINARY_REPORTS, repr=False)
    fields: Json = field(factory=Json, repr=False)
    """All else that was sent with it: `flash`, `ttl`, `udh`, `fallback`, the WhatsApp body …"""
    told: tuple[tuple[float, str], ...] = field(default=(), repr=False)
    """Reports set by a test, as (moment, status)."""
    cancelled: bool = False
    clicks: int = 0
    views: int = 0
    keys: str = ""
    """Keys that were pressed in a call, in their order."""

    def report(self, now: float) -> tuple[str, float] | None:
        """Return the latest status report and its moment, None while there is none."""
        latest = None
        for after_s, status in self.reports:
            if self.due + after_s <= now:
                latest = (status, self.due + after_s)
        for moment, status in self.told:
            if moment <= now and (latest is None or moment >= latest[1]):
                latest = (status, moment)
        return None if self.cancelled else latest

    def next_change(self, now: float) -> float | None:
        """Return when the state changes next by itself, None where it does not."""
        if self.cancelled:
            return None
        planned = (self.due, *(self.due + after_s for after_s, _ in self.reports))
        return min((moment for moment in planned if moment > now), default=None)

    def is_match(self, channel: str | None, text: str | re.Pattern[str] | None) -> bool:
        """Return True if channel and text (equal, or found by the pattern) are the wanted ones."""
        if self.cancelled or (channel is not None and channel.upper() != self.channel):
            return False
        if text is None or isinstance(text, str):
            return text is None or text == self.text
        return text.search(self.text) is not None


class Ledger:
    """All entries in the order they were accepted; a sequence of :class:`LedgerEntry`."""

    def __init__(self, keep: int) -> None:
        self.keep = keep
        self.accepted: int = 0
        """How many there ever were, dropped ones included."""
        # Two containers: an OrderedDict would take longer, and a dict forgets its oldest slowly.
        self._order: deque[LedgerEntry] = deque()
        self._entries: dict[str, LedgerEntry] = {}
        self._to: dict[str, list[LedgerEntry]] = {}
        self._is_in_order = True
        """True while everything leaves in the order it was accepted: nothing was scheduled."""

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[LedgerEntry]:
        return iter(list(self._order))

    def __getitem__(self, index: int) -> LedgerEntry:
        return self._order[index]

    def add(self, entry: LedgerEntry) -> None:
        """Keep the entry, and drop the oldest one beyond `keep`."""
        self._entries[entry.id] = entry
        self._order.append(entry)
        self._to.setdefault(entry.to, []).append(entry)
        self._is_in_order = self._is_in_order and entry.due <= entry.time
        self.accepted += 1
        if len(self._order) > self.keep:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = self._order.popleft()
        del self._entries[oldest.id]
        same = self._to[oldest.to]
        same.remove(oldest)
        if not same:
            del self._to[oldest.to]

    def get(self, entry_id: str) -> LedgerEntry | None:
        """Return the entry with this id, of any channel."""
        return self._entries.get(entry_id)

    def latest(self, count: int) -> list[LedgerEntry]:
        """Return the last `count` entries, oldest first."""
        return list(islice(reversed(self._order), count))[::-1]

    def entries_to(self, number: str) -> list[LedgerEntry]:
        """Return the entries of a normalised recipient, oldest first."""
        return list(self._to.get(number, ()))

    def has_entries_to(self, number: str) -> bool:
        """Return True if there is an entry of a normalised recipient."""
        return number in self._to

    def clear(self) -> None:
        """Forget all entries; `accepted` goes on counting."""
        self._order.clear()
        self._entries.clear()
        self._to.clear()
        self._is_in_order = True

    def newest_first(self, to: str | None = None) -> Iterator[LedgerEntry]:
        """Iterate from the entry that leaves last on; of one normalised recipient if given."""
        entries = reversed(self._order if to is None else self._to.get(to, []))
        if self._is_in_order:
            return entries
        return iter(sorted(entries, key=lambda entry: -entry.due))

    def find(
        self,
        to: str | None = None,
        channel: str | None = None,
        text: str | re.Pattern[str] | None = None,
    ) -> list[LedgerEntry]:
        """Return entries in order, of this recipient (any spelling), channel and text."""
        wanted = self._order if to is None else self._to.get(number_or_text(to), [])
        return [entry for entry in wanted if entry.is_match(channel, text)]
