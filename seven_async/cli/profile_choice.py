"""The name of the profile of this run. No I/O."""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import Final

from seven_async.errors import ConfigurationError

DEFAULT: Final = "default"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

chosen: Final[ContextVar[str | None]] = ContextVar("chosen", default=None)
"""The name that `--profile` or SEVEN_PROFILE gives to this run."""


def name_of_run() -> str:
    """Return the profile's name of this run; `default` unless another is chosen."""
    return chosen.get() or DEFAULT


def choose(name: str | None) -> None:
    """Use a profile in this run; raises `ConfigurationError` for what no file can be called."""
    if name and not _NAME.fullmatch(name):
        raise ConfigurationError(
            "--profile (SEVEN_PROFILE): a name has letters, digits, - and _, at most 64"
        )
    chosen.set(name or None)
