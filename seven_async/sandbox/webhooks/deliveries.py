"""Webhook deliveries: what is sent to a hook, how it is signed, and when it is tried again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from attrs import define, field, frozen

from seven_async.sandbox.core.accounts import Hook
from seven_async.sandbox.core.clock import local
from seven_async.sandbox.core.wire import Json

MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
WAITS_S: Final = (
    MINUTE_S,
    5 * MINUTE_S,
    30 * MINUTE_S,
    60 * MINUTE_S,
    2 * HOUR_S,
    # The later waits are not published, only that 14 attempts take about three and a half days.
    *(hours * HOUR_S for hours in (4, 6, 8, 10, 12, 13, 13, 14)),
)
"""Between an attempt and the next one; after the last the delivery is given up."""
ATTEMPTS: Final = len(WAITS_S) + 1
RETRIED: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses that are tried again, as are connections that fail; all other errors are final."""
TIMEOUT_S: Final = 5.0
NEVER_REACHED: Final = 0
"""The status of an attempt that got no answer."""

Sign = Callable[[str, str, str, str, bytes], str]
"""Timestamp, nonce, method, URL and body to a signature."""


@frozen
class Event:
    """Something hooks are told about."""

    kind: str
    """`sms_mo`, `dlr`, `rcs`, `tracking`, `voice_call`, `voice_status`, `voice_dtmf`, `wa_mo`."""
    content: Json = field(repr=False)
    moment: float
    number: str = field(default="", repr=False)
    """The own number or agent it concerns, which a hook's filter compares."""


@define(eq=False)
class Delivery:
    """One event on its way to one hook. Its repr shows no target, which may hold a secret."""

    account: str
    hook: int
    event: Event = field(repr=False)
    attempt: int = 1
    first: float = 0.0
    """When the first attempt was due, on the sandbox's clock."""


@frozen
class ReportDue:
    """On the agenda: a message's status report comes in."""

    entry: str


Happening = ReportDue | Delivery
"""What can be on the agenda."""


@frozen
class WebRequest:
    """The bytes of one attempt; its repr shows none of them, a URL may hold a secret."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@frozen
class Attempt:
    """What became of one attempt, for tests to look at."""

    event: str
    hook: int
    attempt: int
    moment: float
    """When it was due, on the sandbox's clock."""
    status: int
    """The HTTP status, 0 where there was no answer."""


def wants(hook: Hook, event: Event) -> bool:
    """Whether an event goes to a hook: enabled, right kind, and no filter against it."""
    if not hook.enabled or hook.event_type not in ("all", event.kind):
        return False
    # On events other than inbound messages a filter blocks deliveries, as published.
    return not hook.event_filter or hook.event_filter == event.number


def web_request(hook: Hook, event: Event, sign: Sign, timestamp: str, nonce: str) -> WebRequest:
    """One attempt: JSON envelope, form with the envelope in brackets, or a flat query."""
    headers = dict(_own_headers(hook.headers))
    method, url, body = "POST", hook.target_url, b""
    stamp = local(event.moment).isoformat(timespec="seconds")
    if hook.request_method == "GET":
        method, url = "GET", with_query(url, _flat(event, stamp))
    elif hook.request_method == "JSON":
        headers["Content-Type"] = "application/json"
        body = json.dumps(_envelope(event, stamp), separators=(",", ":")).encode()
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = _encoded(_bracketed("", _envelope(event, stamp))).encode()
    headers["X-Timestamp"], headers["X-Nonce"] = timestamp, nonce
    headers["X-Signature"] = sign(timestamp, nonce, method, url, body)
    return WebRequest(method, url, headers, body)


def _own_headers(text: str) -> list[tuple[str, str]]:
    lines = (line.partition(":") for line in text.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in lines if colon and name.strip()]


def _envelope(event: Event, stamp: str) -> Json:
    return {"data": event.content, "webhook_event": event.kind, "webhook_timestamp": stamp}


def _flat(event: Event, stamp: str) -> Json:
    return {**event.content, "webhook_event": event.kind, "webhook_timestamp": stamp}


def with_query(url: str, fields: Json) -> str:
    """The URL with the fields added to its query."""
    parts = urlsplit(url)
    query = _encoded(_bracketed("", fields))
    joined = f"{parts.query}&{query}" if parts.query else query
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def _bracketed(prefix: str, fields: Json) -> list[tuple[str, str]]:
    """Nested fields the way PHP's http_build_query writes them; null is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            pairs += _bracketed(key, cast("Json", value))
        elif value is not None:
            pairs.append((key, str(int(value)) if isinstance(value, bool) else str(value)))
    return pairs


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="replace")


def next_wait_s(delivery: Delivery, status: int) -> float | None:
    """Seconds until the next attempt, None where there is none."""
    failed = status == NEVER_REACHED or status in RETRIED
    if not failed or delivery.attempt >= ATTEMPTS:
        return None
    return WAITS_S[delivery.attempt - 1]


def is_success(status: int) -> bool:
    """2xx and 3xx count as taken."""
    return 200 <= status < 400
