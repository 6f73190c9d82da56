"""How a value of a request class stands on the wire; and the plan of a whole class, made once.

In: an attrs class whose fields carry `on_wire(...)` metadata. Out: ordered (name, value) pairs for
path, query and body. No I/O.

Scalars are numbers or text; lists become PHP-style brackets in forms (`ids[]`), since a repeated
key keeps only its last value on the gateway (seven-api.md section 0, arrays).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from operator import attrgetter
from typing import Any, Final, TypeAlias

import attrs

from seven_async.errors import InvalidRequestError
from seven_async.flow.values.shapes import is_object, is_sequence

WireValue: TypeAlias = Any
"""Text, a number, or a list or mapping of them."""


class Place(Enum):
    """Where a parameter stands; a GET puts all that is not in the path into the query."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    QUERY_AND_BODY = "query and body"
    """For DELETE, where sources disagree; see the rows that use it."""


# Asked with each field of each request, and a name of an enum takes ten times as long.
_BODY: Final = Place.BODY


def plain(value: object) -> WireValue:
    """Return a value as JSON knows it: enums by value, amounts as text, times as Unix seconds.

    Mappings and attrs values (without their unset fields) become objects. Flags stay flags: a JSON
    body has `true`, a form `1` (`request.bracketed`).
    """
    if type(value) is str:  # nearly all values, and not an enum's
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if is_object(value):
        return {str(key): plain(member) for key, member in value.items()}
    if is_sequence(value):
        return [plain(member) for member in value]
    if hasattr(value, "__attrs_attrs__"):
        return dict(_members(value))
    return _scalar(value)


def _scalar(value: object) -> WireValue:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return epoch_s(value)
    return value.isoformat() if isinstance(value, date) else value


def _members(value: Any) -> Iterable[tuple[str, WireValue]]:
    fields: tuple[attrs.Attribute[Any], ...] = value.__attrs_attrs__
    for field in fields:
        how: OnWire = field.metadata.get(OnWire, _AS_IT_IS)
        member = getattr(value, field.name)
        if member is not None:
            yield how.name or field.name.rstrip("_"), how.write(member)


def word(value: bool) -> str:
    """Return a flag as `true` or `false`, for `features_*`, `delete_*` (seven-api.md section 0)."""
    return "true" if value else "false"


def join_values(value: object) -> str:
    """Return one value or several with commas between; `to` and `number` are written so."""
    return ",".join(str(member) for member in value) if is_sequence(value) else str(value)


def list_values(value: object) -> list[str]:
    """Return one value or several as a list of texts."""
    return [str(member) for member in value] if is_sequence(value) else [str(value)]


def epoch_s(value: datetime) -> int:
    """Return an aware time as Unix seconds; refuse a naive one, which would be Berlin time."""
    if value.utcoffset() is None:
        raise InvalidRequestError(
            "the time has no time zone; give an aware datetime, "
            "for example datetime(2026, 1, 31, 9, 0, tzinfo=ZoneInfo('Europe/Berlin'))"
        )
    return int(value.timestamp())


@attrs.frozen
class OnWire:
    """What the wire wants of a field: its name there, how to write it, and where it goes."""

    name: str | None = None
    write: Callable[[Any], WireValue] = plain
    place: Place | None = None
    spread: bool = False
    """A mapping whose entries go out as parameters of their own."""


_AS_IT_IS: Final = OnWire()


def on_wire(
    name: str | None = None,
    *,
    write: Callable[[Any], WireValue] = plain,
    place: Place | None = None,
    spread: bool = False,
) -> Mapping[object, OnWire]:
    """Build the metadata of a field: `attrs.field(metadata=on_wire("from"))`."""
    return {OnWire: OnWire(name, write, place, spread)}


def constant(value: str) -> Any:
    """Build a field that the wire wants and callers do not give: the `type` of a message."""
    return attrs.field(init=False, default=value)


@attrs.frozen
class Param:
    """How one field of a request class goes out."""

    field: str
    name: str
    write: Callable[[Any], WireValue]
    place: Place
    spread: bool
    verbatim: bool
    """True if a text goes into the body as it is, as nearly all do."""


Pairs: TypeAlias = list[tuple[str, WireValue]]


@attrs.frozen
class RequestEncoder:
    """How the fields of one request class go out, in their order."""

    params: tuple[Param, ...]
    values: Callable[[object], tuple[Any, ...]]
    """The values of the fields, in their order."""

    sends: bool
    """True if the class has a `foreign_id`, by which the message can be found again."""

    def encode(self, request: object) -> tuple[dict[str, str], Pairs, Pairs]:
        """Return path parameters, query pairs and body pairs of a request; None is not sent."""
        path: dict[str, str] = {}
        query: Pairs = []
        body: Pairs = []
        for param, value in zip(self.params, self.values(request), strict=True):
            if value is None:
                continue
            if param.verbatim and type(value) is str:
                body.append((param.name, value))
                continue
            pairs = _pairs(param, value)
            if param.place is _BODY:
                body += pairs
            elif param.place is Place.QUERY:
                query += pairs
            elif param.place is Place.PATH:
                path[param.name] = str(param.write(value))
            else:
                query += pairs
                body += pairs
        return path, query, body


def _pairs(param: Param, value: Any) -> Pairs:
    try:
        if param.spread:
            return [(str(key), plain(member)) for key, member in value.items()]
        return [(param.name, param.write(value))]
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{param.field}: {error}") from None


_NO_BODY: Final = frozenset({"GET"})


def build_encoder(request_class: type, method: str, path_names: frozenset[str]) -> RequestEncoder:
    """Build the encoder of a request class for one HTTP line.

    Raises:
        TypeError: The path has a parameter that the class does not have.
    """
    params: list[Param] = []
    default = Place.QUERY if method in _NO_BODY else Place.BODY
    for field in attrs.fields(request_class):
        how: OnWire = field.metadata.get(OnWire, _AS_IT_IS)
        in_path = field.name in path_names
        place = Place.PATH if in_path else how.place or default
        name = how.name or field.name.rstrip("_")
        verbatim = how.write is plain and place is Place.BODY and not how.spread
        params.append(Param(field.name, name, how.write, place, how.spread, verbatim))
    lacking = path_names - {param.field for param in params}
    if lacking:
        raise TypeError(
            f"the path needs {', '.join(sorted(lacking))}, "
            f"which {request_class.__name__} does not have"
        )
    fields = tuple(param.field for param in params)
    return RequestEncoder(tuple(params), _reader(fields), "foreign_id" in fields)


def _reader(fields: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    if len(fields) > 1:
        return attrgetter(*fields)
    return lambda request: tuple(getattr(request, field) for field in fields)
