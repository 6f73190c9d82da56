"""Whether a failed attempt is repeated, and after how long: one pure function.

In: the row, the number of the attempt, its error. Out: seconds to wait, or None to stop. No I/O.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import attrs

from seven_async.errors import (
    ApiError,
    AuthenticationError,
    GatewayError,
    MalformedReplyError,
    NotSentError,
    RateLimitError,
    SevenError,
    TransportError,
)
from seven_async.flow.row import Repeat
from seven_async.flow.values.shapes import is_object
from seven_async.option_checks import seconds, whole

# Codes that may pass by themselves, on free reads only (design decision over errors.md section 4).
_TRANSIENT_CODES = frozenset({11, 700})
_MOST_ATTEMPTS = 1_000_000  # the deadline ends a call long before
_at_least_0 = seconds(0.0, is_exclusive=False)


@attrs.frozen(kw_only=True)
class Retry:
    """How often and how fast a call is repeated where repeating cannot send or bill twice.

    `attempts` counts the first one. Waits are drawn evenly from 0 to
    `first_wait_s` · 2^(attempt - 1), at most `longest_wait_s`. A server that asks for more than
    `longest_retry_after_s` gets no further attempt: the error is raised with its
    `retry_after_s`.
    """

    attempts: int = attrs.field(default=3, validator=whole(1, _MOST_ATTEMPTS))
    first_wait_s: float = attrs.field(default=0.5, validator=_at_least_0)
    longest_wait_s: float = attrs.field(default=8.0, validator=_at_least_0)
    longest_retry_after_s: float = attrs.field(default=60.0, validator=_at_least_0)


class RetryBudget:
    """How many repetitions a client may make before successes earn new ones.

    While the gateway is down, each call would bring `attempts` requests; with an empty budget it
    brings one, so that a storm cannot multiply the load. Shared by a client and its clones.
    """

    CAPACITY = 100.0
    COST = 5.0
    EARNED = 1.0

    def __init__(self) -> None:
        self._left = self.CAPACITY

    def spend(self) -> bool:
        """Take the price of one repetition; false when there is not enough left."""
        if self._left < self.COST:
            return False
        self._left -= self.COST
        return True

    def earn(self) -> None:
        """A call succeeded at its first attempt."""
        if self._left < self.CAPACITY:
            self._left += self.EARNED


def wait_s(
    retry: Retry | None,
    repeat: Repeat,
    attempt: int,
    error: SevenError,
    draw: Callable[[], float] = random.random,
) -> float | None:
    """Seconds until the next attempt, or None when there is none.

    Full jitter: `draw()` times the exponential bound. Never earlier than the server asked.
    """
    if retry is None or attempt >= retry.attempts or not may_repeat(repeat, error):
        return None
    # A float has no room for the thousandth power, and nobody waits for the sixtieth.
    bound_s = min(retry.longest_wait_s, retry.first_wait_s * 2.0 ** min(attempt - 1, 60))
    backoff_s = bound_s * draw()
    asked_s = error.retry_after_s if isinstance(error, ApiError) else None
    if asked_s is None:
        return backoff_s
    return None if asked_s > retry.longest_retry_after_s else asked_s + backoff_s


def may_repeat(repeat: Repeat, error: SevenError) -> bool:
    """Tell whether a repetition of this row after this error can neither send nor bill twice."""
    if isinstance(error, (NotSentError, RateLimitError)):
        return True
    if repeat in (Repeat.NEVER, Repeat.BILLED):
        return False
    if isinstance(error, MalformedReplyError):
        # A reply that is whole but of another shape would come again.
        return error.field is None
    if isinstance(error, GatewayError):
        is_passing = repeat is Repeat.SAFE and error.code in _TRANSIENT_CODES
        return error.status >= 500 or is_passing
    return isinstance(error, TransportError)


def is_refused_token(error: SevenError) -> bool:
    """Return whether the gateway itself refused the token, so that it processed nothing.

    Then even a send may be repeated, once and with another token. Proof is a complete reply that
    is the gateway's bare 900, or its object of an error with code 900, or one with HTTP 401 and
    its field `success` or `error_code`. The empty page, HTML or foreign JSON of a proxy is none:
    it may stand before a gateway that has taken the message. Nor is a reply with messages.
    """
    if not isinstance(error, AuthenticationError) or error.status not in (200, 401):
        return False
    body = error.body
    if not is_object(body):
        return error.code == 900 and str(body).strip() == "900"
    names = {str(name).lower().replace("_", "") for name in body}
    is_of_gateway = bool(names & {"success", "errorcode"}) and "messages" not in names
    return is_of_gateway and (error.code == 900 or error.status == 401)
