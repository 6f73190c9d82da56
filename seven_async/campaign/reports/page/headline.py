"""The top of the page: which campaign, when, by which gateway, and how it ended. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Final

from seven_async.campaign.reports.page.page_facts import PageFacts, PageView
from seven_async.campaign.reports.page.wording import (
    count_of,
    date,
    date_and_time,
    describe_ending,
    local_time,
    span,
    zone_name,
)

REHEARSAL: Final = "Rehearsal on the sandbox: nothing was really sent"

_CHANNELS: Final = {"sms": "SMS", "rcs": "RCS", "waba": "WhatsApp", "voice": "Voice"}
_placeholder: Final = re.compile(r"\{[^{}]*\}")


def build_headline(facts: PageFacts, view: PageView) -> str:
    """Return the headline and the facts below it."""
    name = escape(facts.report.name)
    rehearsal = f'<span class="rehearsal">{REHEARSAL}</span>' if facts.is_rehearsal else ""
    ended = describe_ending(facts.report.ending, is_running=view.is_running)
    if not facts.runs:
        ended = "Nothing has been sent yet"
    kind = "good" if ended == "Complete" else "open"
    pairs = "".join(
        f"<div><dt>{word}</dt><dd>{content}</dd></div>" for word, content in _facts(facts, view)
    )
    return (
        f'<header><p class="kind">Campaign report</p>'
        f"<h1>{name} {rehearsal}</h1>"
        f'<p class="ending {kind}">{escape(ended)}</p><dl>{pairs}</dl></header>'
    )


def _facts(facts: PageFacts, view: PageView) -> Iterator[tuple[str, str]]:
    yield "Sent", escape(_when(facts, view))
    if facts.runs > 1:
        yield "Runs", f"{facts.runs:,}"
    if facts.channels:
        yield "Channel", escape(_join_channels(facts))
    if "from_" in facts.notes:
        yield "Sender", escape(facts.notes["from_"])
    yield "Gateway", escape(facts.gateway)
    made = local_time(view.made_at, view.zone)
    # By the offset of the campaign: in winter the report of a summer has that of summer.
    first_s = view.made_at if facts.rate is None else facts.rate.axis.stretches[0].begin_s
    yield "Time zone", escape(zone_name(local_time(first_s, view.zone), view.zone))
    yield "Report made", escape(date_and_time(made))
    if "text" in facts.notes:
        text = _placeholder.sub(r"<b>\g<0></b>", escape(facts.notes["text"]))
        yield "Text", f'<span class="template">{text}</span>'


def _when(facts: PageFacts, view: PageView) -> str:
    if facts.rate is None:
        return "Nothing has been sent yet"
    axis = facts.rate.axis
    begin = local_time(axis.stretches[0].begin_s, view.zone)
    end = local_time(axis.stretches[-1].end_s, view.zone)
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{date(end)}, {end:%H:%M}"
    return f"{date_and_time(begin)} to {until}; {span(axis.duration_s)} of sending"


def _join_channels(facts: PageFacts) -> str:
    names = [_CHANNELS.get(name, name) for name in facts.channels]
    if len(names) == 1:
        return names[0]
    counts = facts.channels.values()
    return ", ".join(
        f"{name} ({count_of(count, 'message')})" for name, count in zip(names, counts, strict=True)
    )
