"""One run over one input: workers that take batches, send them, and tell what became of each.

In: an input. Out: entries in a `ResultQueue`. I/O through `Sender`.

The way of a message: input → batcher → claim → request → outcome → record → caller. A worker takes
a batch all this way; with a journal that has to be waited for there are more workers than requests
may be in flight, so that some claim while the others send.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Sequence

import anyio
from anyio.abc import TaskGroup, TaskStatus
from anyio.lowlevel import checkpoint

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.journal.errors import JournalError, JournalLostError
from seven_async.campaign.journal.protocol import RunJournal
from seven_async.campaign.results import (
    Entry,
    Limit,
    PausedError,
    Reason,
    SendResult,
    State,
)
from seven_async.campaign.sending.batcher import Batcher, ResultQueue, Waiters
from seven_async.campaign.sending.limits import CostLimit, ErrorRateBreaker, Limits
from seven_async.campaign.sending.outcomes import skip
from seven_async.campaign.sending.sender import Sender, pass_ticket
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import Item, Unpacker
from seven_async.client import AsyncSeven
from seven_async.errors import SevenError
from seven_async.flow.event_loop import Task, is_interrupt, protect
from seven_async.flow.limit import Ticket


class Runner:
    """The sending of one input. `failure` is what ended it early."""

    def __init__(
        self,
        client: AsyncSeven,
        settings: Settings,
        journal: RunJournal,
        source: Iterator[Item] | None,
        *,
        budget: CostLimit | None = None,
        error_rate: ErrorRateBreaker | None = None,
        put_off: Callable[[float], None] | None = None,
    ) -> None:
        self._client = client
        self._limiter = client.limiter
        self._settings = settings
        self.journal = journal
        self._sender = Sender(client, settings, journal, self)
        self.limits: Limits = Limits(settings, client.options.clock, budget, error_rate)
        # What is larger than a window waits until nothing else has left for a while.
        batch = min(settings.batch, self._limiter.most_together or settings.batch)
        held = batch * settings.concurrency
        workers = Waiters()
        self.caller: Waiters = Waiters()
        self.batcher: Batcher = Batcher(
            Unpacker(settings),
            self.refuse,
            batch=batch,
            source=source,
            fed=2 * held,
            quiet=settings.quiet_hours,
            put_off=put_off,
            start_s=None if settings.start is None else settings.start.timestamp(),
            not_after_s=self._sender.not_after_s,
            now=client.options.clock.now,
            workers=workers,
            caller=self.caller,
        )
        self.results: ResultQueue = ResultQueue(max(held, 100), workers=workers, caller=self.caller)
        self.failure: BaseException | None = None
        self.held_back: str | None = None
        self.ended: anyio.Event = anyio.Event()
        self._in_work: set[anyio.CancelScope] = set()
        self._taking = anyio.Lock(fast_acquire=True)
        self._waiting = anyio.CancelScope()
        self._reading = anyio.CancelScope()
        self._workers = anyio.CancelScope()
        self._is_aborted = False
        self._waits_for_rate = False
        self._unpaused: anyio.Event | None = None
        self.is_interrupted: bool = False
        self._worker: Task = self._work
        self._started = 0

    async def run(
        self,
        source: AsyncIterable[Item] | None = None,
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Send everything; return when the input ends, or after `stop`."""
        try:
            task_status.started()
            self._worker = protect(self._work)
            with self._workers:
                async with anyio.create_task_group() as tasks:
                    if source is not None:
                        tasks.start_soon(protect(self._read), source)
                    self._start_worker(tasks)
        finally:
            try:
                with anyio.CancelScope(shield=True):
                    await self._end()
            finally:
                self.results.close()
                self.ended.set()

    def _start_worker(self, tasks: TaskGroup) -> None:
        """Start one more worker, up to as many batches as may be on their way.

        With a journal there are more than may be in flight (`Sender` bounds those): while some
        wait for the disk, the others send.
        """
        in_flight = self._settings.concurrency
        most = in_flight if self.journal.is_instant else in_flight + in_flight // 2 + 4
        if self._started < most:
            self._started += 1
            tasks.start_soon(self._worker, tasks)

    async def _end(self) -> None:
        try:
            await self.journal.end(self.ending)
        except JournalError as error:
            self.failure = self.failure or error

    @property
    def ending(self) -> str:
        """How the run ended, in a few words."""
        if isinstance(self.failure, PausedError):
            return f"paused: {self.failure.reason}"
        if self.failure is not None:
            return f"failed: {type(self.failure).__name__}"
        return "stopped" if self.batcher.is_closed else "complete"

    # Ending early

    def stop(self) -> None:
        """Read no more of the input; what is in flight finishes."""
        self.batcher.close()
        self.set_paused(is_paused=False)
        self._waiting.cancel()
        self._reading.cancel()

    def set_paused(self, *, is_paused: bool) -> None:
        """Let no more batches leave until it is called again; what is in flight finishes."""
        if is_paused and self._unpaused is None and not self.batcher.is_closed:
            self._unpaused = anyio.Event()
        elif not is_paused and self._unpaused is not None:
            self._unpaused.set()
            self._unpaused = None

    @property
    def in_flight(self) -> int:
        """How many requests are in flight, or about to leave."""
        return len(self._in_work)

    @property
    def limit(self) -> Limit:
        """What holds the run back just now."""
        if self._unpaused is not None:
            return Limit.PAUSED
        if self._limiter.paused_s(self._client.options.clock) > 0:
            return Limit.GATEWAY
        if self._waits_for_rate:
            return Limit.RATE
        if self.in_flight >= self._settings.concurrency:
            return Limit.CONCURRENCY
        return Limit.QUIET_HOURS if self.batcher.is_asleep else Limit.INPUT

    def finish(self) -> None:
        """Stop, and let nothing more leave; what is in flight finishes."""
        self.stop()
        self.results.lift_limit()
        self.held_back = self.held_back or "stopped"

    def hurry(self) -> None:
        """Do the same, and give what is in flight a few seconds only."""
        self.finish()
        for scope in self._in_work:
            scope.deadline = min(scope.deadline, anyio.current_time() + self._settings.finish_s)

    def abort(self) -> None:
        """End at once: cut off what is in flight. What had left may have been sent."""
        self._is_aborted = True
        self.hurry()
        for scope in self._in_work:
            scope.cancel()
        self._workers.cancel()

    def halt(self, error: SevenError) -> None:
        """Let nothing more leave; the caller's loop raises the error after the last entry.

        A journal that cannot be written holds nothing back that is an intent on the disk: the next
        run finds it. What is not an intent cannot leave anyway.
        """
        self.failure = self.failure or error
        if not isinstance(error, JournalError) or isinstance(error, JournalLostError):
            self.held_back = "paused"
        self.stop()

    def pause_for_cost(self) -> None:
        """Take no more messages: the next one may cost too much. What was reserved leaves."""
        self.failure = self.failure or PausedError(Reason.COST)
        self.stop()

    # From the input to a batch

    async def _read(self, source: AsyncIterable[Item]) -> None:
        with self._reading:
            try:
                async for item in source:
                    self.batcher.feed((item,))
                    while not self.batcher.room:
                        await self.caller.wait()
            except Exception as error:  # noqa: BLE001 - the caller's own iterable may raise anything
                self.failure = self.failure or error
            self.batcher.end()

    async def _work(self, tasks: TaskGroup) -> None:
        while True:
            await self.results.wait_for_room()
            await self._wait_while_paused()
            batch = await self._take()
            if batch is None:
                return
            self._start_worker(tasks)
            try:
                self._sender.hold_late(batch)
                awake = pass_ticket(batch, self.batcher.keep_asleep(batch))
                affordable = await self._reserve_cost(awake)
                if affordable:
                    await self._serve(affordable)
                else:
                    await checkpoint()
            finally:
                self._sender.give_back_ticket(batch)

    async def _wait_while_paused(self) -> None:
        while self._unpaused is not None:
            await self._unpaused.wait()

    async def _take(self) -> list[OutgoingMessage] | None:
        """Return the next batch, once the account's rate has room for it; None at the end."""
        if not self._limiter.is_paced:
            return await self._take_batch()
        # One waits with a batch, the others without: what is taken cannot be left to the next run.
        async with self._taking:
            await self._wait_while_paused()
            batch = await self._take_batch()
            has_room = not batch or await self._wait_for_rate(batch)
        return batch if has_room else None

    async def _take_batch(self) -> list[OutgoingMessage] | None:
        try:
            batch = await self.batcher.take()
        except Exception as error:  # noqa: BLE001 - the caller's own iterable may raise anything
            self.failure = self.failure or error
            return []
        self._sender.hold_late(batch or ())  # or it would wait for a rate that it does not need
        return batch

    async def _wait_for_rate(self, batch: list[OutgoingMessage]) -> bool:
        """Wait until a batch may leave; return False if the run was stopped before.

        The intent is written after this wait: it says that a message may have left, and when.
        """
        ticket = Ticket(sum(1 for message in batch if message.hold is None))
        if ticket.messages:
            with anyio.CancelScope() as self._waiting:
                if self.batcher.is_closed:
                    return False
                self._waits_for_rate = True
                await self._limiter.wait_for_room(self._client.options.clock, ticket)
            self._waits_for_rate = False
            if self._waiting.cancelled_caught:
                return False
            batch[0].ticket = ticket
        return True

    async def _reserve_cost(self, batch: list[OutgoingMessage]) -> list[OutgoingMessage]:
        """Return what may still be spent on; pause the campaign at the first that is too much."""
        budget = self.limits.budget
        if budget is None or not batch:
            return batch
        affordable = await budget.reserve(batch)
        if len(affordable) < len(batch):
            self.pause_for_cost()
        return pass_ticket(batch, affordable)

    # From a batch to its entries

    async def _serve(self, batch: list[OutgoingMessage]) -> None:
        """Serve a batch to its end, also when cancelled meanwhile (`hurry` limits how long)."""
        with anyio.CancelScope(shield=True) as scope:
            self._in_work.add(scope)
            if self._is_aborted:
                scope.cancel()
            try:
                await self._sender.serve(batch)
            except BaseException as error:  # by `abort`, by its deadline, or by asyncio itself
                if is_interrupt(error):
                    self.is_interrupted = True
                    self.hurry()
                self._cut_off(batch)
                raise
            finally:
                self._in_work.discard(scope)

    def _cut_off(self, batch: Sequence[OutgoingMessage]) -> None:
        """Tell of messages that were not served to the end; what has not left waits for later."""
        untold = [message for message in batch if not message.is_told]
        in_doubt = [each for each in untold if each.may_have_left or each.is_in_doubt]
        unsent = [each for each in untold if not (each.may_have_left or each.is_in_doubt)]
        # In a journal they stay intents, which the next run looks up.
        cut = SendResult(state=State.UNKNOWN, reason="stopped")
        self.publish(in_doubt, [cut] * len(in_doubt))
        self._sender.record(unsent, [skip("stopped", again=True) for _ in unsent])

    def refuse(self, entry: Entry, result: SendResult) -> None:
        """Record something that cannot be sent, then tell of it."""

        def tell() -> None:
            self.limits.tally.add((result,))
            self.results.put((entry,))

        self.journal.record_refusal(entry, tell)

    def publish(self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]) -> None:
        """Count results, and hand their entries to the caller."""
        pause = self.limits.count(batch, results)
        if pause is not None and self.failure is None:
            self.halt(pause)
        for message in batch:
            message.is_told = True
        self.results.put(map(_build_entry, batch, results))


def _build_entry(message: OutgoingMessage, result: SendResult) -> Entry:
    return Entry(
        key=message.key,
        recipient=message.to,
        channel=message.channel.name,
        state=result.state,
        receipt=result.receipt,
        error=result.error,
        foreign_id=message.foreign_id,
        line=message.line,
        reason=result.reason,
        message=result.message if result.receipt is not None else None,
    )
