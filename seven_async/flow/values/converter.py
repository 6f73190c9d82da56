"""The one place that knows how the gateway's objects become models (`scalars` reads their values).

In: decoded JSON. Out: models. No I/O.

The rules are by kind of value, not by example, since more variants exist than were recorded:
ids as text or number, money as text, number or null, flags as bool, text or 0/1, an object where a
list is expected and the reverse, keys in camelCase or snake_case, times in four notations.
A value that cannot be read becomes the field's default and is kept in `extra`; only a field without
default is an error, which names the path. A broken object of a list becomes one of what could be
read, unless it says what became of a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeAlias, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.dispatch import StructureHook

from seven_async.flow.values.model import DECISIVE, WIRE_NAME, Model, OpenEnum
from seven_async.flow.values.scalars import (
    MissingError,
    UnreadableError,
    as_code_or_text,
    as_day,
    as_flag,
    as_float,
    as_integer,
    as_it_is,
    as_money,
    as_open_enum,
    as_scalar,
    as_text,
    as_time,
)
from seven_async.flow.values.shapes import is_list, is_object


def is_of(kind: object, reply: Mapping[str, object]) -> bool:
    """Tell whether an object has any field of the model, or of the models that it is a list of."""
    model = get_args(kind)[0] if _is_sequence(kind) else kind
    return not _is_model(model) or any(
        key.isdecimal() or plain_key(key) in _names(model) for key in reply
    )


@cache
def _names(cls: type[Model]) -> frozenset[str]:
    return frozenset(_slots(cls)[1])


def build_value(value: object, kind: object) -> Any:
    """Build a model, a list of models, or another value of type `kind`."""
    return _hook_for(kind)(value, kind)


def members_of(value: object) -> list[Any]:
    """A list, whatever notation it came in.

    One object or text stands for a list of one, null and "" for none; PHP writes a list with gaps
    as an object with number keys.
    """
    if is_list(value):
        return value
    if is_object(value) and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return [] if value in (None, "") else [value]


def _flat(members: list[Any]) -> list[Any]:
    """Objects of a list in a list, which the published schema of /status describes."""
    if list not in map(type, members):
        return members
    return [inner for item in members for inner in (item if is_list(item) else [item])]


def _hook_of(kind: object) -> StructureHook:
    """The hook for a kind. Open enums are texts, and the converter would take them for such."""
    return as_open_enum if _is_open_enum(kind) else _converter.get_structure_hook(kind)


def _sequence_hook(kind: object) -> StructureHook:
    member = get_args(kind)[0]
    is_tuple = get_origin(kind) is tuple
    hook = _hook_of(member)
    is_model = _is_model(member)
    is_lenient = is_model and not member.is_whole

    def structure(value: object, _: object) -> Any:
        members = _flat(members_of(value)) if is_model else members_of(value)
        try:
            values = [hook(item, member) for item in members]
        except UnreadableError:
            values = _what_can_be_read(members, member, hook) if is_lenient else []
            if not values:
                _raise_first(members, member, hook)
        return tuple(values) if is_tuple else values

    return structure


# A list of so many broken objects is not what was asked for, and reading it all takes long.
_MOST_BROKEN: Final = 1_000


def _what_can_be_read(members: list[Any], cls: type[Model], hook: StructureHook) -> list[Any]:
    """Read the objects of a list, and of broken ones what can be read; nothing if none can."""
    models: list[Any] = []
    blank, broken, has_something = _salvage({}, cls), 0, False
    for member in members:
        try:
            model: Model = hook(member, cls)
        except UnreadableError:
            model = _salvage(member, cls)
            broken += 1
            if broken > _MOST_BROKEN:
                return []
        has_something = has_something or model != blank
        models.append(model)
    return models if has_something else []


def _raise_first(members: list[Any], kind: object, hook: StructureHook) -> None:
    for index, member in enumerate(members):
        try:
            hook(member, kind)
        except UnreadableError as error:
            raise error.under(f"[{index}]") from None


def _without_none(kind: object) -> Any:
    """`T` of `T | None`."""
    return next(part for part in get_args(kind) if part is not type(None))


def plain_key(key: str) -> str:
    """A key without case, underscores and hyphens: `isPorted` and `is_ported` are one."""
    return re.sub(r"[_\W]", "", key).lower()


@attrs.frozen(eq=False)
class _Slot:
    """One field of a model, ready to be filled."""

    name: str
    wire: str
    kind: Any
    hook: StructureHook
    required: bool
    nullable: bool
    is_decisive: bool
    """True if a reply in which it cannot be read says nothing at all."""

    ready: frozenset[Any]
    """The types whose values need no hook: most texts, flags and nulls are what they should be."""


def _slots_of(cls: type[Model]) -> tuple[dict[str, _Slot], dict[str, _Slot]]:
    exact: dict[str, _Slot] = {}
    loose: dict[str, _Slot] = {}
    for field in attrs.fields(attrs.resolve_types(cls)):
        names = field.metadata.get(WIRE_NAME, (field.name.rstrip("_"),))
        if field.name == "extra" or not names:
            continue
        nullable = type(None) in get_args(field.type)
        # None is looked at before, for all fields alike.
        kind = _without_none(field.type) if _is_optional(field.type) else field.type
        # A number may be one that no field can hold.
        whole: set[Any] = set() if kind in (int, Decimal) else {kind}
        ready = frozenset(whole | {type(None)} if nullable else whole)
        required = field.default is attrs.NOTHING
        is_decisive = required or DECISIVE in field.metadata
        hook = _hook_of(kind)
        slot = _Slot(field.name, names[0], kind, hook, required, nullable, is_decisive, ready)
        exact[names[0]] = slot
        loose.update((plain_key(name), slot) for name in names)
    return exact, loose


_slots: Callable[[Any], tuple[dict[str, _Slot], dict[str, _Slot]]] = cache(_slots_of)


def _model_hook(cls: type[Model]) -> StructureHook:
    exact, loose = _slots(cls)
    required = frozenset(slot.name for slot in exact.values() if slot.required)
    constants, factories = _defaults(cls)
    build = _maker(cls)

    def slot_for(key: str, reply: Mapping[str, object], taken: Container[str]) -> _Slot | None:
        slot = loose.get(plain_key(key))
        if slot is None or slot.name in taken:
            return None
        # The exact spelling wins where a reply has both.
        return None if slot.wire in reply else slot

    def structure(value: object, _: object) -> Model:
        reply = value if is_object(value) else _as_object(value, cls)
        fields = constants.copy()
        extra: dict[str, Any] = {}
        fields["extra"] = extra
        taken: list[str] = []
        for key, item in reply.items():
            slot = exact.get(key)
            if slot is not None and type(item) in slot.ready:
                fields[slot.name] = item
            elif slot is not None:
                _fill(slot, key, item, fields, extra)
            elif (slot := slot_for(key, reply, taken)) is None:
                extra[key] = item
            elif _fill(slot, key, item, fields, extra):
                taken.append(slot.name)
        if factories or required:
            _complete(fields, factories, required)
        return build(fields)

    return structure


def _salvage(value: object, cls: type[Model]) -> Model:
    """Build a model of what can be read of a broken object.

    `extra` keeps the rest by its name on the wire, and what is no object at all under "". A field
    without default that cannot be read is empty.
    """
    exact, loose = _slots(cls)
    reply = value if is_object(value) else {"": value}
    fields, factories = _defaults(cls)
    fields |= {name: make() for name, make in factories}
    fields |= {slot.name: _EMPTY[slot.kind] for slot in exact.values() if slot.required}
    extra: dict[str, Any] = {}
    for key, item in reply.items():
        slot = exact.get(key) or loose.get(plain_key(key))
        try:
            if slot is None:
                extra[key] = item
            elif item is not None:
                fields[slot.name] = slot.hook(item, slot.kind)
        except UnreadableError:
            extra[key] = item
    return _maker(cls)({**fields, "extra": extra})


# Of the kinds that a field without default has (a test holds this against the models).
_EMPTY: Final[Mapping[Any, Any]] = {str: "", bool: False, Decimal: Decimal(0)}


def _maker(cls: type[Model]) -> Callable[[dict[str, Any]], Model]:
    """What makes a model of all its fields."""
    if not _is_plain(cls):
        return lambda fields: cls(**fields)

    # There is nothing left that `__init__` would do. It would take as long as reading the fields
    # does, a million times in a campaign.
    def build(fields: dict[str, Any]) -> Model:
        model = object.__new__(cls)
        vars(model).update(fields)
        return model

    return build


def _is_plain(cls: type[Model]) -> bool:
    """Tell whether a model keeps its fields in a dict, and its `__init__` only fills that."""
    has_slots = any("__slots__" in vars(base) for base in cls.__mro__[:-1])
    has_checks = any(field.validator or field.converter for field in attrs.fields(cls))
    return not (has_slots or has_checks or hasattr(cls, "__attrs_post_init__"))


_Factories: TypeAlias = list[tuple[str, Callable[[], Any]]]


def _defaults(cls: type[Model]) -> tuple[dict[str, Any], _Factories]:
    """What the fields hold that a reply does not have: constants, and what is made anew."""
    constants: dict[str, Any] = {}
    factories: _Factories = []
    for field in attrs.fields(cls):
        make: Callable[[], Any] | None = getattr(field.default, "factory", None)
        if field.name == "extra":
            continue
        if make is not None:
            factories.append((field.name, make))
        elif field.default is not attrs.NOTHING:
            constants[field.name] = field.default
    return constants, factories


def _complete(fields: dict[str, Any], factories: _Factories, required: frozenset[str]) -> None:
    """Make what is made anew; raise for a field that a reply means nothing without."""
    for name, make in factories:
        if name not in fields:
            fields[name] = make()
    missing = required - fields.keys()
    if missing:
        raise MissingError().under(min(missing))


def _fill(
    slot: _Slot, key: str, value: object, fields: dict[str, Any], extra: dict[str, Any]
) -> bool:
    """Tell whether the field has the value now; otherwise it keeps its default."""
    if value is None and (slot.nullable or not slot.required):
        if slot.nullable:  # otherwise null for what has a default means the default
            fields[slot.name] = None
        return slot.nullable
    try:
        fields[slot.name] = slot.hook(value, slot.kind)
    except UnreadableError as error:
        _leave_out(slot, key, value, error, extra)
        return False
    return True


def _leave_out(
    slot: _Slot, key: str, value: object, error: UnreadableError, extra: dict[str, Any]
) -> None:
    """A value that cannot be read goes to `extra`; raises where the reply means nothing without."""
    if slot.is_decisive or _holds_models(slot.kind):
        raise error.under(key) from None
    # `false` is how the gateway says that there is no text (`country_code` of a wrong number).
    if value is not False or not slot.nullable:
        extra[key] = value


def _holds_models(kind: object) -> bool:
    """A list of models: one that is lost silently could be a refused message."""
    return _is_sequence(kind) and _is_model(get_args(kind)[0])


def _as_object(value: object, cls: type[Model]) -> Mapping[str, object]:
    if is_object(value):
        return value
    if is_list(value):
        # PHP writes an empty object as [], and some replies wrap one object in a list.
        if not value:
            return {}
        if len(value) == 1:
            return _as_object(value[0], cls)
    if cls.scalar is not None and isinstance(value, str):
        return {cls.scalar: value}
    raise UnreadableError("an object", value)


def _is_sequence(kind: object) -> bool:
    return get_origin(kind) in (list, tuple)


def _is_optional(kind: object) -> bool:
    members = get_args(kind)
    return type(None) in members and len(members) == 2


def _is_code_or_text(kind: object) -> bool:
    return set(get_args(kind)) - {type(None)} == {int, str}


def _is_any_scalar(kind: object) -> bool:
    return set(get_args(kind)) - {type(None)} == {bool, int, str}


def _is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Model)


def _is_open_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, OpenEnum)


def _build_converter() -> Converter:
    converter = Converter(detailed_validation=False)
    leaves: dict[Any, StructureHook] = {
        str: as_text,
        int: as_integer,
        float: as_float,
        bool: as_flag,
        Decimal: as_money,
        datetime: as_time,
        date: as_day,
    }
    for kind, hook in leaves.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_func(lambda kind: kind is Any, as_it_is)
    converter.register_structure_hook_factory(_is_sequence, _sequence_hook)
    converter.register_structure_hook_func(_is_code_or_text, as_code_or_text)
    converter.register_structure_hook_func(_is_any_scalar, as_scalar)
    converter.register_structure_hook_factory(_is_model, _model_hook)
    return converter


_converter = _build_converter()
# Found once: the rows' reply types are few.
_hook_for = cache(_converter.get_structure_hook)
