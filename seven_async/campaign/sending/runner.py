"""One run over one input: workers that take batches, send them, and tell what became of each.

In: an `Intake`. Out: entries in an `Outbox`. I/O through the client only.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

import anyio
from anyio.abc import TaskGroup, TaskStatus
from anyio.lowlevel import checkpoint

from seven_async.api.receipt import Receipt
from seven_async.campaign.entry import Entry, State
from seven_async.campaign.inputs.message import Outgoing, together
from seven_async.campaign.interrupts import protected
from seven_async.campaign.pauses import PausedError, Reason
from seven_async.campaign.sending.batcher import Intake
from seven_async.campaign.sending.limits import Controls
from seven_async.campaign.sending.outcomes import (
    FATAL,
    Verdict,
    goes_alone_after,
    of_error,
    of_receipt,
)
from seven_async.campaign.sending.queues import Outbox
from seven_async.campaign.sending.references import References
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.waiters import Waiters
from seven_async.campaign.tally import Tally
from seven_async.campaign.unknown.resolver import Settler
from seven_async.client import AsyncSeven
from seven_async.errors import InsufficientCreditError, SevenError
from seven_async.finder import Finder
from seven_async.flow.gateway_time import Departure, read_departure
from seven_async.flow.limit import Ticket

T = TypeVar("T")
Serve: TypeAlias = Callable[[list[Outgoing]], Awaitable[None]]

_FRESH_S: Final = 2.0
"""So old may an intent be when its message leaves; `rules_of` reckons with a larger margin."""


class Run(Generic[T]):
    """The sending of one input. `failure` is what ended it early."""

    def __init__(
        self,
        client: AsyncSeven,
        settings: Settings,
        intake: Intake[T],
        outbox: Outbox,
        *,
        caller: Waiters,
        controls: Controls,
        tally: Tally,
    ) -> None:
        self._client = client
        self._limiter = client.limiter
        self._settings = settings
        self._references = References()
        self._finder = Finder(client.journal, client.gateway_time)
        self._settler = Settler(self._finder, settings.rules, client.gateway_time)
        self.intake = intake
        self.outbox = outbox
        self.caller = caller
        self.controls = controls
        self.tally = tally
        self.failure: BaseException | None = None
        self.held_back: str | None = None
        self.ended = anyio.Event()
        self._in_flight: set[anyio.CancelScope] = set()
        self._taking = anyio.Lock(fast_acquire=True)
        self._waiting = anyio.CancelScope()
        self._reading = anyio.CancelScope()
        self._workers = anyio.CancelScope()
        self._is_aborted = False

    async def main(
        self,
        source: AsyncIterable[Any] | None = None,
        *,
        task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED,
    ) -> None:
        """Send everything; ends when the input does, or after `stop`."""
        try:
            task_status.started()
            with self._workers:
                async with anyio.create_task_group() as tasks:
                    if source is not None:
                        tasks.start_soon(protected(), self._read, source)
                    self._start(tasks)
        finally:
            try:
                with anyio.CancelScope(shield=True):
                    await self._wind_up()
            finally:
                self.outbox.close()
                self.ended.set()

    def _start(self, tasks: TaskGroup) -> None:
        """Start as many workers as there may be requests in flight."""
        for _ in range(self._settings.concurrency):
            tasks.start_soon(protected(), self._work)

    async def _wind_up(self) -> None:
        """What is to be done after the last message and before the last entry."""

    @property
    def ending(self) -> str:
        """How the run ended, in a few words."""
        if isinstance(self.failure, PausedError):
            return f"paused: {self.failure.reason}"
        if self.failure is not None:
            return f"failed: {type(self.failure).__name__}"
        return "stopped" if self.intake.is_closed else "complete"

    def stop(self) -> None:
        """Read no more of the input; what is in flight finishes."""
        self.intake.close()
        self._waiting.cancel()
        self._reading.cancel()

    def hurry(self) -> None:
        """Stop, and give what is in flight a few seconds only; nothing more leaves."""
        self.stop()
        self.outbox.lift_limit()
        self.held_back = self.held_back or "stopped"
        for scope in self._in_flight:
            scope.deadline = min(scope.deadline, anyio.current_time() + self._settings.finish_s)

    def abort(self) -> None:
        """End at once: cut off what is in flight. What had left may have been sent."""
        self._is_aborted = True
        self.hurry()
        for scope in self._in_flight:
            scope.cancel()
        self._workers.cancel()

    def halt(self, error: SevenError) -> None:
        """Let nothing more leave; the caller's loop raises the error after the last entry."""
        self.failure = self.failure or error
        self.held_back = "paused"
        self.stop()

    def refuse(self, entry: Entry, verdict: Verdict) -> None:
        """Tell of something that cannot be sent."""
        self.tally.add((verdict,))
        self.outbox.put((entry,))

    async def _read(self, source: AsyncIterable[T]) -> None:
        with self._reading:
            try:
                async for item in source:
                    self.intake.feed((item,))
                    while not self.intake.room:
                        await self.caller.wait()
            except Exception as error:  # noqa: BLE001 - whatever the caller's own iterable raises
                self.failure = self.failure or error
            self.intake.end()

    async def _work(self) -> None:
        while True:
            await self.outbox.room()
            batch = await self._taken()
            if batch is None:
                return
            try:
                affordable = await self._affordable(batch)
                if affordable:
                    await self._to_the_end(self._serve, affordable)
                else:
                    await checkpoint()
            finally:
                self._give_back(batch)

    async def _taken(self) -> list[Outgoing] | None:
        """The next batch, once the account's rate has room for it."""
        if not self._limiter.is_paced:
            return await self._taken_at_once()
        # One waits with a batch, the others without: what is taken cannot be left to the next run.
        async with self._taking:
            batch = await self._taken_at_once()
            has_room = not batch or await self._has_room(batch)
        return batch if has_room else None

    async def _has_room(self, batch: list[Outgoing]) -> bool:
        """Wait until a batch may leave; false if the run was stopped before.

        Nobody writes down that a message leaves, as long as it does not: an intent says that it may
        have left, and when.
        """
        ticket = Ticket(sum(1 for one in batch if one.hold is None))
        if ticket.messages:
            with anyio.CancelScope() as self._waiting:
                if self.intake.is_closed:
                    return False
                await self._limiter.wait_for_room(self._client.options.clock, ticket)
            if self._waiting.cancelled_caught:
                return False
            batch[0].ticket = ticket
        return True

    def _give_back(self, batch: Sequence[Outgoing]) -> None:
        """Give back the place in the line that a batch did not use."""
        for one in batch:
            if one.ticket is not None:
                self._limiter.step_out(one.ticket)
                one.ticket = None

    async def _taken_at_once(self) -> list[Outgoing] | None:
        try:
            return await self.intake.take()
        except Exception as error:  # noqa: BLE001 - whatever the caller's own iterable raises
            self.failure = self.failure or error
            return []

    async def _affordable(self, batch: list[Outgoing]) -> list[Outgoing]:
        """What may still be spent on; the campaign pauses at the first that is too much."""
        budget = self.controls.budget
        if budget is None or not batch:
            return batch
        fitting = await budget.affordable(batch)
        if len(fitting) < len(batch):
            self.failure = self.failure or PausedError(Reason.COST)
            self.stop()
        return pass_ticket(batch, fitting)

    async def _to_the_end(self, serve: Serve, batch: list[Outgoing]) -> None:
        """Serve a batch; whoever cancels meanwhile waits for it (`hurry` limits how long)."""
        with anyio.CancelScope(shield=True) as scope:
            self._in_flight.add(scope)
            if self._is_aborted:
                scope.cancel()
            try:
                await serve(batch)
            except BaseException:  # cut off by `abort`, by its deadline, or by asyncio itself
                self._cut_off(batch)
                raise
            finally:
                self._in_flight.discard(scope)

    def _cut_off(self, batch: Sequence[Outgoing]) -> None:
        """Tell of messages that were not served to the end; what has not left is left for later."""
        untold = [one for one in batch if not one.is_told]
        in_doubt = [one for one in untold if one.may_have_left or one.is_in_doubt]
        unsent = [one for one in untold if not (one.may_have_left or one.is_in_doubt)]
        # In a journal they stay intents, which the next run looks up.
        cut = Verdict(state=State.UNKNOWN, reason="stopped")
        self._publish([(one, cut) for one in in_doubt])
        self._tell([(one, skipped("stopped", again=True)) for one in unsent])

    async def _serve(self, batch: list[Outgoing]) -> None:
        """Send what is to be sent of a batch, and tell what became of it."""
        self._refer(batch)
        departure = read_departure(self._client.gateway_time)
        for one in batch:
            one.departure = departure
        held = [one for one in batch if one.hold is not None]
        self._tell([(one, skipped(one.hold)) for one in held])
        await self._send(pass_ticket(batch, [one for one in batch if one.hold is None]))

    def _refer(self, batch: Sequence[Outgoing]) -> None:
        """Give a batch a reference by which it can be found again, unless its messages have one."""
        first = batch[0]
        if first.kind.has_reference and first.foreign_id is None:
            reference = self._references.new()
            for one in batch:
                one.foreign_id, one.is_own_reference = reference, True

    async def _send(self, batch: list[Outgoing]) -> None:
        if batch:
            verdicts = await self._sent(batch)
            self._tell(list(zip(batch, verdicts, strict=True)))

    def _tell(self, served: Sequence[tuple[Outgoing, Verdict]]) -> None:
        self._publish(served)

    def _publish(self, served: Sequence[tuple[Outgoing, Verdict]]) -> None:
        self.tally.add([verdict for _, verdict in served])
        pause = self.controls.heed(served)
        if pause is not None and self.failure is None:
            self.halt(pause)
        self.outbox.put([_entry(one, verdict) for one, verdict in served])

    async def _sent(self, batch: list[Outgoing]) -> list[Verdict]:
        """The verdicts on a batch, fall-backs included."""
        verdicts = await self._tried(batch)
        verdicts = await self._settler.settled(batch, verdicts, self._repeat_alone)
        refused = State.REJECTED
        for place, one in enumerate(batch):
            if verdicts[place].state is refused and one.has_next:
                await self._turn(one)
                verdicts[place] = (await self._sent([one]))[0]
        return verdicts

    async def _turn(self, one: Outgoing) -> None:
        """Turn to the next form of a message."""
        one.turn_to(one.step + 1)
        self._refer([one])
        one.departure = read_departure(self._client.gateway_time)

    async def _repeat_alone(self, one: Outgoing) -> Verdict:
        """Send a message in doubt once more."""
        one.attempts += 1
        return await self._tried_alone(one)

    async def _tried_alone(self, one: Outgoing) -> Verdict:
        return (await self._tried([one]))[0]

    async def _tried(self, batch: list[Outgoing]) -> list[Verdict]:
        """The verdicts on a batch after its request, or several if one recipient spoilt it."""
        try:
            if self.held_back is not None:
                return [skipped(self.held_back, again=True)] * len(batch)
            return await self._requested(batch)
        except SevenError as error:
            self._heed(error)
            if not goes_alone_after(error, batch):
                return [of_error(error)] * len(batch)
            for one in batch:
                one.may_have_left = False
        return [await self._tried_alone(one) for one in batch]

    async def _requested(self, batch: list[Outgoing]) -> list[Verdict]:
        first = batch[0]
        row, ticket = first.kind.row, first.ticket or Ticket()
        first.ticket = None
        ticket.messages = len(batch)
        ticket.before_leaving = partial(self._date, batch)
        receipt: Receipt = await self._client.call(row, together(batch), ticket=ticket)
        return of_receipt(receipt, batch, row.line)

    async def _date(self, batch: Sequence[Outgoing]) -> None:
        """Date the intents of what leaves now, where they had to wait for it.

        How long a message in doubt may have been with the gateway is reckoned from its intent.
        """
        departure = read_departure(self._client.gateway_time)
        late = [one for one in batch if not one.may_have_left and _is_late(one, departure)]
        for one in late:
            one.departure = departure
        if late:
            await self._write_intents(late)
        for one in batch:
            one.may_have_left = True

    async def _write_intents(self, batch: Sequence[Outgoing]) -> None:
        """Write down that messages leave now, where something is written down at all."""

    def _heed(self, error: SevenError) -> None:
        """Stop for errors that the next message would meet as well."""
        if isinstance(error, FATAL):
            self.halt(error)
        elif isinstance(error, InsufficientCreditError):
            self.halt(PausedError(Reason.CREDIT))


def _is_late(one: Outgoing, leaving: Departure) -> bool:
    """Whether an intent is older than what leaves now, by the clock that cannot be set."""
    intent = one.departure.reading if one.departure is not None else None
    if intent is None or leaving.reading is None:
        return False
    return leaving.reading.monotonic_s - intent.monotonic_s > _FRESH_S


def skipped(reason: str | None, *, again: bool = False) -> Verdict:
    """The verdict on what is not sent, by decision."""
    return Verdict(state=State.SKIPPED, reason=reason, again=again)


def pass_ticket(taken: Sequence[Outgoing], leaving: list[Outgoing]) -> list[Outgoing]:
    """Give what leaves of a batch the batch's place in the line; return what leaves."""
    if leaving and taken[0] is not leaving[0]:
        leaving[0].ticket, taken[0].ticket = taken[0].ticket, None
    return leaving


def _entry(one: Outgoing, verdict: Verdict) -> Entry:
    one.is_told = True
    return Entry(
        key=one.key,
        recipient=one.to,
        channel=one.kind.channel,
        state=verdict.state,
        receipt=verdict.receipt,
        error=verdict.error,
        foreign_id=one.foreign_id,
        line=one.line,
        reason=verdict.reason,
        message=verdict.message if verdict.receipt is not None else None,
    )
