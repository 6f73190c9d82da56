"""A campaign that is awaited: it runs on the event loop of its caller.

In: an `AsyncSeven`, a runner, an input. Out: entries in the order in which they are known. I/O
through the runner.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import ClassVar, Self, TypeVar

from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.stored_messages import StoredMessages
from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.planner import build_plan
from seven_async.campaign.results import Entry
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import (
    CHUNK,
    AsyncMessages,
    Item,
    Messages,
    in_item_chunks,
)
from seven_async.client import AsyncSeven
from seven_async.start.awaited import Awaited

R = TypeVar("R")


class AsyncEntries(AsyncIterator[Entry]):
    """The entries of a run, in the order in which they are known: `async for entry in …`.

    A class, since an async generator that is left early misbehaves on trio. Leaving the loop early
    stops the reading; what is in flight finishes.
    """

    def __init__(
        self,
        runner: CampaignRunner,
        messages: Messages | AsyncMessages,
        *,
        resumes: bool = False,
    ) -> None:
        self._runner = runner
        self._messages = messages
        self._resumes = resumes
        self._run: Runner | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        """Return the next entry."""
        if self._run is None:
            self._run = await self._runner.begin(self._messages, resumes=self._resumes)
        entry = self._run.results.pop() or await self._run.results.get()
        if entry is None:
            raise_failure(self._run)
            raise StopAsyncIteration
        return entry


def raise_failure(run: Runner) -> None:
    """Raise what ended a run early, once."""
    failure, run.failure = run.failure, None
    if failure is not None:
        raise failure


async def _load_awaited(runner: CampaignRunner, messages: AsyncMessages) -> None:
    chunk = list[Item]()
    async for message in messages:
        chunk.append(message)
        if len(chunk) == CHUNK:
            await runner.load(chunk)
            chunk = []
    await runner.load(chunk)


class AwaitingFace:
    """What a campaign does with an `AsyncSeven`."""

    keyword: ClassVar[str] = "async with"

    def __init__(self, client: AsyncSeven) -> None:
        self.client = client

    def send(self, runner: CampaignRunner, messages: Messages | AsyncMessages) -> AsyncEntries:
        """Return the entries of messages; the sending begins with the first of them."""
        return AsyncEntries(runner, messages)

    def resume(self, runner: CampaignRunner, stored: StoredMessages) -> AsyncEntries:
        """Return the entries of what a journal can still send."""
        return AsyncEntries(runner, stored, resumes=True)

    async def load(self, runner: CampaignRunner, messages: Messages | AsyncMessages) -> int:
        """Write messages down to be sent later; return how many are new."""
        await runner.begin_load()
        if isinstance(messages, AsyncIterable):
            await _load_awaited(runner, messages)
        else:
            for chunk in in_item_chunks(messages):
                await runner.load(chunk)
        return await runner.end_load(messages)

    def plan(
        self,
        settings: Settings,
        journal: JournalPlace | None,
        messages: Messages | AsyncMessages,
        per_s: float,
    ) -> Awaited[Plan]:
        """Return the plan for messages, to be awaited."""
        return build_plan(self.client, settings, journal, messages, per_s)

    def run(self, function: Callable[..., Awaited[R]], *args: object) -> Awaited[R]:
        """Return what a coroutine function will return, to be awaited."""
        return function(*args)

    def call(self, change: Callable[[], None]) -> None:
        """Call a function that changes a run."""
        change()
