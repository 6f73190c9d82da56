"""What happened when, and what it cost where: the numbers behind the curves of a report.

In: a connection to a journal. Out: `Timeline` and costs. I/O: the journal is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from sqlite3 import Connection
from typing import Final

import attrs

from seven_async.campaign.inputs.phone.e164 import calling_code_of
from seven_async.campaign.journal.sqlite.statements import MICRO
from seven_async.campaign.reports.journal_report import COUNTED_AS

_BUCKETS: Final = 120
_PREFIX: Final = 6


@attrs.frozen
class Timeline:
    """Results by time: how many per second, and how many of each outcome by then."""

    begun_at: float
    bucket_s: float
    per_s: Sequence[float]
    by_then: Mapping[str, Sequence[float]]


def build_timeline(database: Connection) -> Timeline | None:
    """Return the timeline of a campaign; None as long as nothing has happened."""
    begun_at, ended_at = database.execute(
        "SELECT min(intent_at), max(result_at) FROM message WHERE result_at IS NOT NULL"
    ).fetchone()
    if begun_at is None:
        return None
    bucket_s = max((ended_at - begun_at) / _BUCKETS, 0.05)
    length = int((ended_at - begun_at) / bucket_s) + 1
    counts: dict[str, list[float]] = defaultdict(lambda: [0.0] * length)
    query = """SELECT CAST((result_at - ?) / ? AS INTEGER), state, count(*) FROM message
               WHERE result_at IS NOT NULL GROUP BY 1, 2"""
    for bucket, state, count in database.execute(query, (begun_at, bucket_s)):
        counts[COUNTED_AS[state]][max(0, bucket)] += count
    per_s = [sum(values[place] for values in counts.values()) / bucket_s for place in range(length)]
    return Timeline(begun_at, bucket_s, per_s, {name: _sums(v) for name, v in counts.items()})


def _sums(values: Sequence[float]) -> list[float]:
    sums: list[float] = []
    for value in values:
        sums.append((sums[-1] if sums else 0.0) + value)
    return sums


@attrs.frozen
class CountryTotal:
    """What was accepted for one calling code."""

    messages: int
    cost: Decimal


def totals_by_country(database: Connection) -> dict[str, CountryTotal]:
    """Return what was accepted and what it cost, by calling code (`+49`), the dearest first."""
    query = """SELECT substr(ltrim(recipient, '+0'), 1, ?), count(*),
                      coalesce(sum(price_micro_eur), 0)
               FROM message WHERE state = 'accepted' GROUP BY 1"""
    messages: dict[str, int] = defaultdict(int)
    micro_eur: dict[str, int] = defaultdict(int)
    for digits, count, cost in database.execute(query, (_PREFIX,)):
        code = calling_code_of(digits) if digits.isdecimal() else None
        name = "other" if code is None else f"+{code}"
        messages[name] += count
        micro_eur[name] += cost
    names = sorted(micro_eur, key=lambda name: micro_eur[name], reverse=True)
    return {name: CountryTotal(messages[name], Decimal(micro_eur[name]) / MICRO) for name in names}
