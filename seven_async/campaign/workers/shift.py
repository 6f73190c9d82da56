"""What a worker does while it runs: it takes jobs, and looks after what others left behind.

In: jobs of the queue. Out: messages. I/O: the database, the gateway.

A worker outlives the database: while that is away nothing is claimed, and afterwards it goes on
with a new lease.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from typing import Final
from weakref import WeakKeyDictionary

import anyio
import psycopg
from anyio import to_thread
from anyio.abc import TaskGroup
from procrastinate import App
from procrastinate.exceptions import ProcrastinateException

from seven_async.campaign.inputs.opt_out_store import OptOutError
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.postgres.connection import connect, explain_failures
from seven_async.campaign.journal.postgres.schema import migrate
from seven_async.campaign.results import Reason, State, WorkerStatus
from seven_async.campaign.workers.desk import Desk
from seven_async.campaign.workers.queue import HEARTBEAT_S, QUEUE, build_queue, make_queue
from seven_async.campaign.workers.reaper import reap
from seven_async.client import AsyncSeven
from seven_async.errors import SevenError

logger: Final = logging.getLogger("seven_async")

_POLL_S: Final = 2.0
_PAUSE_S: Final = 0.5
"""Before a database that is away is tried again."""

IDLE_S: Final = 60.0
"""A campaign of which nothing was sent for so long is closed, until there is something again."""

_WAYS_ON: Final[Mapping[object, str]] = {
    Reason.COST: "load it again with a higher max_cost",
    Reason.CREDIT: "top up the account",
    Reason.ERRORS: "look at what has failed",
}

_AWAY: Final = (psycopg.Error, ProcrastinateException, JournalError, OSError)


class Shift:
    """What a `Worker` does from `run` to `stop`."""

    def __init__(
        self,
        client: AsyncSeven,
        journal: str,
        *,
        concurrency: int,
        reap_s: float,
        lease_s: float,
    ) -> None:
        self._client = client
        self._address = journal
        self._concurrency = concurrency
        self._reap_s = reap_s
        self._lease_s = lease_s
        self._desks: dict[int, Desk] = {}
        self._idle: WeakKeyDictionary[Desk, tuple[int, float]] = WeakKeyDictionary()
        self._names: dict[int, int | str] = {}
        self._opening = anyio.Lock()
        self._unended: list[int] = []
        self._stopping = anyio.Event()
        self._tasks: TaskGroup | None = None
        self._counts: Counter[State] = Counter()
        self._ranges_done = 0
        self._lease_renewals = 0
        self._is_connected = False

    async def run(self) -> None:
        """Work until `stop`; what is in flight then finishes.

        Raises:
            JournalError: The database cannot be used at the beginning.
        """
        await self._client.warmup()
        await to_thread.run_sync(self._prepare)
        async with anyio.create_task_group() as tasks:
            self._tasks = tasks
            try:
                await self._work_until_stopped()
            finally:
                with anyio.CancelScope(shield=True):
                    await self._close_desks()
                tasks.cancel_scope.cancel()

    def stop(self) -> None:
        """Claim nothing more; what is in flight finishes, then `run` returns."""
        self._stopping.set()
        for desk in self._desks.values():
            desk.stop()

    def abort(self) -> None:
        """Cut off what is in flight, then `run` returns."""
        self.stop()
        for desk in self._desks.values():
            desk.stop(cuts_off=True)

    def status(self) -> WorkerStatus:
        """Return what the worker is doing."""
        desks = tuple(self._desks.values())
        counts = self._counts.copy()
        for desk in desks:
            counts += desk.counts
        return WorkerStatus(
            campaigns=len(desks),
            ranges=sum(desk.ranges for desk in desks),
            ranges_done=self._ranges_done + sum(desk.ranges_done for desk in desks),
            messages={state: counts[state] for state in State},
            lease_renewals=self._lease_renewals + sum(desk.lease_renewals for desk in desks),
            is_connected=self._is_connected,
        )

    def _prepare(self) -> None:
        with closing(connect(self._address)) as connection, explain_failures(self._address):
            migrate(connection)
            make_queue(connection)

    async def _work_until_stopped(self) -> None:
        while not self._stopping.is_set():
            queue = build_queue(self._address, self._work)
            try:
                async with queue.open_async():
                    self._is_connected = True
                    await self._serve(queue)
            except _AWAY as error:
                self._is_connected = False
                logger.warning("the database is away: %s", type(error).__name__)
                with anyio.move_on_after(_PAUSE_S):
                    await self._stopping.wait()

    async def _serve(self, queue: App) -> None:
        """Take jobs until stopped, or until the database is away; raises what that raises."""
        failures: list[Exception] = []
        async with anyio.create_task_group() as tasks:

            async def run(serve: Callable[[App], Awaitable[None]]) -> None:
                try:
                    await serve(queue)
                except _AWAY as error:
                    failures.append(error)
                tasks.cancel_scope.cancel()

            tasks.start_soon(run, self._take_jobs)
            tasks.start_soon(run, self._reap)
        if failures:
            raise failures[0]

    async def _take_jobs(self, queue: App) -> None:
        """Take jobs until stopped; what was taken is finished, also when this is cancelled."""
        taking = asyncio.create_task(
            queue.run_worker_async(
                queues=[QUEUE],
                concurrency=self._concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=_POLL_S,
                update_heartbeat_interval=HEARTBEAT_S,
                delete_jobs="successful",
            )
        )
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({taking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            # Once: a first cancellation lets procrastinate finish, a second one breaks it off.
            taking.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait({taking, stopping})
        failure = None if taking.cancelled() else taking.exception()
        if failure is not None:
            raise failure

    async def _reap(self, queue: App) -> None:
        while not self._stopping.is_set():
            in_doubt = await reap(queue, self._address, self._reap_s)
            self._is_connected = True
            for campaign in in_doubt:
                await self._look(campaign)
            await self._close_idle()
            with anyio.move_on_after(self._reap_s):
                await self._stopping.wait()

    async def _close_idle(self) -> None:
        """Close campaigns of which nothing was sent for a while; each has two connections."""
        now_s = anyio.current_time()
        for campaign, desk in tuple(self._desks.items()):
            done, since_s = self._idle.get(desk, (-1, now_s))
            if desk.ranges or done != desk.ranges_done:
                self._idle[desk] = (desk.ranges_done, now_s)
            elif now_s - since_s >= IDLE_S:
                async with self._opening:
                    if self._desks.get(campaign) is desk and not desk.ranges:
                        await self._give_up(campaign, desk)

    async def _look(self, campaign: int) -> None:
        try:
            await self._at_desk(campaign, Desk.look)
        except Exception:  # whatever is wrong with one campaign, the others are sent
            name = self._names.get(campaign, campaign)
            logger.exception("campaign %s: what is in doubt stays so", name)

    async def _work(self, campaign: int, low: int, high: int) -> None:
        """Work at a range, as a job: one that fails is found by the reaper."""

        async def work(desk: Desk) -> int:
            return await desk.work(low, high)

        await self._at_desk(campaign, work)

    async def _at_desk(self, campaign: int, work: Callable[[Desk], Awaitable[int]]) -> None:
        try:
            desk = await self._find_desk(campaign)
        except SevenError as error:  # what is planned is found again
            self._is_connected &= not isinstance(error, JournalError)
            name = self._names.get(campaign, campaign)
            logger.warning("campaign %s is not sent here: %s", name, error)
            return
        try:
            await work(desk)
        except (JournalError, OptOutError) as error:
            self._is_connected = False
            logger.warning("%s", error)
            desk.failure = desk.failure or error
        except SevenError as error:
            # The text of a pause is for who sends an input, and would give it again.
            why = getattr(error, "reason", None) or error
            way_on = _WAYS_ON.get(why, "mend that")
            logger.warning("%s has paused: %s; %s, then resume it", desk.campaign, why, way_on)
        if desk.failure is not None:
            # At once: it has results that are written over a new connection when it closes.
            async with self._opening:
                if self._desks.get(campaign) is desk:
                    await self._give_up(campaign, desk)

    async def _find_desk(self, campaign: int) -> Desk:
        """Return the desk of a campaign; of one whose journal or options are others a new one."""
        async with self._opening:
            desk = self._desks.get(campaign)
            if desk is not None and desk.failure is None and not desk.is_outdated:
                return desk
            if desk is not None:
                await self._give_up(campaign, desk)
            desk = Desk(self._client, self._address, campaign, lease_s=self._lease_s)
            assert self._tasks is not None  # noqa: S101 - jobs come while it runs
            try:
                await desk.open(self._tasks, tuple(self._unended))
            except BaseException:
                await self._give_up(campaign, desk)
                raise
            self._unended.clear()
            self._desks[campaign] = desk
            if self._stopping.is_set():
                desk.stop()
            return desk

    async def _give_up(self, campaign: int, desk: Desk) -> None:
        unended: int | None = None
        self._names[campaign] = desk.campaign
        with anyio.CancelScope(shield=True):
            unended = await desk.close()
        self._desks.pop(campaign, None)
        self._counts += desk.counts
        self._ranges_done += desk.ranges_done
        self._lease_renewals += desk.lease_renewals
        if unended:
            self._unended.append(unended)

    async def _close_desks(self) -> None:
        for campaign, desk in tuple(self._desks.items()):
            await self._give_up(campaign, desk)
