"""How far a campaign is, seen from another terminal: once, or until it ends.

In: a journal. Out: lines; on a terminal they are drawn anew. I/O: the journal is read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from seven_async.campaign import Limit
from seven_async.cli.campaign.summary import describe_ending, has_more, is_in_database
from seven_async.cli.screen import say, to_visible
from seven_async.cli.wording import count_of

if TYPE_CHECKING:
    from seven_async.campaign import CampaignJournal, CampaignStatus, Moment

_LOOK_EVERY_S: Final = 1.0
# A log file of an hour's campaign stays short.
_LINE_EVERY_S: Final = 10.0

_LIMITS: Final = {
    Limit.PAUSED: "paused; seven campaign resume lets it go on",
    Limit.GATEWAY: "the gateway has asked for a pause",
    Limit.QUIET_HOURS: "waiting for the end of quiet hours",
    Limit.RATE: "as fast as the rate allows",
    Limit.CONCURRENCY: "as fast as the gateway answers",
    Limit.INPUT: "as fast as messages are read",
}


def show_status(journal: CampaignJournal) -> None:
    """Show how far a campaign is, on one screen."""
    for line in _lines(journal, journal.status()):
        say(line)


def watch_status(journal: CampaignJournal) -> None:
    """Show how far a campaign is until it ends: in place on a terminal, else now and then."""
    if not sys.stdout.isatty():
        _watch_in_lines(journal)
        return
    from rich.live import Live  # noqa: PLC0415 - only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    with Live(auto_refresh=False, transient=True) as live:
        while _goes_on(journal):
            lines = _lines(journal, journal.status())
            live.update(Text("\n".join(map(to_visible, lines))), refresh=True)
            time.sleep(_LOOK_EVERY_S)  # another process writes what this one shows
    show_status(journal)


def _goes_on(journal: CampaignJournal) -> bool:
    """Tell whether a campaign is being sent; workers have it open also when nothing is left."""
    return journal.is_running and (not is_in_database(journal) or has_more(journal.status()))


def _watch_in_lines(journal: CampaignJournal) -> None:
    while _goes_on(journal):
        status = journal.status()
        say(f"{status.done + status.failed:,} of {status.total:,}, {_describe(status.moment)}")
        time.sleep(_LINE_EVERY_S)  # another process writes what this one shows
    show_status(journal)


def _lines(journal: CampaignJournal, status: CampaignStatus) -> Iterator[str]:
    yield f"{status.name}: {count_of(status.total, 'recipient')}"
    counts = {
        "planned": status.planned,
        "in flight": status.in_flight,
        "done": status.done,
        "failed": status.failed,
        "in doubt": status.in_doubt,
    }
    width = max(len(f"{count:,}") for count in counts.values())
    for name, count in counts.items():
        yield f"  {name:<9}  {count:>{width},}"
    yield f"cost {status.cost} EUR"
    yield describe_ending(journal, status.ending)
    if status.moment is not None or (status.is_running and not is_in_database(journal)):
        yield _describe(status.moment)


def _describe(moment: Moment | None) -> str:
    if moment is None:
        return "it has told nothing yet"
    left = "" if moment.eta_s is None else f", about {timedelta(seconds=round(moment.eta_s))} left"
    return f"{moment.per_s:.1f} messages/s{left}; {_LIMITS[moment.limit]}"
