"""A campaign on a terminal: its progress, and Ctrl-C that ends it without leaving anything open."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import AsyncIterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
import attrs

from seven_async.campaign import Campaign, JournalError, Report, State
from seven_async.campaign.unknown.policy import CHANGED, DUPLICATE, SERVED_BEFORE
from seven_async.cli.exit_status import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_NOT_SENT,
    EXIT_UNKNOWN,
    status_of,
)
from seven_async.cli.gateway import client
from seven_async.cli.progress import Bar
from seven_async.cli.screen import complain
from seven_async.errors import SevenError

if TYPE_CHECKING:
    from decimal import Decimal

    from seven_async.api.routes.endpoint import Async
    from seven_async.campaign import Entry
    from seven_async.cli.campaign_options import Job
    from seven_async.client import AsyncSeven
    from seven_async.sandbox import Sandbox

_IN_ORDER: Final = frozenset({SERVED_BEFORE, DUPLICATE, "suppressed"})
"""Why a message is skipped that nobody misses."""


@attrs.define(kw_only=True)
class Ended:
    """How a run ended. `reasons` counts the entries that were not accepted, by state and reason."""

    job: Job
    file: Path
    counts: Counter[State] = attrs.field(factory=Counter[State])
    reasons: Counter[tuple[State, str]] = attrs.field(factory=Counter[tuple[State, str]])
    report: Report | None = None
    error: SevenError | None = None
    is_stopped: bool = False
    balance: Decimal | None = None
    sandbox: Sandbox | None = None

    @property
    def changed(self) -> int:
        """Messages that differ from what was sent before, and so were not sent."""
        return sum(self.reasons[State.SKIPPED, reason] for reason in CHANGED)

    @property
    def status(self) -> int:
        """The exit status of the command."""
        if self.is_stopped:
            return EXIT_INTERRUPTED
        if self.counts[State.UNKNOWN]:
            return EXIT_UNKNOWN
        skipped = {reason: n for (state, reason), n in self.reasons.items() if state == "skipped"}
        in_order = sum(skipped.get(reason, 0) for reason in _IN_ORDER)
        served = self.counts[State.ACCEPTED] + in_order
        if served == self.counts.total() and self.error is None:
            return EXIT_DONE
        if self.counts[State.ACCEPTED]:
            return EXIT_FAILED
        if self.error is not None:
            return status_of(self.error)
        could_not_leave = sum(skipped.values()) - in_order - self.changed
        return EXIT_NOT_SENT if could_not_leave else EXIT_FAILED

    def count(self, entry: Entry) -> None:
        """One more entry came in."""
        self.counts[entry.state] += 1
        if entry.state is not State.ACCEPTED:
            self.reasons[entry.state, entry.reason or entry.state.value] += 1


async def run(job: Job, file: Path, use_sandbox: bool) -> Ended:
    """Send all there is to send.

    The first Ctrl-C, or SIGTERM, finishes what is in flight, a second one cuts it off.
    """
    ended = Ended(job=job, file=file)
    stop = _Stop(ended)
    # For the whole of it: a second Ctrl-C may come when the campaign is being closed already.
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop.watch, signals)
            with stop.work:
                await _send(ended, stop, use_sandbox)
            tasks.cancel_scope.cancel()
    return ended


async def _send(ended: Ended, stop: _Stop, use_sandbox: bool) -> None:
    """Send, and note in `ended` how it ended: errors are not raised, in a task group."""
    job = ended.job
    try:
        async with client(sandbox=use_sandbox, concurrency=job.concurrency) as (seven, sandbox):
            ended.sandbox = sandbox
            async with Campaign(seven, ended.file.stem, **job.settings) as campaign:
                stop.campaign = campaign
                try:
                    await _take_entries(campaign, ended)
                finally:
                    ended.report = _report_of(campaign)
            if not ended.is_stopped:
                ended.balance = await _balance_of(seven)
    except SevenError as error:
        ended.error = error


async def _balance_of(seven: AsyncSeven) -> Decimal | None:
    """The credit, as far as the gateway says; what was sent was sent."""
    try:
        return (await seven.balance.get()).amount
    except SevenError:
        return None


def _report_of(campaign: Campaign[Async]) -> Report | None:
    """The counts over all runs; None if the journal is gone, which is an error of its own."""
    try:
        return campaign.report()
    except JournalError:
        return None


async def _take_entries(campaign: Campaign[Async], ended: Ended) -> None:
    job = ended.job
    total = job.messages.sendable + len(job.messages.refused)
    with Bar(total) as bar:
        async for entry in campaign.send(job.messages):
            ended.count(entry)
            bar.advance(ended.counts, campaign.progress)


class _Stop:
    """Ctrl-C or SIGTERM: the first one ends the reading, a second one cuts off what is in flight.

    Whatever else goes on than sending (a look into the gateway's journal, say) is cut off at once.
    """

    def __init__(self, ended: Ended) -> None:
        self._ended = ended
        self.work = anyio.CancelScope()
        self.campaign: Campaign[Async] | None = None

    async def watch(self, signals: AsyncIterable[signal.Signals]) -> None:
        """Wait for signals; cancelled when the command is over."""
        async for _ in signals:
            is_first, self._ended.is_stopped = not self._ended.is_stopped, True
            campaign = self.campaign
            if campaign is None or not campaign.is_sending:
                self.work.cancel()
            elif is_first:
                complain("finishing what is in flight; Ctrl-C again to stop at once")
                campaign.stop()
            else:
                complain("stopping at once")
                campaign.abort()
