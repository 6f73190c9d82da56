"""One client span per call, by the semantic conventions for HTTP (field: 2.19)."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from seven_async import AsyncSeven, CallEvent, Clock, InvalidParameterError, Seven
from seven_async.otel import attributes, span_name, trace_calls


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Where spans end up."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter) -> TracerProvider:
    """What a program sets up."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


def seconds(span) -> float:
    """How long a span lasted."""
    return (span.end_time - span.start_time) / 1e9


async def test_span_of_a_call(options, provider, exporter):
    """Name, kind and attributes are those of the conventions, and of ours two."""
    async with AsyncSeven(**options, on_event=trace_calls(provider)) as seven:
        await seven.balance.get()

    (span,) = exporter.get_finished_spans()
    assert ("GET /balance", SpanKind.CLIENT) == (span.name, span.kind)
    assert StatusCode.UNSET is span.status.status_code
    assert {
        "http.request.method": "GET",
        "url.template": "/balance",
        "server.address": "sandbox.localhost",
        "http.response.status_code": 200,
        "seven.route": "balance.get",
    } == dict(span.attributes)


async def test_attempts_of_a_call_are_one_span(sandbox, options, provider, exporter):
    """A call that is repeated is one span from its first moment on, with its number of resends."""
    sandbox.fault("GET /balance", status=503, retry_after=0.05, delay_s=0.2, times=1)
    at_once = Clock(draw=lambda: 0.0)
    async with AsyncSeven(**options, clock=at_once, on_event=trace_calls(provider)) as seven:
        await seven.balance.get()

    (span,) = exporter.get_finished_spans()
    assert (1, 200) == (
        span.attributes["http.request.resend_count"],
        span.attributes["http.response.status_code"],
    )
    assert seconds(span) >= 0.25


async def test_span_of_a_call_that_fails(sandbox, options, provider, exporter):
    """An error is the span's status, and its class, code and outcome are attributes."""
    sandbox.fault("POST /sms", code=202)
    async with AsyncSeven(**options, on_event=trace_calls(provider)) as seven:
        with pytest.raises(InvalidParameterError):
            await seven.sms.send("+491711234567", text="Hi")

    (span,) = exporter.get_finished_spans()
    assert StatusCode.ERROR is span.status.status_code
    assert ("InvalidParameterError", 202, "rejected") == (
        span.attributes["error.type"],
        span.attributes["seven.code"],
        span.attributes["seven.outcome"],
    )
    assert "491711234567" not in span.to_json()


@pytest.mark.parametrize("client", [AsyncSeven, Seven])
def test_span_is_part_of_the_caller_s_trace(client, options, provider, exporter):
    """The span hangs below the one that was current where the call was made."""

    async def call() -> None:
        async with AsyncSeven(**options, on_event=trace_calls(provider)) as seven:
            with provider.get_tracer("test").start_as_current_span("job"):
                await seven.balance.get()

    if client is AsyncSeven:
        asyncio.run(call())
    else:
        with (
            Seven(**options, on_event=trace_calls(provider)) as seven,
            provider.get_tracer("test").start_as_current_span("job"),
        ):
            seven.balance.get()

    span, job = exporter.get_finished_spans()
    assert ("GET /balance", "job") == (span.name, job.name)
    assert job.context.span_id == span.parent.span_id
    assert job.start_time <= span.start_time <= span.end_time <= job.end_time


async def test_calls_of_one_task_have_spans_of_their_own(options, provider, exporter):
    """The second call of a task does not begin with the first one."""
    async with AsyncSeven(**options, on_event=trace_calls(provider)) as seven:
        await seven.balance.get()
        await seven.balance.get()

    first, second = exporter.get_finished_spans()
    assert first.end_time <= second.start_time


async def test_other_observer_sees_every_attempt(sandbox, options, provider):
    """`trace_calls` stands in the one place for observers, so it passes events on."""
    events: list[CallEvent] = []
    sandbox.fault("GET /balance", status=503, times=1)
    observer = trace_calls(provider, on_event=events.append)
    async with AsyncSeven(**options, on_event=observer) as seven:
        await seven.balance.get()

    assert [1, 2] == [event.attempt for event in events]


def test_request_outside_the_table_shows_a_path_without_numbers():
    """The path of a raw request is no template: it is masked, and no part of the span's name."""
    event = CallEvent(
        route="raw",
        request_line="GET /numbers/491711234567",
        attempt=1,
        waited_s=0,
        took_s=0,
        server="127.0.0.1:7077",
    )

    assert "GET" == span_name(event)
    assert {
        "http.request.method": "GET",
        "url.path": "/numbers/49171…567",
        "server.address": "127.0.0.1",
        "server.port": 7077,
        "seven.route": "raw",
    } == attributes(event)


def test_package_does_not_need_opentelemetry():
    """Only who imports `seven_async.otel` needs the extra."""
    program = "import sys, seven_async; print('opentelemetry' in sys.modules)"

    assert "False\n" == subprocess.check_output([sys.executable, "-c", program], text=True)
