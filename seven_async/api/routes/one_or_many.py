"""Rows that take one number or several: one gives its result, several a list from one request.

One method has two request classes; the type of `number` decides between them. No I/O.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from types import GenericAlias
from typing import Any, Generic, ParamSpec, Protocol, TypeVar, overload

import attrs

from seven_async.api.routes.arguments import bind_arguments, check_request_class, raise_refusal
from seven_async.api.routes.endpoint import Async, AsyncGroup, Blocking, Endpoint, Endpoints, P
from seven_async.flow.row import Repeat, Row
from seven_async.flow.values.shapes import is_sequence
from seven_async.flow.wire import build_encoder
from seven_async.start.awaited import Awaited

Q = ParamSpec("Q")
T = TypeVar("T")
One_co = TypeVar("One_co", covariant=True)
Many_co = TypeVar("Many_co", covariant=True)


class AsyncOneOrMany(Protocol[P, Q, One_co, Many_co]):
    """A method of the awaiting client that takes one or many."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Awaited[One_co]: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Awaited[Many_co]: ...


class BlockingOneOrMany(Protocol[P, Q, One_co, Many_co]):
    """A method of the blocking client that takes one or many."""

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> One_co: ...
    @overload
    def __call__(self, *args: Q.args, **kwargs: Q.kwargs) -> Many_co: ...


class OneOrMany(Endpoint, Generic[P, Q, T]):
    """A row with a request class for one and one for several; their first field is the same.

    The members of a plural reply never raise: a failed one is a result that says so.
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
        self._item = reply
        self.many = many

    def _build_row(self, group: str) -> Row:
        row = super()._build_row(group)
        self.many_row: Row = attrs.evolve(
            row,
            encoder=build_encoder(check_request_class(self.many), row.method, frozenset()),
            reply=GenericAlias(list, (self._item,)),
            many=True,
        )
        return row

    def _build_functions(self) -> tuple[Callable[..., object], Callable[..., object]]:
        first = next(iter(inspect.signature(self.many).parameters))

        def bind(args: tuple[object, ...], kwargs: Mapping[str, object]) -> tuple[Row, object]:
            is_many = is_sequence(args[0] if args else kwargs.get(first))
            row, request = (self.many_row, self.many) if is_many else (self.row, self._request)
            return row, bind_arguments(request, row.name, args, kwargs)

        async def call_async(endpoints: AsyncGroup, /, *args: object, **kwargs: object) -> object:
            row, value = bind(args, kwargs)
            del args, kwargs
            return await endpoints.caller.call(row, raise_refusal(value))

        def call(endpoints: Endpoints[Blocking], /, *args: object, **kwargs: object) -> object:
            row, value = bind(args, kwargs)
            del args, kwargs
            return endpoints.caller.call(row, raise_refusal(value))

        return call_async, call

    def _parameters(self) -> Iterable[inspect.Parameter]:
        many = inspect.signature(self.many).parameters
        for parameter in super()._parameters():
            both = parameter.annotation | many[parameter.name].annotation
            yield parameter.replace(annotation=both)

    def _return_types(self) -> tuple[object, object]:
        returned = self._item | GenericAlias(list, (self._item,))
        return returned, returned

    @overload
    def __get__(self, endpoints: None, owner: type) -> "OneOrMany[P, Q, T]": ...
    @overload
    def __get__(
        self, endpoints: Endpoints[Async], owner: type
    ) -> AsyncOneOrMany[P, Q, T, list[T]]: ...
    @overload
    def __get__(
        self, endpoints: Endpoints[Blocking], owner: type
    ) -> BlockingOneOrMany[P, Q, T, list[T]]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        return self._bind(endpoints)
