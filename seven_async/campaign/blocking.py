"""A campaign that blocks: it runs on the event loop of a `Seven`, entered and left from any thread.

In: a `Seven`, a runner, an input. Out: entries in the order in which they are known. I/O through
the runner.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from itertools import islice
from typing import ClassVar, Final, Protocol, Self, TypeVar

from seven_async.blocking import Seven
from seven_async.campaign.awaiting import raise_failure
from seven_async.campaign.journal.place import JournalPlace
from seven_async.campaign.journal.stored_messages import StoredMessages
from seven_async.campaign.planning.plan import Plan
from seven_async.campaign.planning.planner import (
    build_survey,
    check_readable_twice,
    fetch_tariff,
    survey_messages,
)
from seven_async.campaign.results import Entry
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.unpack import Item, Messages, in_item_chunks, items
from seven_async.client import AsyncSeven
from seven_async.flow.event_loop import is_second

R = TypeVar("R")

_ABORTING_S: Final = 1.0
"""Seconds for what was cut off to be written down."""


class Loop(Protocol):
    """What runs calls on the event loop of a blocking client."""

    def run(self, call: Callable[..., Awaitable[R]], /, *args: object) -> R:
        """Return the result of a coroutine function."""
        ...


class Entries(Iterator[Entry]):
    """The entries of a run, in the order in which they are known: `for entry in …`.

    The input is pulled here, in the caller's thread, so that it may use what belongs to it.
    """

    def __init__(
        self, runner: CampaignRunner, loop: Loop, messages: Messages, *, resumes: bool = False
    ) -> None:
        self._runner = runner
        self._loop = loop
        self._given = messages
        self._messages = items(messages)
        self._resumes = resumes
        self._run: Runner | None = None
        self._ready: deque[Entry] = deque()
        self._room = 0
        self._is_over = False
        self._failure: Exception | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Entry:
        """Return the next entry."""
        run = self._run or self._begin()
        while not self._ready:
            if run.results.is_over:
                run.failure = run.failure or self._failure
                raise_failure(run)
                raise StopIteration
            # Hand over as much of the input as there is room for, and fetch what is known.
            entries, self._room = self._loop.run(exchange, run, self._pull(), self._is_over)
            self._ready.extend(entries)
        return self._ready.popleft()

    def _begin(self) -> Runner:
        run = self._run = self._loop.run(
            partial(self._runner.begin, resumes=self._resumes, is_fed=True), self._given
        )
        self._room = run.batcher.room
        return run

    def _pull(self) -> list[Item]:
        pulled: list[Item] = []
        if self._is_over or not self._room:
            return pulled
        try:
            pulled.extend(islice(self._messages, self._room))
        except Exception as error:  # noqa: BLE001 - whatever the caller's own iterable raises
            self._failure = error
            self._is_over = True
        else:
            self._is_over = len(pulled) < self._room
        return pulled


async def exchange(run: Runner, pulled: list[Item], is_over: bool) -> tuple[list[Entry], int]:
    """Feed a run; return its entries and its room once there is one of the two."""
    if pulled:
        run.batcher.feed(pulled)
    if is_over:
        run.batcher.end()
    while not (len(run.results) or run.results.is_over or _has_room(run, is_over=is_over)):
        await run.caller.wait()
    return run.results.pop_all(), run.batcher.room


def _has_room(run: Runner, *, is_over: bool) -> bool:
    return run.batcher.room > 0 and not is_over and not run.batcher.is_closed


class BlockingFace:
    """What a campaign does with a `Seven`."""

    keyword: ClassVar[str] = "with"

    def __init__(self, seven: Seven) -> None:
        self.client: AsyncSeven = seven._client  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._loop: Loop = seven._loop  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
        self._thread: threading.Thread | None = None
        self._is_open = threading.Event()
        self._failure: BaseException | None = None

    def enter(self, runner: CampaignRunner) -> None:
        """Open a runner; raises what that raises.

        One call on the loop keeps it open, in a thread of its own: its task group has to be left in
        the task that entered it.
        """
        self._is_open.clear()
        self._thread = threading.Thread(target=self._keep_open, args=(runner,), daemon=True)
        self._thread.start()
        self._is_open.wait()
        self._raise_failure()

    def exit(self, runner: CampaignRunner, error: BaseException | None) -> None:
        """Close a runner, and wait until what is in flight has finished."""
        if is_second(error):
            self.call(runner.abort)
        try:
            self._loop.run(_close, runner, error is not None)
            self._join()
        except BaseException:  # a second Ctrl-C
            self._loop.run(_abort, runner)
            self._join(_ABORTING_S)
            raise
        self._raise_failure()

    def send(self, runner: CampaignRunner, messages: Messages) -> Entries:
        """Return the entries of messages; the sending begins with the first of them."""
        return Entries(runner, self._loop, messages)

    def resume(self, runner: CampaignRunner, stored: StoredMessages) -> Entries:
        """Return the entries of what a journal can still send."""
        return Entries(runner, self._loop, stored, resumes=True)

    def load(self, runner: CampaignRunner, messages: Messages) -> int:
        """Write messages down to be sent later; return how many are new."""
        self.run(runner.begin_load)
        for chunk in in_item_chunks(messages):
            self.run(runner.load, chunk)
        return self.run(runner.end_load, messages)

    def plan(
        self, settings: Settings, journal: JournalPlace | None, messages: Messages, per_s: float
    ) -> Plan:
        """Return the plan for messages, which are read in the thread of the caller."""
        check_readable_twice(messages)
        tariff = self.run(fetch_tariff, self.client)
        survey = survey_messages(build_survey(settings, tariff, journal), messages)
        balance = self.run(self.client.balance.get)
        return survey.plan(balance, per_s, self.client.gateway_time.own_clock_ahead_s)

    def run(self, function: Callable[..., Awaitable[R]], *args: object) -> R:
        """Return the result of a coroutine function."""
        return self._loop.run(function, *args)

    def call(self, change: Callable[[], None]) -> None:
        """Call a function that changes a run, on the loop that the run is on."""
        self._loop.run(_call, change)

    def _join(self, timeout_s: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _keep_open(self, runner: CampaignRunner) -> None:
        try:
            self._loop.run(self._wait_for_end, runner)
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            self._failure = error
        finally:
            self._is_open.set()

    async def _wait_for_end(self, runner: CampaignRunner) -> None:
        async with runner:
            self._is_open.set()
            await runner.closing.wait()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


async def _call(change: Callable[[], None]) -> None:
    change()


async def _abort(runner: CampaignRunner) -> None:
    runner.abort()
    runner.closing.set()


async def _close(runner: CampaignRunner, in_a_hurry: bool) -> None:
    if in_a_hurry and runner.run is not None:
        runner.run.hurry()
    runner.closing.set()
