"""What a worker says of itself, to programs and to OpenTelemetry."""

from __future__ import annotations

import pytest

from seven_async.campaign import CampaignJournal, State
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import number
from tests.campaign.machines import load, wait_until, workers

pytest.importorskip("psycopg", reason="the extra postgres is not installed")

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from seven_async.otel import measure_worker


@pytest.fixture
def anyio_backend() -> str:
    """The one event loop that there is for PostgreSQL."""
    return "asyncio"


async def test_status_counts_what_became_of_messages(postgres: str):
    """By state, over all workers together what the campaign has; also while they work."""
    sandbox = Sandbox(latency_s=0.01)
    sandbox.fault("POST /sms", recipient=number(7), code=202)
    await load(sandbox, postgres, 300, batch=5)
    async with workers(sandbox, postgres, 2) as running:
        await wait_until(lambda: sum(worker.sent for worker in running) == 300)
        together = [worker.status() for worker in running]
        assert 299 == sum(status.messages[State.ACCEPTED] for status in together)
        assert 1 == sum(status.messages[State.REJECTED] for status in together)
        assert all(status.is_connected for status in together)
        assert 1 <= sum(status.campaigns for status in together) <= 2

    ended = [worker.status() for worker in running]
    assert 300 == sum(status.sent for status in ended)
    assert 1 == sum(status.ranges_done for status in ended)
    assert [(0, 0), (0, 0)] == [(status.campaigns, status.ranges) for status in ended]


async def test_what_is_put_back_is_no_result(postgres: str):
    """A message that could not leave, and waits for the campaign to go on, is not counted."""
    sandbox = Sandbox()
    await load(sandbox, postgres, 20, batch=5)
    sandbox.fault("POST /sms", code=500)
    async with workers(sandbox, postgres) as (worker,):
        await wait_until(lambda: CampaignJournal.open(postgres).is_paused)

    status = CampaignJournal.open(postgres).status()
    assert (20, 0) == (status.planned, worker.sent)
    assert {0} == set(worker.status().messages.values())


async def test_metrics_are_those_of_the_status(postgres: str):
    """OpenTelemetry asks when it wants to know."""
    sandbox, reader = Sandbox(), InMemoryMetricReader()
    provider = MeterProvider([reader])
    await load(sandbox, postgres, 20)
    async with workers(sandbox, postgres) as (worker,):
        measure_worker(worker, provider)
        await wait_until(lambda: worker.sent == 20)
        (scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
    provider.shutdown()

    read = {
        (metric.name, point.attributes.get("seven.state")): point.value
        for metric in scope.metrics
        for point in metric.data.data_points
    }
    assert 20 == read["seven.worker.messages", "accepted"]
    assert 0 == read["seven.worker.messages", "unknown"]
    assert 1 == read["seven.worker.campaigns", None] == read["seven.worker.connected", None]
    assert {"ranges", "ranges.done", "lease.renewals"} <= {
        name.removeprefix("seven.worker.") for name, _ in read
    }
