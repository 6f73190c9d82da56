"""A time axis without idle time: stretches in which something happened, side by side.

In: a connection to a journal, and a query of moments. Out: `TimeAxis`, and counts by its buckets.
I/O: the journal is read, by queries that return few rows however many messages there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import attrs

from seven_async.campaign.journal.statements.database import Database

_FIRST_LOOK: Final = 1_024
"""Rows in which gaps are looked for; a shorter gap than one of them is none worth leaving out."""

_MOST_STRETCHES: Final = 24
_SHORTEST_IDLE_S: Final = 30.0
_IDLE_SHARE: Final = 0.15
_IDLE_TIMES_USUAL: Final = 10.0
_BREAK_WIDTH: Final = 2.0
_ALL_BREAKS_WIDTH: Final = 20.0
_SHORTEST_STRETCH_S: Final = 1.0

_FLOOR: Final = "round((at - ?) / ? - 0.4999)"
"""The whole part: databases differ in what a CAST does, and in how they round a half."""

_BUCKETS_PER_PERCENT: Final = 0.8
_SHORTEST_BUCKET_S: Final = 0.25
_MESSAGES_PER_BUCKET: Final = 10


@attrs.frozen(kw_only=True)
class Stretch:
    """A part of the axis: from when to when, where it is drawn in percent, and its buckets."""

    begin_s: float
    end_s: float
    left: float
    width: float
    first_bucket: int
    buckets: int

    @property
    def duration_s(self) -> float:
        """Its length; never 0."""
        return max(self.end_s - self.begin_s, _SHORTEST_STRETCH_S)

    @property
    def bucket_s(self) -> float:
        """The length of a bucket."""
        return self.duration_s / self.buckets

    def x(self, moment_s: float) -> float:
        """Return where a moment is drawn, in percent from the left."""
        return self.left + self.width * (moment_s - self.begin_s) / self.duration_s


@attrs.frozen(kw_only=True)
class TimeAxis:
    """Stretches in order, and the idle seconds that are left out between them."""

    stretches: Sequence[Stretch]
    idle_s: Sequence[float]

    @property
    def duration_s(self) -> float:
        """The time in which something happened."""
        return sum(stretch.duration_s for stretch in self.stretches)

    @property
    def buckets(self) -> int:
        """Buckets of all stretches."""
        return sum(stretch.buckets for stretch in self.stretches)

    def count(self, database: Database, moments: str) -> list[int]:
        """Return how many moments of a query (a column `at`) are in each bucket."""
        counts = [0] * self.buckets
        expression, values = self._bucket_of()
        query = f"SELECT {expression}, count(*) FROM ({moments}) AS moments GROUP BY 1"  # noqa: S608
        for bucket, count in database.execute(query, values):
            counts[max(0, int(bucket))] += count
        return counts

    def _bucket_of(self) -> tuple[str, list[float]]:
        """Return the expression that gives the bucket of `at`, and its values."""
        expression, values = "CASE", list[float]()
        for stretch, later in pairwise([*self.stretches, None]):
            assert stretch is not None  # noqa: S101 - only the last one of all is
            if later is not None:
                values.append(later.begin_s)
            expression += " ELSE " if later is None else " WHEN at < ? THEN "
            expression += f"CASE WHEN at >= ? THEN ? ELSE ? + {_FLOOR} END"
            last = stretch.buckets - 1
            values += [
                *(stretch.begin_s + last * stretch.bucket_s, stretch.first_bucket + last),
                *(stretch.first_bucket, stretch.begin_s, stretch.bucket_s),
            ]
        # A CASE without a WHEN is no expression.
        is_single = len(self.stretches) == 1
        return (expression.removeprefix("CASE ELSE ") if is_single else f"{expression} END"), values


class _Row(NamedTuple):
    """Moments close to each other: the first, the last, and how many."""

    first: float
    last: float
    messages: int


def find_axis(database: Database, moments: str) -> TimeAxis | None:
    """Return the axis for the moments of a query (a column `at`); None if it has none."""
    query = f"SELECT min(at), max(at) FROM ({moments}) AS moments"  # noqa: S608 - our own queries
    begin_s, end_s = database.execute(query).fetchone()
    if begin_s is None:
        return None
    step_s = max((end_s - begin_s) / _FIRST_LOOK, 0.001)
    query = f"""SELECT min(at), max(at), count(*) FROM ({moments}) AS moments
                GROUP BY {_FLOOR} ORDER BY 1"""  # noqa: S608
    rows = [_Row(*row) for row in database.execute(query, (begin_s, step_s))]
    return _build_axis(_split(rows))


def _split(rows: Sequence[_Row]) -> list[_Row]:
    """Return the rows joined to stretches, parted by the longest gaps that are idle time."""
    gaps = sorted(
        ((later.first - row.last, place) for place, (row, later) in enumerate(pairwise(rows), 1)),
        reverse=True,
    )
    rest_s, usual = rows[-1].last - rows[0].first, sum(row.messages for row in rows) - 1
    breaks = 0
    for number, (gap_s, _) in enumerate(gaps[: _MOST_STRETCHES - 1], 1):
        rest_s, usual = rest_s - gap_s, usual - 1
        # Against the rest, so that of ten runs all gaps are left out; and against the usual time
        # between two messages, so that a slow but steady campaign is one stretch.
        if usual > 0 and gap_s >= max(
            _SHORTEST_IDLE_S, _IDLE_SHARE * rest_s, _IDLE_TIMES_USUAL * rest_s / usual
        ):
            breaks = number
    places = [0, *sorted(place for _, place in gaps[:breaks]), len(rows)]
    return [_join(rows[begin:end]) for begin, end in pairwise(places)]


def _join(rows: Sequence[_Row]) -> _Row:
    return _Row(rows[0].first, rows[-1].last, sum(row.messages for row in rows))


def _build_axis(parts: Sequence[_Row]) -> TimeAxis:
    durations = [max(part.last - part.first, _SHORTEST_STRETCH_S) for part in parts]
    gap = min(_BREAK_WIDTH, _ALL_BREAKS_WIDTH / len(parts))
    room = 100.0 - gap * (len(parts) - 1)
    stretches: list[Stretch] = []
    left, bucket = 0.0, 0
    for part, duration_s in zip(parts, durations, strict=True):
        # Half of the room by time, half in equal shares: a short run can be seen beside a long one.
        width = room * (0.5 / len(parts) + 0.5 * duration_s / sum(durations))
        most = (
            width * _BUCKETS_PER_PERCENT,
            duration_s / _SHORTEST_BUCKET_S,
            part.messages / _MESSAGES_PER_BUCKET,
        )
        stretch = Stretch(
            begin_s=part.first,
            end_s=part.last,
            left=left,
            width=width,
            first_bucket=bucket,
            buckets=max(1, int(min(most))),
        )
        stretches.append(stretch)
        left, bucket = left + width + gap, bucket + stretch.buckets
    idle = tuple(later.begin_s - stretch.end_s for stretch, later in pairwise(stretches))
    return TimeAxis(stretches=tuple(stretches), idle_s=idle)
