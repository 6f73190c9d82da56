"""A row of the route table, and the methods that come out of it.

`Route` and `Listing` are descriptors. In the class body of an `Endpoints` group they are rows; on
an instance they are methods: awaiting ones on `AsyncSeven`, blocking ones on `Seven`, both with
signature, types and documentation of the request class. No I/O.
"""

import inspect
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable
from types import GenericAlias, MethodType
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, TypeVar, overload

import attrs

from seven_async.api.routes.errors_of_a_row import with_errors
from seven_async.api.routes.paging import AsyncPager, Pager
from seven_async.flow.conceal import without_frames
from seven_async.flow.row import Body, Repeat, Row
from seven_async.flow.wire import build_encoder

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Async:
    """Marks groups whose methods are awaited."""


class Blocking:
    """Marks groups whose methods block."""


M = TypeVar("M", Async, Blocking)


class Caller(Protocol):
    """What a group needs of its client."""

    is_blocking: ClassVar[bool]

    def call(self, row: Row, request: object) -> Any:
        """The reply to a request, or a coroutine of it."""
        ...

    def pages(self, row: Row, request: object, page_size: int | None) -> Any:
        """A pager over the replies to a request."""
        ...


class Entry(ABC):
    """A line of a class body that becomes a method."""

    __signature__: inspect.Signature

    def __init__(
        self,
        method: str,
        path: str,
        request: Callable[..., object],
        reply: Any,
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
        return documented(self._request)

    def complete(self, owner: "type[Endpoints[Any]]") -> Row:
        """Check the row against its class, and make the two methods of it."""
        where = f"{owner.__name__}.{self._attribute}"
        try:
            self._row = self._checked(owner)
        except TypeError as error:
            raise TypeError(f"{where} ({self._method} {self._path}): {error}") from None
        self._publish(where)
        return self._row

    def _checked(self, owner: "type[Endpoints[Any]]") -> Row:
        request = documented(self._request)
        if self._repeat is None and self._method not in _REPEAT:
            raise TypeError("say how it may be repeated: repeat=NEVER, IDEMPOTENT, BILLED or SAFE")
        names = frozenset(re.findall(r"{(\w+)}", self._path))
        return Row(
            name=f"{owner.group}.{self._attribute}",
            method=self._method,
            path=self._path,
            encoder=build_encoder(request, self._method, names),
            reply=self._reply,
            repeat=self._repeat or _REPEAT[self._method],
            body=self._body,
            unwrap=self._unwrap,
            action_path=self._action_path,
        )

    def _publish(self, qualified_name: str) -> None:
        """Name, signature and documentation, on this row and on the methods made of it."""
        returns = self._returns()
        parameters = tuple(self._parameters())
        documentation = with_errors(inspect.cleandoc(self.request.__doc__ or ""), self.row)
        target: Any
        for target, annotation in zip(
            (*self._functions(), self), (*returns, returns[0]), strict=True
        ):
            target.__name__ = self._attribute
            target.__qualname__ = qualified_name
            target.__module__ = self.request.__module__
            target.__doc__ = documentation
            own = () if target is self else (_SELF,)
            target.__signature__ = inspect.Signature(
                (*own, *parameters), return_annotation=annotation
            )

    def _parameters(self) -> Iterable[inspect.Parameter]:
        return inspect.signature(self._request).parameters.values()

    @abstractmethod
    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The awaiting and the blocking function of the row."""

    @abstractmethod
    def _returns(self) -> tuple[Any, Any]:
        """What each of them is annotated to return."""


_SELF = inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)
_REPEAT = {"GET": Repeat.SAFE, "PATCH": Repeat.IDEMPOTENT, "DELETE": Repeat.IDEMPOTENT}


def documented(request: Callable[..., object]) -> type:
    """The request class, if it can make a method: attrs, with a docstring of its own."""
    if not isinstance(request, type) or not attrs.has(request):
        raise TypeError(f"the request must be an attrs class, not {request!r}")
    text, inherited = request.__doc__, request.__mro__[1].__doc__
    has_documentation = bool((text or "").strip()) and text is not inherited
    # Where this function has lost its docstring, all have: `python -OO`, or a program packed so.
    if not has_documentation and documented.__doc__ is not None:
        raise TypeError(f"{request.__name__} needs a docstring, it documents the method")
    return request


class _Rows(dict[str, object]):
    """A class body in which a row cannot be overwritten by accident."""

    def __init__(self, owner: str) -> None:
        super().__init__()
        self._owner = owner

    def __setitem__(self, name: str, value: object) -> None:
        if isinstance(self.get(name), Entry):
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

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def __repr__(self) -> str:
        return f"<{self.group} of {self.caller!r}>"

    def __dir__(self) -> list[str]:
        # What somebody at a prompt looks for: its methods, and nothing of how they are made.
        return sorted({row.name.rpartition(".")[2] for row in self.rows})

    def __init_subclass__(cls, *, group: str | None = None) -> None:
        super().__init_subclass__()
        cls.group = group or cls.__name__.lower()
        entries = [entry for entry in vars(cls).values() if isinstance(entry, Entry)]
        cls.rows = tuple(entry.complete(cls) for entry in entries)
        seen: dict[tuple[str, type], Row] = {}
        for entry in entries:
            twin = seen.setdefault((entry.row.line, entry.request), entry.row)
            if twin is not entry.row:
                raise TypeError(
                    f"{entry.row.name} ({entry.row.line}): {twin.name} is the same row; "
                    f"give it a request class of its own or drop it"
                )


def made(
    request: Callable[..., object], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> object:
    """The request value for the arguments of a method; a wrong argument names the method."""
    try:
        return request(*args, **kwargs)
    except TypeError as error:
        try:
            inspect.signature(request).bind(*args, **kwargs)
        except TypeError as wrong:
            takes = inspect.signature(request).replace(return_annotation=inspect.Signature.empty)
            raise TypeError(f"{name}(): {wrong}; it takes {takes}") from None
        raise error from None


def asked(
    request: Callable[..., object], name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> object:
    """Build the request value, or give the error that refuses the arguments.

    It is for `accepted` to raise, where no frame holds numbers and texts as they were given: error
    reporters show the variables of all frames that an error came through.
    """
    try:
        return made(request, name, args, kwargs)
    except (TypeError, ValueError) as error:
        refusal = error
    return without_frames(refusal)


def accepted(value: object) -> object:
    """Give the request value; raises what `asked` gave instead."""
    if isinstance(value, Exception):
        raise value
    return value


class Route(Entry, Generic[P, R]):
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

    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        row, request = self.row, self._request

        async def awaiting(endpoints: Endpoints[Async], /, *args: Any, **kwargs: Any) -> Any:
            value = asked(request, row.name, args, kwargs)
            del args, kwargs
            return await endpoints.caller.call(row, accepted(value))

        def blocking(endpoints: Endpoints[Blocking], /, *args: Any, **kwargs: Any) -> Any:
            value = asked(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.call(row, accepted(value))

        self._awaiting, self._blocking = awaiting, blocking
        return awaiting, blocking

    def _returns(self) -> tuple[Any, Any]:
        return self._reply, self._reply

    @overload
    def __get__(self, endpoints: None, owner: type) -> "Route[P, R]": ...
    @overload
    def __get__(
        self, endpoints: Endpoints[Async], owner: type
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    @overload
    def __get__(self, endpoints: Endpoints[Blocking], owner: type) -> Callable[P, R]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        if endpoints is None:
            return self
        is_blocking = endpoints.caller.is_blocking
        return MethodType(self._blocking if is_blocking else self._awaiting, endpoints)


class Listing(Entry, Generic[P, T]):
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
        self._page_size = page_size

    def _checked(self, owner: type[Endpoints[Any]]) -> Row:
        row = attrs.evolve(super()._checked(owner), paged=True)
        lacking = {"limit", "offset"} - {param.field for param in row.encoder.params}
        if lacking:
            raise TypeError(f"a listing needs {', '.join(sorted(lacking))} in its request class")
        return row

    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        row, request, size = self.row, self._request, self._page_size

        def pages(endpoints: Endpoints[Any], /, *args: Any, **kwargs: Any) -> Any:
            value = asked(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.pages(row, accepted(value), size)

        def blocking(endpoints: Endpoints[Any], /, *args: Any, **kwargs: Any) -> Any:
            value = asked(request, row.name, args, kwargs)
            del args, kwargs
            return endpoints.caller.pages(row, accepted(value), size)

        self._awaiting, self._blocking = pages, blocking
        return pages, blocking

    def _returns(self) -> tuple[Any, Any]:
        item = (self._reply,)
        return GenericAlias(AsyncPager, item), GenericAlias(Pager, item)

    @overload
    def __get__(self, endpoints: None, owner: type) -> "Listing[P, T]": ...
    @overload
    def __get__(self, endpoints: Endpoints[Async], owner: type) -> Callable[P, AsyncPager[T]]: ...
    @overload
    def __get__(self, endpoints: Endpoints[Blocking], owner: type) -> Callable[P, Pager[T]]: ...
    def __get__(self, endpoints: Any, owner: type) -> Any:
        if endpoints is None:
            return self
        is_blocking = endpoints.caller.is_blocking
        return MethodType(self._blocking if is_blocking else self._awaiting, endpoints)
