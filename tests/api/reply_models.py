"""Replies drawn from the models: what the gateway could send, and the same in other notations.

In: a type of the route table. Out: Hypothesis strategies of wire values. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, get_args, get_origin

import attrs
from hypothesis import strategies as st

from seven_async.api.table import rows
from seven_async.flow.values.model import WIRE_NAME, Model, OpenEnum

TEXTS = st.one_of(
    st.text(max_size=8), st.integers(10**6, 10**12).map(str), st.sampled_from(["DE", "", "a,b"])
)
AMOUNTS = st.decimals(-10_000, 10_000, places=4).map(str)
TIMES = st.datetimes(datetime(2001, 9, 10), datetime(2037, 1, 1)).map(  # noqa: DTZ001
    lambda when: when.replace(microsecond=0).isoformat(" ")
)
LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(0, 10**9),
    bool: st.booleans(),
    Decimal: AMOUNTS,
    datetime: TIMES,
    date: st.dates().map(date.isoformat),
}


def is_model(kind: Any) -> bool:
    """Whether a type is a model."""
    return isinstance(kind, type) and issubclass(kind, Model)


def models() -> list[type[Model]]:
    """Every model that a row can answer with, nested ones included, by name."""
    found: set[type[Model]] = set()
    waiting: list[Any] = [row.reply for row in rows()]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if is_model(kind) and kind not in found:
            found.add(kind)
            waiting += [field.type for field in fields(kind)]
    return sorted(found, key=lambda model: model.__name__)


def fields(model: type[Model]) -> list[attrs.Attribute[Any]]:
    """The fields of a model that a reply can fill."""
    return [one for one in attrs.fields(attrs.resolve_types(model)) if one.name != "extra"]


def key(field: attrs.Attribute[Any]) -> str:
    """The name of a field on the wire."""
    return field.metadata.get(WIRE_NAME, (field.name.rstrip("_"),))[0]


def wire(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the gateway's documentation writes them."""
    if is_model(kind):
        given = {key(field): field for field in fields(kind)}
        required = {
            name: wire(one.type) for name, one in given.items() if one.default is attrs.NOTHING
        }
        rest = {name: wire(one.type) for name, one in given.items() if name not in required}
        return st.fixed_dictionaries(required, optional=rest)
    if isinstance(kind, type) and issubclass(kind, OpenEnum):
        return st.sampled_from([member.value for member in kind])
    if get_origin(kind) in (tuple, list):
        return st.lists(wire(get_args(kind)[0]), max_size=3)
    if get_args(kind):
        return st.one_of(*(wire(one) for one in get_args(kind)))
    return st.none() if kind is NoneType else LEAVES[kind]


Draw = Callable[[st.SearchStrategy[Any]], Any]


class Retold:
    """The same reply in other notations; `added` are the unknown fields it got on the way."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self.added: dict[str, Any] = {}

    def value(self, value: Any, kind: Any) -> Any:
        """A value of a type in a notation that must mean the same."""
        if value is None:
            return None
        if is_model(kind):
            return self._one_of([self.object(value, kind)], as_list=True)
        if get_origin(kind) in (tuple, list):
            return self.listed([self.value(one, get_args(kind)[0]) for one in value])
        members = [one for one in get_args(kind) if one is not NoneType]
        if members:
            return self.value(value, members[0]) if len(members) == 1 else value
        return self._one_of(list(self.leaf(value, kind)))

    def leaf(self, value: Any, kind: Any) -> Iterator[Any]:
        """Every notation of a single value."""
        yield value
        if kind is bool:
            yield from (str(value).lower(), int(value), str(int(value)), str(value))
        elif kind is int:
            yield str(value)
        elif kind is Decimal:
            yield float(value)
            if Decimal(value) == int(Decimal(value)):
                yield int(Decimal(value))
        elif kind is str and value.isdecimal() and str(int(value)) == value:
            yield int(value)
        elif isinstance(kind, type) and issubclass(kind, OpenEnum):
            yield from (value.upper(), value.lower())

    def listed(self, members: list[Any]) -> Any:
        """A list, PHP's object with numbers, or the one member itself (if it is not empty)."""
        forms: list[Any] = [members, {str(place): one for place, one in enumerate(members)}]
        if len(members) == 1 and not isinstance(members[0], list) and members[0] not in ("", {}):
            forms.append(members[0])
        if not members:
            forms += [None, ""]
        return self._one_of(forms)

    def object(self, reply: dict[str, Any], model: type[Model]) -> dict[str, Any]:
        """An object with keys spelled otherwise, and fields that no model has."""
        kinds = {key(field): field.type for field in fields(model)}
        found = {
            self._one_of([name, camel(name), snake(name)]): self.value(value, kinds[name])
            for name, value in reply.items()
        }
        if self._draw(st.booleans()):
            name = f"new{len(self.added)}"
            self.added[name] = found[name] = self._draw(st.sampled_from([None, 7, [{}], "text"]))
        return found

    def _one_of(self, forms: list[Any], *, as_list: bool = False) -> Any:
        if as_list and self._draw(st.booleans()):
            return forms
        return self._draw(st.sampled_from(forms)) if len(forms) > 1 else forms[0]


def camel(name: str) -> str:
    """`is_ported` as `isPorted`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def snake(name: str) -> str:
    """`isPorted` as `is_ported`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def extras(value: Any) -> dict[str, Any]:
    """All that a reply and its parts keep beyond their fields."""
    if isinstance(value, list | tuple):
        return {name: one for member in value for name, one in extras(member).items()}
    if not isinstance(value, Model):
        return {}
    inner = [getattr(value, field.name) for field in fields(type(value))]
    return {**value.extra, **extras(inner)}
