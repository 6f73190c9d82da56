"""A campaign on a terminal: its progress, and Ctrl-C that ends it without leaving anything open."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import AsyncIterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from seven_async.campaign import (
    Campaign,
    CampaignJournal,
    CsvMessages,
    JournalError,
    Report,
    State,
    StoreTexts,
)
from seven_async.cli.campaign.progress import Bar
from seven_async.cli.exit_status import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOT_SENT,
    EXIT_UNKNOWN,
    status_of,
)
from seven_async.cli.gateway import client
from seven_async.cli.screen import complain, say
from seven_async.cli.wording import count_of
from seven_async.errors import InvalidRequestError, SevenError

if TYPE_CHECKING:
    from seven_async import Async, AsyncSeven, Balance
    from seven_async.campaign import Entry
    from seven_async.sandbox import Sandbox


@attrs.frozen(kw_only=True)
class Job:
    """One campaign as the command line describes it. `settings` are keywords of `Campaign`.

    Without `messages` it goes on with what its journal has.
    """

    name: str
    messages: CsvMessages | None
    concurrency: int
    settings: dict[str, Any]
    use_sandbox: bool = False
    retry: tuple[str, ...] = ()

    @property
    def journal(self) -> Path | None:
        """The file that is the journal; None if nothing is remembered, or a database does that."""
        journal = self.settings.get("journal")
        return journal if isinstance(journal, Path) else None

    @property
    def is_loaded_first(self) -> bool:
        """True if the messages are written down before they are sent, so that resuming is easy."""
        keeps_texts = self.settings.get("store_texts", StoreTexts.NEVER) != StoreTexts.NEVER
        return self.messages is not None and self.journal is not None and keeps_texts


@attrs.define(kw_only=True)
class RunResult:
    """How a run ended. `reasons` counts the entries that were not accepted, by state and reason.

    `done` counts those that need nothing more, `changed` those that differ from what was sent
    before, and so were not sent.
    """

    job: Job
    counts: Counter[State] = attrs.field(factory=Counter[State])
    reasons: Counter[tuple[State, str]] = attrs.field(factory=Counter[tuple[State, str]])
    done: int = 0
    changed: int = 0
    report: Report | None = None
    error: Exception | None = None
    is_stopped: bool = False
    is_part_written: bool = False
    balance: Balance | None = None
    sandbox: Sandbox | None = None

    @property
    def is_stopped_elsewhere(self) -> bool:
        """True if another process has stopped it."""
        is_stopped = self.report is not None and self.report.ending == "stopped"
        return is_stopped and not self.is_stopped and self.error is None

    @property
    def status(self) -> int:
        """The exit status of the command."""
        if self.is_stopped or self.is_stopped_elsewhere:
            return EXIT_INTERRUPTED
        if self.counts[State.UNKNOWN]:
            return EXIT_UNKNOWN
        if self.done == self.counts.total() and self.error is None:
            return EXIT_DONE
        if self.counts[State.ACCEPTED]:
            return EXIT_FAILED
        if self.error is not None:
            return status_of(self.error) if isinstance(self.error, SevenError) else EXIT_FAILED
        return EXIT_NOT_SENT if self.left else EXIT_FAILED

    @property
    def left(self) -> int:
        """How many messages did not leave, and wait for another run."""
        needs_nothing = self.done - self.counts[State.ACCEPTED] + self.changed
        return self.counts[State.SKIPPED] - needs_nothing

    def to_report(self) -> Report:
        """Return the counts of this run; the cost is that of the whole campaign."""
        whole, counts = self.report or Report(name=self.job.name), self.counts
        return Report(
            name=self.job.name,
            cost=whole.cost,
            ending=whole.ending,
            reasons={f"{state}: {reason}": n for (state, reason), n in self.reasons.items()},
            accepted=counts[State.ACCEPTED],
            rejected=counts[State.REJECTED],
            unknown=counts[State.UNKNOWN],
            skipped=counts[State.SKIPPED],
            refused=counts[State.REFUSED],
        )

    def count(self, entry: Entry) -> None:
        """Count one more entry."""
        self.counts[entry.state] += 1
        self.done += entry.is_done
        self.changed += entry.is_changed
        if entry.state is not State.ACCEPTED:
            self.reasons[entry.state, entry.reason or entry.state.value] += 1


async def run(job: Job) -> RunResult:
    """Send all there is to send.

    The first Ctrl-C, or SIGTERM, finishes what is in flight, a second one cuts it off.
    """
    result = RunResult(job=job)
    stop = _Stop(result)
    # For the whole of it: a second Ctrl-C may come when the campaign is being closed already.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop.watch, signals)
            with stop.work:
                await _send(result, stop)
            tasks.cancel_scope.cancel()
    return result


async def _send(result: RunResult, stop: _Stop) -> None:
    """Send, and note in `result` how it ended: errors are not raised, in a task group."""
    job = result.job
    try:
        async with client(sandbox=job.use_sandbox, concurrency=job.concurrency) as (seven, sandbox):
            result.sandbox = sandbox
            async with Campaign(seven, job.name, **job.settings) as campaign:
                stop.campaign = campaign
                try:
                    await _take_entries(campaign, result)
                finally:
                    result.report = _report_of(campaign)
            if not result.is_stopped:
                result.balance = await _balance_of(seven)
    except Exception as error:  # noqa: BLE001 - whatever ends a run, its summary comes
        result.error = error


async def _balance_of(seven: AsyncSeven) -> Balance | None:
    """Return the credit; None if the gateway does not say: what was sent was sent."""
    try:
        return await seven.balance.get()
    except SevenError:
        return None


def _report_of(campaign: Campaign[Async]) -> Report | None:
    """Return the counts over all runs; None if the journal is gone, which is another error."""
    try:
        return campaign.report()
    except JournalError:
        return None


async def _take_entries(campaign: Campaign[Async], result: RunResult) -> None:
    job = result.job
    for reason in job.retry:
        count = await campaign.retry(reason)
        say(f"{count_of(count, 'message')} rejected for “{reason}” will be sent again")
    if job.messages is None:
        entries, total = campaign.resume(), CampaignJournal.open(_require(job.journal)).status()
        await _show(entries, total.planned + total.in_doubt, campaign, result)
        return
    if job.is_loaded_first:
        result.is_part_written = True
        await campaign.load(job.messages)
        result.is_part_written = False
    total_rows = job.messages.sendable + len(job.messages.refused)
    await _show(campaign.send(job.messages), total_rows, campaign, result)


def _require(journal: Path | None) -> Path:
    if journal is None:
        raise InvalidRequestError("resume needs the journal of the campaign")
    return journal


async def _show(
    entries: AsyncIterable[Entry], total: int, campaign: Campaign[Async], result: RunResult
) -> None:
    with Bar(total) as bar:
        async for entry in entries:
            result.count(entry)
            bar.advance(result.counts, campaign.progress)


class _Stop:
    """Ctrl-C or SIGTERM: the first one ends the reading, a second one cuts off what is in flight.

    Whatever else goes on than sending (a look into the gateway's journal, say) is cut off at once.
    """

    def __init__(self, result: RunResult) -> None:
        self._result = result
        self.work = anyio.CancelScope()
        self.campaign: Campaign[Async] | None = None

    async def watch(self, signals: AsyncIterable[signal.Signals]) -> None:
        """Wait for signals; cancelled when the command is over."""
        async for _ in signals:
            is_first, self._result.is_stopped = not self._result.is_stopped, True
            campaign = self.campaign
            if campaign is None or not campaign.is_sending:
                self.work.cancel()
            elif is_first:
                complain("finishing what is in flight; Ctrl-C again to stop at once")
                campaign.stop()
            else:
                complain("stopping at once")
                campaign.abort()
