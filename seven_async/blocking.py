"""The blocking client: the awaiting one, run on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from anyio.from_thread import BlockingPortal, start_blocking_portal

from seven_async.api.endpoint import Blocking
from seven_async.api.paging import Page, Pager
from seven_async.api.table import Table
from seven_async.client import AsyncSeven
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.options import Options, with_keywords_of

R = TypeVar("R")


class Loop:
    """One event loop on one thread, started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._portal: BlockingPortal | None = None
        self._running: AbstractContextManager[BlockingPortal] | None = None

    def run(self, call: Callable[..., Awaitable[R]], *args: object) -> R:
        """The result of a coroutine function, run on the loop. Ctrl-C cancels it."""
        future = self._started().start_task_soon(call, *args)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _started(self) -> BlockingPortal:
        with self._lock:
            if self._portal is None:
                self._running = start_blocking_portal(name="seven_async")
                self._portal = self._running.__enter__()
            return self._portal

    def stop(self) -> None:
        """End the loop and its thread."""
        with self._lock:
            running, self._running, self._portal = self._running, None, None
        if running is not None:
            running.__exit__(None, None, None)


class Seven(Table[Blocking]):
    """The gateway, for code without an event loop: scripts, threads, notebooks.

    The same groups and names as `AsyncSeven`, without await. May be shared between threads. It
    opens when first used; `with` or `close()` ends its thread and connections.
    """

    is_blocking: ClassVar[bool] = True

    @with_keywords_of(Options)
    def __init__(self, given: Mapping[str, Any]) -> None:
        """Set up a client; nothing is sent yet."""
        self._wrap(AsyncSeven(**given), Loop(), owns_loop=True)

    def _wrap(self, client: AsyncSeven, loop: Loop, *, owns_loop: bool) -> None:
        super().__init__(self)
        self._client = client
        self._loop = loop
        self._owns_loop = owns_loop

    @with_keywords_of(Options)
    def with_options(self, given: Mapping[str, Any]) -> Seven:
        """A clone with some options changed; it shares connections, limiter, token and thread."""
        clone = Seven.__new__(Seven)
        clone._wrap(self._client.with_options(**given), self._loop, owns_loop=False)
        return clone

    @property
    def options(self) -> Options:
        """The settings of this client."""
        return self._client.options

    def __repr__(self) -> str:
        return f"<Seven {self.options.base_url}>"

    def call(self, row: Row, request: object) -> Any:
        """The reply to a request value; what the methods of the groups do."""
        return self._loop.run(self._client.call, row, request)

    def pages(self, row: Row, request: Any, page_size: int | None) -> Pager[Any]:
        """A pager over the replies to a request value."""
        pager = self._client.pages(row, request, page_size)

        def fetch(offset: int | None) -> Page[Any]:
            return self._loop.run(pager.page_at, offset)

        return Pager(fetch, request.offset or 0)

    def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        repeat: Repeat = Repeat.NEVER,
    ) -> RawReply:
        """The reply to a request that the table does not have; see `AsyncSeven.raw`."""

        async def call() -> RawReply:
            return await self._client.raw(
                method, path, query=query, form=form, json=json, repeat=repeat
            )

        return self._loop.run(call)

    def warmup(self) -> None:
        """Do now what the first request would wait for; sends nothing."""
        self._loop.run(self._client.warmup)

    def close(self) -> None:
        """Close the connections and end the thread. Closing a clone leaves its origin open."""
        if self._owns_loop:
            self._loop.run(self._client.aclose)
            self._loop.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
