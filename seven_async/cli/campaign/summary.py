"""What a campaign's commands say before and after."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from seven_async.campaign import CampaignJournal, CsvMessages, PausedError, Report, State
from seven_async.cli.screen import complain, say, table
from seven_async.cli.wording import to_command_words

if TYPE_CHECKING:
    from pathlib import Path

    from seven_async.cli.campaign.run import RunResult

# Refused rows that are listed one by one; the rest is counted by reason.
_SHOWN = 20


def show_refused(file: Path, messages: CsvMessages) -> None:
    """Show the rows that cannot be sent, with line and column."""
    refused = messages.refused
    say(f"{file}: {messages.sendable:,} rows to send, {len(refused):,} refused")
    for row in refused[:_SHOWN]:
        say(f"  line {row.line}, column {row.column}: {to_command_words(row.reason)}")
    for reason, count in Counter(row.reason for row in refused[_SHOWN:]).items():
        say(f"  and {count:,} more: {to_command_words(reason)}")


def show_sum(result: RunResult) -> None:
    """Show the numbers of a run, and how to go on where it is not complete."""
    counts = result.counts
    states = [(state.value, f"{counts[state]:,}") for state in State if counts[state]]
    table([*states, ("rows", f"{counts.total():,}")])
    _show_reasons_of_run(result)
    if result.report is not None:
        say(
            f"cost {result.report.cost} EUR"
            + (f", balance {result.balance} EUR" if result.balance is not None else "")
        )
    if result.sandbox is not None:
        count = len(result.sandbox.ledger)
        say(f"the sandbox's ledger holds {count:,} messages; nothing was really sent")
    if result.changed:
        complain(
            f"{result.changed:,} messages differ in text or sender from what was sent before, and "
            f"were not sent; --resend-changed sends them"
        )
    if result.error is not None:
        complain(str(result.error))
    if result.is_stopped or isinstance(result.error, PausedError):
        _show_way_on(result)


def _show_reasons_of_run(result: RunResult) -> None:
    """Show why entries of this run were not accepted, most frequent first."""
    # The refused rows of the file were told before anything was sent.
    told = {(State.REFUSED, row.reason) for row in result.job.messages.refused}
    for (state, reason), count in result.reasons.most_common():
        if (state, reason) not in told:
            say(f"  {count:,} × {state.value}: {to_command_words(reason)}")


def _show_way_on(result: RunResult) -> None:
    journal = result.job.settings.get("journal")
    if result.sandbox is not None:
        complain("the sandbox ends with this command; a journal of it has no further use")
    elif journal is None:
        complain("there is no journal: another send would serve those again that are served")
    else:
        complain(
            f"go on with: seven campaign resume {result.job.file} --journal {journal} --text …"
        )


def show_status(journal: CampaignJournal) -> None:
    """Show in one line how far a campaign is."""
    report = journal.report()
    of_total = f" of {report.total:,}" if report.total is not None else ""
    say(
        f"{report.name}: {report.given:,}{of_total} done, {report.cost} EUR, "
        f"{_describe_ending(journal, report)}"
    )


def show_report(journal: CampaignJournal) -> None:
    """Show what a campaign came to."""
    report = journal.report()
    states = [(state.value, f"{getattr(report, state.value):,}") for state in State]
    say(report.name)
    table([*states, ("given", f"{report.given:,}")])
    for reason, count in report.reasons.items():
        say(f"  {count:,} × {to_command_words(reason)}")
    say(f"{report.segments:,} segments, cost {report.cost} EUR")
    for state, count in report.deliveries.items():
        say(f"  {count:,} × {state}")
    say(_describe_ending(journal, report))


def _describe_ending(journal: CampaignJournal, report: Report) -> str:
    if journal.is_running:
        return "being sent now"
    return f"ended: {report.ending}" if report.ending else "cut off; resume goes on with it"
