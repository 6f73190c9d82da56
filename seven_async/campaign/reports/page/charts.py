"""Curves as SVG that keep the size of their labels at any width. Numbers in, text out, no I/O.

Labels are placed in percent of the width, and have the size that the page's style gives them. Only
the curves are stretched, each in an `<svg>` of its own. Labels for which a phone has no room have
the class `wide`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from html import escape
from itertools import chain, pairwise
from typing import Final

import attrs

from seven_async.campaign.reports.page.activity import ProgressCurves, RateCurve
from seven_async.campaign.reports.page.ticks import TimeLabel, find_time_labels, round_ticks
from seven_async.campaign.reports.page.time_axis import Stretch, TimeAxis
from seven_async.campaign.reports.page.wording import short_number, span

_TOP, _PLOT, _BOTTOM = 12, 190, 44
HEIGHT: Final = _TOP + _PLOT + _BOTTOM
_FLOOR: Final = _TOP + _PLOT

_UNITS: Final = (("second", 1), ("minute", 60), ("hour", 3_600))


@attrs.frozen
class Chart:
    """A drawing, and the sentence that says what it shows."""

    svg: str
    title: str
    description: str


def draw_rate(curve: RateCurve, zone: tzinfo | None) -> Chart:
    """Draw messages per second (per minute, per hour where they are few) over time."""
    most = max(curve.per_s)
    unit, seconds = next(((name, s) for name, s in _UNITS if most * s >= 1), _UNITS[-1])
    values = [value * seconds for value in curve.per_s]
    ticks = round_ticks(max(values), is_whole=False)
    areas = "".join(
        _draw_stretch(stretch, "accepted", _steps(_cut(stretch, values), ticks[-1]))
        for stretch in curve.axis.stretches
    )
    description = (
        f"At most {short_number(round(max(values), 1))} messages per {unit}, in "
        f"{span(curve.axis.duration_s)} of sending.{describe_idle_time(curve.axis)}"
    )
    drawing = _draw(curve.axis, ticks, areas, zone)
    return _build_chart(f"Messages per {unit}", description, drawing)


def draw_progress(curves: ProgressCurves, zone: tzinfo | None) -> Chart:
    """Draw how many messages were accepted, and how many delivered, by when."""
    most = max(curves.accepted[-1], curves.delivered[-1])
    ticks = round_ticks(most, is_whole=True)
    shapes = ""
    for stretch in curves.axis.stretches:
        accepted = _slopes(stretch, curves.accepted, ticks[-1])
        delivered = _slopes(stretch, curves.delivered, ticks[-1])
        shapes += _draw_stretch(stretch, "accepted", accepted)
        shapes += _draw_stretch(stretch, "delivered", delivered)
    description = (
        f"{curves.accepted[-1]:,} messages accepted and {curves.delivered[-1]:,} delivered by the "
        f"end of the curves.{describe_idle_time(curves.axis)}"
    )
    drawing = _draw(curves.axis, ticks, shapes, zone)
    return _build_chart("Accepted and delivered", description, drawing)


def describe_idle_time(axis: TimeAxis) -> str:
    """Return a sentence about the time that is left out; nothing if none is."""
    if not axis.idle_s:
        return ""
    left_out = span(sum(axis.idle_s))
    return f" Idle time is left out at the dashed lines: {left_out}. The parts differ in scale."


Points = Sequence[tuple[float, float]]
"""Places in a stretch: buckets from its left, and pixels from the top of the plot."""


def _cut(stretch: Stretch, values: Sequence[float]) -> Sequence[float]:
    return values[stretch.first_bucket : stretch.first_bucket + stretch.buckets]


def _y(value: float, most: float) -> float:
    return _PLOT * (1 - value / most)


def _steps(values: Sequence[float], most: float) -> Points:
    return [
        (place + side, _y(value, most)) for place, value in enumerate(values) for side in (0, 1)
    ]


def _slopes(stretch: Stretch, sums: Sequence[float], most: float) -> Points:
    before = sums[stretch.first_bucket - 1] if stretch.first_bucket else 0
    return list(enumerate(_y(value, most) for value in (before, *_cut(stretch, sums))))


def _draw_stretch(stretch: Stretch, color: str, points: Points) -> str:
    line = " ".join(f"{x:g},{y:.1f}" for x, y in points)
    area = f"0,{_PLOT} {line} {stretch.buckets},{_PLOT}"
    return (
        f'<svg x="{stretch.left:.2f}%" y="{_TOP}" width="{stretch.width:.2f}%" height="{_PLOT}" '
        f'viewBox="0 0 {stretch.buckets} {_PLOT}" preserveAspectRatio="none">'
        f'<polygon class="{color} area" points="{area}"/>'
        f'<polyline class="{color} line" points="{line}"/></svg>'
    )


def _build_chart(title: str, description: str, drawing: str) -> Chart:
    svg = (
        f'<svg class="chart" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(title)}. {escape(description)}">{drawing}</svg>'
    )
    return Chart(svg, title, description)


def _draw(axis: TimeAxis, ticks: Sequence[float], shapes: str, zone: tzinfo | None) -> str:
    labels = find_time_labels(axis, zone)
    parts = (_draw_value_axis(ticks), [shapes], _draw_breaks(axis), _draw_time_labels(labels))
    return "".join(chain.from_iterable(parts))


def _draw_value_axis(ticks: Sequence[float]) -> Iterable[str]:
    for value in ticks:
        y = _TOP + _y(value, ticks[-1])
        yield f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{short_number(value)}</text>'


def _draw_breaks(axis: TimeAxis) -> Iterable[str]:
    for stretch, later in pairwise(axis.stretches):
        x = (stretch.left + stretch.width + later.left) / 2
        yield f'<line class="break" x1="{x:.2f}%" x2="{x:.2f}%" y1="{_TOP}" y2="{_FLOOR + 6}"/>'


def _draw_time_labels(labels: Iterable[TimeLabel]) -> Iterable[str]:
    for label in labels:
        kind = ' class="wide"' if label.is_wide_only else ""
        place = f'x="{label.x:.2f}%"'
        day = f'<tspan {place} dy="15">{label.date}</tspan>' if label.date else ""
        yield (
            f'<line{kind} x1="{label.x:.2f}%" x2="{label.x:.2f}%" y1="{_FLOOR}" y2="{_FLOOR + 5}"/>'
            f'<text{kind} {place} y="{_FLOOR + 20}" text-anchor="{label.anchor}">{label.text}{day}'
            f"</text>"
        )
