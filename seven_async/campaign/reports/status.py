"""How far a campaign is, for another process than the one that sends; and what that is asked.

In: a journal. Out: a `CampaignStatus`. I/O: the journal.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.journal.statements.runs import read_moment
from seven_async.campaign.reports.journal_report import build_report, find_latest_run
from seven_async.campaign.results import CampaignStatus

_OPEN: Final = "state = 'planned' OR (state = 'skipped' AND content IS NOT NULL)"


def read_status(journal: JournalPlace, *, is_running: bool) -> CampaignStatus:
    """Return how far a campaign is; `is_running` says whether a process sends it."""
    with journal.open_snapshot() as database:
        run = find_latest_run(database)
        states = _count_states(database)
        report = build_report(database)
        moment = read_moment(database, run.number) if is_running else None
    given = sum(states.values()) + report.refused
    # What a run without loaded messages has not read yet is nowhere written down.
    read = given + run.duplicates
    unread = max(0, (report.total or 0) - read) if report.ending != "complete" else 0
    in_flight = states["intent"] if is_running else 0
    return CampaignStatus(
        name=report.name,
        planned=states["planned"] + unread,
        in_flight=in_flight,
        done=states["accepted"] + states["skipped"],
        failed=states["rejected"] + report.refused,
        in_doubt=states["unknown"] + states["forgotten"] + states["intent"] - in_flight,
        cost=report.cost,
        is_running=is_running,
        ending=report.ending,
        moment=moment,
    )


def _count_states(database: Database) -> Counter[str]:
    query = f"""SELECT CASE WHEN {_OPEN} THEN 'planned' ELSE state END, count(*)
                FROM message WHERE state != 'refused' GROUP BY 1"""  # noqa: S608 - no input
    return Counter(dict(database.execute(query)))
