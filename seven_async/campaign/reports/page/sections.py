"""The sections of the page, each from its facts. Numbers in, HTML out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from decimal import Decimal
from html import escape
from typing import Final

from seven_async.campaign.reports.page.charts import Chart, draw_progress, draw_rate
from seven_async.campaign.reports.page.countries import CountryTotal
from seven_async.campaign.reports.page.delivery_summary import DeliverySummary
from seven_async.campaign.reports.page.markup import (
    Share,
    build_label,
    meter,
    paragraph,
    section,
    stacked_bar,
    swatch,
    table,
)
from seven_async.campaign.reports.page.page_facts import PageFacts
from seven_async.campaign.reports.page.wording import (
    OUTCOMES,
    STATES,
    count_of,
    money,
    percent,
    reason_in_words,
    span,
)
from seven_async.campaign.results import Report

_MOST_ROWS: Final = 15
"""Countries and reasons that have rows of their own; the rest is summed up."""


def build_sections(facts: PageFacts, zone: tzinfo | None) -> Iterator[str]:
    """Yield what there is to show, the most important first."""
    if facts.report.accepted:
        yield _deliveries(facts.deliveries)
    yield _outcomes(facts.report)
    if facts.reasons:
        yield _reasons(facts.reasons)
    if facts.countries:
        yield _countries(facts.countries, facts.report)
    if facts.progress is not None:
        yield _curves(
            "progress",
            draw_progress(facts.progress, zone),
            Share("accepted", facts.progress.accepted[-1], "accepted"),
            Share("delivered", facts.progress.delivered[-1], "delivered"),
        )
    if facts.rate is not None:
        yield _curves("rate", draw_rate(facts.rate, zone))


def _deliveries(summary: DeliverySummary) -> str:
    whole = summary.total
    shares = [
        Share("Delivered", summary.delivered, "delivered"),
        Share("Waiting for a report", summary.waiting, "waiting"),
        Share("Failed", summary.failed, "failed"),
    ]
    told = ", ".join(
        f"{share.word.lower()}: {share.count:,} ({percent(share.count, whole)})" for share in shares
    )
    tiles = "".join(
        f"<li>{swatch(share.color)}<b>{percent(share.count, whole)}</b>"
        f"<span>{share.word}</span><small>{share.count:,}</small></li>"
        for share in shares
    )
    return section(
        "delivery",
        "Delivery",
        paragraph(f"Of {count_of(whole, 'message')} that the gateway accepted"),
        f'<ul class="tiles">{tiles}{_time_tiles(summary)}</ul>',
        stacked_bar(shares, f"Delivery: {told}"),
        _states(summary)
        if summary.has_reports
        else paragraph("No delivery report has come in yet."),
    )


def _time_tiles(summary: DeliverySummary) -> str:
    if summary.median_s is None or summary.ninety_s is None:
        return ""
    return (
        f"<li><b>{span(summary.median_s)}</b><span>Half arrived within</span>"
        f"<small>median time to delivery</small></li>"
        f"<li><b>{span(summary.ninety_s)}</b><span>90 % arrived within</span>"
        f"<small>of what was delivered</small></li>"
    )


def _states(summary: DeliverySummary) -> str:
    rows = [
        (escape(STATES.get(state, state)), f"{count:,}", percent(count, summary.total))
        for state, count in summary.by_state.items()
    ]
    return table("Accepted messages by delivery state", ("State", "Messages", "Share"), rows)


def _outcomes(report: Report) -> str:
    shares = [Share(word, getattr(report, word), word) for word in OUTCOMES]
    rows = [
        (
            build_label(share.word.capitalize(), OUTCOMES[share.word], share.color),
            f"{share.count:,}",
            percent(share.count, report.given),
        )
        for share in shares
    ]
    sum_of_all = " + ".join(f"{share.count:,} {share.word}" for share in shares)
    content = [
        stacked_bar(shares, f"Outcomes: {sum_of_all}"),
        table(
            "Messages by outcome",
            ("Outcome", "Messages", "Share"),
            rows,
            ("Given", f"{report.given:,}", percent(report.given, report.given)),
        ),
        paragraph(f"{report.given:,} given = {sum_of_all}"),
    ]
    missing = (report.total or 0) - report.given
    if missing > 0:
        content.append(
            paragraph(
                f"{count_of(missing, 'more row')} of the input: not reached yet.", "note strong"
            )
        )
    return section("outcomes", "Outcomes", *content)


def _reasons(reasons: Sequence[tuple[str, str, int]]) -> str:
    rows = [
        (build_label(reason_in_words(reason), outcome, outcome), f"{count:,}")
        for outcome, reason, count in reasons[:_MOST_ROWS]
    ]
    rest = reasons[_MOST_ROWS:]
    if rest:
        rows.append((count_of(len(rest), "other reason"), f"{sum(each[2] for each in rest):,}"))
    return section(
        "reasons",
        "Why messages were not accepted",
        table("Messages that were not accepted, by reason", ("Reason", "Messages"), rows),
    )


def _countries(countries: Sequence[CountryTotal], report: Report) -> str:
    most = max((total.cost for total in countries), default=Decimal(0)) or Decimal(1)
    rows = [
        (_country(total, float(total.cost / most)), f"{total.messages:,}", money(total.cost))
        for total in countries[:_MOST_ROWS]
    ]
    rest = countries[_MOST_ROWS:]
    if rest:
        cost = sum((total.cost for total in rest), Decimal(0))
        messages = f"{sum(total.messages for total in rest):,}"
        rows.append((count_of(len(rest), "more", "more"), messages, money(cost)))
    return section(
        "cost",
        "Cost by country",
        paragraph(
            f"{money(report.cost)} EUR for {count_of(report.accepted, 'accepted message')} of "
            f"{count_of(report.segments, 'segment')}"
        ),
        table(
            "Accepted messages and their cost by country",
            ("Country", "Messages", "EUR"),
            rows,
            ("All countries", f"{report.accepted:,}", money(report.cost)),
        ),
    )


def _country(total: CountryTotal, share: float) -> str:
    code = "" if total.calling_code is None else f"<small>+{total.calling_code}</small>"
    return f'<span class="place">{escape(total.name)} {code}</span>{meter(share, "accepted")}'


def _curves(identity: str, chart: Chart, *legend: Share) -> str:
    key = "".join(
        f"<li>{swatch(share.color)}{share.word} <b>{share.count:,}</b></li>" for share in legend
    )
    return section(
        identity,
        chart.title,
        f'<ul class="legend">{key}</ul>' if key else "",
        f"<figure>{chart.svg}<figcaption>{escape(chart.description)}</figcaption></figure>",
    )
