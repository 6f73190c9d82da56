"""The arguments of a method as JSON Schema, and back: what a model sends becomes a request.

In: a request class. Out: a schema of its arguments; a request value of decoded JSON. No I/O.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin

import attrs

from seven_async.api.routes.documentation import parse_docstring
from seven_async.errors import InvalidRequestError

Schema = dict[str, Any]

_SCALARS: Final[Mapping[object, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    # Amounts are exact as texts, and the reference writes days and times so.
    Decimal: {"type": "string", "description": "an amount such as 12.50"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "description": "2026-02-10 09:00:00, Europe/Berlin"},
    object: {},
    Any: {},
}


def build_schema(request: Callable[..., object]) -> Schema:
    """Return the schema of a request class: an object that takes its arguments and no others."""
    arguments = _descriptions(request)
    properties: Schema = {}
    required: list[str] = []
    for name, parameter in inspect.signature(request).parameters.items():
        word = name.rstrip("_")
        properties[word] = schema_of(parameter.annotation)
        if name in arguments:
            properties[word] = {**properties[word], "description": arguments[name]}
        if parameter.default is parameter.empty:
            required.append(word)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def schema_of(annotation: Any) -> Schema:
    """Return the schema of a type; what has several forms is any of them."""
    if annotation in _SCALARS:
        return dict(_SCALARS[annotation])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _schema_of_several([each for each in arguments if each is not type(None)])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin is not None and issubclass(origin, Sequence):
        return {"type": "array", "items": schema_of(arguments[0])}
    return _schema_of_class(annotation) if isinstance(annotation, type) else {"type": "object"}


def _schema_of_class(kind: type[Any]) -> Schema:
    if issubclass(kind, Enum):
        return {"type": "string", "examples": [member.value for member in kind]}
    return _schema_of_parts(kind) if attrs.has(kind) else {"type": "object"}


def _schema_of_several(annotations: Sequence[Any]) -> Schema:
    schemas: list[Schema] = []
    for schema in map(schema_of, annotations):
        # Two classes of objects say no more than the one with its members.
        if schema not in schemas and schema != {"type": "object"}:
            schemas.append(schema)
    if not schemas:
        return {"type": "object"}
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _schema_of_parts(kind: type[Any]) -> Schema:
    fields = [field for field in attrs.fields(attrs.resolve_types(kind)) if field.init]
    return {
        "type": "object",
        "properties": {field.name.rstrip("_"): schema_of(field.type) for field in fields},
        "required": [field.name.rstrip("_") for field in fields if field.default is attrs.NOTHING],
    }


def _descriptions(request: Callable[..., object]) -> dict[str, str]:
    described: dict[str, str] = {}
    name = ""
    for line in parse_docstring(request.__doc__ or "").get("Args", "").splitlines():
        if line[4:5].strip():
            name, _, text = line.strip().partition(": ")
            described[name] = text
        elif name:
            described[name] += f" {line.strip()}"
    return described


def build_request(request: Callable[..., object], arguments: Mapping[str, object]) -> object:
    """Return a request value of what a model sent.

    Raises:
        InvalidRequestError: An argument is missing, there is none of its name, or its value is
            refused.
    """
    parameters = inspect.signature(request).parameters
    names = {name.rstrip("_"): name for name in parameters}
    unknown = [word for word in arguments if word not in names]
    if unknown:
        raise InvalidRequestError(f"{unknown[0][:40]}: there is no such argument")
    missing = [
        word
        for word, name in names.items()
        if parameters[name].default is inspect.Parameter.empty and word not in arguments
    ]
    if missing:
        raise InvalidRequestError(f"{missing[0]}: is missing")
    values = {names[word]: value for word, value in arguments.items() if value is not None}
    try:
        return request(**values)
    except (TypeError, AttributeError) as error:
        raise InvalidRequestError(f"an argument has another type: {type(error).__name__}") from None
