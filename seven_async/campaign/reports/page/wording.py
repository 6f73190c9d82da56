"""Numbers, times and words as a reader of the page sees them. Values in, texts out, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from seven_async.errors import InvalidRequestError, meaning_of
from seven_async.masking import brief

# Not by strftime: its names of months are those of the process's locale.
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_CENT: Final = Decimal("0.01")

OUTCOMES: Final[Mapping[str, str]] = {
    "accepted": "taken by the gateway",
    "rejected": "refused by the gateway",
    "unknown": "may have been sent; the answer is missing",
    "skipped": "not sent: duplicates, opt-outs, or left for the next run",
    "refused": "cannot be sent, such as a row without a number",
}
"""The outcomes in their order, and what each means."""

STATES: Final[Mapping[str, str]] = {
    "DELIVERED": "delivered",
    "READ": "read by the recipient",
    "completed": "call completed",
    "none": "no report yet",
    "UNKNOWN": "no report yet from the network",
    "ACCEPTED": "on its way, taken by the network",
    "SENT": "on its way, sent",
    "TRANSMITTED": "on its way, handed to the network",
    "BUFFERED": "kept by the network; the phone cannot be reached",
    "ringing": "the phone rings",
    "in-progress": "call under way",
    "NOTDELIVERED": "not delivered",
    "EXPIRED": "given up by the network, after the phone was out of reach",
    "REJECTED": "refused by the network",
    "FAILED": "failed",
    "busy": "line busy",
    "no-answer": "no answer",
    "failed": "call failed",
    "canceled": "call cancelled",
}
"""What delivery states mean; delivered, waiting, failed."""

_ENDINGS: Final[Mapping[str, str]] = {
    "complete": "Complete",
    "stopped": "Stopped before the end",
    "paused: credit": "Paused: the account is out of credit",
    "paused: cost": "Paused: the limit of cost is reached",
    "paused: errors": "Paused: too many messages failed",
}


_FAILURES: Final[Mapping[str, str]] = {
    "in flight": "on its way to the gateway",
    "unknown": "on its way to the gateway when the run was cut off",
    "NotSentError": "no connection to the gateway",
    "TransportError": "the connection broke off before the answer",
    "MalformedReplyError": "the answer could not be read",
    "GatewayError": "the gateway failed",
    "RateLimitError": "the gateway asked to wait",
}
_with_code: Final = re.compile(r"\w+ (\d+)")


def reason_in_words(reason: str) -> str:
    """Return a reason without names of classes: `the recipient's number is invalid (code 202)`."""
    match = _with_code.fullmatch(reason)
    meaning = meaning_of(int(match[1])) if match else None
    if match and meaning is not None:
        return f"{meaning.meaning} (code {match[1]})"
    return _FAILURES.get(reason, reason)


def find_zone(name: str | None) -> tzinfo | None:
    """Return an IANA time zone, None for that of this machine; raises `InvalidRequestError`."""
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidRequestError(
            f"zone={brief(name)} is no time zone; take a name such as Europe/Berlin"
        ) from None


def describe_ending(text: str | None, *, is_running: bool) -> str:
    """Return how the last run ended."""
    if is_running:
        return "Being sent now"
    if text is None:
        return "Cut off; it can be resumed"
    kind, _, detail = text.partition(": ")
    return _ENDINGS.get(text) or (f"Ended by an error: {detail}" if kind == "failed" else text)


def local_time(moment_s: float, zone: tzinfo | None) -> datetime:
    """Return a moment by the clocks of a zone."""
    return datetime.fromtimestamp(moment_s, UTC).astimezone(zone)


def date(moment: datetime) -> str:
    """Return `28 November 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def short_date(moment: datetime) -> str:
    """Return `28 Nov`."""
    return f"{moment.day} {_MONTHS[moment.month - 1][:3]}"


def date_and_time(moment: datetime) -> str:
    """Return `28 November 2026, 21:30`."""
    return f"{date(moment)}, {moment:%H:%M}"


def zone_name(moment: datetime, zone: tzinfo | None) -> str:
    """Return `Europe/Berlin (UTC+01:00)`, or what the machine calls its zone."""
    offset = f"{moment:%z}"
    name = zone.key if isinstance(zone, ZoneInfo) else moment.tzname() or ""
    shift = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return shift if name in {"UTC", shift} else f"{name} ({shift})"


def span(seconds: float) -> str:
    """Return a length of time: `0.4 s`, `12 s`, `4 min 10 s`, `3 h 20 min`, `2 days 3 h`."""
    if seconds < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _join(whole // _MINUTE_S, "min", whole % _MINUTE_S, "s")
    if whole < _DAY_S:
        return _join(whole // _HOUR_S, "h", whole % _HOUR_S // _MINUTE_S, "min")
    days = whole // _DAY_S
    return _join(days, "day" if days == 1 else "days", whole % _DAY_S // _HOUR_S, "h")


def _join(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large} {unit}" + (f" {small} {small_unit}" if small else "")


def count_of(count: int, singular: str, plural: str = "") -> str:
    """Return `1 message`, `1,200 messages`."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share; 100 % and 0 % are said of all and of none only."""
    if not whole or part in {0, whole}:
        return "100 %" if part else "0 %"
    share = 100 * part / whole
    if share < 0.1:
        return "< 0.1 %"
    return f"{min(share, 99.9):.1f} %"


def money(value: Decimal) -> str:
    """Return an amount in EUR; prices of a few messages with the digits that they have."""
    if value and abs(value) < _CENT:
        return f"{value:f}".rstrip("0")
    return f"{value:,.2f}"


def short_number(value: float) -> str:
    """Return a number for an axis: `1,500`, `250k`, `0.5`."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if value >= 10_000:
        return f"{value / 1_000:g}k"
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"
