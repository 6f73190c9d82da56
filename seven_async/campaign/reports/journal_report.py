"""What a journal says, also while another process sends.

In: a journal. Out: a `Report`. I/O: the journal, which is only read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.database import MICRO, Database
from seven_async.campaign.journal.statements.queries import MessageCount, count_messages
from seven_async.campaign.journal.statements.runs import find_pause
from seven_async.campaign.results import DUPLICATE, Report

#: What the states of the journal count as; an intent without a result may have left.
COUNTED_AS = {
    "accepted": "accepted",
    "rejected": "rejected",
    "refused": "refused",
    "unknown": "unknown",
    "intent": "unknown",
    "forgotten": "unknown",
    "skipped": "skipped",
    "planned": "skipped",
}

#: By reason, for one run. The line of which a row is a duplicate is left out: of a million rows
#: each would be a reason of its own.
COUNT_REFUSALS: Final = f"""
SELECT CASE WHEN reason LIKE 'duplicate of line %' THEN '{DUPLICATE}' ELSE reason END, count(*)
FROM refused WHERE run = ? GROUP BY 1"""  # noqa: S608 - our own words


def read_report(journal: JournalPlace) -> Report:
    """Return the counts of the campaign in a journal, over all of its runs."""
    is_running = journal.is_held()
    journal.join_reports()
    with journal.open_snapshot() as database:
        return build_report(database, is_running=is_running)


def read_name(journal: JournalPlace) -> str:
    """Return the name of the campaign in a journal; raises `JournalError` if it is no journal."""
    with journal.open_snapshot() as database:
        return find_name(database)


def find_name(database: Database) -> str:
    """Return the name of the campaign."""
    row: tuple[str] | None = database.execute("SELECT name FROM campaign").fetchone()
    if row is None:  # the process that made the file was killed before it wrote the name
        raise JournalError("the journal has no campaign yet: nothing was ever sent with it")
    return row[0]


def build_report(
    database: Database, counted: Sequence[MessageCount] | None = None, *, is_running: bool
) -> Report:
    """Return the counts, by an open connection; `counted` where the messages were counted.

    `is_running` says whether a process is sending.
    """
    name = find_name(database)
    messages = count_messages(database) if counted is None else counted
    counts, reasons, deliveries = Counter[str](), Counter[str](), Counter[str]()
    segments = micro_eur = 0
    for each in messages:
        counts[COUNTED_AS[each.state]] += each.size
        if each.state == "accepted":
            segments, micro_eur = segments + each.segments, micro_eur + each.micro_eur
            deliveries[each.delivery or "none"] += each.size
        else:
            reasons[each.reason or name_reason(each.state, is_running=is_running)] += each.size
    run, duplicates, ending, total = find_latest_run(database)
    reasons.update({"duplicate": duplicates} if duplicates else {})
    refusals = dict(database.execute(COUNT_REFUSALS, (run,)))
    reasons.update(refusals)
    return Report(
        name=name,
        accepted=counts["accepted"],
        rejected=counts["rejected"],
        unknown=counts["unknown"],
        skipped=counts["skipped"] + duplicates,
        refused=counts["refused"] + sum(refusals.values()),
        segments=segments,
        cost=Decimal(micro_eur) / MICRO,
        reasons=dict(reasons.most_common()),
        ending=find_pause(database) or ending,
        total=total,
        deliveries=dict(deliveries.most_common()),
    )


def name_reason(state: str, *, is_running: bool) -> str:
    """Return why a message without a reason is not accepted: it is to be sent, or on its way.

    What is on its way when nobody is sending is unknown.
    """
    if state == "planned":
        return "not sent yet"
    return "in flight" if state == "intent" and is_running else COUNTED_AS[state]


class LatestRun(NamedTuple):
    """The latest run of a campaign; number 0 if there was none."""

    number: int
    duplicates: int
    ending: str | None
    total: int | None


def find_latest_run(database: Database) -> LatestRun:
    """Return the latest run."""
    query = "SELECT id, duplicates, ending, total FROM run ORDER BY id DESC LIMIT 1"
    run: tuple[int, int, str | None, int | None] | None = database.execute(query).fetchone()
    return LatestRun(*(run or (0, 0, None, None)))
