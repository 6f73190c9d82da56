"""How many messages with codes may leave: the caps, and the counts that keep them.

In: counts as a store has them, and its seconds. Out: how long to wait, or the counts with one more
message. No I/O.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs

from seven_async.errors import ConfigurationError
from seven_async.flow.window import Rate
from seven_async.option_checks import Option, build_refusal, seconds
from seven_async.otp.errors import OtpLimit
from seven_async.otp.store import OtpRecord, Records

Rates: TypeAlias = "Rate | Sequence[Rate] | None"
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_PARTS: Final = 64
"""A window is counted in so many parts: a record stays small, whatever the cap."""


def _to_rates(rates: object) -> tuple[Rate, ...]:
    if rates is None:
        return ()
    return (rates,) if isinstance(rates, Rate) else tuple(cast("Iterable[Rate]", rates))


def _only_rates(_: object, attribute: Option, rates: tuple[object, ...]) -> None:
    for rate in rates:
        if not isinstance(rate, Rate):
            raise build_refusal(
                attribute.name,
                f"takes Rate(5, per_s=3600), several of them, or None, not {type(rate).__name__}",
            )


def _to_countries(given: object) -> Mapping[str, tuple[Rate, ...] | None] | None:
    if given is None:
        return None
    if isinstance(given, str):
        raise ConfigurationError("countries takes several, for example ['DE'], no single text")
    if isinstance(given, Mapping):
        several = cast("Mapping[str, object]", given)
        return {name.upper(): _to_rates(rates) for name, rates in several.items()}
    return {name.upper(): None for name in cast("Iterable[str]", given)}


def _known_countries(_: object, attribute: Option, given: Mapping[str, object] | None) -> None:
    if given is not None and not given:
        raise build_refusal(attribute.name, "is empty, so that no number would be allowed")
    for name, rates in (given or {}).items():
        if len(name) != 2 or not name.isascii() or not name.isalpha():
            raise build_refusal(attribute.name, f"takes ISO codes such as 'DE', not {name[:20]!r}")
        if rates is not None:
            _only_rates(None, attribute, cast("tuple[object, ...]", rates))


def _rates(*default: Rate) -> Any:
    return attrs.field(default=default, converter=_to_rates, validator=_only_rates)


@attrs.frozen(kw_only=True)
class OtpLimits:
    """Caps on messages with codes, against who has them sent to numbers that earn by it.

    Each takes a `Rate`, several of which all hold, or None for no cap. A message counts when it may
    have left.

    Example:
        limits = OtpLimits(countries=["DE", "AT"], per_caller=Rate(3, per_s=600))

    Args:
        cool_down_s: Seconds between two codes for a number; 0 for none.
        per_number: For one number, over all purposes.
        per_range: For all numbers that differ in their last three digits only.
        per_caller: For what the application names as `caller`, an address or an account.
        per_country: For each country.
        in_all: For everything.
        countries: The only countries that get codes, as ISO codes; or a mapping of them to caps
            of their own, in place of `per_country`. None for all countries.
    """

    cool_down_s: float = attrs.field(default=30.0, validator=seconds(0, is_exclusive=False))
    per_number: tuple[Rate, ...] = _rates(Rate(5, per_s=_HOUR_S), Rate(10, per_s=_DAY_S))
    per_range: tuple[Rate, ...] = _rates(Rate(20, per_s=_HOUR_S))
    per_caller: tuple[Rate, ...] = _rates(Rate(10, per_s=_HOUR_S))
    per_country: tuple[Rate, ...] = _rates(Rate(1_000, per_s=_HOUR_S))
    in_all: tuple[Rate, ...] = _rates()
    countries: Mapping[str, tuple[Rate, ...] | None] | None = attrs.field(
        default=None, converter=_to_countries, validator=_known_countries
    )

    def rates_of(self, limit: OtpLimit, country: str) -> tuple[Rate, ...]:
        """Return the rates of a cap for a number of a country."""
        if limit is OtpLimit.COOL_DOWN:
            return (Rate(1, per_s=self.cool_down_s),) if self.cool_down_s else ()
        if limit is OtpLimit.COUNTRY:
            own = (self.countries or {}).get(country)
            return self.per_country if own is None else own
        every = {
            OtpLimit.NUMBER: self.per_number,
            OtpLimit.RANGE: self.per_range,
            OtpLimit.CALLER: self.per_caller,
            OtpLimit.ALL: self.in_all,
        }
        return every[limit]


@attrs.frozen
class Cap:
    """One rate that a message counts against, and the key of its count."""

    limit: OtpLimit
    rate: Rate
    key: str

    @property
    def _part_s(self) -> float:
        return self.rate.per_s / _PARTS

    def wait_s(self, records: Records, now_s: float) -> float:
        """Return the seconds until one more message fits; 0 is now."""
        counts = self._counts(records, now_s)
        excess = sum(counts.values()) + 1 - self.rate.n
        for part in sorted(counts):
            if excess <= 0:
                break
            excess -= counts[part]
            if excess <= 0:
                return self._ends_at(part) - now_s
        return 0.0

    def add(self, records: Records, now_s: float) -> None:
        """Count one more message."""
        counts = self._counts(records, now_s)
        part = self._part_of(now_s)
        counts[part] = counts.get(part, 0) + 1
        self._write(records, counts)

    def take_off(self, records: Records, now_s: float, counted_at_s: float) -> None:
        """Count a message no longer that was counted at a time and surely did not leave."""
        counts = self._counts(records, now_s)
        part = self._part_of(counted_at_s)
        if counts.get(part):
            counts[part] -= 1
        self._write(records, counts)

    def _part_of(self, at_s: float) -> int:
        return math.floor(at_s / self._part_s)

    def _ends_at(self, part: int) -> float:
        # A part counts until its last moment is a window ago: never more than `n` in any window.
        return (part + 1) * self._part_s + self.rate.per_s

    def _counts(self, records: Records, now_s: float) -> dict[int, int]:
        record = records.get(self.key)
        if record is None:
            return {}
        stored = {int(part): count for part, count in json.loads(record.text).items()}
        return {part: count for part, count in stored.items() if self._ends_at(part) > now_s}

    def _write(self, records: Records, counts: dict[int, int]) -> None:
        counts = {part: count for part, count in counts.items() if count}
        if counts:
            records[self.key] = OtpRecord(json.dumps(counts), self._ends_at(max(counts)))
        else:
            records.pop(self.key, None)
