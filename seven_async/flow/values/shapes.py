"""Whether a decoded value is a list or an object, in words that type checkers follow. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard


def is_list(value: object) -> TypeGuard[list[Any]]:
    """A JSON list."""
    return isinstance(value, list)


def is_sequence(value: object) -> TypeGuard[Sequence[Any]]:
    """A list or tuple."""
    return isinstance(value, (list, tuple))


def is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    """A JSON object, or any mapping."""
    # Nearly always a dict, and asking an abstract class takes ten times as long.
    return isinstance(value, (dict, Mapping))
