"""How far a campaign is, for another process than the one that sends; and what that is asked.

In: a journal. Out: a `CampaignStatus`. I/O: the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.statements.queries import MessageCount, count_messages
from seven_async.campaign.journal.statements.runs import read_moment
from seven_async.campaign.reports.journal_report import build_report, find_latest_run
from seven_async.campaign.results import CampaignStatus


def read_status(journal: JournalPlace, *, is_running: bool) -> CampaignStatus:
    """Return how far a campaign is; `is_running` says whether a process sends it."""
    with journal.open_snapshot() as database:
        run = find_latest_run(database)
        counted = count_messages(database)
        report = build_report(database, counted, is_running=is_running)
        moment = read_moment(database, run.number) if is_running else None
    states = _count_states(counted)
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


def _count_states(counted: Sequence[MessageCount]) -> Counter[str]:
    """Count messages by state; one that was held back, and can be sent later, is planned."""
    states = Counter[str]()
    for each in counted:
        is_open = each.state == "skipped" and each.has_content
        if each.state != "refused":
            states["planned" if is_open else each.state] += each.size
    return states
