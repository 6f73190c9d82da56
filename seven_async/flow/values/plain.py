"""A model, or a report, as plain values and as JSON text, for pipes, files and databases.

In: models and what they hold. Out: dicts, lists, texts, numbers. No I/O. Nothing is masked here:
what `repr` hides is written in full.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

import attrs

from seven_async.flow.values.shapes import is_object, is_sequence


class PlainValue:
    """What can be written in full, as plain values and as JSON."""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, nested values as dicts; nothing is masked.

        Amounts stay `Decimal`, times `datetime`; enums are their texts. `extra` is there where a
        reply said more than the fields.

        Example:
            balance = await seven.balance.get()
            print(balance.to_dict())  # {'amount': Decimal('12.5'), 'currency': 'EUR'}
        """
        return cast("dict[str, Any]", to_plain(self))

    def to_json(self) -> str:
        """Return the same as JSON in one line: amounts as exact numbers, times in ISO 8601.

        Example:
            balance = await seven.balance.get()
            print(balance.to_json())  # {"amount": 12.5, "currency": "EUR"}
        """
        return write_json(self.to_dict())


def to_plain(value: object) -> object:
    """Return a value without classes of this package: models as dicts, enums by their value.

    Amounts stay `Decimal` and times `datetime`; tuples become lists.
    """
    if isinstance(value, Enum):
        return value.value
    if attrs.has(type(value)):
        return _fields(value)
    if is_object(value):
        return {str(key): to_plain(member) for key, member in value.items()}
    if is_sequence(value):
        return [to_plain(member) for member in value]
    return value


def _fields(value: object) -> dict[str, object]:
    kind: Any = type(value)
    names = (field.name for field in attrs.fields(kind))
    fields = {name: to_plain(getattr(value, name)) for name in names if name != "extra"}
    rest = getattr(value, "extra", None)
    return fields | {"extra": to_plain(rest)} if rest else fields


def write_json(value: object) -> str:
    """Return plain values as JSON text in one line: amounts exact, times in ISO 8601."""
    # `json` would write an amount as a float or a text; this one stays the number that it was.
    if isinstance(value, Decimal):
        return format(value, "f")
    if is_object(value):
        members = (f"{json.dumps(str(key))}: {write_json(item)}" for key, item in value.items())
        return f"{{{', '.join(members)}}}"
    if is_sequence(value):
        return f"[{', '.join(map(write_json, value))}]"
    if isinstance(value, (datetime, date)):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
