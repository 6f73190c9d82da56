"""A campaign that is awaited: it runs on the event loop of its caller.

In: an `AsyncSeven`, a runner, an input. Out: entries in the order in which they are known. I/O
through the runner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.planner import build_plan
from seven_async.campaign.results import Entry
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import AsyncMessages, Messages
from seven_async.client import AsyncSeven

R = TypeVar("R")


class AsyncEntries(AsyncIterator[Entry]):
    """The entries of a run, in the order in which they are known: `async for entry in …`.

    A class, since an async generator that is left early misbehaves on trio. Leaving the loop early
    stops the reading; what is in flight finishes.
    """

    def __init__(self, runner: CampaignRunner, messages: Messages | AsyncMessages) -> None:
        self._runner = runner
        self._messages = messages
        self._run: Runner | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        """Return the next entry."""
        if self._run is None:
            self._run = await self._runner.begin(self._messages)
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


class AwaitingFace:
    """What a campaign does with an `AsyncSeven`."""

    keyword: ClassVar[str] = "async with"

    def __init__(self, client: AsyncSeven) -> None:
        self.client = client

    def send(self, runner: CampaignRunner, messages: Messages | AsyncMessages) -> AsyncEntries:
        """Return the entries of messages; the sending begins with the first of them."""
        return AsyncEntries(runner, messages)

    def plan(
        self,
        settings: Settings,
        journal: Path | None,
        messages: Messages | AsyncMessages,
        per_s: float,
    ) -> Coroutine[Any, Any, Plan]:
        """Return the plan for messages, to be awaited."""
        return build_plan(self.client, settings, journal, messages, per_s)

    def run(
        self, function: Callable[..., Coroutine[Any, Any, R]], *args: object
    ) -> Coroutine[Any, Any, R]:
        """Return what a coroutine function will return, to be awaited."""
        return function(*args)

    def call(self, change: Callable[[], None]) -> None:
        """Call a function that changes a run."""
        change()
