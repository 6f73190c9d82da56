"""The option `rate`, seen from outside: what leaves when, over all clients of an account."""

from __future__ import annotations

import anyio
import httpx
import pytest

from seven_async import AsyncSeven, Rate
from tests.flow.skipping_clock import SkippingClock


class Departures:
    """A transport that notes the time at which each request leaves."""

    def __init__(self, skipping: SkippingClock) -> None:
        self.times: list[float] = []

        def note(_: httpx.Request) -> httpx.Response:
            self.times.append(skipping.monotonic())
            return httpx.Response(200, json={"amount": 1, "currency": "EUR"})

        self.transport = httpx.MockTransport(note)


async def test_all_clients_of_an_account_share_one_window() -> None:
    """Thirty calls of two clients and a clone: never more than five in any second."""
    skipping = SkippingClock(start=50.0)
    clock, rate = skipping.clock, Rate(5, per_s=1)
    seen = Departures(skipping)
    async with (
        AsyncSeven(api_key="one", transport=seen.transport, clock=clock, rate=rate) as first,
        AsyncSeven(api_key="one", transport=seen.transport, clock=clock, rate=rate) as second,
    ):
        clone = first.with_options(timeout_s=3)
        async with anyio.create_task_group() as tasks:
            for seven in [first, second, clone] * 10:
                tasks.start_soon(seven.balance.get)

    times = sorted(seen.times)
    assert 30 == len(times)
    assert all(
        later - earlier >= 1 - 1e-9 for earlier, later in zip(times, times[5:], strict=False)
    )


async def test_another_account_has_a_window_of_its_own() -> None:
    """A second key is not held back by the first one's requests."""
    skipping = SkippingClock(start=50.0)
    seen = Departures(skipping)
    rate = Rate(2, per_s=60)
    for key in ("one-key", "another-key"):
        async with AsyncSeven(
            api_key=key, transport=seen.transport, clock=skipping.clock, rate=rate
        ) as seven:
            await seven.balance.get()
            await seven.balance.get()

    assert 0 == pytest.approx(skipping.skipped_s)


async def test_without_a_rate_nothing_waits() -> None:
    """Pacing is off unless asked for."""
    skipping = SkippingClock()
    seen = Departures(skipping)
    async with AsyncSeven(api_key="fast", transport=seen.transport, clock=skipping.clock) as seven:
        for _ in range(200):
            await seven.balance.get()

    assert [] == skipping.slept
