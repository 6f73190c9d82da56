"""A client belongs to the event loop of its first call, and says so on any other (field: 2.18)."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from seven_async import AsyncSeven, ConfigurationError
from seven_async.flow.event_loop import OwnEventLoop

REMEDY = "one AsyncSeven per event loop"


@pytest.fixture
def seven(options):
    """A client that no event loop has seen."""
    client = AsyncSeven(**options)
    yield client
    client._engine._is_closed = True  # these tests end with a client that cannot be closed


def run(backend: str, function, *args):
    """A function on a new event loop."""
    return anyio.run(function, *args, backend=backend)


@pytest.mark.parametrize("first", ["asyncio", "trio"])
@pytest.mark.parametrize("second", ["asyncio", "trio"])
def test_call_on_another_loop_is_refused(seven, first, second):
    """Whatever the two loops are, the second one is told what to do."""
    run(first, seven.balance.get)

    with pytest.raises(ConfigurationError, match=REMEDY):
        run(second, seven.balance.get)


async def listed(seven: AsyncSeven):
    """The first page of a list."""
    return await seven.journal.outbound()


@pytest.mark.parametrize(
    "use",
    [
        listed,
        lambda seven: seven.raw("GET", "/balance"),
        AsyncSeven.warmup,
        AsyncSeven.aclose,
        AsyncSeven.__aenter__,
        lambda seven: seven.with_options(timeout_s=20).balance.get(),
    ],
)
def test_every_use_on_another_loop_is_refused(seven, use):
    """Pages, raw requests, opening, closing and clones belong to the loop as calls do."""
    asyncio.run(seven.warmup())

    with pytest.raises(ConfigurationError, match=REMEDY):
        run("asyncio", use, seven)


def test_unused_client_belongs_to_no_loop(options):
    """A client may be made anywhere, when a module is imported for one, and closed anywhere."""
    seven = AsyncSeven(**options)

    async def use() -> str:
        async with seven:
            return (await seven.balance.get()).currency

    assert "EUR" == anyio.run(use)


def test_clone_with_its_own_connections_may_have_another_loop(seven):
    """What cannot be shared is not bound either: a clone with its own transport is free."""
    asyncio.run(seven.warmup())

    async def use() -> str:
        async with seven.with_options(concurrency=1) as clone:
            return (await clone.balance.get()).currency

    assert "EUR" == asyncio.run(use())


async def test_home_is_where_it_was_made():
    """A loop recognises itself, from any task."""
    home = OwnEventLoop()
    seen = []

    async def ask() -> None:
        seen.append(home.is_here)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)

    assert [True] == seen


async def test_home_is_not_on_a_thread_without_loop():
    """Where no event loop runs, nothing is at home."""
    home = OwnEventLoop()

    assert not await anyio.to_thread.run_sync(lambda: home.is_here)
