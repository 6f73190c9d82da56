"""The awaiting client."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast, overload

import attrs

from seven_async.api.routes.endpoint import Async
from seven_async.api.routes.paging import AsyncPager, Page, page_of
from seven_async.api.table import Table, rows
from seven_async.engine import Engine
from seven_async.errors import InvalidRequestError, SevenError
from seven_async.flow.call import CallPipeline, Reader
from seven_async.flow.limit import Limiter, Ticket
from seven_async.flow.network.engines import name_engine
from seven_async.flow.raw import raw_call
from seven_async.flow.reply import check_raw, read_reply
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.flow.values.gateway_time import GatewayTime
from seven_async.options import Options, options_of, with_keywords_of
from seven_async.start.first_use import load

if TYPE_CHECKING:
    from seven_async.reconcile import Reconciliation

C = TypeVar("C", bound=type)
R = TypeVar("R")


def shown_names(names: Iterable[str]) -> list[str]:
    """The names that somebody at a prompt looks for: those that groups call are left out."""
    return sorted(set(names) - {"call", "is_blocking", "limiter", "pages"})


class _ClientDocs:
    """The documentation of a client with its groups and their methods, which are loaded for it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __get__(self, client: object, owner: type) -> str:
        methods: dict[str, list[str]] = {}
        for row in rows():
            group, _, method = row.name.partition(".")
            methods.setdefault(group, []).append(method)
        lines = [f"* `{name}`: {', '.join(sorted(methods[name]))}" for name in sorted(methods)]
        return "\n".join([self._text, "", "Groups and their methods:", "", *lines, ""])


def add_group_docs(client: C) -> C:
    """Add the groups and their methods to the documentation of a client, for `help()`."""
    client.__doc__ = cast("str", _ClientDocs(inspect.cleandoc(client.__doc__ or "")))
    return client


@add_group_docs
class AsyncSeven(Table[Async]):
    """The gateway, for asyncio and trio.

    Its groups (`sms`, `balance`, `journal`, …) hold the methods. It opens when first used;
    `async with` or `aclose()` gives its connections back. One client per event loop is enough:
    share it between tasks.
    """

    is_blocking: ClassVar[bool] = False

    @with_keywords_of(Options)
    def __init__(self, given: Mapping[str, Any]) -> None:
        """Set up a client; nothing is sent yet."""
        options = options_of(given)
        self._wrap(options, Engine(options), owns_engine=True)

    def _wrap(self, options: Options, engine: Engine, *, owns_engine: bool) -> None:
        self._options = options
        self._owns_engine = owns_engine
        self._engine = engine
        self._flow: CallPipeline | None = None

    @with_keywords_of(Options)
    def with_options(self, given: Mapping[str, Any]) -> AsyncSeven:
        """Return a clone with some options changed; it shares connections, limiter and token.

        Cheap, and not in need of closing. Only `transport` and `concurrency` cannot be shared: a
        clone that changes one of them has connections of its own, that are closed with it, or with
        its origin.

        Example:
            hasty = seven.with_options(timeout_s=5, retry=None)
            balance = await hasty.balance.get()
        """
        clone = AsyncSeven.__new__(AsyncSeven)
        is_shared = not given.keys() & {"transport", "concurrency"}
        options = options_of(given, self._options)
        engine = self._engine if is_shared else self._engine.derive(options)
        clone._wrap(options, engine, owns_engine=not is_shared)  # noqa: SLF001 - of this class
        return clone

    @property
    def options(self) -> Options:
        """The settings of this client."""
        return self._options

    @property
    def gateway_time(self) -> GatewayTime:
        """The gateway's clock, as far as the replies to this client and its clones told it."""
        return self._engine.gateway_time(self._options.clock)

    def __repr__(self) -> str:
        if "_options" not in vars(self):  # an error report on what could not be made
            return "<AsyncSeven, not made>"
        carrier = name_engine(self._options.transport)
        return f"<AsyncSeven {self._options.base_url} over {carrier}, {self._engine.state}>"

    def __dir__(self) -> list[str]:
        return shown_names(super().__dir__())

    @overload
    async def call(
        self, row: Row, request: object, *, ticket: Ticket | None = None
    ) -> Any: ...  # what the row names as its reply
    @overload
    async def call(self, row: Row, request: object, read: Reader[R]) -> R: ...
    async def call(
        self,
        row: Row,
        request: object,
        read: Reader[Any] = read_reply,
        ticket: Ticket | None = None,
    ) -> Any:
        """The reply to a request value, as `read` reads it; what the methods of the groups do."""
        engine = self._engine
        engine.enter()
        try:
            return await self._own_flow().call(row, request, read, ticket)
        finally:
            engine.leave()

    def _own_flow(self) -> CallPipeline:
        flow = self._flow
        # The first call, or the first one in a forked process.
        if flow is None or flow.transport is not self._engine.transport:
            flow = self._flow = self._engine.flow(self._options)
        return flow

    @property
    def limiter(self) -> Limiter:
        """The line that the requests of this client stand in; to be asked for on its event loop.

        Raises:
            ConfigurationError: The client is closed, or was opened on another event loop.
        """
        self._engine.open()
        return self._own_flow().limiter

    def pages(self, row: Row, request: Any, page_size: int | None) -> AsyncPager[Any]:
        """A pager over the replies to a request value."""
        begin: int = request.offset or 0

        async def fetch(offset: int | None) -> Page[Any]:
            value = request if offset is None else attrs.evolve(request, offset=offset)
            items, paging = await self.call(row, value)
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
        query: Mapping[str, object] | None = None,
        form: Mapping[str, object] | None = None,
        json: Mapping[str, object] | None = None,
        repeat: Repeat = Repeat.NEVER,
    ) -> RawReply:
        """Send a request that the table does not have, and return the reply as it came.

        It takes the same way as every call: limiter, key, signature, time-outs, retry by `repeat`.

        Example:
            reply = await seven.raw("GET", "/balance", repeat=Repeat.SAFE)
            print(reply.status, reply.json())

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
        asked = raw_call(method, path, repeat, query=query, form=form, json=json)
        # An error report with the variables of this frame must not have them.
        del path, query, form, json
        if isinstance(asked, InvalidRequestError):
            raise asked
        row, value = asked
        return await self.call(row, value, check_raw)

    async def reconcile(self, error: SevenError) -> Reconciliation:
        """Find out from the gateway's journal what became of a send whose outcome was unknown.

        Looks for the `foreign_id` that the error carries, among the messages of the last 400 days
        to each number, or of 30 days where `to` is the name of a contact or group. Days are counted
        by the gateway's clock. Entries can appear some seconds late, so ask `not_found` again
        before sending once more.

        Example:
            try:
                await seven.sms.send("+491711234567", "Hi")
            except OutcomeUnknownError as error:
                print((await seven.reconcile(error)).state)

        Args:
            error: What the send was ended with; usually an `OutcomeUnknownError`.

        Raises:
            SevenError: The journal could not be read.
        """
        find_outcome = load("seven_async.reconcile:find_outcome")
        reconciliation: Reconciliation
        reconciliation = await find_outcome(self.journal, self.gateway_time, error)
        return reconciliation

    async def warmup(self) -> None:
        """Do now what the first request would wait for (imports, TLS certificates); send nothing.

        Example:
            await seven.warmup()

        Raises:
            ConfigurationError: The certificates cannot be loaded; the text says why.
        """
        await self._engine.warmup(self._options)

    async def aclose(self) -> None:
        """Close the client: calls in flight finish, later ones raise `ConfigurationError`.

        Closing twice does nothing. Closing a clone leaves its origin open. If this is cancelled
        while it waits, the connections are closed at once, and calls in flight may break off.

        Example:
            await seven.aclose()
        """
        if self._owns_engine:
            await self._engine.aclose()

    async def __aenter__(self) -> Self:
        self._engine.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Cancelled, or stopped with Ctrl-C: whoever asks for that does not want to wait.
        is_stopped = error is not None and not isinstance(error, Exception)
        if self._owns_engine:
            await self._engine.aclose(waits=not is_stopped)
