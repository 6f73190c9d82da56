"""Hours and days without messages, by the clock of the recipient.

In: a number and a moment. Out: when it may be written to. No I/O but reading time zone tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.flow.values.shapes import is_object, is_sequence
from seven_async.masking import brief
from seven_async.option_checks import Option, build_refusal
from seven_async.recipients.library import has_phonenumbers

NO_ZONE: Final = "the recipient's time zone is not known; give one with zone="

_LONGEST_PREFIX: Final = 7  # first digits that `zones` may go by
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: Looks for a moment at which all zones of a number are open. Each look passes the closed time of
#: one zone; zones that have no hour in common find none, and are asked again at the last one.
_MOST_LOOKS: Final = 64


def _of_day(_: object, attribute: Option, value: object) -> None:
    if not isinstance(value, time) or value.tzinfo is not None:
        raise build_refusal(
            attribute.name,
            f"must be a time of day without a zone, such as time(20), not {brief(value)}",
        )


def _check_zone(_: object, attribute: Option, name: object) -> None:
    if name is None:
        return
    if not isinstance(name, str):
        raise build_refusal(attribute.name, f"must be the name of a time zone, not {brief(name)}")
    if not _exists(name):
        raise ConfigurationError(
            f"{attribute.name}: there is no time zone {brief(name)} on this machine; "
            f"names are like Europe/Berlin (on Windows, install tzdata)"
        )


def _check_all_zones(owner: object, attribute: Option, zones: Mapping[str, Sequence[str]]) -> None:
    given = cast("object", zones)
    if not is_object(given):
        raise build_refusal(
            attribute.name, f"must be a mapping of first digits, not {brief(given)}"
        )
    for digits, names in cast("Mapping[object, object]", given).items():
        if not (isinstance(digits, str) and digits.isascii() and digits.isdecimal()):
            raise build_refusal(
                attribute.name, f"goes by first digits such as “1212”, not {brief(digits)}"
            )
        if not is_sequence(names) or None in names:
            # A single name would be taken for a list of letters.
            raise build_refusal(attribute.name, "has a list of time zones for each first digits")
        for name in names:
            _check_zone(owner, attribute, name)


def _to_days(weekdays: object) -> frozenset[int]:
    """Return days of the week as `date.weekday()` has them: `mon-fri`, `mon,wed`, `sat-tue`."""
    if weekdays is None:
        return frozenset(range(len(_DAYS)))
    days: set[int] = set()
    for part in weekdays.split(",") if isinstance(weekdays, str) else ("",):
        first, dash, last = (word.strip().lower() for word in part.partition("-"))
        if first not in _DAYS or (dash and last not in _DAYS):
            raise build_refusal(
                "weekdays",
                f"must be days such as “mon-fri” or “mon,wed,sat” ({', '.join(_DAYS)}), "
                f"not {brief(weekdays)}",
            )
        begin = _DAYS.index(first)
        count = (_DAYS.index(last) - begin) % len(_DAYS) if dash else 0
        days.update((begin + place) % len(_DAYS) for place in range(count + 1))
    return frozenset(days)


def _to_dates(holidays: Iterable[date]) -> frozenset[date]:
    given = cast("object", holidays)
    is_list = isinstance(given, Iterable) and not isinstance(given, (str, bytes))
    days = frozenset(holidays) if is_list else None
    # A datetime is a date to Python, and equal to none.
    if days is None or any(type(day) is not date for day in days):
        raise build_refusal(
            "holidays", f"must be a list of days such as date(2026, 12, 25), not {brief(holidays)}"
        )
    return days


@attrs.frozen(kw_only=True)
class QuietHours:
    """Hours and days in which nobody is written to, by the recipient's clock.

    A number is in all the zones that phonenumbers has for it (extra `phone`), and all of them have
    to be awake: `+1 212…` is in New York, an Australian mobile in any zone of Australia.

    Args:
        begin: The first quiet minute of the evening, if it lies behind `end`.
        end: The first minute that is not quiet any more; the same as `begin` for no quiet hours.
        weekdays: The days on which messages may go out: `mon-fri`, `mon,wed,sat`; all unless given.
        holidays: Days on which none go out, each a `date`.
        zone: The zone of recipients whose own nobody knows: names, national numbers of an unknown
            country, satellite phones; without the extra `phone` all that `zones` does not have.
            Unless given, such messages are skipped, and `plan()` lists them.
        zones: Zones by first digits (`{"1212": ["America/New_York"]}`), instead of phonenumbers'.

    Raises:
        ConfigurationError: There is no such zone, or neither `phone` nor a zone to go by.
    """

    begin: time = attrs.field(default=time(20), validator=_of_day)
    end: time = attrs.field(default=time(8), validator=_of_day)
    weekdays: str | None = attrs.field(default=None)
    holidays: frozenset[date] = attrs.field(default=frozenset[date](), converter=_to_dates)
    zone: str | None = attrs.field(default=None, validator=_check_zone)
    zones: Mapping[str, Sequence[str]] = attrs.field(
        factory=dict[str, Sequence[str]], hash=False, validator=_check_all_zones
    )

    _days: frozenset[int] = attrs.field(
        init=False,
        repr=False,
        eq=False,
        default=attrs.Factory(lambda quiet: _to_days(quiet.weekdays), takes_self=True),
    )

    def __attrs_post_init__(self) -> None:
        if self.zone is None and not self.zones and _zones_of_number() is None:
            raise ConfigurationError(
                "quiet hours find the recipient's time zone with phonenumbers: "
                "pip install 'seven-async[phone]', or give one zone for all with zone="
            )

    def zones_of(self, digits: str) -> tuple[str, ...]:
        """Return the zones that have to be awake for a recipient; none if nobody knows."""
        for length in range(_LONGEST_PREFIX, 0, -1):
            zones = self.zones.get(digits[:length])
            if zones:
                return tuple(zones)
        ask = _zones_of_number()
        is_number = digits.isascii() and digits.isdecimal() and digits[0] != "0"
        known = ask(digits) if ask is not None and is_number else ()
        # A zone that this machine's tables lack could be any.
        return (
            known
            if known and all(map(_exists, known))
            else (() if self.zone is None else (self.zone,))
        )

    def opens_at(self, digits: str, now_s: float) -> float | None:
        """Return when a number may be written to, in Unix seconds; None for now.

        Raises `InvalidRequestError` for a number whose zone nobody knows.
        """
        zones = self.zones_of(digits)
        if not zones:
            raise InvalidRequestError(f"quiet hours: {NO_ZONE}")
        opening = now_s
        # When one zone becomes awake another may be quiet again: look until all are awake.
        for _ in range(_MOST_LOOKS):
            later = max(self._opens_in(zone, opening) for zone in zones)
            if later == opening:
                break
            opening = later
        return None if opening == now_s else opening

    def _opens_in(self, zone: str, moment_s: float) -> float:
        """Return the first moment from then on at which a zone is awake."""
        local = datetime.fromtimestamp(moment_s, _zone(zone))
        later = self._quiet_until(local)
        if later is None:
            return moment_s
        while (still := self._quiet_until(later)) is not None:
            later = still
        return later.timestamp()

    def _quiet_until(self, local: datetime) -> datetime | None:
        """Return when to look again; None if that moment is not quiet."""
        day, clock = local.date(), local.time()
        if local.weekday() not in self._days or day in self.holidays:
            return datetime.combine(day + timedelta(days=1), time(), local.tzinfo)
        if self.begin <= self.end:
            is_quiet, is_next_day = self.begin <= clock < self.end, False
        else:
            is_quiet = clock >= self.begin or clock < self.end
            is_next_day = clock >= self.begin
        if not is_quiet:
            return None
        # In the hour that comes twice in autumn it is the same one of the two.
        end = self.end.replace(fold=local.fold)
        return datetime.combine(day + timedelta(days=int(is_next_day)), end, local.tzinfo)


@lru_cache(maxsize=512)
def _exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _zones_of_number() -> Callable[[str], tuple[str, ...]] | None:
    """Return the function that finds the zones of a number; None without the extra `phone`."""
    if not has_phonenumbers():
        return None
    from seven_async.recipients.zones import zones_of  # noqa: PLC0415 (an extra)

    return zones_of
