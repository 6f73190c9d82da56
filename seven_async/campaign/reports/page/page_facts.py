"""All that the page shows, read at one moment.

In: a connection to a journal. Out: `PageFacts`. I/O: the journal is read, by queries that return
few rows however many messages there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo

import attrs

from seven_async.campaign.journal.gateway import is_sandbox
from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.reports.journal_report import build_report
from seven_async.campaign.reports.page.activity import (
    ProgressCurves,
    RateCurve,
    read_progress,
    read_rate,
)
from seven_async.campaign.reports.page.countries import CountryTotal, read_countries
from seven_async.campaign.reports.page.delivery_summary import (
    DeliverySummary,
    summarise_deliveries,
)
from seven_async.campaign.reports.page.notes import read_text_notes
from seven_async.campaign.reports.page.outcomes import count_reasons
from seven_async.campaign.results import Report


@attrs.frozen(kw_only=True)
class PageView:
    """Who looks, and when: the page's time zone (None: this machine's), and the Unix time."""

    zone: tzinfo | None
    made_at: float
    is_running: bool


@attrs.frozen(kw_only=True)
class PageFacts:
    """The numbers of the page. `notes` has the campaign's own (`from_`, `text`, …)."""

    report: Report
    gateway: str
    runs: int
    channels: Mapping[str, int]
    deliveries: DeliverySummary
    reasons: Sequence[tuple[str, str, int]]
    countries: Sequence[CountryTotal]
    rate: RateCurve | None
    progress: ProgressCurves | None
    notes: Mapping[str, str]

    @property
    def is_rehearsal(self) -> bool:
        """True if the gateway was a sandbox."""
        return is_sandbox(self.gateway)


def read_facts(database: Database, *, is_running: bool) -> PageFacts:
    """Return the facts of a journal."""
    report = build_report(database, is_running=is_running)
    (gateway,) = database.execute("SELECT gateway FROM campaign").fetchone()
    (runs,) = database.execute("SELECT count(*) FROM run").fetchone()
    query = "SELECT channel, count(*) FROM message GROUP BY 1 ORDER BY 2 DESC"
    return PageFacts(
        report=report,
        gateway=gateway,
        runs=runs,
        channels=dict(database.execute(query)),
        deliveries=summarise_deliveries(database, report.deliveries),
        reasons=count_reasons(database, is_running=is_running),
        countries=read_countries(database),
        rate=read_rate(database),
        progress=read_progress(database),
        notes=read_text_notes(database),
    )
