"""Times as the gateway writes them become aware datetimes.

In: a text or number of a reply. Out: an aware datetime, or None for what is no time. No I/O but
time zone tables.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from seven_async.errors import ConfigurationError

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
# Ten digits of Unix seconds cover 2001 to 2286; other numbers are something else.
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?", re.ASCII)


@lru_cache(maxsize=1)
def berlin() -> ZoneInfo:
    """The time zone of the gateway's local timestamps (seven-api.md section 0).

    It comes from the machine's tables, or from the package `tzdata` where there are none.

    Raises:
        ConfigurationError: There is neither, as in a frozen program that was packed without it.
    """
    try:
        return ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        raise ConfigurationError(
            "there are no time zone tables, and the gateway's times are in Europe/Berlin; "
            "install the package tzdata, or pack it into the program "
            "(PyInstaller: --collect-data tzdata)"
        ) from None


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
