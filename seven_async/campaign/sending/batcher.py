"""Where messages wait until a worker takes them: a bounded window in which batches form.

In: messages, pulled from an iterator or fed. Out: batches of what may share a request. No I/O of
its own; the iterator may do some.

Nothing lingers for a batch to fill up. An iterator is read on until a batch is full or the window
is; of what is fed, whatever waited while the workers were busy leaves together.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import heappop, heappush
from typing import Final, Generic, TypeVar

import anyio

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.sending.queues import Waiters

T = TypeVar("T")

_WINDOW: Final = 4
"""How many batches' worth of messages are looked at to find some that belong together."""

_MOST_ASLEEP: Final = 1_000
"""Messages that are held back by quiet hours while others go; beyond, reading waits for them."""

_LOOK_S: Final = 1.0

_FRESH_S: Final = 1.0
"""So long what was asked about quiet hours holds: asking takes as long as all else in here."""

_QUOTA: Final = 500
"""Messages pulled before others get a turn on the event loop."""


class Batcher(Generic[T]):
    """The messages of one run, from the input to the workers.

    `accept` makes what goes out of an item; it may give nothing. `workers` wait for batches,
    `caller` for room to feed more.
    """

    def __init__(
        self,
        accept: Callable[[T], Iterable[OutgoingMessage]],
        *,
        batch: int,
        source: Iterator[T] | None = None,
        fed: int = 0,
        opens_at: Callable[[OutgoingMessage], float | None] | None = None,
        now: Callable[[], float] = time.time,
        workers: Waiters,
        caller: Waiters,
    ) -> None:
        self._accept = accept
        self._workers = workers
        self._caller = caller
        self._batch = batch
        self._source = source
        self._window = _WINDOW * batch if batch > 1 else 1
        self._room = max(fed, self._window)
        self._full: deque[list[OutgoingMessage]] = deque()
        self._open: dict[Hashable, list[OutgoingMessage]] = {}
        self._held = 0
        self._opens_at = opens_at
        self._now = now
        self._asleep: list[tuple[float, int, OutgoingMessage]] = []
        self._is_over = False
        self.is_closed = False

    @property
    def room(self) -> int:
        """How many more items may be fed now."""
        return 0 if self._is_full_of_sleepers else max(0, self._room - self._held)

    @property
    def _is_full_of_sleepers(self) -> bool:
        return len(self._asleep) >= _MOST_ASLEEP

    def feed(self, items: Iterable[T]) -> None:
        """Take items in; without heed to `room`, which is the feeder's to keep."""
        before = self._held
        for item in items:
            self._add(item)
        self._workers.wake(self._held - before)

    def end(self) -> None:
        """No more will be fed."""
        self._is_over = True
        self._workers.wake()

    def close(self) -> None:
        """Give nothing out any more; what waits is let go."""
        self.is_closed = True
        self._workers.wake()
        self._caller.wake()

    async def take(self) -> list[OutgoingMessage] | None:
        """The next batch; empty when others should have a turn first, None at the end."""
        while not self.is_closed:
            self._wake_up()
            has_more = self._pull()
            batch = self._next(has_more=has_more)
            if batch:
                self._held -= len(batch)
                self._caller.wake()
                return batch
            if has_more:
                return []
            if self._asleep:
                # The time of waking up is looked at now and then, since clocks are set.
                with anyio.move_on_after(_LOOK_S):
                    await self._workers.wait()
            elif self._is_over:
                return None
            else:
                await self._workers.wait()
        return None

    def take_at_once(self) -> list[OutgoingMessage] | None:
        """Another batch, if one can be had without waiting."""
        if self.is_closed:
            return None
        batch = self._next(has_more=self._pull())
        if batch:
            self._held -= len(batch)
            self._caller.wake()
        return batch

    def _pull(self) -> bool:
        """Read the iterator on; whether it may have more.

        One that raises is over; what had been read of it goes out all the same.
        """
        if self._source is None:
            return False
        for _ in range(_QUOTA):
            if self._is_full_of_sleepers:
                return False
            if self._full or self._held >= self._window:
                return True
            try:
                item = next(self._source)
            except BaseException as found:
                self._source, self._is_over = None, True
                if isinstance(found, StopIteration):
                    return False
                raise
            self._add(item)
        return True

    def _add(self, item: T) -> None:
        for one in self._accept(item):
            if self._is_awake(one):
                self._put(one)

    def keep_asleep(self, batch: list[OutgoingMessage]) -> list[OutgoingMessage]:
        """Return who may still be written to; the others wait for the end of their quiet hours.

        A batch may have waited for hours for the rate, since its messages were read.
        """
        if self._opens_at is None:
            return batch
        late_s = self._now() - _FRESH_S
        return [one for one in batch if one.asked_at > late_s or self._is_awake(one)]

    def _is_awake(self, one: OutgoingMessage) -> bool:
        if self._opens_at is None:
            return True
        one.asked_at, opening = self._now(), self._opens_at(one)
        if opening is not None:
            heappush(self._asleep, (opening, id(one), one))
        return opening is None

    def _put(self, one: OutgoingMessage) -> None:
        self._held += 1
        if one.group is None or self._batch == 1:
            self._full.append([one])
            return
        waiting = self._open.setdefault(one.group, [])
        if waiting:
            one.share(waiting[0])
        waiting.append(one)
        if len(waiting) >= self._batch:
            self._full.append(self._open.pop(one.group))

    def _wake_up(self) -> None:
        """Let those go whose quiet hours are over."""
        while self._asleep and self._asleep[0][0] <= self._now():
            self._put(heappop(self._asleep)[2])

    def _next(self, *, has_more: bool) -> list[OutgoingMessage] | None:
        """A full batch; or the oldest, if waiting for more is no use."""
        if self._full:
            return self._full.popleft()
        if self._open and (self._held >= self._window or not has_more):
            return self._open.pop(next(iter(self._open)))
        return None
