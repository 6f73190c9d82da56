"""The blocking client: the awaiting one, run on a thread of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from seven_async.api.routes.endpoint import Blocking
from seven_async.api.routes.paging import Page, Pager
from seven_async.api.table import Table
from seven_async.client import AsyncSeven, add_group_docs, shown_names
from seven_async.errors import InvalidRequestError, SevenError
from seven_async.flow.raw import raw_call
from seven_async.flow.reply import check_raw
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.loop_thread import LoopThread, build_closed_error
from seven_async.options import Options, with_keywords_of

if TYPE_CHECKING:
    from seven_async.reconcile import Reconciliation


@add_group_docs
class Seven(Table[Blocking]):
    """The gateway, for code without an event loop: scripts, threads, notebooks.

    The same groups and names as `AsyncSeven`, without await. May be shared between threads. It
    opens when first used; `with` or `close()` ends its thread and connections.
    """

    is_blocking: ClassVar[bool] = True

    @with_keywords_of(Options)
    def __init__(self, given: Mapping[str, Any]) -> None:
        """Set up a client; nothing is sent yet."""
        self._wrap(AsyncSeven(**given), LoopThread(), owns_loop=True)

    def _wrap(self, client: AsyncSeven, loop: LoopThread, *, owns_loop: bool) -> None:
        self._client = client
        self._loop = loop
        self._owns_loop = owns_loop

    @with_keywords_of(Options)
    def with_options(self, given: Mapping[str, Any]) -> Seven:
        """Return a clone with some options changed; it shares connections, limiter and thread.

        Example:
            hasty = seven.with_options(timeout_s=5, retry=None)
            balance = hasty.balance.get()
        """
        clone = Seven.__new__(Seven)
        client = self._client.with_options(**given)
        clone._wrap(client, self._loop, owns_loop=False)  # noqa: SLF001 - of this class
        return clone

    @property
    def options(self) -> Options:
        """The settings of this client."""
        return self._client.options

    def __repr__(self) -> str:
        if "_loop" not in vars(self):  # an error report on what could not be made
            return "<Seven, not made>"
        if self._loop.is_closed:
            return f"<Seven {self.options.base_url}, closed>"
        return repr(self._client).replace("AsyncSeven", "Seven", 1)

    def __dir__(self) -> list[str]:
        return shown_names(super().__dir__())

    def call(self, row: Row, request: object) -> object:
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
        query: Mapping[str, object] | None = None,
        form: Mapping[str, object] | None = None,
        json: Mapping[str, object] | None = None,
        repeat: Repeat = Repeat.NEVER,
    ) -> RawReply:
        """Send a request that the table does not have; see `AsyncSeven.raw`.

        Example:
            reply = seven.raw("GET", "/balance", repeat=Repeat.SAFE)
            print(reply.status, reply.json())
        """
        asked = raw_call(method, path, repeat, query=query, form=form, json=json)
        # An error report with the variables of this frame must not have them.
        del path, query, form, json
        if isinstance(asked, InvalidRequestError):
            raise asked
        row, value = asked
        reply: RawReply = self._loop.run(self._client.call, row, value, check_raw)
        return reply

    def reconcile(self, error: SevenError) -> Reconciliation:
        """Find out what became of a send whose outcome was unknown; see `AsyncSeven.reconcile`.

        Example:
            try:
                seven.sms.send("+491711234567", "Hi")
            except OutcomeUnknownError as error:
                print(seven.reconcile(error).state)
        """
        return self._loop.run(self._client.reconcile, error)

    def warmup(self) -> None:
        """Do now what the first request would wait for; send nothing.

        Example:
            seven.warmup()
        """
        self._loop.run(self._client.warmup)

    def close(self) -> None:
        """Close the client: calls in flight finish, later ones raise `ConfigurationError`.

        Closing twice does nothing. Closing a clone leaves its origin open.

        Example:
            seven.close()
        """
        self._end(self._client.aclose)

    def _end(self, last: Callable[[], Awaitable[None]]) -> None:
        if self._owns_loop:
            self._loop.close(last)
        elif not self._loop.is_closed:
            self._loop.run(last)

    def __enter__(self) -> Self:
        if self._loop.is_closed:
            raise build_closed_error()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(partial(self._client.__aexit__, kind, error, trace))
