"""The option `rate`, seen from outside: what leaves when, over all clients of an account."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread
import httpx
import pytest

from seven_async import AsyncSeven, BearerToken, ConfigurationError, Rate, Seven
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox
from tests.flow.skipping_clock import SkippingClock
from tests.flow.test_call import BALANCE
from tests.flow.waking_clock import WakingClock, most_within


class Departures:
    """A transport that notes when each request leaves, and with how many recipients."""

    def __init__(self, skipping: SkippingClock | WakingClock) -> None:
        self.times: list[float] = []
        self.left: list[tuple[float, int]] = []

        def note(request: httpx.Request) -> httpx.Response:
            now = skipping.monotonic()
            self.times.append(now)
            names = dict(parse_qsl(request.content.decode())).get("to", "").split(",")
            self.left.append((now, len(names)))
            sent, read = {"success": "100"}, {"amount": 1, "currency": "EUR", "data": []}
            return httpx.Response(200, json=sent if request.method == "POST" else read)

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


async def test_a_send_counts_its_recipients() -> None:
    """A list, names with commas and a raw form count each recipient; any other request is one."""
    waking = WakingClock()
    seen = Departures(waking)
    numbers = [f"+4917100000{place:02}" for place in range(10)]
    async with AsyncSeven(
        api_key="counted", transport=seen.transport, clock=waking.clock, rate=Rate(10)
    ) as seven:
        await seven.sms.send(numbers, "Hi")
        await seven.sms.send(", ".join(numbers[:9]), "Hi")
        await seven.balance.get()
        await seven.raw("POST", "/sms", form={"to": ",".join(numbers), "text": "Hi"})
        await seven.journal.outbound(to=",".join(numbers[:9]))

    assert [0, 1, 1, 2, 3] == pytest.approx([at - waking.begun_s for at in seen.times])


async def test_a_send_larger_than_the_window_waits_for_an_empty_one() -> None:
    """A hundred recipients leave together, and the windows that they take up stay empty."""
    waking = WakingClock()
    seen = Departures(waking)
    numbers = [f"+49171000{place:04}" for place in range(100)]
    async with AsyncSeven(
        api_key="large", transport=seen.transport, clock=waking.clock, rate=20
    ) as seven:
        await seven.balance.get()
        await waking.clock.sleep(0.5)
        await seven.sms.send(numbers, "Hi")
        await seven.balance.get()

    assert [0, 1, 6] == pytest.approx([at - waking.begun_s for at in seen.times])


async def test_single_sends_and_clients_without_a_rate_keep_that_of_the_account() -> None:
    """As long as one client has a rate, it holds for the others of its account; then no more."""
    waking = WakingClock()
    seen = Departures(waking)
    given = {"api_key": "mixed", "transport": seen.transport, "clock": waking.clock}
    async with AsyncSeven(**given) as free:
        async with AsyncSeven(**given, rate=2) as paced:
            await paced.balance.get()
            for _ in range(6):
                await free.balance.get()
        begun_s = waking.now_s
        for _ in range(6):
            await free.balance.get()

    assert all(messages <= 2 for messages, _ in most_within(seen.left[:7], 1.0))
    assert begun_s == waking.now_s


async def test_of_two_rates_the_stricter_one_holds() -> None:
    """Two clients of one account with different rates: both are kept."""
    waking = WakingClock()
    seen = Departures(waking)
    given = {"api_key": "two rates", "transport": seen.transport, "clock": waking.clock}
    async with AsyncSeven(**given, rate=50) as fast, AsyncSeven(**given, rate=0.5) as slow:
        await slow.balance.get()
        for _ in range(3):
            await fast.balance.get()

    assert [0, 2, 4, 6] == pytest.approx([at - waking.begun_s for at in seen.times])


async def test_a_repetition_counts_again() -> None:
    """A send that is repeated takes its recipients' places a second time."""
    waking = WakingClock()
    left: list[float] = []

    def refuse_once(_: httpx.Request) -> httpx.Response:
        left.append(waking.now_s)
        return httpx.Response(429 if len(left) == 1 else 200, json={"success": "100"})

    async with AsyncSeven(
        api_key="again",
        transport=httpx.MockTransport(refuse_once),
        clock=waking.clock,
        rate=Rate(10, per_s=20),
    ) as seven:
        await seven.sms.send([f"+491710000{place:03}" for place in range(10)], "Hi")

    assert [0, 20] == pytest.approx([at - waking.begun_s for at in left])


@pytest.mark.parametrize(
    ("given", "rate"),
    [
        (50, Rate(50)),
        (0.5, Rate(1, per_s=2)),
        (12.5, Rate(12, per_s=0.96)),
        (1, Rate(1)),
        (Rate(3, per_s=60), Rate(3, per_s=60)),
        (None, None),
    ],
    ids=repr,
)
def test_a_number_is_messages_per_second(given: Any, rate: Rate | None) -> None:
    """The option takes a number, too, and has a `Rate` of it."""
    assert rate == AsyncSeven(api_key="k", rate=given).options.rate


NO_RATES = [
    0,
    -1,
    "x",
    "50",
    float("nan"),
    float("inf"),
    1e-320,
    10**400,
    True,
    [5],
    Decimal("NaN"),
]


@pytest.mark.parametrize("given", NO_RATES, ids=repr)
def test_what_is_no_rate_is_refused_by_name(given: Any) -> None:
    """Zero, negative numbers, texts, flags and what is no number are errors before any I/O."""
    with pytest.raises(ConfigurationError, match=r"^rate"):
        AsyncSeven(api_key="k", rate=given)
    with pytest.raises(ConfigurationError, match=r"^rate"):
        Campaign(AsyncSeven(api_key="k"), rate=given)


@pytest.mark.parametrize(
    "given",
    [{"n": n} for n in (0, -1, 2.5, "5", True, None)]
    + [{"n": 1, "per_s": per_s} for per_s in (0, -1.0, "1", float("nan"), float("inf"), True)],
    ids=repr,
)
def test_a_rate_of_nothing_is_refused(given: dict[str, Any]) -> None:
    """A `Rate` takes whole messages and seconds above 0, and says which of them is wrong."""
    with pytest.raises(ConfigurationError, match=f"^rate: {list(given)[-1]} "):
        Rate(**given)


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
