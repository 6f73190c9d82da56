"""Which engine carries the requests of commands. No I/O, and nothing is imported for the answer."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Literal


def fast_engine() -> Literal["fast"] | None:
    """Name the engine of the extra `fast` where that is installed."""
    return None if find_spec("httptools") is None else "fast"
