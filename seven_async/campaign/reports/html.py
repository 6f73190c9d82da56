"""A campaign as one page for any browser: numbers, curves, reasons; no script, no link, no number.

In: the path of a journal. Out: HTML. I/O: the journal is read, and the file of the page written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.sqlite.schema import open_snapshot
from seven_async.campaign.reports.journal_report import build_report
from seven_async.campaign.reports.output_file import output_file
from seven_async.campaign.reports.svg import bars, duration, rate_curve, stacked_curves
from seven_async.campaign.reports.timeline import (
    CountryTotal,
    Timeline,
    build_timeline,
    totals_by_country,
)
from seven_async.campaign.results import Report, State

_COLORS: Final = {
    "accepted": "#2a9d6f",
    "rejected": "#d1495b",
    "unknown": "#edae49",
    "skipped": "#8d99ae",
    "refused": "#5c677d",
}

_MEANINGS: Final = {
    "accepted": "taken by the gateway",
    "rejected": "refused by the gateway",
    "unknown": "may have been sent",
    "skipped": "not sent: duplicates, suppressed, or left for the next run",
    "refused": "cannot be sent at all",
}

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667; --line: #d8dce3; --card: #fff;
  --page: #f4f6f9 }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ebf0; --soft: #9aa3b2; --line: #39404d;
  --card: #1d232d; --page: #12161d } }
* { box-sizing: border-box }
body { margin: 0; padding: 2rem 1rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
main { max-width: 960px; margin: auto }
h1 { margin: 0; font-size: 1.7rem } h2 { margin: 0 0 .6rem; font-size: 1.05rem }
.when { margin: .2rem 0 1.4rem; color: var(--soft) }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.3rem; margin: 0 0 1.1rem }
.cards { display: flex; flex-wrap: wrap; gap: 1.1rem; margin: 0 0 1.1rem }
.cards section { flex: 1 1 8.5rem; margin: 0; border-top: 4px solid var(--color) }
.cards b { display: block; font-size: 1.6rem } .cards span { color: var(--soft) }
svg { width: 100%; height: auto; display: block } svg text { fill: var(--soft); font-size: 12px }
.grid { stroke: var(--line) }
table { border-collapse: collapse; width: 100% }
td, th { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid var(--line) }
td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums }
.key i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;
  margin: 0 .35em 0 1em }
"""


def write_page(journal: Path, path: Path, inputs: Iterable[Path] = ()) -> None:
    """Write the page to a file, which must not be one of the inputs."""
    with open_snapshot(journal) as database:
        report = build_report(database)
        text = _page(report, build_timeline(database), totals_by_country(database))
    with output_file(path, report.name, (*inputs, journal)) as file:
        file.write_text(text, "utf-8")


def _page(report: Report, timeline: Timeline | None, countries: Mapping[str, CountryTotal]) -> str:
    parts = "\n".join(_parts(report, timeline, countries))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.name)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n{parts}\n</main></body></html>\n"
    )


def _parts(
    report: Report, timeline: Timeline | None, countries: Mapping[str, CountryTotal]
) -> Iterator[str]:
    yield f"<h1>{escape(report.name)}</h1>"
    yield f'<p class="when">{_when(report, timeline)}</p>'
    yield _cards(report)
    yield _sum(report)
    if timeline is not None:
        curve = rate_curve(timeline.per_s, timeline.bucket_s, _COLORS["accepted"])
        yield _section("Messages per second", curve)
        series = {name: timeline.by_then[name] for name in _COLORS if name in timeline.by_then}
        key = "".join(f'<i style="background:{_COLORS[name]}"></i>{name}' for name in series)
        curves = stacked_curves(series, timeline.bucket_s, _COLORS)
        yield _section("Outcomes", f'<div class="key">{key}</div>{curves}')
    if countries:
        values = {name: float(total.cost) for name, total in countries.items()}
        words = {
            name: f"{_money(total.cost)} EUR, {total.messages:,} messages"
            for name, total in countries.items()
        }
        yield _section("Cost by country", bars(values, words, "#3d7ea6"))
    if report.reasons:
        yield _section("Why not accepted", _table("reason", report.reasons))
    if report.deliveries.keys() - {"none"}:
        yield _section("Delivery of what was accepted", _table("state", report.deliveries))


def _when(report: Report, timeline: Timeline | None) -> str:
    if timeline is None:
        return "Nothing has been sent yet."
    begun = datetime.fromtimestamp(timeline.begun_at, UTC)
    span = duration(len(timeline.per_s) * timeline.bucket_s)
    ending = report.ending or "not ended (it goes on, or was cut off)"
    return escape(
        f"Begun {begun:%Y-%m-%d %H:%M} UTC, {span} to the latest result. Last run: {ending}."
    )


def _cards(report: Report) -> str:
    cards = [
        f'<section style="--color:{_COLORS[state.value]}"><b>{getattr(report, state.value):,}</b>'
        f"{state.value}<br><span>{_MEANINGS[state.value]}</span></section>"
        for state in State
    ]
    return f'<div class="cards">{"".join(cards)}</div>'


def _sum(report: Report) -> str:
    words = (
        f"{report.given:,} messages in all, {report.segments:,} segments, "
        f"{_money(report.cost)} EUR for what was accepted."
    )
    return f"<section>{escape(words)}</section>"


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(head: str, counts: Mapping[str, int]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>" for name, count in counts.items()
    )
    return f"<table><tr><th>{head}</th><th>messages</th></tr>{rows}</table>"
