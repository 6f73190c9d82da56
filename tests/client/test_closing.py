"""An awaiting client from its opening to its end."""

from __future__ import annotations

import asyncio
import gc
import warnings

import anyio
import httpx
import pytest

from seven_async import AsyncSeven, ConfigurationError, NotSentError, TransportError, engine


class Held(httpx.AsyncBaseTransport):
    """A transport whose answers wait until they are let go; being closed breaks them off."""

    def __init__(self) -> None:
        self.arrived = anyio.Event()
        self.let_go = anyio.Event()
        self.closings = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """An answer, late."""
        self.arrived.set()
        await self.let_go.wait()
        if self.closings:
            raise httpx.ReadError("closed")
        return httpx.Response(200, json={"amount": 1, "currency": "EUR"})

    async def aclose(self) -> None:
        """Break off what waits."""
        self.closings += 1
        self.let_go.set()


def held() -> tuple[AsyncSeven, Held]:
    """A client and its transport."""
    transport = Held()
    return AsyncSeven(api_key="key", transport=transport, retry=None), transport


async def test_closing_twice_does_nothing():
    """The transport is closed once, however often the client is."""
    seven, transport = held()
    await seven.aclose()
    await seven.aclose()

    assert 1 == transport.closings


async def test_closed_client_refuses_calls(options):
    """Calls, lists, raw requests and warming up say that the client is closed."""
    async with AsyncSeven(**options) as seven:
        await seven.balance.get()

    for use in (
        seven.balance.get,
        lambda: seven.raw("GET", "/balance"),
        seven.journal.outbound().pages().__anext__,
        seven.warmup,
        seven.with_options(timeout_s=20).balance.get,
    ):
        with pytest.raises(ConfigurationError, match="closed"):
            await use()


async def test_closed_client_is_not_opened_again(options):
    """`async with` is refused after the end, whether the client was used or not."""
    seven = AsyncSeven(**options)
    await seven.aclose()

    with pytest.raises(ConfigurationError, match="closed"):
        await seven.__aenter__()


async def test_closing_waits_for_calls_in_flight():
    """What is in flight gets its answer; what comes meanwhile is refused."""
    seven, transport = held()
    found = []

    async def ask() -> None:
        found.append((await seven.balance.get()).currency)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await transport.arrived.wait()
        tasks.start_soon(seven.aclose)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ConfigurationError, match="closed"):
            await seven.balance.get()
        assert 0 == transport.closings
        transport.let_go.set()

    assert (["EUR"], 1) == (found, transport.closings)


async def test_cancelled_closing_closes_at_once():
    """Whoever cancels the waiting gets closed connections, and the call in flight an error."""
    seven, transport = held()
    errors = []

    async def ask() -> None:
        try:
            await seven.balance.get()
        except TransportError as error:
            errors.append(error.outcome)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await transport.arrived.wait()
        with anyio.move_on_after(0):
            await seven.aclose()

    assert (["unknown"], 1) == (errors, transport.closings)


async def test_cancelled_block_does_not_wait():
    """Leaving `async with` by cancellation closes at once, whatever another task has in flight."""
    seven, transport = held()

    async def ask() -> None:
        with pytest.raises(TransportError):
            await seven.balance.get()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await transport.arrived.wait()
        with anyio.CancelScope() as scope:
            async with seven:
                scope.cancel()
                await anyio.sleep_forever()

    assert 1 == transport.closings


def test_interrupted_block_does_not_wait():
    """Ctrl-C cancels a task once, as asyncio does it; closing then does not wait either."""
    closings = []

    async def main() -> None:
        seven, transport = held()
        other = asyncio.create_task(seven.balance.get())
        await transport.arrived.wait()

        async def block() -> None:
            async with seven:
                await asyncio.sleep(60)  # never slept to its end: it is cancelled

        blocked = asyncio.create_task(block())
        await asyncio.sleep(0)
        blocked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(blocked, 10)
        closings.append(transport.closings)
        with pytest.raises(TransportError):
            await other

    asyncio.run(main())

    assert [1] == closings


async def test_failing_block_waits_for_other_tasks():
    """An error in the block is no reason to lose the answer to a message that another task sent."""
    seven, transport = held()
    found = []

    async def ask() -> None:
        found.append((await seven.balance.get()).currency)

    async def fail() -> None:
        with pytest.raises(LookupError):
            async with seven:
                raise LookupError

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await transport.arrived.wait()
        tasks.start_soon(fail)
        await anyio.wait_all_tasks_blocked()
        transport.let_go.set()

    assert ["EUR"] == found


async def test_closing_a_clone_leaves_its_origin_open(options):
    """Only the first client gives the shared connections back."""
    async with AsyncSeven(**options) as seven:
        async with seven.with_options(timeout_s=20) as clone:
            await clone.balance.get()

        assert "EUR" == (await seven.balance.get()).currency


async def test_closing_the_origin_closes_clones_with_their_own_connections(options):
    """A clone that could not share is closed with its origin at the latest."""
    own = Held()
    async with AsyncSeven(**options) as seven:
        clone = seven.with_options(transport=own)
        await clone.warmup()

    assert 1 == own.closings
    with pytest.raises(ConfigurationError, match="closed"):
        await clone.balance.get()


@pytest.mark.parametrize("how", ["unused", "closed"])
async def test_client_that_owes_nothing_is_collected_silently(options, how):
    """A client that was never used, or was closed, is no leak; nor is its clone."""
    seven = AsyncSeven(**options)
    clone = seven.with_options(timeout_s=20)
    if how == "closed":
        await clone.balance.get()
        await seven.aclose()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del seven, clone
        gc.collect()

    assert [] == [str(one.message) for one in caught if "unclosed client" in str(one.message)]


async def test_unclosed_client_warns_when_it_is_collected():
    """A client that was used and never closed says which one it was, and sends nothing."""
    clients = [AsyncSeven(api_key="key", base_url="http://127.0.0.1:9/api")]
    await clients[0].warmup()

    def forget() -> None:
        clients.clear()
        gc.collect()

    with pytest.warns(ResourceWarning, match="unclosed client of http://127.0.0.1:9/api"):
        forget()


def test_half_made_client_is_collected_silently():
    """A client whose transport is refused was never opened, and does not warn."""
    with pytest.raises(ConfigurationError, match="transport="):
        AsyncSeven(api_key="key", transport=object())

    gc.collect()


async def test_not_sent_is_known_after_closing_too(options):
    """A call that is refused for being late never left, and its outcome says so."""
    seven = AsyncSeven(**options)
    await seven.aclose()

    with pytest.raises(ConfigurationError) as caught:
        await seven.sms.send("+491711234567", text="Hi")

    assert NotSentError.outcome is caught.value.outcome


async def test_connections_that_do_not_close_do_not_hold_up_the_end(monkeypatch):
    """A gateway that does not answer a goodbye is left after some seconds."""

    class Stubborn(httpx.MockTransport):
        """Closing never ends."""

        async def aclose(self) -> None:
            """Wait for ever."""
            await anyio.sleep_forever()

    monkeypatch.setattr(engine, "_CLOSING_S", 0.05)
    seven = AsyncSeven(
        api_key="k",
        transport=Stubborn(lambda _: httpx.Response(200, json={"amount": 1, "currency": "EUR"})),
    )
    await seven.balance.get()
    with anyio.fail_after(30):
        await seven.aclose()

    with pytest.raises(ConfigurationError):
        await seven.balance.get()
