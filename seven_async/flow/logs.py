"""What the log says of a call: one line per attempt, under the logger `seven_async`.

In: a `CallEvent`. Out: a record of level DEBUG, or WARNING where something may have been sent or
changed and nobody can say whether it was. I/O: the handlers of the log.

A record is made of the fields named here and of nothing else; a number in them is masked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Final

from seven_async.errors import Outcome
from seven_async.flow.events import CallEvent
from seven_async.masking import without_numbers

logger: Final = logging.getLogger("seven_async")
# Whoever sets up no logging gets the error raised, not a line on standard error as well.
logger.addHandler(logging.NullHandler())

# The form of those that are made here: hex digits, of which ten in a row are no phone number.
_OWN_ID = re.compile(r"[0-9a-f]{32}")


class Observer:
    """Writes attempts to the log, and tells of them whoever a client was given for that."""

    def __init__(self, told: Callable[[CallEvent], None] | None) -> None:
        self._told = told

    def hears(self, outcome: Outcome | None) -> bool:
        """Tell whether an attempt reaches anybody; asked before its event is made."""
        return self._told is not None or outcome is not None or logger.isEnabledFor(logging.DEBUG)

    def tell(self, event: CallEvent) -> None:
        """Write the line of an attempt, if anybody reads that level, and pass the event on."""
        is_warning = event.outcome is not None and _is_unsettled(event)
        level = logging.WARNING if is_warning else logging.DEBUG
        if logger.isEnabledFor(level):
            logger.log(level, "%s", line(event))
        if self._told is not None:
            self._told(event)


def _is_unsettled(event: CallEvent) -> bool:
    is_unknown = event.outcome is Outcome.UNKNOWN and not event.will_retry
    return is_unknown and not event.request_line.startswith("GET ")


def line(event: CallEvent) -> str:
    """An attempt in one line: what was asked, how long it took, and what came of it."""
    facts = [
        f"{event.route} ({without_numbers(event.request_line)}): attempt {event.attempt}",
        f"waited {event.waited_s:.3f} s",
        f"took {event.took_s:.3f} s",
    ]
    named = {
        "HTTP": event.status,
        "code": event.code,
        "cause": event.cause,
        "outcome": event.outcome,
        "foreign_id": _shown_id(event.foreign_id),
    }
    facts += [f"{name} {fact}" for name, fact in named.items() if fact is not None]
    return ", ".join([*facts, "will be repeated"] if event.will_retry else facts)


def _shown_id(foreign_id: str | None) -> str | None:
    """A reference as it is, so that the message can be found by it; a caller's without numbers."""
    if foreign_id is None or _OWN_ID.fullmatch(foreign_id):
        return foreign_id
    return without_numbers(foreign_id)
