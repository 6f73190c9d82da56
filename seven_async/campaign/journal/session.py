"""A journal file in use: opened with the campaign, locked when it sends, asked first of all.

In: a path and a client; then the messages of a run and their results. Out: what was in the journal
before. I/O: the file, and the gateway's journal for what earlier runs left in doubt.

What leaves is written down first (`claim`), what became of it right after (`record_results`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from anyio.abc import TaskGroup

from seven_async.campaign.inputs.message import OutgoingMessage, departure_of
from seven_async.campaign.inputs.numbers import recipient_of
from seven_async.campaign.inputs.stored_content import StoreTexts, text_of, write_content
from seven_async.campaign.interrupts import protect
from seven_async.campaign.journal.controls import Controls
from seven_async.campaign.journal.doubts import look_up_doubts
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.forget_key import Forgotten
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.campaign.journal.micro_euros import MICRO, micro
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.sqlite import runs
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.control import exchange
from seven_async.campaign.journal.sqlite.delivery_states import latest_report_at
from seven_async.campaign.journal.sqlite.doubt_table import SqliteDoubtTable
from seven_async.campaign.journal.sqlite.forgetting import find_forgotten
from seven_async.campaign.journal.sqlite.loading import (
    build_planned,
    load_messages,
    plan_again,
    take_over_refusals,
)
from seven_async.campaign.journal.sqlite.lock import SendingLock
from seven_async.campaign.journal.sqlite.notes import write_notes
from seven_async.campaign.journal.sqlite.writer import Claim, Record, Renewal, Store, Writer
from seven_async.campaign.results import SUPPRESSED, Entry, Moment, SendResult, State
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError, InvalidRequestError
from seven_async.finder import Finder
from seven_async.flow.values.gateway_time import Departure, GatewayTime, read_departure
from seven_async.texts import to_encodable
from seven_async.worker_thread import WorkerThread


class JournalSession:
    """The journal of a campaign that is open."""

    def __init__(
        self,
        client: AsyncSeven,
        path: Path,
        name: str,
        *,
        store_texts: StoreTexts,
        default_country: str | None,
        notes: Mapping[str, Any],
    ) -> None:
        self.path = path
        self._default_country = default_country
        self._notes = notes
        self._client = client
        self._name = name
        self._store_texts = store_texts
        self._now = client.options.clock.now
        self._lock = SendingLock(path)
        self._is_locked = False
        self._thread = WorkerThread("journal")
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._forgotten: Forgotten | None = None

    async def open(self, tasks: TaskGroup) -> None:
        """Open the file, make it if there is none, and have it written from now on."""
        gateway = await gateway_of(self._client)
        self._store = await self._thread.run(self._open_store, gateway)
        self._writer = Writer(self._store, self._thread)
        # Started, not only scheduled: `close` waits for its end.
        await tasks.start(protect(self._writer.main))

    def _open_store(self, gateway: str) -> Store:
        return Store(self.path, name=self._name, gateway=gateway, now_s=self._now())

    async def begin(
        self, total: int | None, *, resumes: bool = False, is_loaded: bool = False
    ) -> SqliteRunJournal:
        """Begin a run: look up what earlier runs left in doubt, and return the run's journal.

        A run that `resumes` has the refused rows and duplicates of the one before, whose input it
        goes on with. Until another run has read its input to the end, the journal has a part of it,
        unless all of it `is_loaded`. Takes the lock; raises `JournalLockedError` if another process
        has it.
        """
        writer, store = self._require_open()
        await self._acquire_lock(writer, store)
        if resumes and await writer.do(runs.has_part_of_input):
            raise JournalError(
                f"{self.path} has only a part of its input, whose reading was cut off, or nothing "
                f"of it; give the input again"
            )
        host, pid = socket.gethostname(), os.getpid()
        begun: runs.Beginning = await writer.do(
            partial(
                runs.begin_run,
                now_s=self._now(),
                host=host,
                pid=pid,
                total=total,
                reads_input=not (resumes or is_loaded),
            )
        )
        run, gateway = begun.run, self._client.gateway_time
        if resumes:
            await writer.do(partial(take_over_refusals, run=run))
        if begun.has_doubts:
            finder, table = Finder(self._client.journal, gateway), SqliteDoubtTable(writer, run)
            await table.open()
            await look_up_doubts(table, finder, gateway)
            await table.close()
        return SqliteRunJournal(
            writer,
            run,
            gateway,
            store_texts=self._store_texts,
            resumes=resumes,
            is_asked=begun.is_asked,
            forgotten=await writer.do(find_forgotten) if begun.has_forgotten else None,
            default_country=self._default_country,
        )

    async def _acquire_lock(self, writer: Writer, store: Store) -> None:
        if not self._is_locked:
            await self._thread.run(self._lock.acquire, self._now())
            self._is_locked = True
            store.watch(self._lock.path)
            # From now on others may ask for something, also while an input is loaded.
            await writer.do(runs.forget_asked)
            if self._notes:  # not before: another process may be sending with its own
                await writer.do(partial(write_notes, notes=self._notes))

    async def begin_load(self) -> None:
        """Note that an input is being written down, of which the journal has a part so far."""
        writer, store = self._require_open()
        await self._acquire_lock(writer, store)
        await writer.do(runs.begin_load)
        self._forgotten = await writer.do(find_forgotten)

    async def end_load(self) -> None:
        """Note that all of the input is written down."""
        await self._require_open()[0].do(runs.end_load)

    async def load(self, batch: Sequence[OutgoingMessage]) -> int:
        """Write messages down to be sent later; return how many the journal had not known."""
        writer, _ = self._require_open()
        forgotten = self._forgotten
        planned = [
            build_planned(message, self._store_texts)
            for message in batch
            if forgotten is None or message.digits not in forgotten
        ]
        count: int = await writer.do(partial(load_messages, planned=planned))
        return count

    async def plan_again(self, reason: str) -> int:
        """Let those be sent again that the gateway refused for a reason; return how many."""
        writer, store = self._require_open()
        await self._acquire_lock(writer, store)
        count: int = await writer.do(partial(plan_again, reason=reason))
        return count

    def _require_open(self) -> tuple[Writer, Store]:
        writer, store = self._writer, self._store
        assert writer is not None and store is not None, "the journal is not open"  # noqa: PT018, S101
        return writer, store

    async def cost(self) -> Decimal:
        """Return the EUR that the campaign has cost so far."""
        assert self._writer is not None, "the journal is not open"  # noqa: S101
        micro_eur: int = await self._writer.do(rows.cost_micro_eur)
        return Decimal(micro_eur) / MICRO

    async def close(self) -> None:
        """Write what is queued, and give lock and file back."""
        if self._writer is not None:
            await self._writer.close()
        if self._store is not None:
            await self._thread.run(self._store.close)
        if self._is_locked:
            await self._thread.run(self._lock.release)
            self._is_locked = False
        self._thread.stop()


class SqliteRunJournal:
    """A journal file as one run uses it (`RunJournal`)."""

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
    ) -> None:
        self._default_country = default_country
        self._resumes = resumes
        self._writer = writer
        self.run = run
        self.is_instant = False
        self.is_asked = is_asked
        self._gateway = gateway
        self._clock = gateway.clock
        self._forgotten = forgotten
        self._stores_texts = store_texts is StoreTexts.ALWAYS
        self._stores_content = store_texts is not StoreTexts.NEVER
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
            stored: list[StoredMessage | None] = await self._writer.do(Claim(self._intents(batch)))
            return stored
        # Who was forgotten is written down nowhere again.
        known = [message for message in batch if message.digits not in forgotten]
        claimed = iter(await self._writer.do(Claim(self._intents(known))) if known else ())
        return [
            forgotten.stored if message.digits in forgotten else next(claimed) for message in batch
        ]

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> None:
        """Write intents for what is in the journal and leaves (again, or in another form)."""
        await self._writer.do(Renewal(self._intents(batch)))

    def record_results(
        self,
        batch: Sequence[OutgoingMessage],
        results: Sequence[SendResult],
        done: Callable[[], None],
    ) -> None:
        """Have results written down soon; call `done` when they are on disk."""
        now_s = self._clock.now()
        written = [
            self._result(message, result, now_s)
            for message, result in zip(batch, results, strict=True)
        ]
        self._writer.post(Record(written), done)

    def record_refusal(self, entry: Entry, done: Callable[[], None]) -> None:
        """Have something written down that cannot be sent; call `done` when it is on disk."""
        # What was refused may be what nothing can store.
        to, reason = to_encodable(entry.recipient), to_encodable(entry.reason or "")
        if self._forgotten is not None and self._is_forgotten(entry.recipient):
            to = ""
        operation = partial(
            rows.insert_refusal, run=self.run, line=entry.line, recipient=to, reason=reason
        )
        if self._resumes:  # then it is a message of the journal
            operation = partial(rows.refuse_message, run=self.run, key=entry.key, reason=reason)
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

    def _intents(self, batch: Sequence[OutgoingMessage]) -> list[rows.Plain]:
        """Return the values of an `Intent` for each message, and note when it is about to leave.

        Plain tuples, since there may be millions. What messages of the same content and the same
        departure have in common is made once: fingerprints above all are slow.
        """
        now = read_departure(self._gateway)
        departure, proof = None, self._proof(now)
        message, is_own, digest, mark, due_at, text = None, False, "", None, None, None
        forms: tuple[object, ...] | None = None
        stored: str | None = None
        intents: list[rows.Plain] = []
        for each in batch:
            content = each.forms[each.step]
            if each.forms is not forms:
                forms = each.forms
                stored = self._content_of(each)
            if content is not message or each.is_own_reference is not is_own:
                message, is_own = content, each.is_own_reference
                digest, mark, due_at = each.digest, each.text_mark, each.due_at
                text = text_of(message) if self._stores_texts else None
            each.share_digest(digest)
            # Under the reload lock the first of several departures counts.
            if each.attempts == 1 or each.departure is None:
                each.departure = now
            if each.departure is not departure:
                departure = each.departure
                proof = self._proof(departure)
            intent_at, boot_id, boot_s, gateway_at = proof
            intents.append(
                (
                    each.key,
                    each.to,
                    each.channel.name,
                    "intent" if each.hold is None else "skipped",
                    each.foreign_id,
                    digest,
                    each.step,
                    each.line,
                    self.run,
                    intent_at,
                    due_at,
                    each.hold,
                    text,
                    int(each.is_own_reference),
                    mark,
                    each.attempts,
                    boot_id,
                    boot_s,
                    gateway_at,
                    None if each.hold == SUPPRESSED else stored,
                )
            )
        return intents

    def _is_forgotten(self, text: str) -> bool:
        """Tell whether a recipient, as a file spells it, was forgotten."""
        try:
            recipient = recipient_of(text, self._default_country, allow_names=True)
        except (InvalidRequestError, ConfigurationError):  # nobody, then
            return False
        return self._forgotten is not None and recipient.digits in self._forgotten

    def _content_of(self, message: OutgoingMessage) -> str | None:
        if not self._stores_content:
            return None
        return write_content(message.forms, message.delivery_rule)

    def _proof(self, departure: Departure) -> tuple[float, str | None, float | None, float | None]:
        boot_id, boot_s = departure.boot or (None, None)
        reading = departure.reading
        intent_at = self._clock.now() if reading is None else reading.now_s
        return intent_at, boot_id, boot_s, departure.gateway_s

    def _result(self, message: OutgoingMessage, result: SendResult, now_s: float) -> rows.Plain:
        """Return the values of a `Result`."""
        answer, error = result.message, result.error
        gateway_at = None
        if result.state is State.UNKNOWN:
            # The intent may have been written before any reply told the gateway's time.
            gateway_at = departure_of(message, self._gateway).gateway_s
        return (
            # What could not leave, for no fault of its own, waits for the next run.
            "planned" if result.again else str(result.state),
            now_s,
            None if answer is None else answer.id,
            None if answer is None else answer.parts,
            None if answer is None else micro(answer.price),
            None if error is None else result.code,
            result.reason,
            None if error is None else to_encodable(str(error)),
            message.foreign_id,
            gateway_at,
            message.key,
        )
