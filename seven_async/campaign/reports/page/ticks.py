"""Where the labels of a chart stand, so that they are round and do not overlap. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

import attrs

from seven_async.campaign.reports.page.time_axis import Stretch, TimeAxis
from seven_async.campaign.reports.page.wording import local_time, short_date

_VALUE_STEPS: Final = 4

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_STEPS_S: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE_S * step for step in (1, 2, 5, 10, 15, 30)),
    *(_HOUR_S * step for step in (1, 2, 3, 6, 12)),
    *(_DAY_S * step for step in (1, 2, 7, 14, 28, 56, 112, 364)),
)
_TICKS_PER_PERCENT: Final = 0.08

# Pixels of a chart on a phone of 360 px, and where the page's style shows labels that are wide.
_NARROW_PX, _WIDE_PX = 262, 500
_CHARACTER_PX: Final = 7.5
_APART_PX: Final = 8


@attrs.frozen(kw_only=True)
class TimeLabel:
    """A time below the axis; `is_wide_only` where a phone has no room for it."""

    x: float
    text: str
    date: str
    anchor: str
    is_wide_only: bool = False

    def edges(self, chart_px: float) -> tuple[float, float]:
        """Return where it begins and ends, in pixels of a chart of some width."""
        width = max(len(self.text), len(self.date)) * _CHARACTER_PX
        shift = {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        left = self.x / 100 * chart_px - shift
        return left, left + width


def round_ticks(most: float, *, is_whole: bool) -> list[float]:
    """Return values from 0 in steps of 1, 2 or 5 times a power of ten; the last is not below."""
    step = most / _VALUE_STEPS or 1.0
    power = 10.0 ** math.floor(math.log10(step))
    # The last is for what rounding has made a little too large.
    step = next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= step * 0.999999)
    if is_whole:
        step = max(step, 1.0)
    count = max(1, math.ceil(most / step - 1e-9))
    return [round(step * number, 10) for number in range(count + 1)]


def find_time_labels(axis: TimeAxis, zone: tzinfo | None) -> list[TimeLabel]:
    """Return the labels of an axis; those that matter most have their place first."""
    candidates = list(_candidates(axis, zone))
    narrow = _place(candidates, [], _NARROW_PX)
    wide = _place(candidates, narrow, _WIDE_PX)
    return [*narrow, *(attrs.evolve(label, is_wide_only=True) for label in wide)]


def _place(
    candidates: Sequence[TimeLabel], placed: Sequence[TimeLabel], chart_px: float
) -> list[TimeLabel]:
    """Return the candidates for which there is room beside those that are placed."""
    taken = [label.edges(chart_px) for label in placed]
    fitting: list[TimeLabel] = []
    for label in candidates:
        left, right = label.edges(chart_px)
        if all(right + _APART_PX <= begin or left >= end + _APART_PX for begin, end in taken):
            taken.append((left, right))
            fitting.append(label)
    return fitting


def _candidates(axis: TimeAxis, zone: tzinfo | None) -> Iterator[TimeLabel]:
    has_seconds = axis.duration_s < 3 * _MINUTE_S
    day = None
    for stretch in axis.stretches:
        begin = local_time(stretch.begin_s, zone)
        has_date, day = begin.date() != day, begin.date()
        yield _label(stretch, stretch.begin_s, begin, has_seconds=has_seconds, has_date=has_date)
    last = axis.stretches[-1]
    end = local_time(last.end_s, zone)
    yield _label(last, last.end_s, end, has_seconds=has_seconds, has_date=end.date() != day)
    for stretch in axis.stretches:
        for moment_s, moment in _round_moments(stretch, zone):
            is_midnight = not (moment.hour or moment.minute or moment.second)
            label = _label(stretch, moment_s, moment, has_seconds=has_seconds, has_date=False)
            yield attrs.evolve(label, text=short_date(moment)) if is_midnight else label


def _label(
    stretch: Stretch, moment_s: float, moment: datetime, *, has_seconds: bool, has_date: bool
) -> TimeLabel:
    x = stretch.x(moment_s)
    return TimeLabel(
        x=x,
        text=f"{moment:%H:%M:%S}" if has_seconds else f"{moment:%H:%M}",
        date=short_date(moment) if has_date else "",
        # At the edges labels would be cut off.
        anchor="start" if x < 6 else "end" if x > 94 else "middle",
    )


def _round_moments(stretch: Stretch, zone: tzinfo | None) -> Iterator[tuple[float, datetime]]:
    wanted = max(1.0, stretch.width * _TICKS_PER_PERCENT)
    step_s = next((step for step in _STEPS_S if stretch.duration_s / step <= wanted), _STEPS_S[-1])
    begin = local_time(stretch.begin_s, zone)
    # Round by the clocks of the zone, not by UTC.
    shift = begin.utcoffset()
    shift_s = 0.0 if shift is None else shift.total_seconds()
    moment_s = math.ceil((stretch.begin_s + shift_s) / step_s) * step_s - shift_s
    while moment_s <= stretch.end_s:
        yield moment_s, local_time(moment_s, zone)
        moment_s += step_s
