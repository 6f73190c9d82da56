"""A run's hand on the journal: what leaves is written down first, what became of it right after.

In: messages and verdicts. Out: what stood in the journal before. I/O through the writer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from seven_async.campaign.entry import State
from seven_async.campaign.inputs.message import Outgoing
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.statements import Standing
from seven_async.campaign.journal.sqlite.store import Claim, Record, Renewal
from seven_async.campaign.journal.sqlite.writer import Writer
from seven_async.campaign.sending.outcomes import Verdict
from seven_async.campaign.unknown.resolver import departure_of
from seven_async.flow.gateway_time import Departure, GatewayTime, read_departure
from seven_async.flow.wire import plain


def _text_of(message: object) -> str | None:
    """Give the text of a message; of rich content its JSON."""
    text: object = getattr(message, "text", None)
    if text is None or isinstance(text, str):
        return text
    return rows.storable(json.dumps(plain(text), ensure_ascii=False, default=str))


class Keeper:
    """Writes for one run."""

    def __init__(
        self, writer: Writer, run: int, gateway: GatewayTime, *, store_texts: bool
    ) -> None:
        self._writer = writer
        self.run = run
        self._gateway = gateway
        self._clock = gateway.clock
        self._store_texts = store_texts

    async def claim(self, batch: Sequence[Outgoing]) -> list[Standing | None]:
        """Write intents for what is new; for the rest, what stands in the journal."""
        standings: list[Standing | None] = await self._writer.do(Claim(self._intents(batch)))
        return standings

    async def intend(self, again: Sequence[Outgoing]) -> None:
        """Write intents for what is in the journal and leaves (again, or in another form)."""
        await self._writer.do(Renewal(self._intents(again)))

    def record(self, served: Iterable[tuple[Outgoing, Verdict]], done: Callable[[], None]) -> None:
        """Write down what became of messages; `done` is called when it is on disk."""
        now_s = self._clock.now()
        results = [self._result(one, verdict, now_s) for one, verdict in served]
        self._writer.post(Record(results), done)

    def refuse(
        self, line: int | None, recipient: str, reason: str, done: Callable[[], None]
    ) -> None:
        """Write down what cannot be sent."""
        # What was refused may be what nothing can store.
        to, said = rows.storable(recipient), rows.storable(reason)
        operation = partial(rows.refused, run=self.run, line=line, recipient=to, reason=said)
        self._writer.post(operation, done)

    async def end(self, ending: str) -> None:
        """Write down how the run ended."""
        await self._writer.do(
            partial(rows.ended, run=self.run, now_s=self._clock.now(), ending=ending)
        )

    def _intents(self, batch: Sequence[Outgoing]) -> list[rows.Plain]:
        fresh = read_departure(self._gateway)
        message, due_at = None, None
        intents: list[rows.Plain] = []
        for one in batch:
            if one.message is not message:  # mostly one and the same
                message, due_at = one.message, one.due_at
            if one.attempts == 1 or one.departure is None:
                one.departure = fresh
            intents.append(self._intent(one, one.departure, due_at))
        return intents

    def _intent(self, one: Outgoing, departure: Departure, due_at: float | None) -> rows.Plain:
        boot_id, boot_s = departure.boot or (None, None)
        reading = departure.reading
        # As `rows.Intent`, but plain: there may be millions.
        return (
            one.key,
            one.to,
            one.kind.channel,
            "intent" if one.hold is None else State.SKIPPED.value,
            one.foreign_id,
            one.digest,
            one.step,
            one.line,
            self.run,
            self._clock.now() if reading is None else reading.now_s,
            due_at,
            one.hold,
            _text_of(one.message) if self._store_texts else None,
            int(one.is_own_reference),
            one.text_mark,
            one.attempts,
            boot_id,
            boot_s,
            departure.gateway_s,
        )

    def _result(self, one: Outgoing, verdict: Verdict, now_s: float) -> rows.Plain:
        message, error = verdict.message, verdict.error
        # What could not leave, for no fault of its own, waits for the next run.
        state = "planned" if verdict.again else str(verdict.state)
        gateway_at = None
        if verdict.state is State.UNKNOWN:
            # The intent may have been written before any reply told the gateway's time.
            gateway_at = departure_of(one, self._gateway).gateway_s
        # As `rows.Result`, but plain: there may be millions.
        return (
            state,
            now_s,
            None if message is None else message.id,
            None if message is None else message.parts,
            None if message is None else rows.micro(message.price),
            None if error is None else verdict.code,
            verdict.reason,
            None if error is None else rows.storable(str(error)),
            one.foreign_id,
            gateway_at,
            one.key,
        )
