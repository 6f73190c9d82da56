"""A campaign on a terminal: its progress, and Ctrl-C that ends it without leaving anything open."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import attrs

from seven_async.campaign import Campaign, PausedError, Report
from seven_async.cli.gateway import client
from seven_async.cli.progress import Bar
from seven_async.cli.screen import complain
from seven_async.errors import SevenError

if TYPE_CHECKING:
    from decimal import Decimal

    from seven_async.api.endpoint import Async
    from seven_async.cli.campaign_options import Job
    from seven_async.sandbox import Sandbox


@attrs.define(kw_only=True)
class Ended:
    """How a run ended."""

    job: Job
    file: Path
    report: Report
    counts: Counter[str]
    """Entries of this run, by state."""

    is_stopped: bool
    paused: PausedError | None
    balance: Decimal | None
    sandbox: Sandbox | None

    @property
    def is_complete(self) -> bool:
        """Whether everybody was served, now or in an earlier run."""
        served = self.counts["accepted"] + self.counts["skipped"]
        return served == self.counts.total() and not self.is_stopped and self.paused is None


async def run(job: Job, file: Path, use_sandbox: bool) -> Ended:
    """Send all there is to send; one Ctrl-C finishes what is in flight, a second one does not."""
    counts: Counter[str] = Counter()
    balance: Decimal | None = None
    async with (
        client(sandbox=use_sandbox, concurrency=job.concurrency) as (seven, sandbox),
        Campaign(seven, file.stem, **job.settings) as campaign,
    ):
        is_stopped, error = await _watched(campaign, job, counts)
        report = campaign.report()
        if error is not None and not isinstance(error, PausedError):
            raise error
        if not is_stopped:
            balance = (await seven.balance.get()).amount
        return Ended(
            job=job,
            file=file,
            report=report,
            counts=counts,
            is_stopped=is_stopped,
            paused=error,
            balance=balance,
            sandbox=sandbox,
        )


async def _watched(
    campaign: Campaign[Async], job: Job, counts: Counter[str]
) -> tuple[bool, SevenError | None]:
    """Whether Ctrl-C ended it, and the error it ended with: not raised in here, in a group."""
    found: SevenError | None = None
    stop = _Stop(campaign)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop.watch)
        try:
            await _entries(campaign, job, counts)
        except SevenError as error:
            found = error
        tasks.cancel_scope.cancel()
    return stop.is_asked, found


async def _entries(campaign: Campaign[Async], job: Job, counts: Counter[str]) -> None:
    total = job.messages.sendable + len(job.messages.refused)
    with Bar(total) as bar:
        async for entry in campaign.send(job.messages):
            counts[entry.state] += 1
            bar.advance(counts, campaign.progress)


class _Stop:
    """Ctrl-C: the first one ends the reading, the second one everything."""

    def __init__(self, campaign: Campaign[Async]) -> None:
        self._campaign = campaign
        self.is_asked = False

    async def watch(self) -> None:
        """Wait for signals; cancelled when the campaign is over."""
        with anyio.open_signal_receiver(signal.SIGINT) as signals:
            async for _ in signals:
                if self.is_asked:
                    raise KeyboardInterrupt
                self.is_asked = True
                complain("finishing what is in flight; Ctrl-C again to stop at once")
                self._campaign.stop()
