"""The awaiting client."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

import attrs

from seven_async.api.endpoint import Async
from seven_async.api.paging import AsyncPager, Page, page_of
from seven_async.api.table import Table
from seven_async.engine import Engine
from seven_async.flow.raw import RawCall, raw_row
from seven_async.flow.reply import checked
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.options import Options, with_keywords_of


class AsyncSeven(Table[Async]):
    """The gateway, for asyncio and trio.

    Its groups (`sms`, `balance`, `journal`, …) hold the methods. It opens when first used;
    `async with` or `aclose()` gives its connections back. One client per process is enough: share
    it between tasks.
    """

    is_blocking: ClassVar[bool] = False

    @with_keywords_of(Options)
    def __init__(self, given: Mapping[str, Any]) -> None:
        """Set up a client; nothing is sent yet."""
        self._open(Options(**given), None)

    def _open(self, options: Options, engine: Engine | None) -> None:
        super().__init__(self)
        self._options = options
        self._owns_engine = engine is None
        self._engine = engine or Engine(options)
        self._flow = self._engine.flow(options)

    @with_keywords_of(Options)
    def with_options(self, given: Mapping[str, Any]) -> AsyncSeven:
        """A clone with some options changed; it shares connections, limiter and token.

        Cheap, and never in need of closing. Only `transport` and `concurrency` cannot be shared: a
        clone that changes one of them has connections of its own.
        """
        clone = AsyncSeven.__new__(AsyncSeven)
        is_shared = not given.keys() & {"transport", "concurrency"}
        clone._open(attrs.evolve(self._options, **given), self._engine if is_shared else None)
        return clone

    @property
    def options(self) -> Options:
        """The settings of this client."""
        return self._options

    def __repr__(self) -> str:
        return f"<AsyncSeven {self._options.base_url}>"

    async def call(self, row: Row, request: object) -> Any:
        """The reply to a request value; what the methods of the groups do."""
        return await self._flow.call(row, request)

    def pages(self, row: Row, request: Any, page_size: int | None) -> AsyncPager[Any]:
        """A pager over the replies to a request value."""
        begin: int = request.offset or 0

        async def fetch(offset: int | None) -> Page[Any]:
            value = request if offset is None else attrs.evolve(request, offset=offset)
            items, paging = await self._flow.call(row, value)
            return page_of(
                items,
                paging,
                offset=begin if offset is None else offset,
                limit=request.limit,
                page_size=page_size,
            )

        return AsyncPager(fetch, begin)

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
        repeat: Repeat = Repeat.NEVER,
    ) -> RawReply:
        """The reply to a request that the table does not have, as it came.

        It takes the same way as every call: limiter, key, signature, time-outs, retry by `repeat`.

        Args:
            method: The HTTP method.
            path: Below the base URL, beginning with a slash; quote its segments yourself.
            query: Parameters of the URL; lists become `name[]`.
            form: Parameters of a form body.
            json: A JSON body, instead of `form`.
            repeat: How the request may be repeated; never, unless given.

        Raises:
            ApiError: HTTP status of at least 300, or a bare code such as `"900"`.
        """
        value = RawCall(query=query, form=form, json=json)
        row = raw_row(method, path, value, repeat)
        reply: RawReply = await self._flow.call(row, value, checked)
        return reply

    async def warmup(self) -> None:
        """Do now what the first request would wait for (TLS certificates); sends nothing."""
        await self._engine.warmup()

    async def aclose(self) -> None:
        """Close the connections. Closing a clone leaves those of its origin open."""
        if self._owns_engine:
            await self._engine.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()
