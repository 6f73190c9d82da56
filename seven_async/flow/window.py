"""How many messages may leave within a time: a rate, and the sliding window that keeps it.

In: departures, each with its number of messages. Out: seconds until the next one fits. No I/O;
`now` is passed in, in seconds of one monotonic clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from numbers import Real
from typing import Any, Final

import attrs

from seven_async.errors import ConfigurationError
from seven_async.masking import brief
from seven_async.option_checks import Option, check_address

_SLOWEST: Final = 1e-9
_FASTEST: Final = 1e9
_EXAMPLES: Final = "give Rate(50, per_s=1), or messages per second as a number such as 50 or 0.5"


def _whole(_: object, attribute: Option, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(
            f"rate: {attribute.name} of a Rate is a whole number of messages, 1 or more, "
            f"not {brief(value)}; {_EXAMPLES}"
        )


def _seconds(_: object, attribute: Option, value: Any) -> None:
    if not (_is_number(value) and value > 0 and math.isfinite(value)):
        raise ConfigurationError(
            f"rate: {attribute.name} of a Rate is a number of seconds, more than 0, "
            f"not {brief(value)}; {_EXAMPLES}"
        )


def _address(_: object, attribute: Option, value: object) -> None:
    if value is None:
        return
    # It may hold a password, so it is not shown.
    if not (isinstance(value, str) and value.startswith(("postgresql://", "postgres://"))):
        raise ConfigurationError(
            f"rate: {attribute.name} of a Rate is the address of a database: postgresql://…"
        )
    check_address(value)


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real)


@attrs.frozen
class Rate:
    """At most `n` messages in any `per_s` seconds, counted in a sliding window.

    A send counts its recipients, any other request counts 1. A burst of `n` may leave at once; the
    next message waits until the first is `per_s` old. Example: `Rate(50, per_s=1)`.

    With `shared="postgresql://…"` it holds for all processes that name the same database and send
    for the same account, on any machine (extra `postgres`), and so does a pause that the gateway
    asks one of them for. They leave evenly then. While the database is away each process keeps the
    rate by itself.
    """

    n: int = attrs.field(validator=_whole)
    per_s: float = attrs.field(default=1.0, kw_only=True, validator=_seconds)
    shared: str | None = attrs.field(default=None, kw_only=True, validator=_address, repr=False)


def to_rate(value: Rate | float | None) -> Rate | None:
    """Return what the option `rate` was given as a `Rate`; None is no limit.

    A number means messages per second: 50 is `Rate(50)`, 0.5 is `Rate(1, per_s=2)`.

    Raises:
        ConfigurationError: It is neither a `Rate` nor a number above 0.
    """
    if value is None or isinstance(value, Rate):
        return value
    if not _is_number(value):
        raise ConfigurationError(f"rate must be no {type(value).__name__}; {_EXAMPLES}")
    # No account is faster than the upper bound, and slower than the lower one is no sending.
    if not _SLOWEST <= value <= _FASTEST:
        raise ConfigurationError(
            f"rate must be a number above 0, not {brief(value)}; {_EXAMPLES}, or None for no limit"
        )
    n = max(1, math.floor(value))
    return Rate(n, per_s=n / value)


class Window:
    """The messages that left within the last `per_s` seconds of a rate."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._departures: deque[tuple[float, int]] = deque()
        self._count = 0

    @property
    def departures(self) -> Iterable[tuple[float, int]]:
        """Time and number of messages of each departure that still counts, oldest first."""
        return tuple(self._departures)

    def copy_departures(self, departures: Iterable[tuple[float, int]]) -> None:
        """Count what left before this window was there, as far as it is known."""
        for at, messages in departures:
            self._append(at, messages)

    def wait_s(self, now: float, messages: int) -> float:
        """Return the seconds until so many messages may leave together; zero or less is now.

        More messages than the rate has in one window wait until the window is empty.
        """
        self._forget(now)
        excess = min(self._count, self._count + messages - self.rate.n)
        if excess <= 0:
            return 0.0
        fits_at = now
        for at, left in self._departures:
            fits_at = at + self.rate.per_s
            excess -= left
            if excess <= 0:
                break
        return fits_at - now

    def leave(self, now: float, messages: int) -> None:
        """Count messages that leave.

        More messages than one window has take up the windows after it, too, `n` each: so the rate
        stays the account's throughput, however large single requests are.
        """
        at = now
        while messages > self.rate.n:
            self._append(at, self.rate.n)
            messages -= self.rate.n
            at += self.rate.per_s
        self._append(at, messages)

    def _append(self, at: float, messages: int) -> None:
        if self._departures:
            # Two threads may have read the clock in one order and come here in the other.
            at = max(at, self._departures[-1][0])
        self._departures.append((at, messages))
        self._count += messages

    def _forget(self, now: float) -> None:
        while self._departures and self._departures[0][0] + self.rate.per_s <= now:
            self._count -= self._departures.popleft()[1]
