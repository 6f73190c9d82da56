"""The clocks that a call reads and the sleep it takes, passed in so that tests need not wait."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import anyio
import attrs

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class BootTime(NamedTuple):
    """Seconds since the machine was started, suspended time included, and which start that was.

    No setting of the clock changes it: of two moments with the same `boot_id`, the difference of
    the seconds is the time that has really gone by.
    """

    boot_id: str
    seconds: float


@lru_cache(maxsize=1)
def _boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text("ascii").strip() or None
    except (OSError, ValueError):
        return None


def read_boot_time() -> BootTime | None:
    """Return the time since the machine was started; None where the system does not tell it."""
    if sys.platform != "linux":
        return None
    boot_id = _boot_id()
    return BootTime(boot_id, time.clock_gettime(time.CLOCK_BOOTTIME)) if boot_id else None


class ClockReading(NamedTuple):
    """All clocks, read at one moment: Unix seconds, monotonic seconds, time since the start."""

    now_s: float
    monotonic_s: float
    boot: BootTime | None


@attrs.frozen(kw_only=True)
class Clock:
    """Monotonic seconds, Unix seconds, a sleep, and a draw from 0 to 1 for jitter.

    `boot_time` proves how long ago something was, whatever happened to the Unix time meanwhile.
    A clock whose `now` is not the system's has none unless given: the machine's would contradict
    a time that is made up.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    draw: Callable[[], float] = random.random
    boot_time: Callable[[], BootTime | None] | None = None

    def read(self) -> ClockReading:
        """Return what all clocks show now."""
        if self.boot_time is not None:
            boot = self.boot_time()
        else:
            boot = read_boot_time() if self.now is time.time else None
        return ClockReading(self.now(), self.monotonic(), boot)
