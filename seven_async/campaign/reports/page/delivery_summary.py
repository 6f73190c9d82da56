"""What became of accepted messages, and how long they took.

In: a connection to a journal, and counts by delivery state. Out: `DeliverySummary`. I/O: the
journal is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from seven_async.api.status import DeliveryState
from seven_async.campaign.journal.statements.database import Database
from seven_async.webhooks.events import CallState

_ARRIVED: Final = frozenset(
    {DeliveryState.DELIVERED.value, DeliveryState.READ.value, CallState.COMPLETED.value}
)
_ENDED: Final = frozenset(
    {
        *(state.value for state in DeliveryState if state.is_final),
        *(state.value for state in CallState if state.is_final),
    }
)
DELIVERED: Final = ", ".join(f"'{state}'" for state in sorted(_ARRIVED))
"""The delivery states of what has arrived, for a query."""

# From when a message could leave: a delayed one waits at the gateway. The gateway's time of the
# departure, where it is known, is by the same clock as the report. `READ` has replaced the time of
# delivery, and a call has none. Steps of 0.1 s, then 1 s, then a minute keep the rows few.
_TIMES: Final = """
SELECT CASE WHEN seconds < 100 THEN round(seconds * 10) / 10 WHEN seconds < 6000 THEN round(seconds)
       ELSE round(seconds / 60) * 60 END, count(*)
FROM (SELECT CASE WHEN delivery_at > left_at THEN delivery_at - left_at ELSE 0.0 END AS seconds
      FROM (SELECT delivery_at, CASE WHEN due_at > coalesce(gateway_at, intent_at) THEN due_at
                   ELSE coalesce(gateway_at, intent_at) END AS left_at
            FROM message WHERE state = 'accepted' AND delivery = 'DELIVERED'
            AND delivery_at IS NOT NULL AND intent_at IS NOT NULL) AS moments) AS durations
GROUP BY 1 ORDER BY 1"""


@attrs.frozen(kw_only=True)
class DeliverySummary:
    """Accepted messages by what became of them.

    `median_s` and `ninety_s` are the seconds within which half of the delivered messages, and nine
    tenths of them, had arrived; None where no report has a time.
    """

    delivered: int
    waiting: int
    failed: int
    by_state: Mapping[str, int]
    median_s: float | None
    ninety_s: float | None

    @property
    def total(self) -> int:
        """All accepted messages."""
        return self.delivered + self.waiting + self.failed

    @property
    def has_reports(self) -> bool:
        """True if any delivery report has come in."""
        return bool(self.by_state.keys() - {"none"})


def summarise_deliveries(database: Database, by_state: Mapping[str, int]) -> DeliverySummary:
    """Return the summary for the counts of accepted messages by delivery state."""
    delivered = sum(count for state, count in by_state.items() if state in _ARRIVED)
    ended = sum(count for state, count in by_state.items() if state in _ENDED)
    times: list[tuple[float, int]] = database.execute(_TIMES).fetchall()
    return DeliverySummary(
        delivered=delivered,
        waiting=sum(by_state.values()) - ended,
        failed=ended - delivered,
        by_state=by_state,
        median_s=_find_quantile(times, 0.5),
        ninety_s=_find_quantile(times, 0.9),
    )


def _find_quantile(times: Sequence[tuple[float, int]], share: float) -> float | None:
    """Return the shortest time within which a share of the messages had arrived."""
    wanted, reached = share * sum(count for _, count in times), 0
    for seconds, count in times:
        reached += count
        if reached >= wanted:
            return seconds
    return None
