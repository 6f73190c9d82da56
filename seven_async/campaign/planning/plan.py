"""What a campaign would do and cost, known before anything is sent. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import attrs

from seven_async.flow.values.gateway_time import clock_warning
from seven_async.flow.values.plain import PlainValue
from seven_async.masking import masked_number, masked_text

_SPOKEN: Final = {"waba": "WhatsApp", "rcs": "RCS", "voice": "voice"}


@attrs.frozen(kw_only=True)
class TextFinding:
    """A text that would cost less in other characters.

    `characters` are those that GSM-7 does not have (they turn the whole text to UCS-2),
    `suggestion` the text with look-alikes, which takes `segments_then` instead of `segments`.
    """

    line: int | None
    text: str = attrs.field(repr=masked_text)
    segments: int
    segments_then: int
    characters: str
    suggestion: str = attrs.field(repr=masked_text)


@attrs.frozen(kw_only=True)
class Problem:
    """A message that will not go out: the line (or place in the input), and why."""

    line: int
    recipient: str = attrs.field(repr=masked_number)
    reason: str


@attrs.frozen(kw_only=True)
class EmptyValue:
    """What a program wrote for no value (`nan`, `NULL`, `#N/A`), and what messages would say.

    `line` is the first of the `rows` that have it in this column.
    """

    column: str
    value: str
    line: int
    rows: int


@attrs.frozen(kw_only=True)
class CountryCost:
    """What goes to one country. A number does not tell its network, so cost lies in a range."""

    country: str
    messages: int
    segments: int
    lowest: Decimal
    highest: Decimal


@attrs.frozen(kw_only=True)
class Plan(PlainValue):
    """What sending these messages now would mean. Nothing was sent.

    `to_send` of `given` messages would go out; the others are `refused`, `duplicates`, `suppressed`
    or `served` (by the journal) already, `changed` of them with another text or sender.
    `suppressed` also counts those that quiet hours hold back because the recipient's time zone is
    not known. `problems` has the first hundred of those, of the changed, the refused and the
    duplicates, each with line and reason.

    `segments` are those of SMS, `by_segments` counts messages by theirs. `ucs2` messages are billed
    in short segments because of `characters` (with the number of messages that have each);
    `findings` are texts that look-alike characters would make cheaper, `saved_segments` and
    `saved_cost` (EUR, at most) what all of those would save.

    `empty_values` are those of a file's columns that stand in messages and mean nothing.

    Cost is in EUR by the price list, from the cheapest to the dearest network of each country;
    `unpriced` messages go by channels that the list does not have: what they cost is in no sum.
    `fallbacks` messages have another form for when the first is refused (or not delivered, if so
    asked). `fallback_cost` is what all of these would cost as SMS, at most: it comes in place of
    the first form's cost or on top of it, and is in no other sum.

    `balance` is the credit now, `duration_s` the time that delivery takes at the account's
    throughput. `clock_ahead_s` is how far this machine's clock is ahead of the gateway's, None if
    the gateway does not tell its time.
    """

    given: int
    to_send: int
    refused: int
    duplicates: int
    suppressed: int
    served: int
    changed: int
    problems: tuple[Problem, ...]
    channels: Mapping[str, int]
    segments: int
    by_segments: Mapping[int, int]
    ucs2: int
    characters: Mapping[str, int]
    findings: tuple[TextFinding, ...]
    saved_segments: int
    saved_cost: Decimal
    empty_values: tuple[EmptyValue, ...]
    countries: tuple[CountryCost, ...]
    unpriced: int
    balance: Decimal
    currency: str
    duration_s: float
    clock_ahead_s: float | None = None
    fallbacks: int = 0
    fallback_cost: Decimal = Decimal(0)

    @property
    def lowest_cost(self) -> Decimal:
        """EUR if every number is in the cheapest network of its country."""
        return sum((country.lowest for country in self.countries), Decimal(0))

    @property
    def highest_cost(self) -> Decimal:
        """EUR if every number is in the dearest network of its country."""
        return sum((country.highest for country in self.countries), Decimal(0))

    @property
    def is_affordable(self) -> bool:
        """True if the credit covers even the highest cost of all that has a price."""
        return self.highest_cost <= self.balance

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, with `lowest_cost` and `highest_cost`.

        Example:
            print(plan.to_dict()["to_send"])  # 1198
        """
        costs = {"lowest_cost": self.lowest_cost, "highest_cost": self.highest_cost}
        return {**super().to_dict(), **costs}

    def __str__(self) -> str:
        """Return a page for a terminal, without numbers or texts."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield (
            f"{self.given} messages = {self.to_send} to send + {self.refused} refused"
            f" + {self.duplicates} duplicates + {self.suppressed} suppressed"
            f" + {self.served} served before"
        )
        if self.changed:
            yield f"  {self.changed} of them with another text or sender; they are not sent again"
        yield from self._lines_of_cost()
        yield f"credit {self.balance} {self.currency}{self._enough()}"
        yield f"delivery takes {timedelta(seconds=round(self.duration_s))} at the account's rate"
        yield from self._lines_of_findings()

    def _lines_of_cost(self) -> Iterator[str]:
        if self.by_segments or not self.unpriced:
            yield f"{self.segments} segments, cost {_range(self.lowest_cost, self.highest_cost)}"
        for country in self.countries:
            cost = _range(country.lowest, country.highest)
            counts = f"{country.messages} messages, {country.segments} segments"
            yield f"  {country.country}: {counts}, {cost}"
        if self.unpriced:
            by_channel = [
                f"{count} by {_SPOKEN.get(name, name)}"
                for name, count in self.channels.items()
                if name != "sms"
            ]
            yield f"cost not known for {', '.join(by_channel)}: the price list has SMS only"
        if self.fallbacks:
            at_most = f", as SMS for {self.fallback_cost} EUR at most" if self.fallback_cost else ""
            yield f"{self.fallbacks} may go out in another form if the first is refused{at_most}"

    def _enough(self) -> str:
        """Say whether the credit covers the cost, as far as that is known."""
        if not self.is_affordable:
            return ": NOT ENOUGH for the highest cost"
        if self.unpriced or self.fallbacks:
            return ": enough for the SMS alone" if self.by_segments else ""
        return ": enough"

    def _lines_of_findings(self) -> Iterator[str]:
        warning = None if self.clock_ahead_s is None else clock_warning(self.clock_ahead_s)
        if warning is not None:
            yield warning
        for empty in self.empty_values:
            yield (
                f"{empty.value!r} stands for no value in {empty.rows} rows of {empty.column!r} "
                f"(first in line {empty.line}); messages would say it"
            )
        if self.ucs2:
            characters = ", ".join(f"{name!r} in {n}" for name, n in self.characters.items())
            yield f"{self.ucs2} texts are UCS-2 because of {characters}"
        if self.saved_segments:
            yield (
                f"look-alike characters would save {self.saved_segments} segments, "
                f"up to {self.saved_cost} EUR"
            )


def _range(lowest: Decimal, highest: Decimal) -> str:
    return f"{lowest} EUR" if lowest == highest else f"{lowest} to {highest} EUR"
