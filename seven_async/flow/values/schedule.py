"""When a scheduled message leaves, and the refusal of a time that has passed.

In: the `delay` of a message, and what time it is. Out: Unix seconds, or `InvalidRequestError`. No
I/O; the clock is passed in.

The gateway sends a message at once whose `delay` has passed or cannot be read, so a mistake in the
time would be noticed only when the message is out.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from seven_async.errors import InvalidRequestError
from seven_async.flow.values.moment import berlin
from seven_async.masking import brief

# The two written forms of messaging-facts.md, in Berlin time.
_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_is_epoch: Final = re.compile(r"[0-9]{1,20}").fullmatch
# 2001. Whoever gives less counts from now, as in delay=60.
_LEAST_S: Final = 10**9
_LEAST_YEAR: Final = 2001
# Unix seconds reach this in the year 5138; above it somebody counts milliseconds.
_MOST_S: Final = 10**11
_SOON_S: Final = 10**6  # an error's text masks longer numbers
_LATE_S: Final = 5.0
"""A time may have passed by so much: `delay=now` is meant as at once."""

_FORMS: Final = "an aware datetime, Unix seconds, or a text such as “2026-02-10 09:00:00” (Berlin)"


def departure_s(delay: object) -> float:
    """Return the Unix seconds of a `delay`.

    A text is the gateway's own form, `2026-02-10 09:00:00` in Europe/Berlin, or Unix seconds.

    Raises:
        InvalidRequestError: It is no time, has no zone, or counts from something else than 1970.
    """
    if isinstance(delay, str):
        return _written_s(delay)
    if isinstance(delay, datetime):
        return _aware_s(delay)
    if isinstance(delay, int) and not isinstance(delay, bool):
        return _unix_s(delay)
    raise _build_refusal(f"takes {_FORMS}, not {type(delay).__name__}")


def check_departure(value: object, now_s: float) -> None:
    """Refuse a message whose time has passed, by more than a few seconds.

    Raises:
        InvalidRequestError: It has; the gateway would send it at once.
    """
    delay: object = getattr(value, "delay", None)
    if delay is None:
        return
    at_s = departure_s(delay)
    if at_s < now_s - _LATE_S:
        error = _build_refusal(
            f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S} UTC has passed "
            f"({_span(now_s - at_s)} ago by this machine's clock), and the gateway would send at "
            "once; leave delay out if that is meant"
        )
        error.request = value
        raise error


def _span(seconds: float) -> str:
    """Write a duration in its largest unit."""
    for unit, length_s in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def _unix_s(seconds: int) -> float:
    if seconds >= _MOST_S:
        raise _build_refusal("takes Unix seconds; this looks like milliseconds, divide it by 1000")
    if seconds < _LEAST_S:
        when = f"that was in {1970 + seconds // 31_556_952}" if seconds >= 0 else "that is negative"
        raise _build_refusal(
            f"{when}; Unix seconds are wanted, for example int(time.time()) + "
            f"{seconds if 0 < seconds < _SOON_S else 60}"
        )
    return float(seconds)


def _aware_s(when: datetime) -> float:
    if when.utcoffset() is None:
        raise _build_refusal(
            "the time has no time zone; give an aware datetime, for example "
            "datetime(2026, 1, 31, 9, 0, tzinfo=ZoneInfo('Europe/Berlin'))"
        )
    return _of_this_age(when)


def _of_this_age(when: datetime) -> float:
    if when.year < _LEAST_YEAR:
        raise _build_refusal(f"that was in {when.year}; give a time that lies ahead")
    return when.timestamp()


def _written_s(text: str) -> float:
    if _is_epoch(text):
        return _unix_s(int(text))
    if not _WRITTEN.fullmatch(text):
        raise _build_refusal(f"takes {_FORMS}, and this text is none of them")
    try:
        # Of an hour that comes twice the later one: what may lie ahead is not refused.
        when = datetime.fromisoformat(text).replace(tzinfo=berlin(), fold=1)
    except ValueError:
        raise _build_refusal(f"there is no such time as {brief(text)}") from None
    return _of_this_age(when)


def _build_refusal(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"delay: {why}")
