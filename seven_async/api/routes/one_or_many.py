"""Rows that take one number or several: one gives its finding, several a list from one request.

Two request classes stand behind one method; what `number` is decides between them. No I/O.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterable
from types import GenericAlias, MethodType
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

import attrs

from seven_async.api.routes.endpoint import (
    Async,
    Blocking,
    Endpoints,
    Entry,
    P,
    accepted,
    asked,
    documented,
)
from seven_async.flow.row import Repeat, Row
from seven_async.flow.values.shapes import is_sequence
from seven_async.flow.wire import build_encoder

Q = ParamSpec("Q")
T = TypeVar("T")
One_co = TypeVar("One_co", covariant=True)
Many_co = TypeVar("Many_co", covariant=True)


class Awaiting(Protocol[P, Q, One_co, Many_co]):
    """A method of the awaiting client that takes one or many."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, One_co]: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Coroutine[Any, Any, Many_co]: ...


class Waiting(Protocol[P, Q, One_co, Many_co]):
    """A method of the blocking client that takes one or many."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> One_co: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Many_co: ...


class OneOrMany(Entry, Generic[P, Q, T]):
    """A row with a request class for one and one for several; their first field is the same.

    The members of a plural reply are findings, whatever they say: they never raise.
    """

    def __init__(
        self,
        method: str,
        path: str,
        request: Callable[P, object],
        many: Callable[Q, object],
        reply: type[T],
        *,
        repeat: Repeat,
    ) -> None:
        super().__init__(method, path, request, reply, repeat=repeat)
        self.many = many

    def _checked(self, owner: type[Endpoints[Any]]) -> Row:
        row = super()._checked(owner)
        self.many_row = attrs.evolve(
            row,
            encoder=build_encoder(documented(self.many), row.method, frozenset()),
            reply=GenericAlias(list, (row.reply,)),
            many=True,
        )
        return row

    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        first = next(iter(inspect.signature(self.many).parameters))

        def chosen(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Row, object]:
            is_many = is_sequence(args[0] if args else kwargs.get(first))
            row, request = (self.many_row, self.many) if is_many else (self.row, self._request)
            return row, asked(request, row.name, args, kwargs)

        async def awaiting(endpoints: Endpoints[Async], /, *args: Any, **kwargs: Any) -> Any:
            row, value = chosen(args, kwargs)
            del args, kwargs
            return await endpoints.caller.call(row, accepted(value))

        def waiting(endpoints: Endpoints[Blocking], /, *args: Any, **kwargs: Any) -> Any:
            row, value = chosen(args, kwargs)
            del args, kwargs
            return endpoints.caller.call(row, accepted(value))

        self._awaiting, self._waiting = awaiting, waiting
        return awaiting, waiting

    def _parameters(self) -> Iterable[inspect.Parameter]:
        many = inspect.signature(self.many).parameters
        for one in super()._parameters():
            yield one.replace(annotation=one.annotation | many[one.name].annotation)

    def _returns(self) -> tuple[Any, Any]:
        returned = self._reply | GenericAlias(list, (self._reply,))
        return returned, returned

    @overload
    def __get__(self, endpoints: None, owner: type) -> "OneOrMany[P, Q, T]": ...
    @overload
    def __get__(self, endpoints: Endpoints[Async], owner: type) -> Awaiting[P, Q, T, list[T]]: ...
    @overload
    def __get__(self, endpoints: Endpoints[Blocking], owner: type) -> Waiting[P, Q, T, list[T]]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        if endpoints is None:
            return self
        is_blocking = endpoints.caller.is_blocking
        return MethodType(self._waiting if is_blocking else self._awaiting, endpoints)
