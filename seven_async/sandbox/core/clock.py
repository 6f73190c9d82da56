"""The sandbox's time, which tests can move forward, and the gateway's way to write it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

BERLIN: Final = ZoneInfo("Europe/Berlin")
"""The gateway writes local times without a zone; they are this one."""
LAST_S: Final = 253_370_764_800.0
"""The first second of the year 9999: later times are cut to it, so that every time has a date."""

_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?", re.ASCII)


class Clock:
    """Epoch seconds from `base`, plus the seconds that it was advanced by."""

    def __init__(self, base: Callable[[], float]) -> None:
        self._base = base
        self.advanced_s: float = 0.0

    def __call__(self) -> float:
        """Return the sandbox's present, in epoch seconds."""
        return self._base() + self.advanced_s

    def advance(self, seconds: float) -> None:
        """Move the time forward. Negative steps are refused: reports never run backwards."""
        if seconds < 0:
            raise ValueError("the sandbox's clock only moves forward")
        self.advanced_s += seconds


def to_berlin(moment_s: float) -> datetime:
    """Convert epoch seconds to Berlin wall time."""
    return datetime.fromtimestamp(max(0.0, min(LAST_S, moment_s)), UTC).astimezone(BERLIN)


def local_text(moment_s: float) -> str:
    """Write a moment as `YYYY-MM-DD HH:MM:SS` in Berlin."""
    return to_berlin(moment_s).strftime("%Y-%m-%d %H:%M:%S")


def local_millis(moment_s: float) -> str:
    """Write a moment as `YYYY-MM-DD HH:MM:SS.fff` in Berlin."""
    return to_berlin(moment_s).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def local_date(moment_s: float) -> str:
    """Write a moment as `YYYY-MM-DD` in Berlin."""
    return to_berlin(moment_s).strftime("%Y-%m-%d")


def http_date(moment_s: float) -> str:
    """Write a moment as the `Date` header has it: `Wed, 25 Nov 2026 13:18:39 GMT`."""
    return _http_date(int(max(0.0, min(LAST_S, moment_s))))


@lru_cache(maxsize=4)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def parse_moment(text: str) -> float | None:
    """Read `delay`: epoch digits or Berlin wall time, None for anything else."""
    if text.isascii() and text.isdecimal():
        return min(LAST_S, float(text[:20]))
    if not _LOCAL.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip()).replace(tzinfo=BERLIN)
        return min(LAST_S, moment.timestamp())
    except (ValueError, OverflowError):
        return None
