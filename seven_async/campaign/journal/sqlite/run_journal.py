"""A run's hand on the journal: what leaves is written down first, what became of it right after.

In: messages and verdicts. Out: what stood in the journal before. I/O through the writer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from seven_async.campaign.inputs.message import OutgoingMessage, departure_of
from seven_async.campaign.journal.protocol import Looked, Served, StoredMessage
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.store import Claim, Record, Renewal
from seven_async.campaign.journal.sqlite.writer import Writer
from seven_async.campaign.results import SendResult, State
from seven_async.flow.values.gateway_time import Departure, GatewayTime, read_departure
from seven_async.flow.wire import plain


def _text_of(message: object) -> str | None:
    """Give the text of a message; of rich content its JSON."""
    text: object = getattr(message, "text", None)
    if text is None or isinstance(text, str):
        return text
    return rows.storable(json.dumps(plain(text), ensure_ascii=False, default=str))


class SqliteRunJournal:
    """A journal file as one run uses it (`RunJournal`)."""

    def __init__(
        self,
        writer: Writer,
        run: int,
        gateway: GatewayTime,
        looked: Mapping[str, Looked],
        *,
        store_texts: bool,
    ) -> None:
        self._writer = writer
        self.run = run
        self.is_instant = False
        self.looked = looked
        self._gateway = gateway
        self._clock = gateway.clock
        self._store_texts = store_texts
        self._latest_report_at: float | None = None
        self._has_looked_for_reports = False

    async def latest_report_at(self) -> float | None:
        """Return when the latest delivery report was made, in Unix seconds; None without any.

        Looked for once in a run, through the whole journal.
        """
        if not self._has_looked_for_reports:
            self._latest_report_at = await self._writer.do(rows.latest_report_at)
            self._has_looked_for_reports = True
        return self._latest_report_at

    async def claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        """Write intents for what is new; return what was there before, None for what is new."""
        stored: list[StoredMessage | None] = await self._writer.do(Claim(self._intents(batch)))
        return stored

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> None:
        """Write intents for what is in the journal and leaves (again, or in another form)."""
        await self._writer.do(Renewal(self._intents(batch)))

    def record_results(self, served: Served, done: Callable[[], None]) -> None:
        """Have results written down soon; call `done` when they are on disk."""
        now_s = self._clock.now()
        results = [self._result(one, result, now_s) for one, result in served]
        self._writer.post(Record(results), done)

    def record_refusal(
        self, line: int | None, recipient: str, reason: str, done: Callable[[], None]
    ) -> None:
        """Have something written down that cannot be sent; call `done` when it is on disk."""
        # What was refused may be what nothing can store.
        to, said = rows.storable(recipient), rows.storable(reason)
        operation = partial(rows.insert_refusal, run=self.run, line=line, recipient=to, reason=said)
        self._writer.post(operation, done)

    async def end(self, ending: str) -> None:
        """Write down how the run ended."""
        await self._writer.do(
            partial(rows.end_run, run=self.run, now_s=self._clock.now(), ending=ending)
        )

    def _intents(self, batch: Sequence[OutgoingMessage]) -> list[rows.Plain]:
        fresh = read_departure(self._gateway)
        message, due_at, digest = None, None, ""
        intents: list[rows.Plain] = []
        for one in batch:
            if one.message is message:  # as it mostly is: fingerprints are slow
                one.share_digest(digest)
            else:
                message, due_at, digest = one.message, one.due_at, one.digest
            if one.attempts == 1 or one.departure is None:
                one.departure = fresh
            intents.append(self._intent(one, one.departure, due_at))
        return intents

    def _intent(
        self, one: OutgoingMessage, departure: Departure, due_at: float | None
    ) -> rows.Plain:
        boot_id, boot_s = departure.boot or (None, None)
        reading = departure.reading
        # As `rows.Intent`, but plain: there may be millions.
        return (
            one.key,
            one.to,
            one.channel.name,
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

    def _result(self, one: OutgoingMessage, result: SendResult, now_s: float) -> rows.Plain:
        message, error = result.message, result.error
        # What could not leave, for no fault of its own, waits for the next run.
        state = "planned" if result.again else str(result.state)
        gateway_at = None
        if result.state is State.UNKNOWN:
            # The intent may have been written before any reply told the gateway's time.
            gateway_at = departure_of(one, self._gateway).gateway_s
        # As `rows.Result`, but plain: there may be millions.
        return (
            state,
            now_s,
            None if message is None else message.id,
            None if message is None else message.parts,
            None if message is None else rows.micro(message.price),
            None if error is None else result.code,
            result.reason,
            None if error is None else rows.storable(str(error)),
            one.foreign_id,
            gateway_at,
            one.key,
        )
