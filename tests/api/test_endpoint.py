"""A row is checked when its class is defined, and becomes a documented method of both clients."""

# Without postponed annotations, as in the files of rows: signatures show types.
import inspect
import pydoc
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from seven_async import AsyncSeven, Confirmation, Repeat, Seven
from seven_async.api.routes.endpoint import Endpoints, Listing, Route
from seven_async.api.routes.one_or_many import OneOrMany
from tests.api.exchange import Recorder, client


@attrs.frozen(kw_only=True)
class Ask:
    """What one asks.

    Args:
        id: Whom.
    """

    id: int = attrs.field(kw_only=False)
    more: str | None = None


@attrs.frozen(kw_only=True)
class AskMany:
    """What one asks of several."""

    id: list[int] = attrs.field(kw_only=False)
    more: str | None = None


@attrs.frozen
class Undocumented(Ask):  # noqa: D101 - what is refused
    pass


class NoAttrs:
    """Not an attrs class."""


def defined(**entries: Any) -> type[Endpoints[Any]]:
    """A group with some rows."""
    return type(Endpoints)("Things", (Endpoints,), {"__module__": __name__, **entries})


WRONG = {
    "path without its parameter": (
        lambda: Route("GET", "/things/{name}", Ask, Confirmation),
        r"Things\.row \(GET /things/\{name\}\): the path needs name, which Ask does not have",
    ),
    "no attrs class": (
        lambda: Route("GET", "/things", NoAttrs, Confirmation),
        "the request must be an attrs class",
    ),
    "no class": (lambda: Route("GET", "/things", print, Confirmation), "must be an attrs class"),
    "no documentation": (
        lambda: Route("GET", "/things", Undocumented, Confirmation),
        "Undocumented needs a docstring, it documents the method",
    ),
    "no word on repeating": (
        lambda: Route("POST", "/things", Ask, Confirmation),
        "say how it may be repeated",
    ),
    "listing without paging": (
        lambda: Listing("GET", "/things", Ask, Confirmation),
        "a listing needs limit, offset in its request class",
    ),
    "plural without documentation": (
        lambda: OneOrMany("GET", "/x", Ask, Undocumented, Confirmation, repeat=Repeat.SAFE),
        "Undocumented needs a docstring",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_row(name: str):
    """A bad row fails when its class is defined, and says which row."""
    row, message = WRONG[name]
    with pytest.raises(TypeError, match=message) as caught:
        defined(row=row())

    assert "Things.row" in str(caught.value)


def test_two_equal_rows():
    """Two rows with one HTTP line and one request class are a mistake."""
    with pytest.raises(TypeError, match=r"things\.one is the same row"):
        defined(
            one=Route("GET", "/things", Ask, Confirmation),
            two=Route("GET", "/things", Ask, Confirmation),
        )


def test_two_rows_of_one_name():
    """A row cannot be overwritten in silence."""
    with pytest.raises(TypeError, match=r"two rows are named Things\.one"):

        class Things(Endpoints[Any]):
            one = Route("GET", "/things", Ask, Confirmation)
            one = Route("GET", "/others", Ask, Confirmation)  # noqa: PIE794 - what is refused


def test_row_outside_of_a_group():
    """A row that no class holds has no method."""
    with pytest.raises(TypeError, match="not complete"):
        _ = Route("GET", "/things", Ask, Confirmation).row


class Host:
    """A client that keeps what is asked of it."""

    def __init__(self, *, is_blocking: bool) -> None:
        self.is_blocking = is_blocking
        self.asked: list[Any] = []

    def call(self, row: Any, request: Any) -> Any:
        """The request itself, at once or later."""
        self.asked.append((row.name, request))
        return request if self.is_blocking else self._later(request)

    async def _later(self, request: Any) -> Any:
        return request


GROUP = defined(
    one=Route("GET", "/things/{id}", Ask, Confirmation),
    some=OneOrMany("GET", "/things", Ask, AskMany, Confirmation, repeat=Repeat.SAFE),
)


@pytest.mark.parametrize("method", ["one", "some"])
async def test_method_of_a_row(method: str):
    """The same row is a method that awaits, and one that does not."""
    blocking = getattr(GROUP(Host(is_blocking=True)), method)(1, more="x")
    awaited = await getattr(GROUP(Host(is_blocking=False)), method)(1, more="x")

    assert [Ask(1, more="x")] * 2 == [blocking, awaited]


def _broken(_: object, __: object, ___: object) -> None:
    raise TypeError("a mistake in a validator")


@attrs.frozen
class Broken:
    """A request whose validator has a mistake."""

    id: int = attrs.field(validator=_broken)


def test_mistake_within_a_request_class():
    """A TypeError that is not about arguments stays what it is."""
    group = defined(row=Route("GET", "/things/{id}", Broken, Confirmation))
    with pytest.raises(TypeError, match=r"^a mistake in a validator$"):
        group(Host(is_blocking=True)).row(1)


def test_one_or_many_by_keyword():
    """The first argument decides between one and many, also by its name."""
    some = GROUP(Host(is_blocking=True)).some

    assert [Ask(1), AskMany([1]), AskMany([1])] == [some(id=1), some(id=[1]), some([1])]


def test_is_a_coroutine_function():
    """Frameworks ask whether a method awaits."""
    assert inspect.iscoroutinefunction(GROUP(Host(is_blocking=False)).one)
    assert not inspect.iscoroutinefunction(GROUP(Host(is_blocking=True)).one)


def test_signature_and_documentation():
    """A method shows its arguments, their types and what it gives."""
    one, some = GROUP(Host(is_blocking=True)).one, GROUP(Host(is_blocking=True)).some
    shown = inspect.signature(some)

    assert ["id", "more"] == list(inspect.signature(one).parameters)
    assert Confirmation is inspect.signature(one).return_annotation
    assert (int | list[int], str | None) == tuple(
        parameter.annotation for parameter in shown.parameters.values()
    )
    assert Confirmation | list[Confirmation] == shown.return_annotation
    assert ("one", "Things.one") == (one.__name__, one.__qualname__)
    assert "What one asks." == inspect.getdoc(one).partition("\n")[0]


def test_help():
    """`help()` of a method reads like that of a written function."""
    text = pydoc.render_doc(Seven(api_key="key").contacts.get, renderer=pydoc.plaintext)

    assert "get(id: str | int) -> seven_async.api.contacts.Contact" in text
    assert "Get a contact." in text
    assert "id: The contact's id." in text


def test_row_in_its_class():
    """On the class a row is a row, with the method's signature."""
    seven = AsyncSeven(api_key="key")
    row = type(seven.contacts).get

    assert isinstance(row, Route)
    assert isinstance(type(seven.contacts).list, Listing)
    assert isinstance(type(seven.lookup).hlr, OneOrMany)
    assert ["id"] == list(row.__signature__.parameters)
    assert "Get a contact." == (row.__doc__ or "").partition("\n")[0]


@pytest.mark.parametrize(
    "call",
    [
        lambda seven: seven.groups.update(5, name="a name"),
        lambda seven: seven.groups.create(name="a name"),
    ],
)
async def test_argument_called_name(call: Callable[[AsyncSeven], Any]):
    """An argument may have the name of anything in the machinery."""
    transport = Recorder(lambda _: httpx.Response(200, json={"id": 5}))
    async with client(transport) as seven:
        await call(seven)

    assert b"name=a+name" == transport.requests[0].content
