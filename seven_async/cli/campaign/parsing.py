"""Times as people write them on a command line.

In: the words of an option. Out: values of Python, or a refusal that names the option. I/O: reads
the file of the holidays.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from seven_async.errors import InvalidRequestError

_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_MOMENT: Final = "a moment with its time zone, such as '2026-12-01 09:00 Europe/Berlin'"
_moment: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?) *([A-Za-z+-].*)"
)
_day: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_span: Final = re.compile(rf"([0-9]+(?:\.[0-9]+)?) *({'|'.join(_UNITS_S)})")


def parse_seconds(option: str, text: str) -> float:
    """Return the seconds of a span such as `2h` or `90 min`."""
    match = _span.fullmatch(text.strip().lower())
    if match is None or not float(match[1]):
        raise InvalidRequestError(f"{option} takes a time such as 90m, 2h or 1d, not {text!r}")
    return float(match[1]) * _UNITS_S[match[2]]


def parse_hours(option: str, text: str) -> tuple[time, time]:
    """Return hours such as `20-8` or `21:30-7`."""
    begin, _, end = text.partition("-")
    try:
        return _parse_hour(begin), _parse_hour(end)
    except ValueError:
        raise InvalidRequestError(f"{option} takes hours such as 20-8, not {text!r}") from None


def _parse_hour(text: str) -> time:
    hour, _, minute = text.strip().partition(":")
    return time(int(hour), int(minute or 0))


def parse_moment(option: str, text: str) -> datetime:
    """Return a moment such as `2026-12-01 09:00 Europe/Berlin`; the zone may be `+01:00`, too."""
    match = _moment.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError  # noqa: TRY301 - told as all other misspellings
        local = datetime.fromisoformat(f"{match[1]} {match[2]}")
        moment = _in_zone(local, match[3])
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise InvalidRequestError(f"{option} takes {_MOMENT}, not {text!r}") from None
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None) != local:
        raise InvalidRequestError(f"{option}: there is no such hour on that day in {match[3]}")
    return moment


def _in_zone(local: datetime, zone: str) -> datetime:
    if zone[0] in "+-":
        return datetime.fromisoformat(f"{local.isoformat()}{zone}")
    return local.replace(tzinfo=UTC if zone in ("Z", "UTC") else ZoneInfo(zone))


def read_days(option: str, file: Path) -> list[date]:
    """Return the days of a file, one a line as `2026-12-25`; `#` begins a comment."""
    days: list[date] = []
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"{option} {file}: {error}") from None
    for number, line in enumerate(lines, 1):
        day = line.partition("#")[0].strip()
        if not day:
            continue
        if not _day.fullmatch(day):
            raise InvalidRequestError(_not_a_day(option, file, number))
        try:
            days.append(date.fromisoformat(day))
        except ValueError:
            raise InvalidRequestError(_not_a_day(option, file, number)) from None
    return days


def _not_a_day(option: str, file: Path, line: int) -> str:
    return f"{option} {file}, line {line}: days are written as 2026-12-25, one a line"
