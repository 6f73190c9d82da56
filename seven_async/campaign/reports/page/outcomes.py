"""Why messages were not accepted, by outcome.

In: a connection to a journal. Out: counts of reasons. I/O: the journal is read.
"""

from __future__ import annotations

from collections import Counter

from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.reports.journal_report import (
    COUNT_REFUSALS,
    COUNTED_AS,
    find_latest_run,
    name_reason,
)
from seven_async.campaign.results import DUPLICATE
from seven_async.masking import without_numbers


def count_reasons(database: Database, *, is_running: bool) -> list[tuple[str, str, int]]:
    """Return outcome, reason and count, the most frequent first."""
    counts: Counter[tuple[str, str]] = Counter()
    query = """SELECT state, reason, count(*) FROM message
               WHERE state != 'accepted' GROUP BY 1, 2"""
    for state, written, count in database.execute(query):
        reason = written or name_reason(state, is_running=is_running)
        counts[COUNTED_AS[state], without_numbers(reason)] += count
    run = find_latest_run(database)
    if run.duplicates:
        counts["skipped", DUPLICATE] += run.duplicates
    for reason, count in database.execute(COUNT_REFUSALS, (run.number,)):
        counts["refused", without_numbers(reason)] += count
    return [(*key, count) for key, count in counts.most_common()]
