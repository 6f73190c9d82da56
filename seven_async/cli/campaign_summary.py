"""What a campaign's commands say before and after."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from seven_async.campaign import CsvMessages, PausedError, Report, State
from seven_async.campaign.journal.sqlite.lock import is_held
from seven_async.cli.screen import complain, say, table
from seven_async.cli.wording import in_command_words

if TYPE_CHECKING:
    from seven_async.cli.campaign_run import Ended

# Refused rows that are listed one by one; the rest is counted by reason.
_SHOWN = 20


def show_refused(file: Path, messages: CsvMessages) -> None:
    """The rows that cannot be sent, with line and column."""
    refused = messages.refused
    say(f"{file}: {messages.sendable:,} rows to send, {len(refused):,} refused")
    for row in refused[:_SHOWN]:
        say(f"  line {row.line}, column {row.column}: {in_command_words(row.reason)}")
    for reason, count in Counter(row.reason for row in refused[_SHOWN:]).items():
        say(f"  and {count:,} more: {in_command_words(reason)}")


def show_sum(ended: Ended) -> None:
    """The numbers of a run, and how to go on where it is not complete."""
    counts = ended.counts
    states = [(state.value, f"{counts[state]:,}") for state in State if counts[state]]
    table([*states, ("rows", f"{counts.total():,}")])
    _show_reasons_of(ended)
    if ended.report is not None:
        say(
            f"cost {ended.report.cost} EUR"
            + (f", balance {ended.balance} EUR" if ended.balance is not None else "")
        )
    if ended.sandbox is not None:
        count = len(ended.sandbox.ledger)
        say(f"the sandbox's ledger holds {count:,} messages; nothing was really sent")
    if ended.changed:
        complain(
            f"{ended.changed:,} messages differ in text or sender from what was sent before, and "
            f"were not sent; --resend-changed sends them"
        )
    if ended.error is not None:
        complain(str(ended.error))
    if ended.is_stopped or isinstance(ended.error, PausedError):
        _show_way_on(ended)


def _show_reasons_of(ended: Ended) -> None:
    """Why entries of this run were not accepted, most frequent first."""
    # The refused rows of the file were told before anything was sent.
    told = {(State.REFUSED, row.reason) for row in ended.job.messages.refused}
    for (state, reason), count in ended.reasons.most_common():
        if (state, reason) not in told:
            say(f"  {count:,} × {state.value}: {in_command_words(reason)}")


def _show_way_on(ended: Ended) -> None:
    journal = ended.job.settings.get("journal")
    if ended.sandbox is not None:
        complain("the sandbox ends with this command; a journal of it has no further use")
    elif journal is None:
        complain("there is no journal: another send would serve those again that are served")
    else:
        complain(f"go on with: seven campaign resume {ended.file} --journal {journal} --text …")


def how_it_stands(report: Report, journal: Path) -> str:
    """Whether a campaign is being sent, has ended, or was cut off."""
    if is_held(journal):
        return "being sent now"
    return f"ended: {report.ending}" if report.ending else "cut off; resume goes on with it"


def show_report(report: Report, journal: Path) -> None:
    """What a campaign came to."""
    states = [(state.value, f"{getattr(report, state.value):,}") for state in State]
    say(report.name)
    table([*states, ("given", f"{report.given:,}")])
    _show_reasons(report)
    say(f"{report.segments:,} segments, cost {report.cost} EUR")
    for state, count in report.deliveries.items():
        say(f"  {count:,} × {state}")
    say(how_it_stands(report, journal))


def _show_reasons(report: Report) -> None:
    for reason, count in report.reasons.items():
        say(f"  {count:,} × {in_command_words(reason)}")
