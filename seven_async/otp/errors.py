"""What can go wrong with a one-time password.

::

    SevenError
    ├── WrongCodeError           .reason: the code does not count, whatever the cause
    ├── TooManyCodesError        .limit .retry_after_s: a cap is reached, and nothing was sent
    ├── NumberNotAllowedError    .reason: no code goes to this number (an InvalidRequestError)
    └── OtpStoreError            the store cannot be used; nothing was sent, no code counts

No I/O.
"""

from __future__ import annotations

from enum import StrEnum

from seven_async.errors import InvalidRequestError, Outcome, SevenError


class WrongCodeReason(StrEnum):
    """Why a code does not count. For logs: whoever guesses must not be told."""

    WRONG = "wrong"
    MALFORMED = "malformed"
    """It has another number of digits, or is no number; it counted as no attempt."""

    NO_CODE = "no code"
    """None was sent for this purpose and number, or it was used already."""

    EXPIRED = "expired"
    USED_UP = "used up"
    """The attempts are used up: no guess counts, the right one included."""


class WrongCodeError(SevenError):
    """The code does not count: wrong, expired, used, for another purpose, or guessed too often.

    Its text is the same for every reason, so that it may be shown; `reason` is for your logs.
    """

    outcome = Outcome.REJECTED
    reason: WrongCodeReason

    def __init__(self, reason: WrongCodeReason) -> None:
        super().__init__("The code is wrong or has expired; ask for another one.")
        self.reason = reason


class OtpLimit(StrEnum):
    """A cap on messages with codes."""

    COOL_DOWN = "cool down"
    NUMBER = "number"
    RANGE = "range"
    CALLER = "caller"
    COUNTRY = "country"
    ALL = "all"


class TooManyCodesError(SevenError):
    """A cap is reached, and nothing was sent.

    `limit` says which, `retry_after_s` when the next code may leave.
    """

    outcome = Outcome.NOT_SENT
    limit: OtpLimit
    retry_after_s: float

    def __init__(self, limit: OtpLimit, retry_after_s: float) -> None:
        super().__init__(
            f"no code was sent: the cap “{limit}” is reached; try again in {retry_after_s:.0f} s"
        )
        self.limit = limit
        self.retry_after_s = retry_after_s


class NumberNotAllowedError(InvalidRequestError):
    """No code goes to this number: its country is not allowed, or it is a service number."""

    reason: str

    def __init__(self, reason: str) -> None:
        super().__init__(f"no code goes to this number: {reason}")
        self.reason = reason


class OtpStoreError(SevenError):
    """The store of codes cannot be used. Nothing was sent, and no code counts."""

    outcome = Outcome.NOT_SENT
