"""One process at one campaign: the journal that it has open, and the ranges that it sends.

In: ranges of messages. Out: how many of them got a result. I/O: the database, the gateway.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, TypeVar

import anyio
import attrs
from anyio.abc import TaskGroup

from seven_async.campaign.inputs.opt_out_store import OptOutError
from seven_async.campaign.inputs.opt_outs import OptOutList
from seven_async.campaign.inputs.stored_content import StoreTexts
from seven_async.campaign.journal.doubts import look_up_doubts
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.gateway import gateway_of
from seven_async.campaign.journal.postgres import chunks
from seven_async.campaign.journal.postgres.doubt_table import PostgresDoubtTable
from seven_async.campaign.journal.postgres.lease import LEASE_S, check_grace
from seven_async.campaign.journal.postgres.run_journal import (
    ChunkJournal,
    ClaimedRow,
    LookJournal,
    PostgresRunJournal,
)
from seven_async.campaign.journal.postgres.spending import reserve_open
from seven_async.campaign.journal.postgres.store import PostgresStore
from seven_async.campaign.journal.statements.database import MICRO
from seven_async.campaign.journal.stored_messages import StoredItem
from seven_async.campaign.journal.writer import Writer
from seven_async.campaign.prices import Tariff
from seven_async.campaign.results import PausedError, Reason, State
from seven_async.campaign.sending.limits import CostEstimates
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.settings_note import build_settings, read_rate
from seven_async.campaign.workers.shared_limits import SharedBudget, SharedErrorRate, count_own
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError, SevenError
from seven_async.finder import Finder
from seven_async.flow.event_loop import protect
from seven_async.flow.limit import RateLease
from seven_async.flow.window import Rate
from seven_async.worker_thread import WorkerThread

_LOOK_S: Final = 1.0
"""Between two looks at whether the campaign was paused."""

AnyJournal = TypeVar("AnyJournal", bound=PostgresRunJournal)


class Desk:
    """A campaign that this process sends ranges of, between `open` and `close`."""

    def __init__(
        self, client: AsyncSeven, address: str, campaign: int | str, *, lease_s: float = LEASE_S
    ) -> None:
        self.campaign = campaign  # its name, once it is open
        self._client = client
        self._address = address
        self._lease_s = lease_s
        self._thread = WorkerThread("journal")
        self._store: PostgresStore | None = None
        self._writer: Writer | None = None
        self._settings: Settings | None = None
        self._written: dict[str, Any] = {}
        self._rate: RateLease | None = None
        self._run = 0
        self._budget: SharedBudget | None = None
        self._opt_outs: OptOutList | None = None
        self._error_rate = SharedErrorRate(None, 1)
        self._runners: set[Runner] = set()
        self._closing = anyio.Event()
        self._counts: Counter[State] = Counter()
        self._is_stopped = False
        self.ranges: int = 0
        self.ranges_done: int = 0
        self.failure: SevenError | None = None
        self.is_outdated: bool = False

    async def open(self, tasks: TaskGroup, unended: Sequence[int] = ()) -> None:
        """Open the journal; end leases that this process had before, and could not end.

        Raises:
            JournalError: The database cannot be used.
            ConfigurationError: The campaign is not there, or not one that workers may send.
        """
        self.campaign = await self._thread.run(chunks.find_name, self._address, self.campaign)
        self._store = store = await self._thread.run(
            PostgresStore,
            self._address,
            name=str(self.campaign),
            gateway=await gateway_of(self._client),
            grace_s=0.0,
            lease_s=self._lease_s,
            of_worker=True,
        )
        self._writer = Writer(store, self._thread)
        await self._writer.begin(tasks)
        if unended:
            await self._writer.do(partial(chunks.end_leases, leases=unended))
        self._written = written = await self._writer.do(chunks.read_settings)
        if not written:
            raise ConfigurationError(f"the campaign {self.campaign!r} was not loaded for workers")
        settings = build_settings(str(self.campaign), written, self._client.options.concurrency)
        store.grace_s = settings.rules.grace_s
        check_grace(store.grace_s, self._lease_s, self._client.options.deadline_s)
        self._settings = settings = await self._open_opt_outs(settings, store)
        self._keep_to(settings.rate)
        self._error_rate = SharedErrorRate(settings.max_error_rate, settings.error_window)
        if settings.max_cost is not None:
            self._budget = await self._build_budget(store, settings.max_cost)
        self._run = await self._begin("work")
        tasks.start_soon(protect(self._watch))

    async def _build_budget(self, store: PostgresStore, limit: Decimal) -> SharedBudget:
        options, store.keeps_cost = self._client.options, True
        tariff = Tariff(await self._client.pricing.get())
        await self._do(partial(reserve_open, estimate=CostEstimates(tariff).estimate_stored))
        clock, most_s = options.clock, options.deadline_s
        return SharedBudget(int(limit * MICRO), tariff, store.terms, clock=clock, longest_s=most_s)

    async def _open_opt_outs(self, settings: Settings, store: PostgresStore) -> Settings:
        """Open the list that the campaign asks, if it asks one; it is in the same database."""
        listed = self._written.get("opt_outs")
        if listed is None:
            return settings
        store.asks_opt_outs = True
        open_list = partial(OptOutList, self._address, default_country=listed["default_country"])
        self._opt_outs = await self._thread.run(open_list)
        return attrs.evolve(settings, suppress=self._opt_outs)

    async def work(self, low: int, high: int) -> int:
        """Send what is planned in a range; return how many of it got a result.

        Nobody waits here for the end of quiet hours, or for the beginning of the campaign: the
        range is put off until then.
        """
        self.ranges += 1
        try:
            return await self._work(low, high)
        finally:
            self.ranges -= 1
            self.ranges_done += 1

    async def _work(self, low: int, high: int) -> int:
        # What others have met since counts from the first message on.
        if not await self._look_around():
            return 0
        start_s, openings = self._find_start(), list[float]()
        if start_s is not None:
            await self._do(partial(chunks.put_off, low=low, high=high, due_at=start_s))
            return 0
        items: list[StoredItem] = await self._do(partial(chunks.read_chunk, low=low, high=high))
        journal = self._build_journal(ChunkJournal, self._run)
        journal.cost = self._budget
        try:
            return await self._send(items, journal, openings.append)
        finally:
            if openings:
                due_at = min(openings)
                await self._do(partial(chunks.put_off, low=low, high=high, due_at=due_at))
            await self._look_around()

    def _find_start(self) -> float | None:
        """Return when the campaign begins, in Unix seconds; None if it has begun."""
        start, now_s = self._require_open()[1].start, self._client.options.clock.now()
        return None if start is None or start.timestamp() <= now_s else start.timestamp()

    @property
    def counts(self) -> Counter[State]:
        """How many messages got a result here so far, by state; without what others have sent."""
        counts = self._counts.copy()
        for runner in self._runners:
            counts += count_own(runner.limits.tally)
        return counts

    @property
    def lease_renewals(self) -> int:
        """How often the lease was renewed."""
        return 0 if self._store is None else self._store.lease.renewals

    def stop(self, *, cuts_off: bool = False) -> None:
        """Claim nothing more; what is in flight finishes, or is cut off."""
        self._is_stopped = True
        for runner in tuple(self._runners):
            (runner.abort if cuts_off else runner.finish)()

    async def look(self) -> int:
        """Look up what processes that are gone have left in doubt, and decide what becomes of it.

        By the same rules as at the beginning of a run. Returns how many messages were looked at;
        before the campaign begins that is none, or the worker would wait here until then.
        """
        writer, settings, _ = self._require_open()
        if self._find_start() is not None:
            return 0
        gateway, rules = self._client.gateway_time, settings.rules
        run = await self._begin("look")
        # Under the reload lock there is no time to lose, else nothing to win before the grace.
        quiet_s = 0.0 if rules.lock_s else rules.grace_s
        has_all = rules.resend_unknown
        # No lease is its own (0): what the ranges of this desk are sending is in no doubt either.
        table = PostgresDoubtTable(writer, run, 0, rules.grace_s, quiet_s=quiet_s, has_all=has_all)
        ending, count, last = "failed", 0, 0
        try:
            await table.open()
            await look_up_doubts(table, Finder(self._client.journal, gateway), gateway)
            while items := await self._do(partial(chunks.read_looked_up, run=run, after=last)):
                last = items[-1].row.n if isinstance(items[-1].row, ClaimedRow) else last
                count += await self._send(items, self._build_journal(LookJournal, run))
            ending = "complete"
        finally:
            # In any case: as long as this one goes on nobody else looks.
            with anyio.CancelScope(shield=True), contextlib.suppress(JournalError):
                await table.close()
                await self._do(partial(chunks.end_work, run=run, ending=ending))
        return count

    async def close(self) -> int | None:
        """End the work; return the number of the lease if it could not be ended."""
        self._closing.set()
        self._error_rate.has_failed.set()  # wakes who waits for it
        for runner in tuple(self._runners):
            runner.hurry()
            await runner.ended.wait()
        if self._rate is not None:
            self._rate.end()
        if self._writer is not None:
            await self._finish(self._writer)
        if self._opt_outs is not None:
            await self._thread.run(self._opt_outs.close)
        unended: int | None = None
        if self._store is not None:
            await self._thread.run(self._store.close)
            unended = None if self._store.lease.is_ended else self._store.lease.number
        self._thread.stop()
        return unended

    async def _finish(self, writer: Writer) -> None:
        try:
            if self._run:
                await writer.do(partial(chunks.end_work, run=self._run, ending="stopped"))
        except JournalError as error:
            self.failure = self.failure or error
        await writer.close()

    async def _send(
        self,
        items: Sequence[StoredItem],
        journal: PostgresRunJournal,
        put_off: Callable[[float], None] = lambda _: None,
    ) -> int:
        if not items or self._is_stopped:
            return 0
        runner = Runner(
            self._client,
            self._require_open()[1],
            journal,
            iter(items),
            budget=self._budget,
            error_rate=self._error_rate,
            put_off=put_off,
        )
        runner.results.drop_all()
        self._runners.add(runner)
        try:
            await runner.run()
        finally:
            self._runners.discard(runner)
            own = count_own(runner.limits.tally)
            self._counts += own
        if runner.failure is not None:
            await self._stop_for(runner.failure)
        return own.total()

    async def _stop_for(self, failure: BaseException) -> None:
        """Pause the campaign for all where the next message would meet the same; raise it."""
        if isinstance(failure, (JournalError, OptOutError)):  # the database is away
            self.failure = failure
        elif isinstance(failure, SevenError):
            reason = getattr(failure, "reason", None) or type(failure).__name__
            await self._do(partial(chunks.pause_campaign, reason=str(reason)))
        raise failure

    async def _watch(self) -> None:
        """Look around each second, and as soon as something has failed."""
        while not self._closing.is_set():
            with anyio.move_on_after(_LOOK_S):
                await self._error_rate.has_failed.wait()
            if not (self._runners or self._error_rate.has_failed.is_set()):
                continue
            try:
                await self._look_around()
            except JournalError as error:
                self.failure = error
                return

    async def _look_around(self) -> bool:
        """Tell what became of the last messages, and do what is to be done; return if it goes on.

        That is to stop when the campaign is paused, too many have failed, or it was loaded with
        other options (`is_outdated`), and to keep to another rate.
        """
        error_rate = self._error_rate
        look: chunks.CampaignLook = await self._do(
            partial(
                chunks.look_at_campaign,
                outcomes=error_rate.take_untold(),
                window=error_rate.window,
            )
        )
        error_rate.replace(look.outcomes)
        # There are none any more of a campaign that was deleted.
        self.is_outdated |= {**look.settings, "rate": None} != {**self._written, "rate": None}
        if not self.is_outdated:
            self._keep_to(read_rate(look.settings))
        goes_on = look.is_running and not self.is_outdated
        for runner in tuple(self._runners):
            if not goes_on:
                runner.stop()
            elif error_rate.is_open:
                runner.halt(PausedError(Reason.ERRORS, str(error_rate)))
        return goes_on

    def _keep_to(self, rate: Rate | None) -> None:
        """Let all workers send at a rate; that of before ends when the new one holds."""
        before = self._rate
        if rate is not None:  # one for all who send for the account from this database
            rate = Rate(rate.n, per_s=rate.per_s, shared=self._address)
        if (before.window.rate if before is not None else None) == rate:
            return
        self._rate = None if rate is None else self._client.limiter.lease(rate)
        if before is not None:
            before.end()

    async def _begin(self, kind: str) -> int:
        begin = partial(
            chunks.begin_work,
            host=socket.gethostname(),
            pid=os.getpid(),
            kind=kind,
            lease=self._require_open()[2].lease.number,
        )
        return int(await self._do(begin))

    async def _do(self, operation: Callable[[Any], Any]) -> Any:
        assert self._writer is not None, "the desk is not open"  # noqa: S101
        return await self._writer.do(operation)

    def _build_journal(self, kind: type[AnyJournal], run: int) -> AnyJournal:
        writer, settings, store = self._require_open()
        return kind(
            writer,
            run,
            self._client.gateway_time,
            # What is loaded is written down; it is kept as long as it is needed.
            store_texts=StoreTexts(settings.store_texts),
            resumes=True,
            check_lease=store.lease.check,
        )

    def _require_open(self) -> tuple[Writer, Settings, PostgresStore]:
        writer, settings, store = self._writer, self._settings, self._store
        assert writer and settings and store, "the desk is not open"  # noqa: PT018, S101
        return writer, settings, store


async def work_at_desk(
    client: AsyncSeven, address: str, campaign: int | str, low: int, high: int
) -> int:
    """Open a desk for one range; return how many messages of it got a result."""
    desk, count = Desk(client, address, campaign), 0
    failure: SevenError | None = None
    async with anyio.create_task_group() as tasks:
        try:
            await desk.open(tasks)
            count = await desk.work(low, high)
        except SevenError as error:  # raised below, since the group would wrap it
            failure = error
        finally:
            with anyio.CancelScope(shield=True):
                await desk.close()
    if failure is not None:
        raise failure
    return count
