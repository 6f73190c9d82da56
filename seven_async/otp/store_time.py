"""The seconds of a store, which no setting of a clock moves back.

In: what the store knew of the time, and what the clocks show. Out: the store's seconds now. No I/O.

A code must not become valid again because a clock was set back, and no cap must be empty because it
was set forward. So time is counted, not read: by the seconds since the machine was started where
the system tells them, in one process by the monotonic clock, else by the Unix time, of which steps
back count as no time.
"""

from __future__ import annotations

import json
from typing import Final

import attrs

from seven_async.flow.clock import BootTime, ClockReading

_STEP_S: Final = 1.0


@attrs.frozen
class StoreTime:
    """The seconds of a store at its last use, and what the clocks showed then."""

    now_s: float
    reading: ClockReading

    def to_text(self) -> str:
        """Write it for a store."""
        return json.dumps([self.now_s, self.reading.now_s, self.reading.boot])

    def is_due_after(self, before: StoreTime | None) -> bool:
        """Tell whether it is time to write it down; a part of a second may wait."""
        return (
            before is None
            or self.now_s - before.now_s >= _STEP_S
            or self.reading.now_s < before.reading.now_s
            or not _is_same_boot(self.reading, before.reading)
        )


def parse_store_time(text: str) -> StoreTime:
    """Return what `to_text` wrote; monotonic seconds of another process mean nothing here."""
    now_s, unix_s, boot = json.loads(text)
    return StoreTime(now_s, ClockReading(unix_s, 0.0, BootTime(*boot) if boot else None))


def advance(
    before: StoreTime | None, reading: ClockReading, *, is_one_process: bool = False
) -> StoreTime:
    """Return the time of a store now; the Unix time where it begins."""
    if before is None:
        return StoreTime(reading.now_s, reading)
    elapsed_s = _elapsed_s(before.reading, reading, is_one_process=is_one_process)
    return StoreTime(before.now_s + max(0.0, elapsed_s), reading)


def _elapsed_s(before: ClockReading, now: ClockReading, *, is_one_process: bool) -> float:
    if before.boot is not None and now.boot is not None and _is_same_boot(before, now):
        return now.boot.seconds - before.boot.seconds
    if is_one_process:
        return now.monotonic_s - before.monotonic_s
    return now.now_s - before.now_s


def _is_same_boot(before: ClockReading, now: ClockReading) -> bool:
    ids = [None if reading.boot is None else reading.boot.boot_id for reading in (before, now)]
    return ids[0] == ids[1]
