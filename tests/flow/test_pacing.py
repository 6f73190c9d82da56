"""The option `rate`, seen from outside: what leaves when, over all clients of an account."""

from __future__ import annotations

import time
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest

from seven_async import AsyncSeven, BearerToken, Rate, Seven
from seven_async.sandbox import Sandbox
from tests.flow.skipping_clock import SkippingClock
from tests.flow.test_call import BALANCE


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


async def test_both_clients_of_an_account_share_one_window() -> None:
    """`Seven` and `AsyncSeven` with one key count each other's requests, on two event loops."""
    sandbox = Sandbox()
    rate = Rate(2, per_s=0.4)
    with sandbox.serve() as server:
        given = {"api_key": sandbox.api_key, "base_url": server.url, "rate": rate}
        begun = time.monotonic()
        async with AsyncSeven(**given) as waiting:
            with Seven(**given) as blocking:
                for _ in range(2):
                    await waiting.balance.get()
                    await anyio.to_thread.run_sync(blocking.balance.get)
                took_s = time.monotonic() - begun

    assert took_s >= 0.4


@pytest.mark.parametrize(
    ("changes", "is_shared"),
    [
        ({}, True),
        ({"timeout_s": 3.0}, True),
        ({"retry": None}, True),
        ({"rate": Rate(7)}, True),
        ({"concurrency": 3}, True),
        ({"api_key": "another"}, False),
        ({"base_url": "https://elsewhere.invalid/api"}, False),
        ({"account": 7}, False),
        ({"auth": BearerToken("token")}, False),
    ],
    ids=str,
)
async def test_a_clone_shares_the_limits_of_its_account(
    changes: dict[str, Any], is_shared: bool
) -> None:
    """Another account or gateway has limits of its own; everything else shares them."""
    seven = AsyncSeven(api_key="clones", transport=httpx.MockTransport(lambda _: BALANCE))
    clone = seven.with_options(**changes)
    async with seven, clone:
        await seven.balance.get()
        await clone.balance.get()
        assert seven._flow is not None
        assert clone._flow is not None

        is_same = seven._flow.limiter._shared is clone._flow.limiter._shared
        assert is_shared == is_same
        assert (clone._engine is seven._engine) == ("concurrency" not in changes)
