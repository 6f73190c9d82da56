"""The counts that a plan is made of.

In: items of an input, one by one. Out: a `Plan`. I/O: the journal, if there is one, is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import attrs

from seven_async.api.balance import Balance
from seven_async.campaign.inputs.csv_file import CsvRow
from seven_async.campaign.inputs.duplicates import DuplicateIndex
from seven_async.campaign.inputs.message import OutgoingMessage, channel_of
from seven_async.campaign.planning.empty_values import EmptyValues
from seven_async.campaign.planning.plan import CountryCost, Plan, Problem, TextFinding
from seven_async.campaign.prices import NOTHING, Price, Tariff
from seven_async.campaign.results import SUPPRESSED
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import Item, Unpacker
from seven_async.sms_segments import Encoding, is_one_gsm_segment, segments

_MOST_PROBLEMS: Final = 100
_MOST_FINDINGS: Final = 20
_CHUNK: Final = 500

Served = Callable[[Sequence[OutgoingMessage]], dict[str, str | None]]


@attrs.frozen
class _Text:
    """What a text is billed as, without the text."""

    count: int
    is_ucs2: bool
    characters: str
    count_then: int
    suggestion: str | None


_ONE_SEGMENT: Final = _Text(1, is_ucs2=False, characters="", count_then=0, suggestion=None)


def _measure(text: str) -> _Text:
    return _ONE_SEGMENT if is_one_gsm_segment(text) else _measure_long(text)


@lru_cache(maxsize=256)
def _measure_long(text: str) -> _Text:
    measured = segments(text)
    count, then = measured.count, measured.suggestion
    if measured.encoding is not Encoding.UCS2:
        return _Text(count, is_ucs2=False, characters="", count_then=0, suggestion=None)
    characters = "".join(each.character for each in measured.characters_forcing_ucs2)
    count_then = count if then is None else segments(then).count
    return _Text(count, True, characters, count_then, then)  # noqa: FBT003 - is_ucs2


@attrs.define
class _Counted:
    """What goes out at a price: money is multiplied once, at the end. It keeps the price's id."""

    price: Price
    messages: int = 0
    segments: int = 0


def _note(problems: list[Problem], line: int, recipient: str, reason: str) -> None:
    if len(problems) < _MOST_PROBLEMS:
        problems.append(Problem(line=line, recipient=recipient, reason=reason))


def _sum_up(counted: Iterable[_Counted]) -> tuple[CountryCost, ...]:
    """Return what goes to each country, the dearest first; a country may have several prices."""
    countries: dict[str, CountryCost] = {}
    for each in counted:
        known = countries.get(each.price.country)
        countries[each.price.country] = CountryCost(
            country=each.price.country,
            messages=each.messages + (known.messages if known else 0),
            segments=each.segments + (known.segments if known else 0),
            lowest=each.segments * each.price.lowest + (known.lowest if known else NOTHING),
            highest=each.segments * each.price.highest + (known.highest if known else NOTHING),
        )
    return tuple(sorted(countries.values(), key=lambda country: country.highest, reverse=True))


class Survey:
    """Counts items; takes a few dozen bytes for each recipient, to find duplicates."""

    def __init__(self, settings: Settings, tariff: Tariff, served: Served | None) -> None:
        self._unpacker = Unpacker(settings, is_sent=False)
        self.has_own_keys: bool = settings.key is not None
        self._tariff = tariff
        self._served = served
        self._seen: defaultdict[str, DuplicateIndex] = defaultdict(DuplicateIndex)
        self._given = self._refused = self._duplicates = self._suppressed = self._before = 0
        self._changed = 0
        self._refusals: list[Problem] = []
        self._problems: list[Problem] = []
        self._channels: Counter[str] = Counter()
        self._by_segments: Counter[int] = Counter()
        self._ucs2 = self._saved = self._unpriced = 0
        self._fallbacks = 0
        self._saved_cost = self._fallback_cost = NOTHING
        self._characters: Counter[str] = Counter()
        self._findings: list[TextFinding] = []
        self._by_price: dict[int, _Counted] = {}
        self._asked: list[OutgoingMessage] = []
        self.empty_values: EmptyValues = EmptyValues()

    def add(self, item: Item, *, is_unique: bool = False) -> None:
        """Count one item of the input; one that `is_unique` is known to be no duplicate."""
        unpacked = self._unpacker.unpack(item)
        if isinstance(unpacked, tuple):
            self._given += 1
            self._refused += 1
            entry, result = unpacked
            line = entry.line or self._given
            _note(self._refusals, line, entry.recipient, result.reason or "")
            return
        if isinstance(item, CsvRow):
            self.empty_values.add(item.line, item.row)
        for outgoing in unpacked:
            self._given += 1
            self._add(outgoing, None if is_unique else self._find_earlier(outgoing))

    def _find_earlier(self, outgoing: OutgoingMessage) -> int | None:
        """Return the line of the same key before."""
        digits, _, _ = outgoing.key.partition("/")
        index = self._seen[outgoing.key[len(digits) :]]
        return index.earlier(digits, outgoing.line or self._given)

    def _add(self, outgoing: OutgoingMessage, earlier: int | None) -> None:
        line = outgoing.line or self._given
        if earlier is not None:
            self._duplicates += 1
            self._problem(line, outgoing.to, f"duplicate of line {earlier}")
        elif outgoing.hold is not None:
            self._suppressed += 1
            if outgoing.hold != SUPPRESSED:
                self._problem(line, outgoing.to, outgoing.hold)
        elif self._served is None:
            self._count(outgoing)
        else:
            self._asked.append(outgoing)
            if len(self._asked) >= _CHUNK:
                self._ask()

    def _ask(self) -> None:
        """Count those that the journal does not have as served."""
        asked, self._asked = self._asked, []
        served = self._served(asked) if self._served and asked else dict[str, str | None]()
        self._before += len(served)
        for outgoing in asked:
            if outgoing.key not in served:
                self._count(outgoing)
            elif (change := served[outgoing.key]) is not None:
                self._changed += 1
                self._problem(outgoing.line or 0, outgoing.to, f"served before, {change}")

    def _problem(self, line: int, recipient: str, reason: str) -> None:
        _note(self._problems, line, recipient, reason)

    def _count(self, outgoing: OutgoingMessage) -> None:
        self._channels[outgoing.channel.name] += 1
        if outgoing.has_next:
            self._count_next(outgoing)
        if outgoing.channel.name != "sms":
            self._unpriced += 1
            return
        message: Any = outgoing.message
        text = _measure(message.text)
        self._by_segments[text.count] += 1
        price = self._tariff.price(outgoing.digits)
        counted = self._by_price.get(id(price))
        if counted is None:
            counted = self._by_price[id(price)] = _Counted(price)
        counted.messages += 1
        counted.segments += text.count
        if text.is_ucs2:
            self._count_ucs2(outgoing.line, message.text, text, price.highest)

    def _count_next(self, outgoing: OutgoingMessage) -> None:
        """Count the forms that may leave instead; of those only an SMS has a known price."""
        self._fallbacks += 1
        for form in outgoing.forms[1:]:
            if channel_of(type(form)).name == "sms":
                sms: Any = form
                price = self._tariff.price(outgoing.digits)
                self._fallback_cost += _measure(sms.text).count * price.highest

    def _count_ucs2(self, line: int | None, given: str, text: _Text, price: Decimal) -> None:
        self._ucs2 += 1
        self._characters.update(text.characters)
        if text.suggestion is None:
            return
        saved = text.count - text.count_then
        self._saved += saved
        self._saved_cost += saved * price
        known = {finding.text for finding in self._findings}
        if len(self._findings) < _MOST_FINDINGS and given not in known:
            self._findings.append(
                TextFinding(
                    line=line,
                    text=given,
                    segments=text.count,
                    segments_then=text.count_then,
                    characters=text.characters,
                    suggestion=text.suggestion,
                )
            )

    def plan(self, balance: Balance, per_s: float, clock_ahead_s: float | None) -> Plan:
        """Return the plan of all that was counted."""
        self._ask()
        to_send = self._channels.total()
        problems = sorted((*self._refusals, *self._problems), key=lambda problem: problem.line)
        countries = _sum_up(self._by_price.values())
        return Plan(
            given=self._given,
            to_send=to_send,
            refused=self._refused,
            duplicates=self._duplicates,
            suppressed=self._suppressed,
            served=self._before,
            changed=self._changed,
            problems=tuple(problems[:_MOST_PROBLEMS]),
            channels=dict(self._channels),
            segments=sum(count * messages for count, messages in self._by_segments.items()),
            by_segments=dict(sorted(self._by_segments.items())),
            ucs2=self._ucs2,
            characters=dict(self._characters.most_common()),
            findings=tuple(self._findings),
            saved_segments=self._saved,
            saved_cost=self._saved_cost,
            empty_values=self.empty_values.findings(),
            countries=countries,
            unpriced=self._unpriced,
            fallbacks=self._fallbacks,
            fallback_cost=self._fallback_cost,
            balance=balance.amount,
            currency=balance.currency,
            duration_s=to_send / per_s,
            clock_ahead_s=clock_ahead_s,
        )
