"""When nobody wants to be disturbed, by the clock of the recipient.

In: a number and a moment. Out: when it may be written to. No I/O but the system's time zone tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import attrs

from seven_async.errors import ConfigurationError

_LONGEST_PREFIX: Final = 7

#: Zones by calling code (IANA names). Where a country has several, all of them must be awake: the
#: number does not tell where it is.
ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "1": ("America/New_York", "America/Los_Angeles"),
    "7": ("Europe/Kaliningrad", "Asia/Vladivostok"),
    "20": ("Africa/Cairo",),
    "27": ("Africa/Johannesburg",),
    "30": ("Europe/Athens",),
    "31": ("Europe/Amsterdam",),
    "32": ("Europe/Brussels",),
    "33": ("Europe/Paris",),
    "34": ("Europe/Madrid", "Atlantic/Canary"),
    "36": ("Europe/Budapest",),
    "39": ("Europe/Rome",),
    "40": ("Europe/Bucharest",),
    "41": ("Europe/Zurich",),
    "43": ("Europe/Vienna",),
    "44": ("Europe/London",),
    "45": ("Europe/Copenhagen",),
    "46": ("Europe/Stockholm",),
    "47": ("Europe/Oslo",),
    "48": ("Europe/Warsaw",),
    "49": ("Europe/Berlin",),
    "52": ("America/Tijuana", "America/Cancun"),
    "55": ("America/Sao_Paulo", "America/Rio_Branco"),
    "61": ("Australia/Sydney", "Australia/Perth"),
    "62": ("Asia/Jakarta", "Asia/Jayapura"),
    "64": ("Pacific/Auckland",),
    "65": ("Asia/Singapore",),
    "81": ("Asia/Tokyo",),
    "82": ("Asia/Seoul",),
    "86": ("Asia/Shanghai",),
    "90": ("Europe/Istanbul",),
    "91": ("Asia/Kolkata",),
    "351": ("Europe/Lisbon", "Atlantic/Azores"),
    "352": ("Europe/Luxembourg",),
    "353": ("Europe/Dublin",),
    "358": ("Europe/Helsinki",),
    "359": ("Europe/Sofia",),
    "370": ("Europe/Vilnius",),
    "371": ("Europe/Riga",),
    "372": ("Europe/Tallinn",),
    "380": ("Europe/Kyiv",),
    "385": ("Europe/Zagreb",),
    "386": ("Europe/Ljubljana",),
    "420": ("Europe/Prague",),
    "421": ("Europe/Bratislava",),
    "423": ("Europe/Vaduz",),
    "971": ("Asia/Dubai",),
    "972": ("Asia/Jerusalem",),
}


def _known(_: object, attribute: attrs.Attribute[Any], name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigurationError(
            f"{attribute.name}: there is no time zone {name!r} on this machine; "
            f"names are like Europe/Berlin (on Windows, install tzdata)"
        ) from None


@attrs.frozen(kw_only=True)
class QuietHours:
    """Hours in which nobody is written to, by the recipient's clock.

    `begin` and `end` may lie around midnight. Zones go by calling code; `zones` adds to the known
    ones or replaces them, by any first digits (`{"1212": ["America/New_York"]}`), and `zone` is
    for all other numbers.
    """

    begin: time = time(20)
    end: time = time(8)
    zone: str = attrs.field(default="Europe/Berlin", validator=_known)
    zones: Mapping[str, tuple[str, ...]] = attrs.field(
        factory=dict[str, tuple[str, ...]], hash=False
    )

    def opens_at(self, digits: str, now_s: float) -> float | None:
        """When a number may be written to, in Unix seconds; None for now."""
        opening = now_s
        # After one zone has woken up another may have gone to bed: look again until all are awake.
        while True:
            later = max(
                (self._opens_in(zone, opening) for zone in self._zones_of(digits)), default=opening
            )
            if later == opening:
                return None if opening == now_s else opening
            if later - now_s > timedelta(days=2).total_seconds():
                return later
            opening = later

    def _zones_of(self, digits: str) -> tuple[str, ...]:
        for length in range(_LONGEST_PREFIX, 0, -1):
            found = self.zones.get(digits[:length]) or ZONES.get(digits[:length])
            if found:
                return tuple(found)
        return (self.zone,)

    def _opens_in(self, zone: str, moment_s: float) -> float:
        local = datetime.fromtimestamp(moment_s, _zone(zone))
        clock = local.time()
        if self.begin <= self.end:
            is_quiet, is_next_day = self.begin <= clock < self.end, False
        else:
            is_quiet = clock >= self.begin or clock < self.end
            is_next_day = clock >= self.begin
        if not is_quiet:
            return moment_s
        day = local.date() + timedelta(days=int(is_next_day))
        return datetime.combine(day, self.end, local.tzinfo).timestamp()


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
