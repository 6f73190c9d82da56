"""How a command ends. No I/O."""

from __future__ import annotations

from typing import Final

from seven_async.errors import (
    ConfigurationError,
    InvalidRequestError,
    OutcomeUnknownError,
    SevenError,
)

EXIT_DONE: Final = 0
"""All was done."""

EXIT_FAILED: Final = 1
"""Some recipients were not served, or the output could not be written."""

EXIT_USAGE: Final = 2
"""The command, its files or its settings were wrong; nothing was sent."""

EXIT_UNKNOWN: Final = 3
"""A message may have been sent."""

EXIT_NOT_SENT: Final = 4
"""Nothing was sent: no connection, no credit, a wrong key."""

EXIT_INTERRUPTED: Final = 130
"""Ctrl-C or SIGTERM, as shells have it: 128 and the number of SIGINT."""


def status_of(error: SevenError) -> int:
    """Return the exit status of a command that ended with an error."""
    if isinstance(error, (ConfigurationError, InvalidRequestError)):
        return EXIT_USAGE
    return EXIT_UNKNOWN if isinstance(error, OutcomeUnknownError) else EXIT_NOT_SENT
