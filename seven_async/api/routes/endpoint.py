"""A row of the route table, and the methods that are built of it.

`Route` and `Listing` are descriptors. In the class body of an `Endpoints` group they are rows; on
an instance they are methods: awaiting ones on `AsyncSeven`, blocking ones on `Seven`, both with
signature, types and documentation of the request class. No I/O.
"""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from types import GenericAlias, MethodType
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar, overload

import attrs

from seven_async.api.routes.arguments import bind_arguments, check_request_class, raise_refusal
from seven_async.api.routes.documentation import join_documentation, method_documentation
from seven_async.api.routes.paging import AsyncPager, Pager
from seven_async.flow.row import Body, Repeat, Row
from seven_async.flow.wire import build_encoder
from seven_async.start.awaited import Awaited

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Async:
    """Marks what is awaited: the groups of an `AsyncSeven`, `Campaign[Async]`."""


class Blocking:
    """Marks what blocks: the groups of a `Seven`, `Campaign[Blocking]`."""


M = TypeVar("M", Async, Blocking)


class Caller(Protocol):
    """The methods of a client that its groups call."""

    is_blocking: ClassVar[bool]

    def call(self, row: Row, request: object) -> object:
        """Return the reply to a request, or a coroutine of it."""
        ...

    def pages(self, row: Row, request: object, page_size: int | None) -> object:
        """Return a pager over the replies to a request."""
        ...


class AsyncCaller(Protocol):
    """A caller that is awaited."""

    async def call(self, row: Row, request: object) -> object:
        """Return the reply to a request."""
        ...


class AsyncGroup(Protocol):
    """A group whose methods are awaited."""

    @property
    def caller(self) -> AsyncCaller:
        """The client."""
        ...


class Endpoint(ABC):
    """A line of a class body that becomes a method."""

    __signature__: inspect.Signature

    def __init__(
        self,
        method: str,
        path: str,
        request: Callable[..., object],
        reply: object,
        *,
        repeat: Repeat | None,
        body: Body = Body.FORM,
        unwrap: str | None = None,
        action_path: str | None = None,
    ) -> None:
        self._method = method
        self._path = path
        self._request = request
        self._reply = reply
        self._repeat = repeat
        self._body = body
        self._unwrap = unwrap
        self._action_path = action_path
        self._attribute = ""
        self._row: Row | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        # Nothing is checked here: Python 3.11 wraps what __set_name__ raises in a RuntimeError.
        self._attribute = name

    @property
    def row(self) -> Row:
        """The row as the flow needs it."""
        if self._row is None:
            raise TypeError("the class of this row is not complete")
        return self._row

    @property
    def request(self) -> type:
        """The request class."""
        return check_request_class(self._request)

    def complete(self, class_name: str, group: str) -> Row:
        """Check the row, and build its methods; both names are for messages and documentation."""
        where = f"{class_name}.{self._attribute}"
        try:
            self._row = self._build_row(group)
        except TypeError as error:
            raise TypeError(f"{where} ({self._method} {self._path}): {error}") from None
        self._async_function, self._blocking_function = self._build_functions()
        join_documentation(self.request)
        self._describe(where)
        return self._row

    def _build_row(self, group: str) -> Row:
        request = check_request_class(self._request)
        if self._repeat is None and self._method not in _REPEAT:
            raise TypeError("say how it may be repeated: repeat=NEVER, IDEMPOTENT, BILLED or SAFE")
        names = frozenset(re.findall(r"{(\w+)}", self._path))
        return Row(
            name=f"{group}.{self._attribute}",
            method=self._method,
            path=self._path,
            encoder=build_encoder(request, self._method, names),
            reply=self._reply,
            repeat=self._repeat or _REPEAT[self._method],
            body=self._body,
            unwrap=self._unwrap,
            action_path=self._action_path,
        )

    def _describe(self, qualified_name: str) -> None:
        """Put name, signature and documentation on this row and on the functions built of it."""
        returns = self._return_types()
        parameters = tuple(self._parameters())
        documentation = method_documentation(self.request.__doc__ or "", self.row)
        target: Any
        for target, arguments, annotation in (
            (self._async_function, (_SELF, *parameters), returns[0]),
            (self._blocking_function, (_SELF, *parameters), returns[1]),
            (self, parameters, returns[0]),
        ):
            target.__name__ = self._attribute
            target.__qualname__ = qualified_name
            target.__module__ = self.request.__module__
            target.__doc__ = documentation
            target.__signature__ = inspect.Signature(arguments, return_annotation=annotation)

    def _parameters(self) -> Iterable[inspect.Parameter]:
        return inspect.signature(self._request).parameters.values()

    @abstractmethod
    def _build_functions(self) -> tuple[Callable[..., object], Callable[..., object]]:
        """Build the awaiting and the blocking function of the row."""

    @abstractmethod
    def _return_types(self) -> tuple[object, object]:
        """Return what each of them is annotated to return."""

    # What it returns is for type checkers, so each kind of row says it in overloads of its own.
    def _bind(self, endpoints: "Endpoints[Any] | None") -> Any:
        """Return the method for a group, or the row itself for the class of the group."""
        if endpoints is None:
            return self
        is_blocking = endpoints.caller.is_blocking
        function = self._blocking_function if is_blocking else self._async_function
        return MethodType(function, endpoints)


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
_REPEAT = {"GET": Repeat.SAFE, "PATCH": Repeat.IDEMPOTENT, "DELETE": Repeat.IDEMPOTENT}


class _Rows(dict[str, object]):
    """A class body in which a row cannot be overwritten by accident."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner

    def __setitem__(self, name: str, value: object) -> None:
        if isinstance(self.get(name), Endpoint):
            raise TypeError(f"two rows are named {self._owner}.{name}")
        super().__setitem__(name, value)


class _Group(type):
    @classmethod
    def __prepare__(cls, name: str, bases: tuple[type, ...], /, **_: object) -> _Rows:
        return _Rows(name)

    def __new__(cls, name: str, bases: tuple[type, ...], body: _Rows, **settings: Any) -> "_Group":
        return super().__new__(cls, name, bases, dict(body), **settings)


class Endpoints(Generic[M], metaclass=_Group):
    """A group of rows: one product of the gateway, under one name of the client."""

    group: ClassVar[str]
    rows: ClassVar[tuple[Row, ...]] = ()
    endpoints: ClassVar[tuple[Endpoint, ...]] = ()

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def __repr__(self) -> str:
        return f"<{self.group} of {self.caller!r}>"

    def __dir__(self) -> list[str]:
        # For completion at a prompt: the methods, and nothing of how they are made.
        return sorted({row.name.rpartition(".")[2] for row in self.rows})

    def __init_subclass__(cls, *, group: str | None = None) -> None:
        super().__init_subclass__()
        cls.group = group or cls.__name__.lower()
        cls.endpoints = tuple(row for row in vars(cls).values() if isinstance(row, Endpoint))
        cls.rows = tuple(endpoint.complete(cls.__name__, cls.group) for endpoint in cls.endpoints)
        seen: dict[tuple[str, type], Row] = {}
        for endpoint in cls.endpoints:
            twin = seen.setdefault((endpoint.row.line, endpoint.request), endpoint.row)
            if twin is not endpoint.row:
                raise TypeError(
                    f"{endpoint.row.name} ({endpoint.row.line}): {twin.name} is the same row; "
                    f"give it a request class of its own or drop it"
                )


class Route(Endpoint, Generic[P, R]):
    """One row: the HTTP line, the request class, the reply class, and how it may be repeated."""

    def __init__(
        self,
        method: str,
        path: str,
        request: Callable[P, object],
        reply: type[R],
        *,
        repeat: Repeat | None = None,
        body: Body = Body.FORM,
        unwrap: str | None = None,
        action_path: str | None = None,
    ) -> None:
        super().__init__(
            method,
            path,
            request,
            reply,
            repeat=repeat,
            body=body,
            unwrap=unwrap,
            action_path=action_path,
        )

    def _build_functions(self) -> tuple[Callable[..., object], Callable[..., object]]:
        row, request = self.row, self._request

        async def call_async(endpoints: AsyncGroup, /, *args: object, **kwargs: object) -> object:
            value = bind_arguments(request, row.name, args, kwargs)
            del args, kwargs
            return await endpoints.caller.call(row, raise_refusal(value))

        def call(endpoints: Endpoints[Blocking], /, *args: object, **kwargs: object) -> object:
            value = bind_arguments(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.call(row, raise_refusal(value))

        return call_async, call

    def _return_types(self) -> tuple[object, object]:
        return self._reply, self._reply

    @overload
    def __get__(self, endpoints: None, owner: type) -> "Route[P, R]": ...
    @overload
    def __get__(self, endpoints: Endpoints[Async], owner: type) -> Callable[P, Awaited[R]]: ...
    @overload
    def __get__(self, endpoints: Endpoints[Blocking], owner: type) -> Callable[P, R]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        return self._bind(endpoints)


class Listing(Endpoint, Generic[P, T]):
    """A row whose replies come in pages; its methods give pagers.

    `page_size` is the gateway's documented number of items of a full page where pages do not say
    whether there are more; the request class has `limit` and `offset`.
    """

    def __init__(
        self,
        method: str,
        path: str,
        request: Callable[P, object],
        item: type[T],
        *,
        page_size: int | None = None,
    ) -> None:
        super().__init__(method, path, request, item, repeat=None)
        self._item = item
        self._page_size = page_size

    def _build_row(self, group: str) -> Row:
        row = attrs.evolve(super()._build_row(group), paged=True)
        lacking = {"limit", "offset"} - {param.field for param in row.encoder.params}
        if lacking:
            raise TypeError(f"a listing needs {', '.join(sorted(lacking))} in its request class")
        return row

    def _build_functions(self) -> tuple[Callable[..., object], Callable[..., object]]:
        row, request, size = self.row, self._request, self._page_size

        # Two of them, since each gets a signature of its own.
        def async_pager(endpoints: Endpoints[Async], /, *args: object, **kwargs: object) -> object:
            value = bind_arguments(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.pages(row, raise_refusal(value), size)

        def pager(endpoints: Endpoints[Blocking], /, *args: object, **kwargs: object) -> object:
            value = bind_arguments(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.pages(row, raise_refusal(value), size)

        return async_pager, pager

    def _return_types(self) -> tuple[object, object]:
        item = (self._item,)
        return GenericAlias(AsyncPager, item), GenericAlias(Pager, item)

    @overload
    def __get__(self, endpoints: None, owner: type) -> "Listing[P, T]": ...
    @overload
    def __get__(self, endpoints: Endpoints[Async], owner: type) -> Callable[P, AsyncPager[T]]: ...
    @overload
    def __get__(self, endpoints: Endpoints[Blocking], owner: type) -> Callable[P, Pager[T]]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        return self._bind(endpoints)
