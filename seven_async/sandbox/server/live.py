"""Answers that come later: waiting for a message, and a stream of events for a page.

Both wait for something new to see. It is looked for right after each call that was answered, and at
each turn of the listener: webhooks, other threads and the clock change things, too. To be used on
one event loop; what is looked at is passed in, nothing here is I/O.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.core.wire import Answer, json_answer
from seven_async.sandbox.inbox.messages import FilterError
from seven_async.sandbox.inbox.waiting import MessageSearch, read_search, read_wait_s
from seven_async.sandbox.server.control import PREFIX, Controllable
from seven_async.sandbox.server.inbox_controls import (
    STREAM_PATH,
    STREAM_TYPE,
    WAIT_PATH,
    change_event,
    missing_message,
)

SOON_S: Final = 0.05
"""Changes within this time are one: thousands of calls a second are looked at twenty times."""
STREAM_GAP_S: Final = 0.25
"""Between two events of a stream: a page draws no more often than people can read."""
ALIVE_S: Final = 15.0
"""A stream without news says so often that it is alive; writing shows that the page is gone."""
STREAM_HEAD: Final = (
    f"HTTP/1.1 200 OK\r\nContent-Type: {STREAM_TYPE}\r\nCache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
).encode()


class Waiting(Protocol):
    """One that waits on a connection."""

    def look(self, now_s: float, *, is_changed: bool) -> None:
        """Answer, if there is something to answer now."""


class MessageWait:
    """Waits for a message that fits, up to a deadline.

    Args:
        answer: takes the answer, once.
    """

    def __init__(
        self,
        sandbox: Controllable,
        search: MessageSearch,
        deadline_s: float,
        answer: Callable[[Answer], None],
    ) -> None:
        self._sandbox = sandbox
        self._search = search
        self._deadline_s = deadline_s
        self._answer = answer

    def look(self, now_s: float, *, is_changed: bool) -> None:
        """Answer with the message, or that none came in time."""
        answer = self._find() if is_changed or self._search.seen < 0 else None
        if answer:
            self._answer(answer)
        elif now_s >= self._deadline_s:
            self._answer(missing_message())

    def _find(self) -> Answer | None:
        sandbox = self._sandbox
        with sandbox.gateway.lock:
            now = sandbox.clock()
            entry = self._search.find(sandbox.gateway.state.ledger, now)
            return json_answer(self._search.to_json(entry, now)) if entry else None


class ChangeStream:
    """Tells a page that there is something new to see.

    Args:
        write: takes bytes of the stream; returns False where the page does not read, and the
            event has to be written later.
    """

    def __init__(self, sandbox: Controllable, write: Callable[[bytes], bool]) -> None:
        self._sandbox = sandbox
        self._write = write
        self._has_news = True
        self._written_s = float("-inf")

    def look(self, now_s: float, *, is_changed: bool) -> None:
        """Write an event if something changed, a comment if nothing did for long."""
        self._has_news = self._has_news or is_changed
        since_s = now_s - self._written_s
        if self._has_news and since_s >= STREAM_GAP_S:
            if self._write(change_event(self._sandbox)):
                self._has_news, self._written_s = False, now_s
        elif since_s >= ALIVE_S and self._write(b": alive\n\n"):
            self._written_s = now_s


class Hub:
    """All that wait at one listener.

    Args:
        clock: seconds that only grow; deadlines are by it.
    """

    def __init__(self, sandbox: Controllable, clock: Callable[[], float]) -> None:
        self._sandbox = sandbox
        self.clock = clock
        self._waiting: list[Waiting] = []
        self._revision: tuple[object, ...] = ()
        self._soon: asyncio.TimerHandle | None = None

    def add(self, waiting: Waiting) -> None:
        """Take one more that waits, and let it look at once."""
        self._waiting.append(waiting)
        waiting.look(self.clock(), is_changed=True)

    def remove(self, waiting: Waiting) -> None:
        """Forget one that has its answer, or whose client is gone."""
        if waiting in self._waiting:
            self._waiting.remove(waiting)

    @property
    def is_needed(self) -> bool:
        """True if somebody waits."""
        return bool(self._waiting)

    def look_soon(self) -> None:
        """Look in a moment: a call was answered."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(SOON_S, self.look)

    def look(self) -> None:
        """Let all look that wait."""
        if self._soon:
            self._soon.cancel()
            self._soon = None
        if not self._waiting:
            return
        revision = self._sandbox.inbox.revision()
        is_changed, self._revision = revision != self._revision, revision
        now_s = self.clock()
        for waiting in list(self._waiting):
            waiting.look(now_s, is_changed=is_changed)


def is_live(request: IncomingRequest) -> bool:
    """Return True if a control call is one that waits on a served sandbox."""
    paths = (PREFIX + WAIT_PATH, PREFIX + STREAM_PATH)
    return request.method == "GET" and request.path in paths


def is_stream(request: IncomingRequest) -> bool:
    """Return True if the answer to a live call is a stream."""
    return request.path == PREFIX + STREAM_PATH


def build_wait(
    sandbox: Controllable,
    request: IncomingRequest,
    now_s: float,
    answer: Callable[[Answer], None],
) -> MessageWait | Answer:
    """Build what waits for the message of a request; the refusal where that makes no sense."""
    params = request.params()
    try:
        deadline_s = now_s + read_wait_s(params)
        return MessageWait(sandbox, read_search(params), deadline_s, answer)
    except FilterError as error:
        return json_answer({"error": str(error)}, 400)
