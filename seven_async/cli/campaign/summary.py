"""What a campaign's commands say before and after."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from seven_async.campaign import State
from seven_async.cli.campaign.journals import resume_command
from seven_async.cli.screen import complain, say, table
from seven_async.cli.wording import count_of, to_command_words
from seven_async.errors import ConfigurationError, InvalidRequestError, SevenError

if TYPE_CHECKING:
    from pathlib import Path

    from seven_async.campaign import CampaignJournal, CampaignStatus, CsvMessages, Refused
    from seven_async.cli.campaign.run import RunResult
    from seven_async.sandbox import Sandbox

# Refused rows of one kind that are shown; the rest is counted.
_SHOWN = 3
_digits = re.compile(r"[0-9]+")

_KEY: Final = "give all workers a key that is valid"
_BEFORE_RESUMING: Final = {
    "paused: cost": "load it again with a higher --max-cost",
    "paused: credit": "top up the account",
    "paused: errors": "look at the reasons in seven campaign report",
    "paused: AuthenticationError": _KEY,
    "paused: SignatureError": _KEY,
    "paused: AccessDeniedError": "give the key the right to send",
    "paused: IpNotAllowedError": "allow the addresses of all workers for the key",
}
"""What a campaign would pause for again if it was only resumed, and what to do about it."""


def show_refused(file: Path, messages: CsvMessages) -> None:
    """Show the rows that cannot be sent, by kind: the first three of each with line and column."""
    refused = messages.refused
    say(f"{file}: {count_of(messages.sendable, 'row')} to send, {len(refused):,} refused")
    kinds: dict[str, list[Refused]] = {}
    for row in refused:
        kinds.setdefault(_digits.sub("", row.reason), []).append(row)
    for rows in kinds.values():
        for row in rows[:_SHOWN]:
            say(f"  line {row.line}, column {row.column}: {to_command_words(row.reason)}")
        if len(rows) > _SHOWN:
            say(f"  and {len(rows) - _SHOWN:,} more such rows")


def show_sum(result: RunResult) -> None:
    """Show the numbers of a run, and how to go on where it is not complete."""
    counts = result.counts
    if result.error is not None and not counts:  # before the first message
        complain(_describe(result.error))
        if not isinstance(result.error, (ConfigurationError, InvalidRequestError)):
            _show_way_on(result)
        return
    states = [(state.value, f"{counts[state]:,}") for state in State]
    table([*states, ("given", f"{counts.total():,}")])
    _show_reasons_of_run(result)
    if result.report is not None:
        say(
            f"cost {result.report.cost} EUR"
            + (f", balance {result.balance.amount} EUR" if result.balance is not None else "")
        )
    if result.sandbox is not None:
        say(f"{_describe_ledger(result.sandbox)}; nothing was really sent")
    if result.changed:
        complain(
            f"{count_of(result.changed, 'message')} with another text or sender than was sent "
            f"before: not sent; --resend-changed sends such messages"
        )
    if result.error is not None:
        complain(_describe(result.error))
    _show_way_on(result)


def _describe_ledger(sandbox: Sandbox) -> str:
    accepted, kept = sandbox.ledger.accepted, len(sandbox.ledger)
    if accepted > kept:
        return f"the sandbox accepted {accepted:,} messages, of which its ledger keeps {kept:,}"
    return f"the sandbox's ledger holds {count_of(accepted, 'message')}"


def _describe(error: Exception) -> str:
    if isinstance(error, (SevenError, OSError)):
        return str(error)
    # Its words may hold what must not be shown.
    return f"an error that should not happen ended it: {type(error).__name__}"


def _show_reasons_of_run(result: RunResult) -> None:
    """Show why entries of this run were not accepted, most frequent first."""
    # The refused rows of the file were told before anything was sent.
    messages = result.job.messages
    refused = () if messages is None else messages.refused
    told = {(State.REFUSED, row.reason) for row in refused}
    for (state, reason), count in result.reasons.most_common():
        if (state, reason) not in told:
            say(f"  {count:,} × {state.value}: {to_command_words(reason)}")


def _show_way_on(result: RunResult) -> None:
    """Say how to go on where something is left to do."""
    counts, journal = result.counts, result.job.journal
    is_stopped = result.is_stopped or result.is_stopped_elsewhere
    is_cut = is_stopped or result.error is not None or result.left > 0
    if result.is_stopped_elsewhere:
        complain("it was stopped by seven campaign stop, in another terminal")
    if result.sandbox is not None:
        if is_cut and journal is not None:
            complain("the sandbox ends with this command; a journal of it has no further use")
    elif journal is None:
        if is_cut:
            complain("there is no journal: another send would serve those again that are served")
    elif not journal.exists():  # it could not be made, or is gone: the error says so
        return
    elif is_cut or counts[State.UNKNOWN]:
        messages = result.job.messages
        file = f" {shlex.quote(str(messages.path))}" if messages and result.is_part_written else ""
        if counts[State.UNKNOWN] and not is_cut:
            complain("wait ten minutes first: by then the gateway's journal has all that was sent")
        complain(f"go on with: {resume_command(journal)}{file}")
    elif counts[State.REJECTED]:
        complain(f"send the rejected ones again with: {resume_command(journal)} --retry REASON")


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
    say(describe_ending(journal, report.ending))


def is_in_database(journal: CampaignJournal) -> bool:
    """Tell whether workers send a campaign."""
    try:
        return not journal.path
    except ConfigurationError:
        return True


def _describe_work(journal: CampaignJournal) -> str:
    """Say how far workers are, which begin and end while a campaign has one and the same run."""
    if not has_more(journal.status()):
        return "ended: complete"
    if journal.is_running:
        return "being sent now"
    return "nobody sends it now; workers go on with it: seven worker --journal …"


def has_more(status: CampaignStatus) -> bool:
    """Tell whether anything of a campaign is to be sent, in flight or in doubt."""
    return bool(status.planned or status.in_flight or status.in_doubt)


def describe_ending(journal: CampaignJournal, ending: str | None) -> str:
    """Say how the last run ended."""
    if journal.is_paused:
        again = "resume --reopen" if journal.is_cancelled else "resume"
        if ending is None or not ending.startswith("paused: "):
            return f"{ending or 'paused'}; {again} lets it go on"
        return f"{ending}; {_BEFORE_RESUMING.get(ending, 'mend that')}, then {again}"
    if ending is None and is_in_database(journal):
        return _describe_work(journal)
    if journal.is_running:
        return "being sent now"
    if journal.needs_input:
        return f"{f'ended: {ending}' if ending else 'cut off'}; resume needs the file to go on"
    return f"ended: {ending}" if ending else "cut off; resume goes on with it"
