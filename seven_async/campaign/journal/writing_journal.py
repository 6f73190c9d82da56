"""The journal of one run, open for writing.

In: the messages of a run and their results. Out: what was in the journal before. I/O: its writer.

What leaves is written down first (`claim`), what became of it right after (`record_results`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.forget_key import Forgotten
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import Plain, RowBuilder
from seven_async.campaign.journal.statements import runs
from seven_async.campaign.journal.statements.queries import (
    insert_refusal,
    latest_report_at,
    refuse_message,
)
from seven_async.campaign.journal.statements.runs import exchange
from seven_async.campaign.journal.writer import Claim, Record, Renewal, Writer
from seven_async.campaign.results import Controls, Entry, Moment, SendResult
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.flow.values.gateway_time import GatewayTime
from seven_async.recipients.recipient import recipient_of
from seven_async.texts import to_encodable


class WritingJournal:
    """A journal as one run writes it (`RunJournal`)."""

    def __init__(
        self,
        writer: Writer,
        run: int,
        gateway: GatewayTime,
        *,
        store_texts: StoreTexts,
        resumes: bool = False,
        is_asked: bool = False,
        forgotten: Forgotten | None = None,
        default_country: str | None = None,
        check_lease: Callable[[], None] = lambda: None,
    ) -> None:
        self._check_lease = check_lease
        self._default_country = default_country
        self._resumes = resumes
        self._writer = writer
        self.run = run
        self.is_instant = False
        self.is_asked = is_asked
        self._clock = gateway.clock
        self._forgotten = forgotten
        self._rows = RowBuilder(
            run,
            gateway,
            stores_texts=store_texts is StoreTexts.ALWAYS,
            stores_content=store_texts is not StoreTexts.NEVER,
        )
        self._latest_report_at: float | None = None
        self._has_looked_for_reports = False

    async def latest_report_at(self) -> float | None:
        """Return when the latest delivery report was made, in Unix seconds; None without any.

        Looked for once in a run, through the whole journal.
        """
        if not self._has_looked_for_reports:
            self._latest_report_at = await self._writer.do(latest_report_at)
            self._has_looked_for_reports = True
        return self._latest_report_at

    async def claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        """Write intents for what is new; return what was there before, None for what is new."""
        forgotten = self._forgotten
        if forgotten is None:
            return await self._claim(batch)
        # Who was forgotten is written down nowhere again.
        known = [message for message in batch if message.digits not in forgotten]
        claimed = iter(await self._claim(known) if known else ())
        return [
            forgotten.stored if message.digits in forgotten else next(claimed) for message in batch
        ]

    async def _claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        stored: list[StoredMessage | None] = await self._writer.do(
            Claim(self._rows.build_intents(batch))
        )
        return stored

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Write intents for what is in the journal and leaves (again, or in another form)."""
        await self._writer.do(Renewal(self._rows.build_intents(batch)))
        return list(batch)

    def check_lease(self) -> None:
        """Raise `JournalError` where this process may have lost the right to send."""
        self._check_lease()

    def record_results(
        self,
        batch: Sequence[OutgoingMessage],
        results: Sequence[SendResult],
        done: Callable[[], None],
    ) -> None:
        """Have results written down soon; call `done` when they are on disk."""
        self._writer.post(Record(self._build_results(batch, results)), done)

    def _build_results(
        self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]
    ) -> list[Plain]:
        now_s = self._clock.now()
        return [
            self._rows.build_result(message, result, now_s)
            for message, result in zip(batch, results, strict=True)
        ]

    def record_refusal(self, entry: Entry, done: Callable[[], None]) -> None:
        """Have something written down that cannot be sent; call `done` when it is on disk."""
        # What was refused may be what nothing can store.
        to, reason = to_encodable(entry.recipient), to_encodable(entry.reason or "")
        if self._forgotten is not None and self._is_forgotten(entry.recipient):
            to = ""
        operation = partial(
            insert_refusal, run=self.run, line=entry.line, recipient=to, reason=reason
        )
        if self._resumes:  # then it is a message of the journal
            operation = partial(refuse_message, run=self.run, key=entry.key, reason=reason)
        self._writer.post(operation, done)

    async def exchange(self, moment: Moment) -> Controls:
        """Write down what the run is doing; return what is asked of it from elsewhere."""
        operation = partial(exchange, run=self.run, now_s=self._clock.now(), moment=moment)
        controls: Controls = await self._writer.do(operation)
        return controls

    async def end(self, ending: str) -> None:
        """Write down how the run ended."""
        await self._writer.do(
            partial(runs.end_run, run=self.run, now_s=self._clock.now(), ending=ending)
        )

    def _is_forgotten(self, text: str) -> bool:
        """Tell whether a recipient, as a file spells it, was forgotten."""
        try:
            recipient = recipient_of(text, self._default_country, allow_names=True)
        except (InvalidRequestError, ConfigurationError):  # nobody, then
            return False
        return self._forgotten is not None and recipient.digits in self._forgotten
