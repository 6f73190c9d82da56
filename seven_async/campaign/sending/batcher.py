"""Where a run waits: messages until a worker takes them as a batch, entries until the caller does.

In: the items of an input, pulled from an iterator or fed; entries. Out: batches of messages that
may share a request; the entries. No I/O of its own; the iterator may do some.

Nothing waits for a batch to fill up. An iterator is read on until a batch is full or the window
is; of what is fed, all that waited while the workers were busy leaves together.
"""

from __future__ import annotations

import itertools
import secrets
import sys
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from typing import Final

import anyio

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.results import TOO_LATE, Entry, SendResult
from seven_async.campaign.sending.quiet_hours import QuietHours
from seven_async.campaign.sending.unpack import Item, Unpacker

_WINDOW: Final = 4
"""How many batches' worth of messages are looked at to find some that belong together."""

_MOST_ASLEEP: Final = 1_000
"""Messages that are held back by quiet hours while others go; beyond, reading waits for them."""

_LOOK_S: Final = 1.0
"""The time of waking up is looked at so often, since clocks are set."""

_FRESH_S: Final = 1.0
"""So long what was asked about quiet hours holds: asking takes as long as all else in here."""

_QUOTA: Final = 500
"""Messages pulled before others get a turn on the event loop."""


class Waiters:
    """Tasks that wait for a change. After waking they look again: it may be over by then."""

    def __init__(self) -> None:
        self._waiting: deque[anyio.Event] = deque()

    async def wait(self) -> None:
        """Return when woken. Nothing is missed between the look before and the wait."""
        woken = anyio.Event()
        self._waiting.append(woken)
        try:
            await woken.wait()
        except BaseException:
            if woken.is_set():
                self.wake(1)  # its turn goes to another one
            else:
                self._waiting.remove(woken)
            raise

    def wake(self, count: int | None = None) -> None:
        """Wake the longest waiting `count`, or all."""
        for _ in range(len(self._waiting) if count is None else min(count, len(self._waiting))):
            self._waiting.popleft().set()


class Batcher:
    """The messages of one run, from the input to the workers.

    `refuse` is told of items that cannot be sent. Nothing is given out before `start_s`, and what
    would be quiet until after `not_after_s` does not wait for that. What is quiet waits here; with
    `put_off` it is dropped, and that is told when it may leave. `workers` wait for batches,
    `caller` for room to feed more.
    """

    def __init__(
        self,
        unpacker: Unpacker,
        refuse: Callable[[Entry, SendResult], None],
        *,
        batch: int,
        source: Iterator[Item] | None,
        fed: int,
        quiet: QuietHours | None,
        put_off: Callable[[float], None] | None = None,
        start_s: float | None,
        not_after_s: float,
        now: Callable[[], float],
        workers: Waiters,
        caller: Waiters,
    ) -> None:
        self._unpacker = unpacker
        self._refuse = refuse
        self._workers = workers
        self._caller = caller
        self._batch = batch
        self._source = source
        self._window = _WINDOW * batch if batch > 1 else 1
        self._room = max(fed, self._window)
        self._full: deque[list[OutgoingMessage]] = deque()
        self._open: dict[Hashable, list[OutgoingMessage]] = {}
        self._latest: list[OutgoingMessage] = []
        self._held = 0
        self._quiet = quiet
        self._put_off = put_off
        self._start_s = start_s
        self._not_after_s = not_after_s
        self._now = now
        self._asleep: list[tuple[float, int, OutgoingMessage]] = []
        self._is_over = False
        self.is_closed: bool = False

    @property
    def room(self) -> int:
        """How many more items may be fed now."""
        return 0 if len(self._asleep) >= _MOST_ASLEEP else max(0, self._room - self._held)

    @property
    def is_asleep(self) -> bool:
        """True if all that is left waits for the end of quiet hours."""
        return bool(self._asleep) and not self._held

    def feed(self, items: Iterable[Item]) -> None:
        """Take items in. The feeder keeps to `room`; it is not checked here."""
        before = self._held
        for item in items:
            self._add(item)
        self._workers.wake(self._held - before)

    def end(self) -> None:
        """Note that no more will be fed."""
        self._is_over = True
        self._workers.wake()

    def close(self) -> None:
        """Give nothing out any more, and drop what waits."""
        self.is_closed = True
        self._workers.wake()
        self._caller.wake()

    async def take(self) -> list[OutgoingMessage] | None:
        """Return the next batch; empty when others should have a turn first, None at the end.

        Raises what the iterator raises; then it is over, and what had been read of it still goes
        out.
        """
        while not self.is_closed:
            if self._start_s is not None and not await self._has_begun(self._start_s):
                continue
            if self._asleep:
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
                await self._wait_until_next_look()
            elif self._is_over:
                return None
            else:
                await self._workers.wait()
        return None

    async def _has_begun(self, start_s: float) -> bool:
        """Tell whether the campaign may begin; if not, wait a little."""
        if self._now() < start_s:
            await self._wait_until_next_look()
            return False
        self._start_s = None
        return True

    async def _wait_until_next_look(self) -> None:
        with anyio.move_on_after(_LOOK_S):
            await self._workers.wait()

    def _pull(self) -> bool:
        """Read the iterator on; return True if it may have more."""
        if self._source is None:
            return False
        for _ in range(_QUOTA):
            if len(self._asleep) >= _MOST_ASLEEP:
                return False
            if self._full or self._held >= self._window:
                return True
            try:
                item = next(self._source)
            except BaseException as error:
                self._source, self._is_over = None, True
                if isinstance(error, StopIteration):
                    return False
                raise
            self._add(item)
        return True

    def _add(self, item: Item) -> None:
        unpacked = self._unpacker.unpack(item)
        if not isinstance(unpacked, list):
            self._refuse(*unpacked)
            return
        for message in unpacked:
            if self._quiet is None or self._is_awake(message, self._quiet):
                self._put(message)

    def keep_asleep(self, batch: list[OutgoingMessage]) -> list[OutgoingMessage]:
        """Return who may still be written to; the others wait for the end of their quiet hours.

        A batch may have waited for hours for the rate, since its messages were read.
        """
        quiet = self._quiet
        if quiet is None:
            return batch
        late_s = self._now() - _FRESH_S
        return [each for each in batch if each.asked_at > late_s or self._is_awake(each, quiet)]

    def _is_awake(self, message: OutgoingMessage, quiet: QuietHours) -> bool:
        if message.hold is not None:  # it gets nothing, so it need not wait
            return True
        message.asked_at = self._now()
        opening_s = quiet.opens_at(message.digits, message.asked_at)
        if opening_s is not None and opening_s > self._not_after_s:
            message.hold = TOO_LATE
            return True
        if opening_s is not None and self._put_off is not None:
            self._put_off(opening_s)
        elif opening_s is not None:
            heappush(self._asleep, (opening_s, id(message), message))
        return opening_s is None

    def _put(self, message: OutgoingMessage) -> None:
        self._held += 1
        group = message.group
        if group is None or self._batch == 1:
            self._full.append([message])
            return
        batch = self._latest
        # To hash a group takes as long as the rest, and most messages are like the one before.
        if not batch or batch[0].group is not group:
            batch = self._latest = self._open.setdefault(group, [])
        if batch:
            message.forms = batch[0].forms  # equal content, kept in memory once
        batch.append(message)
        if len(batch) >= self._batch:
            self._full.append(self._open.pop(group))
            self._latest = []

    def _wake_up(self) -> None:
        """Let those go whose quiet hours are over."""
        while self._asleep and self._asleep[0][0] <= self._now():
            self._put(heappop(self._asleep)[2])

    def _next(self, *, has_more: bool) -> list[OutgoingMessage] | None:
        """Return a full batch; or the oldest, if waiting for more is no use."""
        if self._full:
            return self._full.popleft()
        if self._open and (self._held >= self._window or not has_more):
            self._latest = []
            return self._open.pop(next(iter(self._open)))
        return None


class References:
    """References by which batches are found in the gateway's journal: 32 hexadecimal digits.

    No other run has them, and none comes twice: counted from a random beginning, since asking the
    system for randomness each time lets another thread in, and that costs more than all the rest.
    """

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(11)
        self._numbers = itertools.count(1)

    def add(self, batch: Sequence[OutgoingMessage]) -> None:
        """Give a batch a reference by which it can be found, unless its messages have one."""
        first = batch[0]
        if first.channel.has_reference and first.foreign_id is None:
            reference = f"{self._prefix}{next(self._numbers):010x}"
            for message in batch:
                message.foreign_id, message.is_own_reference = reference, True


class ResultQueue:
    """The entries on their way to the caller. Workers ask for room before they take on more.

    Entries are put in without waiting, so that what is in flight always finishes, also when the
    caller takes no more of them.
    """

    def __init__(self, limit: int, *, workers: Waiters, caller: Waiters) -> None:
        self._limit = limit
        self._workers = workers
        self._caller = caller
        self._entries: deque[Entry] = deque()
        self._is_unread = False
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def is_over(self) -> bool:
        """True if all entries were handed out and no more will come."""
        return self._is_closed and not self._entries

    def put(self, entries: Iterable[Entry]) -> None:
        """Queue entries, if anybody takes them."""
        if self._is_unread:
            return
        self._entries.extend(entries)
        self._caller.wake()

    def lift_limit(self) -> None:
        """Let workers go on though the caller takes no entries any more."""
        self._limit = sys.maxsize
        self._workers.wake()

    def drop_all(self) -> None:
        """Keep no entries: nobody takes them."""
        self._is_unread = True
        self._entries.clear()

    def close(self) -> None:
        """Note that no more will come."""
        self._is_closed = True
        self._caller.wake()

    def pop(self) -> Entry | None:
        """Return an entry, if one waits."""
        if not self._entries:
            return None
        entry = self._entries.popleft()
        if len(self._entries) == self._limit - 1:
            self._workers.wake()
        return entry

    def pop_all(self) -> list[Entry]:
        """Return all entries that wait."""
        entries = list(self._entries)
        self._entries.clear()
        if len(entries) >= self._limit:
            self._workers.wake()
        return entries

    async def get(self) -> Entry | None:
        """Wait for the next entry; return None at the end."""
        while True:
            entry = self.pop()
            if entry is not None or self._is_closed:
                return entry
            await self._caller.wait()

    async def wait_for_room(self) -> None:
        """Return when fewer entries wait than the limit."""
        while len(self._entries) >= self._limit and not self._is_closed:
            await self._workers.wait()
