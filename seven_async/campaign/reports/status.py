"""How far a campaign is, for another process than the one that sends; and what that is asked.

In: the path of a journal. Out: a `CampaignStatus`. I/O: the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import Final, TypeVar

from seven_async.campaign.journal.sqlite.control import read_moment
from seven_async.campaign.journal.sqlite.schema import connect, explain_failures, open_snapshot
from seven_async.campaign.reports.journal_report import build_report, find_latest_run
from seven_async.campaign.results import CampaignStatus
from seven_async.sqlite_sharing import transaction

R = TypeVar("R")

_OPEN: Final = "state = 'planned' OR (state = 'skipped' AND content IS NOT NULL)"


def read_status(path: Path, *, is_running: bool) -> CampaignStatus:
    """Return how far a campaign is; `is_running` says whether a process sends it."""
    with open_snapshot(path) as database:
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


def _count_states(database: Connection) -> Counter[str]:
    query = f"""SELECT CASE WHEN {_OPEN} THEN 'planned' ELSE state END, count(*)
                FROM message WHERE state != 'refused' GROUP BY 1"""  # noqa: S608 - no input
    return Counter(dict(database.execute(query)))


def change_controls(path: Path, change: Callable[[Connection], R]) -> R:
    """Change what the process that sends is asked; return what the change returns."""
    database = connect(path)
    with closing(database), explain_failures(path), transaction(database):
        return change(database)
