"""Finds messages whose answer was lost in the gateway's journals: the one rule for all who ask.

In: messages that may have been accepted (`Doubt`). Out: a `Finding` for each. I/O: the gateway's
journals, by recipient for few, paged by date for many; they are only read.

A reference that was made here is on one request only: it decides together with the number, whatever
the times say. A caller's reference may be on several messages (an order's number on confirmation
and invoice): number and text have to agree. Where only the text differs, it may be another message,
or a text that the gateway rewrote: that is unclear. Calls have no reference in their journal:
number, text and a proven time have to agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from hashlib import blake2b
from typing import Final

import attrs

from seven_async.api.journal import Journal, OutboundMessage, VoiceCall
from seven_async.api.routes.endpoint import Async
from seven_async.flow.clock import ClockReading
from seven_async.flow.values.gateway_time import Departure, GatewayTime, earliest_departure_s
from seven_async.flow.values.moment import berlin
from seven_async.masking import masked_number

FEW: Final = 20
"""Up to so many are asked for one by one, which is a request each; more are paged through."""

_DAY_S: Final = 86_400.0
_MARGIN_S: Final = 3 * _DAY_S
"""Around a moment that is proven: midnights, time zones, and the hour that comes twice."""

_MARGIN_UNPROVEN_S: Final = 30 * _DAY_S
"""Around a moment that only the sender's own clock tells, where other recipients are read, too."""

_MARGIN_OF_ONE_S: Final = 400 * _DAY_S
"""The same where one recipient is asked for, who has few messages."""

_PAGES_AHEAD: Final = 10
_PAGE: Final = 100

_CALL_BEFORE_S: Final = 120.0
_CALL_AFTER_S: Final = 3600.0
"""A call is no other than the one in doubt from so long before to so long after it left."""

_LAST_S: Final = 2.5e11
"""In the year 9892: what a clock shows beyond has no date."""

_NOT_IN_NUMBERS: Final = re.compile(r"[\s/.()\-]")


class Sight(Enum):
    """What a journal shows of a message."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"
    """There is something that may be it, or the place where it would be could not be read."""


@attrs.frozen(kw_only=True)
class Doubt:
    """A message that may have been accepted.

    `is_own_reference` says that the reference was made here; `beside` has the numbers of all
    recipients of that request. `text_mark` is the `text_mark()` of its text, None where it has none
    that could be compared. `claimed_s` is when it left by the sender's own clock, which proves
    nothing; `departure` has the proofs.
    """

    key: str = attrs.field(repr=False)
    to: str = attrs.field(repr=masked_number)
    channel: str
    reference: str | None
    is_own_reference: bool
    text_mark: str | None = None
    claimed_s: float | None = None
    departure: Departure = attrs.field(factory=Departure)
    beside: frozenset[str] = attrs.field(default=frozenset(), repr=False)
    digits: str | None = attrs.field(
        init=False,
        repr=masked_number,
        default=attrs.Factory(lambda self: digits_of(self.to), takes_self=True),
    )
    """The number as journals write it; None for names and national numbers."""


@attrs.frozen(kw_only=True)
class Finding:
    """What a journal has of a message: the entries that are it, or that may be it if unclear."""

    sight: Sight
    entries: tuple[OutboundMessage | VoiceCall, ...] = ()


class Finder:
    """Reads the gateway's journals."""

    def __init__(self, journal: Journal[Async], gateway: GatewayTime) -> None:
        self._journal = journal
        self._gateway = gateway

    async def find(self, doubts: Sequence[Doubt]) -> dict[str, Finding]:
        """Return what became of each message, by its key.

        Raises what reading the journal raises: then nothing can be said.
        """
        search = _Search([doubt for doubt in doubts if doubt.channel != "voice"])
        await self._learn_time(doubts)
        now = self._gateway.clock.read()
        if len(search.waiting) > FEW:
            most = _PAGES_AHEAD + 4 * len(search.waiting) // _PAGE
            await self._page_through(search, search.waiting, now, most)
        for doubt in [doubt for doubt in search.waiting if doubt.digits is not None]:
            if not search.is_present(doubt):
                await self._ask(search, doubt, now)
        if search.waiting:
            await self._page_through(search, search.waiting, now, None)
        findings = {doubt.key: search.find(doubt) for doubt in search.doubts}
        for doubt in doubts:
            if doubt.channel == "voice":
                findings[doubt.key] = await self._find_call(doubt, now)
        return findings

    async def _learn_time(self, doubts: Sequence[Doubt]) -> None:
        """Have a reply tell the gateway's time, by which the days to ask for are chosen."""
        if doubts and self._gateway.earliest_s(self._gateway.clock.read()) is None:
            await self._journal.outbound(limit=1)

    def _first_day(self, doubt: Doubt, now: ClockReading, unproven_s: float) -> str | None:
        """Return the day from which a journal is asked for; None for all it has."""
        proven_s = earliest_departure_s(doubt.departure, now, self._gateway)
        if proven_s is not None:
            return day_of(proven_s - _MARGIN_S)
        there_s = self._gateway.earliest_s(now)
        if there_s is None:
            return None
        claimed_s = now.now_s if doubt.claimed_s is None else doubt.claimed_s
        return day_of(min(there_s, now.now_s, claimed_s) - unproven_s)

    async def _page_through(
        self, search: _Search, doubts: Sequence[Doubt], now: ClockReading, most: int | None
    ) -> None:
        """Read the newest pages first, until all are there, or what is older than all of them."""
        days = [self._first_day(doubt, now, _MARGIN_UNPROVEN_S) for doubt in doubts]
        first = None if None in days else min(day for day in days if day is not None)
        count = 0
        async for page in self._journal.outbound(date_from=first).pages():
            search.note(page)
            count += 1
            if not search.waiting or count == most:
                return

    async def _ask(self, search: _Search, doubt: Doubt, now: ClockReading) -> None:
        day = self._first_day(doubt, now, _MARGIN_OF_ONE_S)
        async for page in self._journal.outbound(to=doubt.to, date_from=day).pages():
            search.note(page)
            if search.is_present(doubt):
                return
        search.waiting.remove(doubt)

    async def _find_call(self, doubt: Doubt, now: ClockReading) -> Finding:
        """Calls carry no reference: without a proven time, an earlier call looks the same."""
        begin_s = earliest_departure_s(doubt.departure, now, self._gateway)
        day = self._first_day(doubt, now, _MARGIN_UNPROVEN_S)
        listed = self._journal.voice(to=doubt.to, date_from=day)
        alike = [call async for call in listed if text_mark(call.text) == doubt.text_mark]
        if begin_s is not None:
            alike = [call for call in alike if _is_from(call.timestamp, begin_s)]
        sight = Sight.PRESENT if alike and begin_s is not None else Sight.UNCLEAR
        return Finding(sight=sight, entries=tuple(alike))


class _Search:
    """What has been read so far. `waiting` are the messages that may still turn up."""

    def __init__(self, doubts: Iterable[Doubt]) -> None:
        self.doubts = list(doubts)
        self.waiting = [doubt for doubt in self.doubts if doubt.reference]
        self._by_reference: dict[str | None, list[Doubt]] = {}
        self._by_number: dict[tuple[str | None, str | None], list[Doubt]] = {}
        for doubt in self.waiting:
            self._by_reference.setdefault(doubt.reference, []).append(doubt)
            self._by_number.setdefault((doubt.reference, doubt.digits), []).append(doubt)
        self._present: dict[str, list[OutboundMessage]] = {}
        self._unclear: dict[str, list[OutboundMessage]] = {}

    def note(self, page: Iterable[OutboundMessage]) -> None:
        """Compare entries of the journal with the messages in doubt."""
        for entry in page:
            for doubt in self._candidates(entry):
                sight = sight_of(entry, doubt)
                if sight is Sight.PRESENT:
                    _keep(self._present, doubt, entry)
                elif sight is Sight.UNCLEAR:
                    _keep(self._unclear, doubt, entry)
        self.waiting = [doubt for doubt in self.waiting if not self.is_present(doubt)]

    def _candidates(self, entry: OutboundMessage) -> Sequence[Doubt]:
        """Return the messages that an entry may be; mostly the one with its number."""
        reference, number = entry.foreign_id, digits_of(entry.to or "")
        same = self._by_number.get((reference, number))
        if same is None or number is None:
            return self._by_reference.get(reference, ())
        return [*same, *self._by_number.get((reference, None), ())]

    def is_present(self, doubt: Doubt) -> bool:
        """Tell whether the journal has a message."""
        return doubt.key in self._present

    def find(self, doubt: Doubt) -> Finding:
        """Return what was read of a message."""
        if doubt.key in self._present:
            return Finding(sight=Sight.PRESENT, entries=tuple(self._present[doubt.key]))
        entries = tuple(self._unclear.get(doubt.key, ()))
        is_unclear = bool(entries) or not doubt.reference
        return Finding(sight=Sight.UNCLEAR if is_unclear else Sight.ABSENT, entries=entries)


def _keep(kept: dict[str, list[OutboundMessage]], doubt: Doubt, entry: OutboundMessage) -> None:
    entries = kept.setdefault(doubt.key, [])
    # A page that shifted while it was read shows an entry twice.
    if all(entry.id is None or entry.id != other.id for other in entries):
        entries.append(entry)


def sight_of(entry: OutboundMessage, doubt: Doubt) -> Sight:
    """Return whether an entry of the gateway's journal is the message in doubt.

    ABSENT means that this entry is another message.
    """
    if not doubt.reference or entry.foreign_id != doubt.reference:
        return Sight.ABSENT
    number, digits = digits_of(entry.to or ""), doubt.digits
    if doubt.is_own_reference:
        if digits is None or number == digits:
            return Sight.PRESENT
        # Another recipient of the same request; or the same one, in a form that the gateway chose.
        return Sight.ABSENT if number in doubt.beside else Sight.UNCLEAR
    if digits is not None and number is not None and number != digits:
        return Sight.ABSENT
    is_same = doubt.text_mark is not None and text_mark(entry.text) == doubt.text_mark
    return Sight.PRESENT if is_same and number == digits else Sight.UNCLEAR


def digits_of(number: str) -> str | None:
    """Return a number as digits with its calling code; None for names and national numbers."""
    written = _NOT_IN_NUMBERS.sub("", number)
    digits = written.removeprefix("+").removeprefix("00")
    is_number = digits.isascii() and digits.isdecimal() and digits[0] != "0"
    return digits if is_number else None


def text_mark(text: object) -> str | None:
    """Return a fingerprint of a text that is equal where only blanks and composition differ.

    None for what is no text. The text cannot be read from it.
    """
    if not isinstance(text, str):
        return None
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def day_of(moment_s: float) -> str:
    """Return the day of a moment where the gateway is, `YYYY-MM-DD`; 1970 at the earliest."""
    return datetime.fromtimestamp(min(max(0.0, moment_s), _LAST_S), berlin()).date().isoformat()


def _is_from(moment: datetime | None, begin_s: float) -> bool:
    """Tell whether a call was made when the one in doubt was; in October an hour comes twice."""
    if moment is None:
        return False
    readings = (moment.timestamp(), moment.replace(fold=1).timestamp())
    return any(begin_s - _CALL_BEFORE_S <= read <= begin_s + _CALL_AFTER_S for read in readings)
