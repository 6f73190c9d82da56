"""The name of the profile of this run, and the names that there are. I/O: lists a folder."""

from __future__ import annotations

import re
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from seven_async.errors import ConfigurationError

DEFAULT: Final = "default"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

chosen: Final[ContextVar[str | None]] = ContextVar("chosen", default=None)
"""The name that `--profile` or SEVEN_PROFILE gives to this run."""


def folder() -> Path:
    """Return the folder of the profiles, which may be missing."""
    import platformdirs  # noqa: PLC0415 - most starts ask for no profile

    return platformdirs.user_config_path("seven-async", appauthor=False)


def profile_names() -> list[str]:
    """Return the names of all profiles; for the completion of a shell."""
    return sorted(file.stem for file in folder().glob("*.json"))


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
