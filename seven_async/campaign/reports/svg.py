"""Curves and bars as SVG, for a page without scripts or links. Numbers in, text out, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import attrs

WIDTH: Final = 860
HEIGHT: Final = 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 12, 28
_BAR: Final = 26


@attrs.frozen
class Scale:
    """From values to places on the drawing."""

    span_s: float
    most: float

    def x(self, seconds: float) -> float:
        """Return how far right a moment is."""
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * seconds / (self.span_s or 1.0)

    def y(self, value: float) -> float:
        """Return how far down a value is."""
        return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * value / (self.most or 1.0)


def rate_curve(per_s: Sequence[float], bucket_s: float, color: str) -> str:
    """Return a curve of messages per second over time."""
    span_s = len(per_s) * bucket_s
    scale = Scale(span_s, round_up(max(per_s, default=0.0)))
    points: list[tuple[float, float]] = []
    for place, value in enumerate(per_s):
        points.append((scale.x(place * bucket_s), scale.y(value)))
        points.append((scale.x((place + 1) * bucket_s), scale.y(value)))
    floor = scale.y(0)
    area = [(scale.x(0), floor), *points, (scale.x(span_s), floor)]
    shape = f'<polygon points="{_join(area)}" fill="{color}" fill-opacity="0.25"/>'
    line = f'<polyline points="{_join(points)}" fill="none" stroke="{color}" stroke-width="2"/>'
    return _build_drawing(_axes(scale) + shape + line, "messages per second over time")


def stacked_curves(
    series: Mapping[str, Sequence[float]], bucket_s: float, colors: Mapping[str, str]
) -> str:
    """Return curves of how many there are of each outcome by then, stacked."""
    length = max((len(values) for values in series.values()), default=0)
    totals = [sum(values[place] for values in series.values()) for place in range(length)]
    scale = Scale(length * bucket_s, round_up(max(totals, default=0.0)))
    below = [0.0] * length
    shapes: list[str] = []
    for name, values in series.items():
        above = [low + value for low, value in zip(below, values, strict=True)]
        outline = _edge(scale, above, bucket_s) + _edge(scale, below, bucket_s)[::-1]
        shapes.append(f'<polygon points="{_join(outline)}" fill="{colors[name]}"/>')
        below = above
    return _build_drawing("".join(shapes) + _axes(scale), "outcomes over time")


def _edge(scale: Scale, values: Sequence[float], bucket_s: float) -> list[tuple[float, float]]:
    begin = [(scale.x(0), scale.y(0))]
    rest = [(scale.x((n + 1) * bucket_s), scale.y(value)) for n, value in enumerate(values)]
    return begin + rest


def bars(values: Mapping[str, float], words: Mapping[str, str], color: str) -> str:
    """Return a bar for each name, with words behind it."""
    most = max(values.values(), default=0.0) or 1.0
    room = WIDTH - _LEFT - 260
    rows: list[str] = []
    for place, (name, value) in enumerate(values.items()):
        top = place * _BAR
        length = max(1.0, room * value / most)
        rows.append(
            f'<text x="{_LEFT - 8}" y="{top + 17}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{top + 4}" width="{length:.1f}" height="{_BAR - 8}" rx="3" '
            f'fill="{color}"/><text x="{_LEFT + length + 8:.1f}" y="{top + 17}">'
            f"{escape(words[name])}</text>"
        )
    return _build_drawing("".join(rows), "a bar for each", height=max(1, len(values)) * _BAR)


def _build_drawing(content: str, title: str, height: int = HEIGHT) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        f"{content}</svg>"
    )


def _axes(scale: Scale) -> str:
    lines: list[str] = []
    for step in range(5):
        value = scale.most * step / 4
        y = scale.y(value)
        lines.append(
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>'
        )
    for step in range(6):
        seconds = scale.span_s * step / 5
        anchor = "end" if step == 5 else "middle" if step else "start"
        lines.append(
            f'<text x="{scale.x(seconds):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">'
            f"{duration(seconds)}</text>"
        )
    return "".join(lines)


def _join(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def round_up(value: float) -> float:
    """Return the next round number, so that the axis has round numbers."""
    if value <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= value:
        power *= 10
    while power > value:
        power /= 10
    return next(power * step for step in (1, 2, 4, 5, 8, 10) if power * step >= value)


def short(value: float) -> str:
    """Return a number for an axis: `1.5k`, `250`, `0.5`."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if value >= 10_000:
        return f"{value / 1_000:g}k"
    return f"{value:g}"


def duration(seconds: float) -> str:
    """Return a time for an axis: `0 s`, `12 min`, `3 h`."""
    if seconds < 100:
        return f"{seconds:.3g} s"
    if seconds < 6_000:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"
