"""Connections on asyncio: what leaves together, and what does not leave any more."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from seven_async.flow.network import loop_link
from seven_async.flow.network.loop_link import LoopLink, connect
from seven_async.flow.transport import Attempt


@pytest.fixture(params=["its own loop", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, bool]]:
    """Only asyncio has protocols; its loops differ in what a closed transport does."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


class Recorder:
    """A transport that takes down when it is written to."""

    def __init__(self, written: list[int], place: int, inner: asyncio.Transport) -> None:
        self._written, self._place, self._inner = written, place, inner

    def write(self, payload: bytes) -> None:
        """Write, and take that down."""
        self._written.append(self._place)
        self._inner.write(payload)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


@asynccontextmanager
async def connected(count: int) -> AsyncIterator[tuple[list[LoopLink], list[bytes]]]:
    """So many connections to one server, and what arrives there, in its order."""
    arrived: list[bytes] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(100):
            arrived.append(piece)
        writer.close()

    server = await asyncio.start_server(receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    links = [await connect("127.0.0.1", port, None, 5) for _ in range(count)]
    try:
        yield links, arrived
    finally:
        for link in links:
            await link.aclose()
        server.close()
        await server.wait_closed()


async def send(link: LoopLink, payload: bytes) -> Attempt:
    """Send as an attempt."""
    attempt = Attempt((), 5, 5, left=False)
    await link.send(payload, attempt)
    return attempt


async def wait_for(arrived: list[bytes], count: int) -> None:
    """Wait until so many pieces are there."""
    for _ in range(500):
        if len(arrived) >= count:
            return
        await asyncio.sleep(0.01)


async def test_what_is_closed_in_the_same_turn_does_not_leave() -> None:
    """It counts as having left from the moment at which it may; others are not held back."""
    async with connected(2) as (links, arrived):
        cancelled, other = await send(links[0], b"cancelled"), await send(links[1], b"other")
        await links[0].aclose()
        await wait_for(arrived, 1)

        assert (True, True, [b"other"]) == (cancelled.left, other.left, arrived)


async def test_requests_wait_for_few_others() -> None:
    """In a long turn of the event loop the first ones leave before its end."""
    async with connected(9) as (links, _):
        written: list[int] = []
        for place, link in enumerate(links):
            link.transport = cast("asyncio.Transport", Recorder(written, place, link.transport))
        counts = []
        for link in links:
            await send(link, b"request")
            counts.append(len(written))

        assert [0, 0, 0, 0, 0, 0, 0, 8, 8] == counts
        await asyncio.sleep(0)
        assert list(range(9)) == written


async def test_nothing_is_kept_of_a_loop_that_is_gone() -> None:
    """What connections of a loop share goes with it."""

    async def make() -> None:
        LoopLink()

    gc.collect()
    before = len(loop_link._turns)
    await asyncio.to_thread(asyncio.run, make())
    gc.collect()

    assert before == len(loop_link._turns)
