"""What `Campaign.send` gives: the entries, awaited or not.

In: a host and an input. Out: entries in the order in which they are known. I/O through the host.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import islice
from typing import Any, Protocol, Self, TypeVar

from seven_async.campaign.results import Entry
from seven_async.campaign.sending.campaign_runner import CampaignRunner
from seven_async.campaign.sending.runner import Runner
from seven_async.campaign.sending.unpack import AsyncMessages, Item, Messages, items

R = TypeVar("R")


class OnLoop(Protocol):
    """What runs calls on the event loop of a blocking client."""

    def run(self, call: Callable[..., Awaitable[R]], /, *args: object) -> R:
        """The result of a coroutine function."""
        ...


class AsyncEntries(AsyncIterator[Entry]):
    """The entries of a run, in the order in which they are known: `async for entry in …`.

    A class, since an async generator that is left early misbehaves on trio. Leaving the loop early
    stops the reading; what is in flight finishes.
    """

    def __init__(
        self, host: Callable[[], CampaignRunner], messages: Messages | AsyncMessages
    ) -> None:
        self._host = host
        self._messages = messages
        self._run: Runner[Item] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Entry:
        """The next entry."""
        if self._run is None:
            self._run = await self._host().begin(self._messages)
        entry = self._run.results.pop() or await self._run.results.get()
        if entry is None:
            _raise_failure(self._run)
            raise StopAsyncIteration
        return entry


class Entries(Iterator[Entry]):
    """The entries of a run, in the order in which they are known: `for entry in …`.

    The input is pulled here, in the caller's thread, so that it may use what belongs to it.
    """

    def __init__(
        self, host: Callable[[], CampaignRunner], loop: OnLoop, messages: Messages
    ) -> None:
        self._host = host
        self._loop = loop
        self._messages = items(messages)
        self._run: Runner[Item] | None = None
        self._ready: deque[Entry] = deque()
        self._room = 0
        self._is_over = False
        self._failure: Exception | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Entry:
        """The next entry."""
        run = self._run or self._begun()
        while not self._ready:
            if run.results.is_over:
                run.failure = run.failure or self._failure
                _raise_failure(run)
                raise StopIteration
            self._exchange(run)
        return self._ready.popleft()

    def _begun(self) -> Runner[Item]:
        run = self._run = self._loop.run(self._host().begin, None)
        self._room = run.batcher.room
        return run

    def _exchange(self, run: Runner[Item]) -> None:
        """Hand over as much of the input as there is room for, and fetch what is known."""
        given = self._pulled()
        entries, self._room = self._loop.run(exchange, run, given, self._is_over)
        self._ready.extend(entries)

    def _pulled(self) -> list[Item]:
        if self._is_over or not self._room:
            return []
        given: list[Item] = []
        try:
            given.extend(islice(self._messages, self._room))
        except Exception as error:  # noqa: BLE001 - whatever the caller's own iterable raises
            self._failure = error
            self._is_over = True
        else:
            self._is_over = len(given) < self._room
        return given


async def exchange(run: Runner[Item], given: list[Item], is_over: bool) -> tuple[list[Entry], int]:
    """Feed a run; return its entries and its room once there is one of the two."""
    if given:
        run.batcher.feed(given)
    if is_over:
        run.batcher.end()
    while not (len(run.results) or run.results.is_over or _wants_more(run, is_over=is_over)):
        await run.caller.wait()
    return run.results.pop_all(), run.batcher.room


def _wants_more(run: Runner[Any], *, is_over: bool) -> bool:
    return run.batcher.room > 0 and not is_over and not run.batcher.is_closed


def _raise_failure(run: Runner[Any]) -> None:
    failure, run.failure = run.failure, None
    if failure is not None:
        raise failure
