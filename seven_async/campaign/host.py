"""Where runs live: a task group on the client's event loop, entered with the campaign.

In: inputs. Out: one `Run` at a time. I/O through the client only.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from seven_async.campaign.csv_file import CsvMessages
from seven_async.campaign.intake import Intake
from seven_async.campaign.items import AsyncMessages, Item, Messages, accepted, items
from seven_async.campaign.journal.opened import OpenJournal
from seven_async.campaign.journalled import JournalledRun
from seven_async.campaign.outbox import Outbox
from seven_async.campaign.outgoing import Outgoing
from seven_async.campaign.run import Run
from seven_async.campaign.settings import Settings
from seven_async.campaign.tally import Tally
from seven_async.campaign.waiters import Waiters
from seven_async.client import AsyncSeven

R = TypeVar("R", bound=Run[Any])


class Host:
    """The awaiting side of a campaign, in both colours."""

    def __init__(self, client: AsyncSeven, settings: Settings, journal: OpenJournal | None) -> None:
        self._client = client
        self._settings = settings
        self._journal = journal
        self._tasks: TaskGroup | None = None
        self.run: Run[Item] | None = None
        self.closing = anyio.Event()
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        try:
            if self._journal is not None:
                await self._journal.open(self._tasks)
        except BaseException:
            await self._tasks.__aexit__(None, None, None)
            raise
        self._tasks.start_soon(self._watch)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self._finish(in_a_hurry=error is not None)
            if self._journal is not None:
                await self._journal.close()
        tasks, self._tasks = self._tasks, None
        if tasks is not None:
            tasks.cancel_scope.cancel()
            # Without the error of the body, which the task group would wrap.
            await tasks.__aexit__(None, None, None)

    async def begin(self, messages: Messages | AsyncMessages | None) -> Run[Item]:
        """A run over an input, under way; None for an input that is fed.

        A run before it that was left early ends first.
        """
        await self._finish(in_a_hurry=False)
        if self._tasks is None:
            raise RuntimeError("open the campaign first: `async with Campaign(…)` or `with …`")
        total = None
        if isinstance(messages, CsvMessages):
            await to_thread.run_sync(messages.check)
            total = messages.sendable + len(messages.refused)
        if messages is None or isinstance(messages, AsyncIterable):
            source, awaited = None, messages
        else:
            source, awaited = items(messages), None
        run = self.run = await self._prepared(source, total)
        self._tasks.start_soon(run.main, awaited)
        return run

    async def _prepared(self, source: Iterator[Item] | None, total: int | None) -> Run[Item]:
        if self._journal is None:
            return self._run(Run[Item], source)
        keeper, absent = await self._journal.begin(total)
        run = self._run(JournalledRun[Item], source)
        run.keeper, run.absent = keeper, absent
        return run

    def _run(self, kind: Callable[..., R], source: Iterator[Item] | None) -> R:
        settings = self._settings

        def accept(item: Item) -> Iterable[Outgoing]:
            found = accepted(item, settings)
            if isinstance(found, list):
                return found
            run.refuse(*found)
            return ()

        held = settings.batch * settings.concurrency
        waiting = {"workers": Waiters(), "caller": Waiters()}
        intake = Intake(accept, batch=settings.batch, source=source, fed=2 * held, **waiting)
        outbox = Outbox(max(held, 100), **waiting)
        caller = waiting["caller"]
        run = kind(self._client, settings, intake, outbox, caller=caller, tally=self.tally)
        return run

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
        await run.ended.wait()
        self.run = None
