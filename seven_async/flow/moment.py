"""Times as the gateway writes them become aware datetimes.

In: a text or number of a reply. Out: an aware datetime, or None for what is no time. No I/O but
the system's time zone tables.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_HOUR = timedelta(hours=1)
_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?"
)
# Ten digits of Unix seconds cover 2001 to 2286; other numbers are something else.
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?")


class CentralEuropeanTime(tzinfo):
    """Europe/Berlin since 1996 by its rule, for machines without time zone tables (Windows)."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        """Two hours in summer, one in winter."""
        return _HOUR + self.dst(when)

    def dst(self, when: datetime | None) -> timedelta:
        """One hour from the last Sunday of March to the last Sunday of October."""
        if when is None:
            return timedelta(0)
        wall = when.replace(tzinfo=None)
        begin = _last_sunday(wall.year, 3).replace(hour=2)
        end = _last_sunday(wall.year, 10).replace(hour=3)
        if begin <= wall < begin + _HOUR:
            # This wall time does not exist; PEP 495: the offset before the gap, unless folded.
            return _HOUR if when.fold else timedelta(0)
        if end - _HOUR <= wall < end:
            return timedelta(0) if when.fold else _HOUR
        return _HOUR if begin < wall < end else timedelta(0)

    def tzname(self, when: datetime | None) -> str:
        """CET or CEST."""
        return "CEST" if self.dst(when) else "CET"

    def fromutc(self, when: datetime) -> datetime:
        """Wall time of a UTC time."""
        utc = when.replace(tzinfo=None)
        summer = _last_sunday(utc.year, 3) + _HOUR <= utc < _last_sunday(utc.year, 10) + _HOUR
        wall = (utc + _HOUR * (2 if summer else 1)).replace(tzinfo=self)
        second = not summer and utc < _last_sunday(utc.year, 10) + 2 * _HOUR
        return wall.replace(fold=int(second and utc >= _last_sunday(utc.year, 10) + _HOUR))


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31)  # noqa: DTZ001 - wall time of the rule
    return last - timedelta(days=last.isoweekday() % 7)


@lru_cache(maxsize=1)
def berlin() -> tzinfo:
    """The time zone of the gateway's local timestamps (seven-api.md section 0)."""
    try:
        return ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return CentralEuropeanTime()


def moment(value: object) -> datetime | None:
    """The aware time of a reply's timestamp; None if it is none.

    Published replies hold impossible times (`05:50:63`), so nothing is raised.
    """
    if isinstance(value, bool):
        return None
    text = str(value).strip()
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    day, time, fraction, zone = match.groups()
    precise = f".{fraction[:6]:0<6}" if fraction else ""
    seconds = "" if time.count(":") == 2 else ":00"
    try:
        parsed = datetime.fromisoformat(f"{day}T{time}{seconds}{precise}{zone or ''}")
    except ValueError:
        return None
    return parsed if zone else parsed.replace(tzinfo=berlin())
