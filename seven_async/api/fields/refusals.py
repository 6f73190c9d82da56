"""The error for an argument that cannot be sent: its name and the reason, never a private value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from seven_async.errors import InvalidRequestError

Argument: TypeAlias = "attrs.Attribute[Any]"
"""A field of a request class, whose name is that of the argument."""

Validator: TypeAlias = Callable[[Any, Argument, Any], None]
"""Refuses a value of an argument with `InvalidRequestError`, or returns nothing."""


def refusal(name: str, why: str) -> InvalidRequestError:
    """Return the error for the value of an argument."""
    return InvalidRequestError(f"{name.rstrip('_')}: {why}")
