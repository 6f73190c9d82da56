"""What a method of an awaiting face returns, under one name. No I/O."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeAlias, TypeVar

R = TypeVar("R")

Awaited: TypeAlias = Coroutine[Any, Any, R]
"""A coroutine: it is awaited once, or given to a task."""
