"""Where runs live: a task group on the client's event loop, entered with the campaign.

In: inputs. Out: one `Run` at a time. I/O through the client only.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator, Sized
from functools import partial
from types import TracebackType
from typing import Final, Self

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.interrupts import (
    build_interrupt,
    is_interrupt,
    is_second,
    protect,
)
from seven_async.campaign.journal.protocol import NoJournal, RunJournal
from seven_async.campaign.journal.session import JournalSession
from seven_async.campaign.prices import NOTHING, Tariff
from seven_async.campaign.results import Progress
from seven_async.campaign.sending.limits import Budget, Tally
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import AsyncMessages, Item, Messages, items
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError
from seven_async.flow.limit import RateLease

_ABORTING_S: Final = 1.0
"""For what was cut off to be written down, before the journal is left as it is."""


class CampaignRunner:
    """The awaiting side of a campaign, in both colours."""

    def __init__(
        self, client: AsyncSeven, settings: Settings, journal: JournalSession | None
    ) -> None:
        self._client = client
        self._settings = settings
        self._journal = journal
        self._tasks: TaskGroup | None = None
        self.run: Runner | None = None
        self.closing = anyio.Event()
        self._earlier = Tally()
        self._total: int | None = None
        self._latest: Runner | None = None
        self._budget: Budget | None = None
        self._lease: RateLease | None = None

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        try:
            if self._journal is not None:
                await self._journal.open(self._tasks)
            if self._settings.rate is not None:
                self._lease = self._client.limiter.lease(self._settings.rate)
        except BaseException:
            await self._leave(self._end_journal)
            raise
        self._tasks.start_soon(protect(self._watch))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # trio may have raised the first one in a task that a request had started.
        was_interrupted = self.run is not None and self.run.is_interrupted
        if is_second(error) or (was_interrupted and isinstance(error, KeyboardInterrupt)):
            self.abort()
        await self._leave(partial(self._end, in_a_hurry=error is not None))

    async def _leave(self, end: Callable[[], Awaitable[None]]) -> None:
        """End all that goes on, and leave the task group; at once if that is interrupted."""
        try:
            with anyio.CancelScope(shield=True):
                await end()
        except BaseException:
            # A second Ctrl-C: trio raises it here, asyncio has cancelled every task.
            self.abort()
            with anyio.move_on_after(_ABORTING_S, shield=True):
                await self._end(in_a_hurry=True)
            raise
        finally:
            if self._lease is not None:
                self._lease.end()
            await self._leave_tasks()

    async def _leave_tasks(self) -> None:
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            tasks.cancel_scope.cancel()
            try:
                # Without the error of the body, which the task group would wrap.
                await tasks.__aexit__(None, None, None)
            except BaseExceptionGroup as group:
                if is_interrupt(group):
                    raise build_interrupt() from group
                raise

    async def _end(self, *, in_a_hurry: bool) -> None:
        await self._finish(in_a_hurry=in_a_hurry)
        await self._end_journal()

    async def _end_journal(self) -> None:
        if self._journal is not None:
            await self._journal.close()

    def abort(self) -> None:
        """Cut off what is in flight; what had left may have been sent."""
        if self.run is not None:
            self.run.abort()

    async def begin(self, messages: Messages | AsyncMessages | None) -> Runner:
        """Begin a run over an input; None stands for an input that is fed.

        A run before it that was left early ends first.
        """
        await self._finish(in_a_hurry=False)
        if self._tasks is None:
            raise ConfigurationError(
                "open the campaign first: `async with Campaign(…)` or `with …`"
            )
        self._total = await _total_of(messages)
        if messages is None or isinstance(messages, AsyncIterable):
            source, awaited = None, messages
        else:
            source, awaited = items(messages), None
        if self._latest is not None:
            self._earlier.merge(self._latest.limits.tally)
        run = self.run = self._latest = await self._build_run(source)
        # Started, not only scheduled: `_finish` waits for its end.
        await self._tasks.start(protect(run.run), awaited)
        return run

    async def _build_run(self, source: Iterator[Item] | None) -> Runner:
        # What every message would meet is found out before any is written down as about to leave.
        await self._client.warmup()
        journal: RunJournal
        if self._journal is None:
            journal = NoJournal(self._client.gateway_time)
        else:
            journal = await self._journal.begin(self._total)
        limit = self._settings.max_cost
        if limit is not None and self._budget is None:
            spent = NOTHING if self._journal is None else await self._journal.cost()
            self._budget = Budget(limit, Tariff(await self._client.pricing.get()), spent)
        return Runner(self._client, self._settings, journal, source, self._budget)

    def tally(self) -> Tally:
        """Return the counts of all runs since the campaign was opened."""
        tally = Tally()
        tally.merge(self._earlier)
        if self._latest is not None:
            tally.merge(self._latest.limits.tally)
        return tally

    def progress(self) -> Progress:
        """Return how far the latest run is."""
        run = self._latest
        if run is None:
            return Progress(done=0, total=None, per_s=0.0, cost=NOTHING, failures={})
        return Progress(
            done=run.limits.tally.given,
            total=self._total,
            per_s=run.limits.per_s,
            cost=run.limits.tally.cost,
            failures=dict(run.limits.tally.reasons.most_common()),
        )

    async def _watch(self) -> None:
        """Notice that the caller is cancelled, before anything else is."""
        try:
            await anyio.sleep_forever()
        finally:
            if self.run is not None:
                self.run.hurry()

    async def _finish(self, *, in_a_hurry: bool) -> None:
        run = self.run
        if run is None:
            return
        if in_a_hurry:
            run.hurry()
        run.stop()
        run.results.lift_limit()  # nobody takes its entries any more
        await run.ended.wait()
        self.run = None


async def _total_of(messages: Messages | AsyncMessages | None) -> int | None:
    """Return how many entries there will be, where that can be told before."""
    if isinstance(messages, CsvMessages):
        await to_thread.run_sync(messages.check)
        return messages.sendable + len(messages.refused)
    return len(messages) if isinstance(messages, Sized) else None
