"""How a command ends. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from seven_async.errors import (
    ConfigurationError,
    InvalidRequestError,
    OutcomeUnknownError,
    SevenError,
)

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_UNKNOWN: Final = 3
EXIT_NOT_SENT: Final = 4
EXIT_INTERRUPTED: Final = 130
"""As shells have it: 128 and the number of SIGINT."""

EXIT_STATUSES: Final[Mapping[int, str]] = {
    EXIT_DONE: "all done: everybody was served, now or before",
    EXIT_FAILED: "some were not served, something was not there, or the output was lost",
    EXIT_USAGE: "wrong usage: the command, its files or its settings; nothing was sent",
    EXIT_UNKNOWN: "the outcome is unknown: a message may have been sent, do not repeat it blindly",
    EXIT_NOT_SENT: "nothing was sent, repeat it later: no connection, no credit, a wrong key",
    EXIT_INTERRUPTED: "interrupted by Ctrl-C or SIGTERM",
}
"""What each status says to a script; help and documentation show the same table."""


def status_of(error: SevenError) -> int:
    """Return the exit status of a command that ended with an error."""
    if isinstance(error, (ConfigurationError, InvalidRequestError)):
        return EXIT_USAGE
    return EXIT_UNKNOWN if isinstance(error, OutcomeUnknownError) else EXIT_NOT_SENT
