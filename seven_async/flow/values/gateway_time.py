"""What time it is at the gateway, by the `Date` of its replies; and how long ago things were.

In: headers of replies and readings of the own clocks. Out: Unix seconds of the gateway's clock, and
ages that are proven. I/O: one warning in the log where the two clocks are far apart.

The Unix time of the own machine proves nothing: it may be hours off, and may jump while the program
runs. It is used only to notice that.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import attrs

from seven_async.flow.clock import BootTime, Clock, ClockReading

logger: Final = logging.getLogger("seven_async")

_SLOW_REPLY_S: Final = 5.0
"""A reply that took longer says too vaguely when its `Date` was written."""

_JUMP_S: Final = 5.0
"""Unix time that went by and monotonic time that went by may differ by so much, not by more: else
the clock was set, or the machine was suspended (which many monotonic clocks do not count)."""

_WARNED_FROM_S: Final = 30.0
"""The gateway refuses signed requests from here on (auth.md section 3)."""


@attrs.frozen
class _Sample:
    """What a `Date` header said, and the own clocks when its request left and when it arrived."""

    date_s: float
    sent_s: float
    received: ClockReading


class GatewayTime:
    """The gateway's clock, as far as replies have told it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._sample: _Sample | None = None
        self._text = ""
        self._has_warned = False

    def note(self, headers: Mapping[str, str], sent_s: float) -> None:
        """Take the `Date` of a reply whose request left at `sent_s`, by the monotonic clock."""
        text = headers.get("date", "")
        if not text or (text == self._text and self._holds()):
            return
        date_s = _parse_date(text)
        received = self.clock.read()
        if date_s is None or not 0 <= received.monotonic_s - sent_s <= _SLOW_REPLY_S:
            return
        self._text = text
        self._sample = _Sample(date_s, sent_s, received)
        self._warn_if_apart(received.now_s - date_s)

    def earliest_s(self, reading: ClockReading) -> float | None:
        """Return the earliest that the gateway's clock may have shown at a moment of this process.

        None while no reply told it, and where the own clock was set in between.
        """
        sample = self._sample_for(reading)
        if sample is None:
            return None
        return sample.date_s + reading.monotonic_s - sample.received.monotonic_s

    def latest_s(self, reading: ClockReading) -> float | None:
        """Return the latest that the gateway's clock may have shown; else as `earliest_s`."""
        sample = self._sample_for(reading)
        if sample is None:
            return None
        # The header has whole seconds, so up to one more had gone by.
        return sample.date_s + 1.0 + reading.monotonic_s - sample.sent_s

    @property
    def own_clock_ahead_s(self) -> float | None:
        """By how many seconds the own clock is ahead of the gateway's; None while unknown."""
        sample = self._sample
        return None if sample is None else sample.received.now_s - sample.date_s

    def _holds(self) -> bool:
        """Tell whether the last sample is still right; asked with each reply, so in few steps."""
        sample, clock = self._sample, self.clock
        if sample is None:
            return False
        received = sample.received
        unix_s, monotonic_s = clock.now() - received.now_s, clock.monotonic() - received.monotonic_s
        return abs(unix_s - monotonic_s) <= _JUMP_S

    def _sample_for(self, reading: ClockReading) -> _Sample | None:
        sample = self._sample
        if sample is None or has_jumped(sample.received, reading):
            return None
        return sample

    def _warn_if_apart(self, ahead_s: float) -> None:
        if self._has_warned or clock_warning(ahead_s) is None:
            return
        self._has_warned = True
        logger.warning("%s", clock_warning(ahead_s))


def clock_warning(ahead_s: float) -> str | None:
    """Return what to say of a clock that is ahead by so many seconds; None if by few."""
    if abs(ahead_s) < _WARNED_FROM_S:
        return None
    return (
        f"the clock of this machine is {abs(ahead_s):.0f} s "
        f"{'ahead of' if ahead_s > 0 else 'behind'} the gateway's; set it, since scheduled "
        f"messages, quiet hours and signatures go by it"
    )


def _parse_date(text: str) -> float | None:
    """Return the Unix seconds of a `Date` header; None for what is no date."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def has_jumped(earlier: ClockReading, later: ClockReading) -> bool:
    """Tell whether the Unix time was set, or the machine suspended, between two readings."""
    unix_s = later.now_s - earlier.now_s
    monotonic_s = later.monotonic_s - earlier.monotonic_s
    return not abs(unix_s - monotonic_s) <= _JUMP_S  # NaN has jumped


@attrs.frozen(kw_only=True)
class Departure:
    """When a message was about to leave, by every clock that may prove how long ago that is.

    `gateway_s` is the latest that the gateway's clock may have shown then, `reading` the own clocks
    if it was in this process.
    """

    boot: BootTime | None = None
    gateway_s: float | None = None
    reading: ClockReading | None = None


def read_departure(gateway: GatewayTime) -> Departure:
    """Return the departure of what is about to leave now."""
    now = gateway.clock.read()
    return Departure(boot=now.boot, gateway_s=gateway.latest_s(now), reading=now)


def proven_ages_s(departure: Departure, now: ClockReading, gateway: GatewayTime) -> list[float]:
    """Return how many seconds ago a message was about to leave, once for every proof.

    Proofs agree unless a clock is broken; whoever relies on an age takes the one that is the more
    careful. Without a proof the list is empty.
    """
    ages: list[float] = []
    boot, gateway_s, reading = departure.boot, departure.gateway_s, departure.reading
    if boot is not None and now.boot is not None and boot.boot_id == now.boot.boot_id:
        ages.append(now.boot.seconds - boot.seconds)
    if reading is not None and not has_jumped(reading, now):
        ages.append(now.monotonic_s - reading.monotonic_s)
    there_s = gateway.earliest_s(now)
    if gateway_s is not None and there_s is not None:
        ages.append(there_s - gateway_s)
    return ages


def earliest_departure_s(
    departure: Departure, now: ClockReading, gateway: GatewayTime
) -> float | None:
    """Return when a message was about to leave by the gateway's clock, or a little before.

    None where that is not proven.
    """
    there_s = gateway.earliest_s(now)
    ages = proven_ages_s(departure, now, gateway)
    if ages and there_s is not None:
        return there_s - max(ages)
    return departure.gateway_s
