"""Webhook deliveries: what is sent to a hook, how it is signed, and when it is tried again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, cast
from urllib.parse import urlencode, urlsplit, urlunsplit

from attrs import field, frozen

from seven_async.sandbox.core.accounts import Hook
from seven_async.sandbox.core.agenda import Event, HookDelivery
from seven_async.sandbox.core.clock import to_berlin
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

Sign = Callable[[str, str, bytes], dict[str, str]]
"""Method, URL and body to the headers that sign them."""


@frozen
class WebRequest:
    """The bytes of one attempt; its repr shows none of them, a URL may hold a secret."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@frozen
class WebAnswer:
    """What a receiver answered: the status, 0 where there was none, and the body's beginning."""

    status: int
    body: bytes = field(default=b"", repr=False)
    error: str = ""
    """Why there was no answer."""


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
    id: int = 0
    """Counts all attempts, from 1."""
    request: WebRequest = field(default=WebRequest("", "", {}, b""), repr=False)
    answer: WebAnswer = field(default=WebAnswer(NEVER_REACHED), repr=False)
    delivery: HookDelivery | None = field(default=None, repr=False)


def is_wanted(hook: Hook, event: Event) -> bool:
    """Return True if an event goes to a hook: enabled, right kind, no filter against it."""
    if not hook.enabled or hook.event_type not in ("all", event.kind):
        return False
    # On events other than inbound messages a filter blocks deliveries, as published.
    return not hook.event_filter or hook.event_filter == event.number


def build_request(hook: Hook, event: Event, sign: Sign) -> WebRequest:
    """Build one attempt: JSON envelope, form with the envelope in brackets, or a flat query."""
    headers = dict(_parse_headers(hook.headers))
    method, url, body = "POST", hook.target_url, b""
    stamp = to_berlin(event.moment).isoformat(timespec="seconds")
    if hook.request_method == "GET":
        method, url = "GET", add_query(url, _flat(event, stamp))
    elif hook.request_method == "JSON":
        headers["Content-Type"] = "application/json"
        body = json.dumps(_envelope(event, stamp), separators=(",", ":")).encode()
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = _encode_form(_to_brackets("", _envelope(event, stamp))).encode()
    return WebRequest(method, url, {**headers, **sign(method, url, body)}, body)


def _parse_headers(text: str) -> list[tuple[str, str]]:
    lines = (line.partition(":") for line in text.splitlines())
    return [(name.strip(), value.strip()) for name, colon, value in lines if colon and name.strip()]


def _envelope(event: Event, stamp: str) -> Json:
    return {"data": event.content, "webhook_event": event.kind, "webhook_timestamp": stamp}


def _flat(event: Event, stamp: str) -> Json:
    return {**event.content, "webhook_event": event.kind, "webhook_timestamp": stamp}


def add_query(url: str, fields: Json) -> str:
    """Add the fields to the query of a URL."""
    parts = urlsplit(url)
    query = _encode_form(_to_brackets("", fields))
    joined = f"{parts.query}&{query}" if parts.query else query
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def _to_brackets(prefix: str, fields: Json) -> list[tuple[str, str]]:
    """Write nested fields as PHP's http_build_query does; null is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, dict):
            pairs += _to_brackets(key, cast("Json", value))
        elif value is not None:
            pairs.append((key, str(int(value)) if isinstance(value, bool) else str(value)))
    return pairs


def _encode_form(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, errors="replace")


def next_wait_s(delivery: HookDelivery, status: int) -> float | None:
    """Return the seconds until the next attempt, None where there is none."""
    failed = status == NEVER_REACHED or status in RETRIED
    if not failed or delivery.attempt >= ATTEMPTS:
        return None
    return WAITS_S[delivery.attempt - 1]


def is_success(status: int) -> bool:
    """Return True for 2xx and 3xx, which count as taken."""
    return 200 <= status < 400
