"""Calls as OpenTelemetry spans: `AsyncSeven(on_event=trace_calls())`, the same for `Seven`.

Workers as OpenTelemetry metrics: `measure_worker(worker)`.

In: the events of a client, or a worker. Out: one client span per call, whatever number of attempts
it took, named and described by the semantic conventions for HTTP clients; what a worker counts.
I/O: what the exporter does.

Needs `opentelemetry-api` (`pip install seven-async[otel]`) and, to see anything, an SDK that the
program sets up. No key, number, text or `foreign_id` becomes part of a span; for the same reason
the URL is given as its template.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, TracerProvider, get_tracer

from seven_async.flow.events import CallEvent
from seven_async.masking import without_numbers
from seven_async.start.version import VERSION

__all__ = ["measure_worker", "trace_calls"]

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


class WorkerNumbers(Protocol):
    """What is measured of a worker: `seven_async.campaign.WorkerStatus`."""

    @property
    def campaigns(self) -> int:
        """Campaigns that it has open."""
        ...

    @property
    def ranges(self) -> int:
        """Ranges under way."""
        ...

    @property
    def ranges_done(self) -> int:
        """Ranges that it has worked at."""
        ...

    @property
    def messages(self) -> Mapping[Any, int]:
        """Results by state."""
        ...

    @property
    def lease_renewals(self) -> int:
        """How often a lease was renewed."""
        ...

    @property
    def is_connected(self) -> bool:
        """True if the database is there."""
        ...


class MeasuredWorker(Protocol):
    """What has a status: `seven_async.campaign.Worker`."""

    def status(self) -> WorkerNumbers:
        """Return what it is doing."""
        ...


def measure_worker(worker: MeasuredWorker, meter_provider: MeterProvider | None = None) -> None:
    """Have metrics read what a worker is doing, as often as its reader asks.

    `seven.worker.messages` (attribute `seven.state`), `.ranges.done` and `.lease.renewals` count
    up; `.campaigns`, `.ranges` and `.connected` (1 while the database is there) say what is now.

    Args:
        worker: The worker, before or while it runs.
        meter_provider: Where metrics go; the global provider unless given.
    """
    meter = get_meter("seven_async", VERSION, meter_provider)

    def count_messages(_: CallbackOptions) -> Iterable[Observation]:
        for state, count in worker.status().messages.items():
            yield Observation(count, {"seven.state": str(state)})

    def watch(
        make: Callable[..., object], name: str, unit: str, read: Callable[[WorkerNumbers], int]
    ) -> None:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            return [Observation(read(worker.status()))]

        make(f"seven.worker.{name}", callbacks=[observe], unit=unit)

    meter.create_observable_counter(
        "seven.worker.messages", callbacks=[count_messages], unit="{message}"
    )
    counter, gauge = meter.create_observable_counter, meter.create_observable_gauge
    watch(counter, "ranges.done", "{range}", lambda status: status.ranges_done)
    watch(counter, "lease.renewals", "{renewal}", lambda status: status.lease_renewals)
    watch(gauge, "campaigns", "{campaign}", lambda status: status.campaigns)
    watch(gauge, "ranges", "{range}", lambda status: status.ranges)
    watch(gauge, "connected", "1", lambda status: int(status.is_connected))


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
