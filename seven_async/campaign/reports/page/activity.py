"""What happened when: messages answered by the gateway, and what arrived.

In: a connection to a journal. Out: the numbers behind the curves. I/O: the journal is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import attrs

from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.reports.page.delivery_summary import DELIVERED
from seven_async.campaign.reports.page.time_axis import TimeAxis, find_axis

_ANSWERED: Final = """SELECT result_at AS at FROM message WHERE result_at IS NOT NULL
                      AND state IN ('accepted', 'rejected', 'unknown')"""
_ACCEPTED: Final = """SELECT result_at AS at FROM message WHERE result_at IS NOT NULL
                      AND state = 'accepted'"""
_ARRIVED: Final = f"""SELECT delivery_at AS at FROM message WHERE delivery_at IS NOT NULL
                      AND state = 'accepted' AND delivery IN ({DELIVERED})"""  # noqa: S608


@attrs.frozen(kw_only=True)
class RateCurve:
    """Messages per second in each bucket of the axis."""

    axis: TimeAxis
    per_s: Sequence[float]


@attrs.frozen(kw_only=True)
class ProgressCurves:
    """How many messages were accepted, and how many delivered, at the end of each bucket."""

    axis: TimeAxis
    accepted: Sequence[int]
    delivered: Sequence[int]


def read_rate(database: Database) -> RateCurve | None:
    """Return how fast messages were sent; None as long as none was."""
    axis = find_axis(database, _ANSWERED)
    if axis is None:
        return None
    lengths = (stretch.bucket_s for stretch in axis.stretches for _ in range(stretch.buckets))
    counts = axis.count(database, _ANSWERED)
    per_s = [count / bucket_s for count, bucket_s in zip(counts, lengths, strict=True)]
    return RateCurve(axis=axis, per_s=per_s)


def read_progress(database: Database) -> ProgressCurves | None:
    """Return how many were accepted and delivered by when; None as long as none was accepted."""
    axis = find_axis(database, f"{_ACCEPTED} UNION ALL {_ARRIVED}")
    if axis is None:
        return None
    return ProgressCurves(
        axis=axis,
        accepted=list(accumulate(axis.count(database, _ACCEPTED))),
        delivered=list(accumulate(axis.count(database, _ARRIVED))),
    )
