"""Where runs live: a task group on the client's event loop, entered with the campaign.

In: inputs. Out: one `Run` at a time. I/O through the client only.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Iterator, Sequence, Sized
from decimal import Decimal
from functools import partial
from itertools import chain
from types import TracebackType
from typing import Final, Self

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.protocol import NoJournal, RunJournal
from seven_async.campaign.journal.session import JournalSession
from seven_async.campaign.journal.stored_messages import StoredMessages
from seven_async.campaign.prices import NOTHING, Tariff
from seven_async.campaign.results import Moment, Progress
from seven_async.campaign.sending.limits import Budget, CostEstimates, Tally
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import (
    AsyncMessages,
    Item,
    Messages,
    Unpacker,
    items,
)
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError
from seven_async.flow.event_loop import (
    build_interrupt,
    is_interrupt,
    is_second,
    protect,
)
from seven_async.flow.limit import RateLease
from seven_async.flow.window import to_rate

_EXCHANGE_S: Final = 1.0
"""Between two looks at what other processes ask of a run."""

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
        self.closing: anyio.Event
        self._earlier = Tally()
        self._total: int | None = None
        self._latest: Runner | None = None
        self._budget: Budget | None = None
        self._unpacker = Unpacker(settings)
        self._lease: RateLease | None = None
        self._loaded: object = None

    async def __aenter__(self) -> Self:
        # Not before: a blocking campaign may be made where a loop of another kind runs.
        self.closing = anyio.Event()
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

    async def begin_load(self) -> None:
        """Take the journal, to write an input down."""
        if self._tasks is None or self._journal is None:
            raise _not_open()
        await self._finish(in_a_hurry=False)  # a run that was left early
        self._loaded = None
        await self._journal.begin_load()

    async def end_load(self, messages: object) -> int:
        """Note that all of an input is written down; return how many messages are new."""
        if self._journal is None:
            raise _not_open()
        count = await self._journal.end_load()
        self._loaded = messages
        return count

    async def load(self, chunk: Sequence[Item]) -> None:
        """Write items down to be sent later, at the latest when the load ends."""
        if self._tasks is None or self._journal is None:
            raise _not_open()
        unpacked = [self._unpacker.unpack(item) for item in chunk]
        sendable = [messages for messages in unpacked if isinstance(messages, list)]
        await self._journal.load(list(chain.from_iterable(sendable)))

    async def plan_again(self, reasons: Iterable[str]) -> int:
        """Let those be sent again that were refused for some reasons; return how many."""
        if self._tasks is None or self._journal is None:
            raise _not_open()
        return sum([await self._journal.plan_again(reason) for reason in reasons])

    async def begin(
        self,
        messages: Messages | AsyncMessages,
        *,
        resumes: bool = False,
        is_fed: bool = False,
    ) -> Runner:
        """Begin a run over an input, which the caller reads and feeds where it `is_fed`.

        A run that `resumes` goes on with the input of an earlier one, out of the journal. A run
        before it that was left early ends first.
        """
        await self._finish(in_a_hurry=False)
        if self._tasks is None:
            raise _not_open()
        self._total = await _total_of(messages, is_fed=is_fed)
        awaited = messages if isinstance(messages, AsyncIterable) else None
        source = None if is_fed or isinstance(messages, AsyncIterable) else items(messages)
        if self._latest is not None:
            self._earlier.merge(self._latest.limits.tally)
        run = self.run = self._latest = await self._build_run(
            source, resumes=resumes, is_loaded=messages is self._loaded
        )
        # Started, not only scheduled: `_finish` waits for its end.
        await self._tasks.start(protect(run.run), awaited)
        if self._journal is not None:
            self._tasks.start_soon(protect(self._obey), run)
        return run

    async def _obey(self, run: Runner) -> None:
        """Do what other processes ask of a run, and tell them what it is doing."""
        if not run.journal.is_asked:
            await _wait_for_end(run)
        while not run.ended.is_set():
            try:
                asked = await run.journal.exchange(self._moment_of(run))
            except JournalError:
                return  # of which the run itself tells
            run.set_paused(is_paused=asked.is_paused)
            if asked.rate is not None:
                self._change_rate(asked.rate)
            if asked.is_stopped:
                run.stop()
            await _wait_for_end(run)

    def _change_rate(self, per_s: float) -> None:
        if self._lease is None or self._lease.window.rate != to_rate(per_s):
            lease, rate = self._lease, to_rate(per_s)
            assert rate is not None  # noqa: S101 - None stays None, and this is none
            self._lease = self._client.limiter.lease(rate)
            if lease is not None:
                lease.end()

    def _moment_of(self, run: Runner) -> Moment:
        progress = self.progress()
        return Moment(
            limit=run.limit,
            in_flight=run.in_flight,
            per_s=progress.per_s,
            eta_s=progress.eta_s,
        )

    async def _build_run(
        self, source: Iterator[Item] | None, *, resumes: bool, is_loaded: bool
    ) -> Runner:
        # What every message would meet is found out before any is written down as about to leave.
        await self._client.warmup()
        journal: RunJournal
        if self._journal is None:
            journal = NoJournal(self._client.gateway_time)
        else:
            journal = await self._journal.begin(self._total, resumes=resumes, is_loaded=is_loaded)
        limit = self._settings.max_cost
        if limit is not None and self._budget is None:
            self._budget = await self._build_budget(limit)
        return Runner(self._client, self._settings, journal, source, budget=self._budget)

    async def _build_budget(self, limit: Decimal) -> Budget:
        tariff, journal = Tariff(await self._client.pricing.get()), self._journal
        if journal is None:
            return Budget(limit, tariff, NOTHING)
        spent = await journal.begin_budget(CostEstimates(tariff).estimate_stored)
        count = journal.count_spent if journal.keeps_reserved else None
        return Budget(limit, tariff, spent, count)

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


async def _wait_for_end(run: Runner) -> None:
    """Return when a run has ended, or when it is time to look at what is asked of it."""
    with anyio.move_on_after(_EXCHANGE_S):
        await run.ended.wait()


def _not_open() -> ConfigurationError:
    return ConfigurationError("open the campaign first: `async with Campaign(…)` or `with …`")


async def _total_of(messages: Messages | AsyncMessages, *, is_fed: bool) -> int | None:
    """Return how many entries there will be, where that can be told before."""
    if isinstance(messages, CsvMessages):
        await to_thread.run_sync(messages.check)
        return messages.sendable + len(messages.refused)
    # What is fed may belong to the thread of the caller, a class of its own above all.
    known = (list, tuple, StoredMessages) if is_fed else Sized
    return len(messages) if isinstance(messages, known) else None
