"""One run over one input: workers that take batches, send them, and tell what became of each.

In: an `Intake`. Out: entries in an `Outbox`. I/O through the client only.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterable, Sequence
from typing import Any, Generic, TypeVar

import anyio
import attrs
from anyio.lowlevel import checkpoint

from seven_async.api.receipt import Receipt
from seven_async.campaign.entry import Entry, State
from seven_async.campaign.intake import Intake
from seven_async.campaign.outbox import Outbox
from seven_async.campaign.outgoing import Outgoing
from seven_async.campaign.pauses import PausedError, Reason
from seven_async.campaign.settings import Settings
from seven_async.campaign.tally import Tally
from seven_async.campaign.verdict import FATAL, Verdict, goes_alone_after, of_error, of_receipt
from seven_async.campaign.waiters import Waiters
from seven_async.client import AsyncSeven
from seven_async.errors import InsufficientCreditError, SevenError

T = TypeVar("T")


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
        tally: Tally,
    ) -> None:
        self._client = client
        self._settings = settings
        self.intake = intake
        self.outbox = outbox
        self.caller = caller
        self.tally = tally
        self.failure: BaseException | None = None
        self.ended = anyio.Event()
        self._in_flight: set[anyio.CancelScope] = set()
        self._reading = anyio.CancelScope()

    async def main(self, source: AsyncIterable[Any] | None = None) -> None:
        """Send everything; ends when the input does, or after `stop`."""
        try:
            async with anyio.create_task_group() as tasks:
                if source is not None:
                    tasks.start_soon(self._read, source)
                for _ in range(self._settings.concurrency):
                    tasks.start_soon(self._work)
        finally:
            self.outbox.close()
            self.ended.set()

    def stop(self) -> None:
        """Read no more of the input; what is in flight finishes."""
        self.intake.close()
        self._reading.cancel()

    def hurry(self) -> None:
        """Stop, and give what is in flight a few seconds only."""
        self.stop()
        for scope in self._in_flight:
            scope.deadline = min(scope.deadline, anyio.current_time() + self._settings.finish_s)

    def fail(self, error: BaseException) -> None:
        """End the run early; the caller's loop raises the error after the last entry."""
        self.failure = self.failure or error
        self.stop()

    def refuse(self, entry: Entry, verdict: Verdict) -> None:
        """Tell of something that cannot be sent."""
        self.tally.add(verdict)
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
            try:
                batch = await self.intake.take()
            except Exception as error:  # noqa: BLE001 - whatever the caller's own iterable raises
                self.failure = self.failure or error
                continue
            if batch is None:
                return
            if not batch:
                await checkpoint()
                continue
            await self._serve_to_the_end(batch)

    async def _serve_to_the_end(self, batch: list[Outgoing]) -> None:
        """Serve a batch; whoever cancels meanwhile waits for it (`hurry` limits how long)."""
        with anyio.CancelScope(shield=True) as scope:
            self._in_flight.add(scope)
            try:
                await self._serve(batch)
            finally:
                self._in_flight.discard(scope)
        if scope.cancelled_caught:
            cut = Verdict(state=State.UNKNOWN, reason="stopped")
            self._tell([(one, cut) for one in batch])

    async def _serve(self, batch: list[Outgoing]) -> None:
        verdicts = await self._sent(batch)
        self._tell(list(zip(batch, verdicts, strict=True)))

    def _tell(self, served: Sequence[tuple[Outgoing, Verdict]]) -> None:
        for _, verdict in served:
            self.tally.add(verdict)
        self.outbox.put([_entry(one, verdict) for one, verdict in served])

    async def _sent(self, batch: list[Outgoing]) -> list[Verdict]:
        """The verdicts on a batch, fall-backs included."""
        try:
            verdicts = await self._requested(batch)
        except SevenError as error:
            if goes_alone_after(error, batch):
                return [(await self._sent([one]))[0] for one in batch]
            self._heed(error)
            verdicts = [of_error(error)] * len(batch)
        for place, one in enumerate(batch):
            if verdicts[place].state is State.REJECTED and one.has_next:
                one.advance()
                verdicts[place] = (await self._sent([one]))[0]
        return verdicts

    async def _requested(self, batch: list[Outgoing]) -> list[Verdict]:
        row = batch[0].kind.row
        receipt: Receipt = await self._client.call(row, together(batch))
        return of_receipt(receipt, batch, row.line)

    def _heed(self, error: SevenError) -> None:
        """Stop for errors that the next message would meet as well."""
        if isinstance(error, FATAL):
            self.fail(error)
        elif isinstance(error, InsufficientCreditError):
            self.fail(PausedError(Reason.CREDIT))


def together(batch: Sequence[Outgoing]) -> Any:
    """One request for all of a batch, with a reference by which it can be found again."""
    first = batch[0]
    reference = first.foreign_id
    if first.kind.has_reference and reference is None:
        reference = secrets.token_hex(16)
        for one in batch:
            one.foreign_id = reference
    to = first.recipient.to if len(batch) == 1 else tuple(one.recipient.to for one in batch)
    changes: dict[str, Any] = {"foreign_id": reference} if first.kind.has_reference else {}
    message: Any = first.message
    return attrs.evolve(message, to=to, **changes)


def _entry(one: Outgoing, verdict: Verdict) -> Entry:
    return one.entry(
        verdict.state, receipt=verdict.receipt, error=verdict.error, reason=verdict.reason
    )
