"""What can be wrong with a recipient. No I/O."""

from __future__ import annotations

from seven_async.errors import InvalidRequestError


class RecipientError(InvalidRequestError):
    """What was given is no recipient. `reason` says why, without the number."""

    reason: str

    def __init__(self, reason: str) -> None:
        super().__init__(f"this is no recipient: {reason}")
        self.reason = reason


def no_country(name: str) -> str:
    """Return the sentence for a `default_country` that is none."""
    return (
        f"there is no country {name!r}: default_country takes an ISO name like 'DE', "
        "a calling code like '49', or 'international'"
    )
