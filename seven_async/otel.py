"""Calls as OpenTelemetry spans: `AsyncSeven(on_event=trace_calls())`, the same for `Seven`.

In: the events of a client. Out: one client span per call, whatever number of attempts it took,
named and described by the semantic conventions for HTTP clients. I/O: what the exporter does.

Needs `opentelemetry-api` (`pip install seven-async[otel]`) and, to see anything, an SDK that the
program sets up. No key, number, text or `foreign_id` becomes part of a span; for the same reason
the URL is given as its template.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final
from urllib.parse import urlsplit

from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, TracerProvider, get_tracer

from seven_async.flow.events import CallEvent
from seven_async.masking import without_numbers
from seven_async.start.version import VERSION

__all__ = ["trace_calls"]

# An event is told in the task of its call, so this belongs to one call at a time.
_BEGAN_NS: Final[ContextVar[int]] = ContextVar("seven_async_call_began_ns")

Attributes = dict[str, str | int]


def trace_calls(
    tracer_provider: TracerProvider | None = None,
    *,
    on_event: Callable[[CallEvent], None] | None = None,
) -> Callable[[CallEvent], None]:
    """Build an observer that makes a span of each call, below the span current when it began.

    Args:
        tracer_provider: Where spans go; the global provider unless given.
        on_event: Another observer, that is told of every attempt as well.
    """
    tracer = get_tracer("seven_async", VERSION, tracer_provider)

    def observe(event: CallEvent) -> None:
        _trace(tracer, event)
        if on_event is not None:
            on_event(event)

    return observe


def _trace(tracer: Tracer, event: CallEvent) -> None:
    ended_ns = time.time_ns()
    began_ns = ended_ns - round((event.waited_s + event.took_s) * 1e9)
    if event.attempt == 1:
        _BEGAN_NS.set(began_ns)
    if event.will_retry:
        return
    span = tracer.start_span(
        span_name(event),
        kind=SpanKind.CLIENT,
        attributes=attributes(event),
        start_time=_BEGAN_NS.get(began_ns),
    )
    if event.cause is not None:
        span.set_status(Status(StatusCode.ERROR))
    span.end(ended_ns)


def span_name(event: CallEvent) -> str:
    """Method and URL template; of a request outside the table the method, as its path may vary."""
    return event.request_line.partition(" ")[0] if event.route == "raw" else event.request_line


def attributes(event: CallEvent) -> Attributes:
    """Return what a span says of a call."""
    method, _, path = event.request_line.partition(" ")
    server = urlsplit(f"//{event.server}")
    values: dict[str, str | int | None] = {
        "http.request.method": method,
        "url.path" if event.route == "raw" else "url.template": without_numbers(path),
        "server.address": server.hostname,
        "server.port": server.port,
        "http.response.status_code": event.status,
        "http.request.resend_count": event.attempt - 1 or None,
        "error.type": event.cause,
        "seven.route": event.route,
        "seven.code": event.code,
        "seven.outcome": event.outcome,
    }
    return {name: fact for name, fact in values.items() if fact is not None}
