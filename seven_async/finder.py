"""Finds messages whose answer was lost in the gateway's journals: the one rule for all who ask.

In: messages that may have been accepted (`Doubt`). Out: a `Finding` for each. I/O: the gateway's
journals, by recipient for few, paged by date for many; they are only read.

However many messages there are, a page of them is held at a time: what the gateway's journal has is
read once, and compared with the messages where these are kept (`Doubts`).

A reference that was made here is on one request only: it decides together with the number, whatever
the times say. A caller's reference may be on several messages (an order's number on confirmation
and invoice): number and text have to agree. Where only the text differs, it may be another message,
or a text that the gateway rewrote: that is unclear. Calls have no reference in their journal:
number, text and a proven time have to agree.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

import attrs

from seven_async.api.journal import Journal, OutboundMessage, VoiceCall
from seven_async.api.routes.endpoint import Async
from seven_async.flow.clock import ClockReading
from seven_async.flow.values.gateway_time import Departure, GatewayTime, earliest_departure_s
from seven_async.flow.values.moment import berlin
from seven_async.masking import masked_number
from seven_async.texts import text_mark

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


_SIGHTS: Final = (Sight.ABSENT, Sight.UNCLEAR, Sight.PRESENT)
"""What says more comes later."""

_ABSENT: Final = Finding(sight=Sight.ABSENT)
_UNCLEAR: Final = Finding(sight=Sight.UNCLEAR)


class Doubts(Protocol):
    """Messages in doubt where they are kept, and what is known of them."""

    async def page(self, after: str | None) -> Sequence[Doubt]:
        """Return the next messages that are not known to be present; none at the end.

        `after` is the key of the last one of the page before, None for the first page.
        """
        ...

    async def compare(self, entries: Sequence[OutboundMessage]) -> Collection[Doubt]:
        """Note what entries of the gateway's journal say (`compare`); return what is present now.

        What was known to be present before is not returned.
        """
        ...

    async def note(self, findings: Mapping[str, Finding]) -> None:
        """Note what is known of messages of the latest page, by key.

        What is present stays so, and what is unclear does not become absent.
        """
        ...


class Finder:
    """Reads the gateway's journals."""

    def __init__(self, journal: Journal[Async], gateway: GatewayTime) -> None:
        self._journal = journal
        self._gateway = gateway

    async def find(self, doubts: Iterable[Doubt]) -> dict[str, Finding]:
        """Return what became of a few messages, by their keys.

        Raises what reading the journal raises: then nothing can be said.
        """
        listed = _ListedDoubts(doubts)
        await self.search(listed)
        return listed.findings

    async def search(self, doubts: Doubts) -> None:
        """Find out what became of messages, and note it where they are kept.

        Raises what reading the journal raises. What was noted before that is right; of the other
        messages nothing is known.
        """
        if not await doubts.page(None):
            return
        await self._learn_time()
        now = self._gateway.clock.read()
        waiting = await self._survey(doubts, now)
        if waiting.count > FEW:
            most = _PAGES_AHEAD + 4 * waiting.count // _PAGE
            await self._page_through(doubts, waiting, most)
        nameless = await self._ask_for_each(doubts, now)
        if nameless.count:
            await self._page_through(doubts, nameless, None)
            await _note_missing(doubts)

    async def _learn_time(self) -> None:
        """Have a reply tell the gateway's time, by which the days to ask for are chosen."""
        if self._gateway.earliest_s(self._gateway.clock.read()) is None:
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

    async def _survey(self, doubts: Doubts, now: ClockReading) -> _Missing:
        """Count the messages that paging could find."""
        waiting, last = _Missing(), None
        while page := await doubts.page(last):
            last = page[-1].key
            for doubt in page:
                if _is_listed(doubt):
                    waiting.add(self._first_day(doubt, now, _MARGIN_UNPROVEN_S))
        return waiting

    async def _page_through(self, doubts: Doubts, waiting: _Missing, most: int | None) -> None:
        """Read the newest pages first, until all are there, or what is older than all of them."""
        count = 0
        async for page in self._journal.outbound(date_from=waiting.first_day).pages():
            waiting.remove(await doubts.compare(page))
            count += 1
            if not waiting.count or count == most:
                return

    async def _ask_for_each(self, doubts: Doubts, now: ClockReading) -> _Missing:
        """Ask for each message that is not there yet; return those that cannot be asked for."""
        nameless, last = _Missing(is_nameless=True), None
        while page := await doubts.page(last):
            last = page[-1].key
            present: set[str] = set()
            findings: dict[str, Finding] = {}
            for doubt in page:
                if doubt.channel == "voice":
                    findings[doubt.key] = await self._find_call(doubt, now)
                elif not _is_listed(doubt):
                    findings[doubt.key] = _UNCLEAR
                elif doubt.digits is None:
                    nameless.add(self._first_day(doubt, now, _MARGIN_UNPROVEN_S))
                elif doubt.key not in present:
                    # An answer may have other messages as well, which then need not be asked for.
                    present |= await self._ask(doubts, doubt, now)
                    findings[doubt.key] = _ABSENT
            await doubts.note({key: each for key, each in findings.items() if key not in present})
        return nameless

    async def _ask(self, doubts: Doubts, doubt: Doubt, now: ClockReading) -> set[str]:
        """Read what the journal has for a recipient; return the keys of what is present."""
        day = self._first_day(doubt, now, _MARGIN_OF_ONE_S)
        present: set[str] = set()
        async for page in self._journal.outbound(to=doubt.to, date_from=day).pages():
            present.update(each.key for each in await doubts.compare(page))
            if doubt.key in present:
                break
        return present

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


class _Missing:
    """How many messages may still turn up, and the day from which the journal would have them."""

    def __init__(self, *, is_nameless: bool = False) -> None:
        self.count = 0
        self.first_day: str | None = "9999-12-31"
        self._is_nameless = is_nameless

    def add(self, day: str | None) -> None:
        """Count a message; no day stands for all that the journal has."""
        self.count += 1
        if day is None or self.first_day is None:
            self.first_day = None
        else:
            self.first_day = min(self.first_day, day)

    def remove(self, present: Collection[Doubt]) -> None:
        """Do not count messages any more that have turned up."""
        self.count -= sum(not self._is_nameless or doubt.digits is None for doubt in present)


def _is_listed(doubt: Doubt) -> bool:
    """Tell whether the journal of messages would list a message so that it could be known."""
    return bool(doubt.reference) and doubt.channel != "voice"


async def _note_missing(doubts: Doubts) -> None:
    """Note that what has no number is absent: all there is has been read."""
    last = None
    while page := await doubts.page(last):
        last = page[-1].key
        nameless = [doubt for doubt in page if _is_listed(doubt) and doubt.digits is None]
        await doubts.note({doubt.key: _ABSENT for doubt in nameless})


class _ListedDoubts:
    """A few messages in doubt, in memory (`Doubts`)."""

    def __init__(self, doubts: Iterable[Doubt]) -> None:
        self._doubts = list(doubts)
        self.findings: dict[str, Finding] = {}

    async def page(self, after: str | None) -> Sequence[Doubt]:
        """Return all that are not present, on one page."""
        if after is not None:
            return ()
        return [doubt for doubt in self._doubts if not self._is_present(doubt)]

    async def compare(self, entries: Sequence[OutboundMessage]) -> Collection[Doubt]:
        """Note what entries say; return what is present now."""
        before = {doubt.key for doubt in self._doubts if self._is_present(doubt)}
        await self.note(compare(entries, self._doubts))
        return [each for each in self._doubts if self._is_present(each) and each.key not in before]

    async def note(self, findings: Mapping[str, Finding]) -> None:
        """Keep what is known."""
        for key, finding in findings.items():
            self.findings[key] = _join(self.findings.get(key), finding)

    def _is_present(self, doubt: Doubt) -> bool:
        finding = self.findings.get(doubt.key)
        return finding is not None and finding.sight is Sight.PRESENT


def compare(entries: Iterable[OutboundMessage], doubts: Iterable[Doubt]) -> dict[str, Finding]:
    """Return what entries of the gateway's journal are, or may be, by the keys of messages."""
    by_reference: defaultdict[str | None, list[Doubt]] = defaultdict(list)
    by_number: defaultdict[tuple[str | None, str | None], list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        if _is_listed(doubt):
            by_reference[doubt.reference].append(doubt)
            by_number[doubt.reference, doubt.digits].append(doubt)
    findings: dict[str, Finding] = {}
    for entry in entries:
        reference, number = entry.foreign_id, digits_of(entry.to or "")
        candidates = by_number.get((reference, number), ())
        if not candidates or number is None:
            candidates = by_reference.get(reference, ())
        else:  # mostly one message, the one with its number
            candidates = [*candidates, *by_number.get((reference, None), ())]
        for doubt in candidates:
            sight = sight_of(entry, doubt)
            if sight is not Sight.ABSENT:
                finding = Finding(sight=sight, entries=(entry,))
                findings[doubt.key] = _join(findings.get(doubt.key), finding)
    return findings


def _join(before: Finding | None, after: Finding) -> Finding:
    """Return what two findings say of a message together."""
    if before is None or _SIGHTS.index(after.sight) > _SIGHTS.index(before.sight):
        return after
    if after.sight is not before.sight:
        return before
    # A page that shifted while it was read shows an entry twice.
    ids = {entry.id for entry in before.entries if entry.id is not None}
    fresh = tuple(entry for entry in after.entries if entry.id not in ids)
    return Finding(sight=before.sight, entries=before.entries + fresh)


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


def day_of(moment_s: float) -> str:
    """Return the day of a moment where the gateway is, `YYYY-MM-DD`; 1970 at the earliest."""
    return datetime.fromtimestamp(min(max(0.0, moment_s), _LAST_S), berlin()).date().isoformat()


def _is_from(moment: datetime | None, begin_s: float) -> bool:
    """Tell whether a call was made when the one in doubt was; in October an hour comes twice."""
    if moment is None:
        return False
    readings = (moment.timestamp(), moment.replace(fold=1).timestamp())
    return any(begin_s - _CALL_BEFORE_S <= read <= begin_s + _CALL_AFTER_S for read in readings)
