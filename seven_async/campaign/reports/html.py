"""A campaign as one page for any browser: numbers, curves, reasons; no script, no link, no number.

In: a journal. Out: HTML. I/O: the journal is read, and the file of the page written.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.reports.output_file import output_file
from seven_async.campaign.reports.page.headline import REHEARSAL, build_headline
from seven_async.campaign.reports.page.page_facts import PageFacts, PageView, read_facts
from seven_async.campaign.reports.page.sections import build_sections
from seven_async.campaign.reports.page.style import STYLE
from seven_async.campaign.reports.page.wording import find_zone
from seven_async.flow.clock import Clock


def write_page(
    journal: JournalPlace,
    path: Path,
    inputs: Iterable[Path] = (),
    *,
    zone: str | None = None,
    clock: Clock | None = None,
) -> None:
    """Write the page to a file, which must not be one of the inputs.

    Times are those of `zone`, or of this machine. Raises `InvalidRequestError` for what is no zone.
    """
    clock = clock or Clock()
    view = PageView(zone=find_zone(zone), made_at=clock.now(), is_running=journal.is_held())
    journal.join_reports()
    with journal.open_snapshot() as database:
        facts = read_facts(database, is_running=view.is_running)
    with output_file(path, facts.report.name, (*inputs, *journal.files)) as file:
        file.write_text(_build_page(facts, view), "utf-8")


def _build_page(facts: PageFacts, view: PageView) -> str:
    name = escape(facts.report.name)
    title = f"{name} - {REHEARSAL}" if facts.is_rehearsal else f"{name} - campaign report"
    sections = "\n".join(build_sections(facts, view.zone))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{build_headline(facts, view)}\n{sections}\n</main></body></html>\n"
    )
