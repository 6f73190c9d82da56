"""Why a campaign pauses by itself. No I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from seven_async.errors import Outcome, SevenError


class Reason(StrEnum):
    """What made a campaign pause."""

    CREDIT = "credit"
    COST = "cost"
    ERRORS = "errors"


_SENTENCES: Final = {
    Reason.CREDIT: "the account is out of credit; top it up",
    Reason.COST: "the next message would cost more than max_cost allows; raise it",
    Reason.ERRORS: "too many of the last messages failed; look at their errors",
}


class PausedError(SevenError):
    """The campaign has paused; `reason` says why.

    What was in flight has finished and its entries were handed out. To go on, send the same
    messages again with the same journal: what was served is not served twice.
    """

    outcome = Outcome.NOT_SENT
    reason: Reason

    def __init__(self, reason: Reason, detail: str = "") -> None:
        sentence = _SENTENCES[reason] + (f" ({detail})" if detail else "")
        super().__init__(
            f"The campaign has paused: {sentence}, then send the same messages again with the "
            f"same journal. What was served is not served twice."
        )
        self.reason = reason
