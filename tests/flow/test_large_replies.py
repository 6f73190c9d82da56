"""A reply has a bound: bombs, bodies without end and pages beyond all measure, on real sockets."""

from __future__ import annotations

import gc
import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async import (
    AsyncSeven,
    ConfigurationError,
    MalformedReplyError,
    OutcomeUnknownError,
    SevenError,
    TransportError,
)
from seven_async.api.journal import ListOutbound
from seven_async.flow import decode
from seven_async.flow.beside import run_beside
from seven_async.flow.network.body import collect
from seven_async.flow.reply import read_reply
from tests.flow.replies import ROWS, read_text

TO = "+491711234567"
HEAD = b"HTTP/1.1 200 OK\r\n"
MIB = 2**20

Stream = Callable[[], Iterable[bytes]]


@contextmanager
def streaming(stream: Stream) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers with pieces while the client listens; its URL, the heads it saw."""
    heads: list[bytes] = []
    talking: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = connection.recv(65536)
            if head:
                heads.append(head)
                for piece in stream():
                    connection.sendall(piece)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.settimeout(10)
                thread = threading.Thread(target=talk, args=(connection,))
                thread.start()
                talking.append(thread)

    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/api", heads
        finally:
            server.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in talking:
                thread.join()


def packed(size_mib: int) -> bytes:
    """So many MiB of nothing, packed to a thousandth."""
    packing = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(packing.compress(bytes(MIB)) for _ in range(size_mib)) + packing.flush()


BOMB = packed(64)


def bomb() -> Iterator[bytes]:
    """64 MiB as 64 KiB of gzip."""
    yield HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB)
    yield BOMB


def endless() -> Iterator[bytes]:
    """A body that never ends."""
    yield HEAD + b"\r\n"
    while True:
        yield bytes(65536)


def endless_chunks() -> Iterator[bytes]:
    """A body of tiny chunks that never ends."""
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"4\r\nxxxx\r\n" * 4000


def trickling() -> Iterator[bytes]:
    """A body of which a byte comes now and then."""
    yield HEAD + b"\r\n"
    while True:
        yield b" "
        time.sleep(0.02)


CARRIERS: dict[str, Callable[[], Any]] = {
    "own": lambda: None,
    "fast": lambda: "fast",
    "httpx transport": httpx.AsyncHTTPTransport,
    "httpx client": httpx.AsyncClient,
    "httpx2 transport": httpx2.AsyncHTTPTransport,
    "httpx2 client": httpx2.AsyncClient,
}


async def ended(url: str, carrier: Any, **options: Any) -> SevenError:
    """What a send ends with."""
    async with AsyncSeven(
        api_key="k", base_url=url, transport=carrier, timeout_s=30, **options
    ) as seven:
        with pytest.raises(OutcomeUnknownError) as caught:
            await seven.sms.send(TO, "Hi")
    if isinstance(carrier, (httpx.AsyncClient, httpx2.AsyncClient)):
        await carrier.aclose()
    return caught.value


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("stream", [bomb, endless, endless_chunks])
async def test_a_reply_beyond_its_bound_is_malformed(stream: Stream, carrier: str) -> None:
    """However it is carried and packed: the send is unknown, and was asked for once."""
    with streaming(stream) as (url, heads):
        error = await ended(url, CARRIERS[carrier](), max_reply_bytes=100_000)

    assert isinstance(error.__cause__, MalformedReplyError)
    assert "max_reply_bytes" in str(error.__cause__)
    assert 1 == len(heads)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_a_reply_that_trickles_ends_with_the_time_out(carrier: str) -> None:
    """A body within its bound that never ends is not waited for longer than `timeout_s`."""
    with streaming(trickling) as (url, _):
        async with AsyncSeven(
            api_key="k", base_url=url, transport=CARRIERS[carrier](), timeout_s=0.4
        ) as seven:
            with pytest.raises(OutcomeUnknownError) as caught:
                await seven.sms.send(TO, "Hi")
            transport = seven.options.transport
    if isinstance(transport, (httpx.AsyncClient, httpx2.AsyncClient)):
        await transport.aclose()

    assert isinstance(caught.value.__cause__, TransportError)


async def test_a_cancellation_between_two_pieces_leaves_no_iterator_behind() -> None:
    """Pieces that are all there are not waited for, so a time-out comes between two of them.

    An iterator that is left half-way is collected later, which trio warns of.
    """
    scope = anyio.CancelScope()

    async def pieces() -> Any:
        for number in range(2_000):
            if number == 500:
                scope.cancel()
            yield b" "

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=pieces()))
    async with AsyncSeven(api_key="k", transport=transport) as seven:
        with scope:
            await seven.balance.get()
    assert scope.cancelled_caught
    gc.collect()


async def test_a_reply_that_is_too_large_is_not_asked_for_again() -> None:
    """A free read is repeated after what may pass; a page does not get smaller."""
    with streaming(endless) as (url, heads):
        async with AsyncSeven(api_key="k", base_url=url, max_reply_bytes=1000) as seven:
            with pytest.raises(MalformedReplyError):
                await seven.contacts.list()

    assert 1 == len(heads)


async def test_a_reply_as_large_as_its_bound_is_read() -> None:
    """The bound itself is allowed, one byte more is not."""
    body = b'{"amount": 1, "currency": "EUR"}'
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with streaming(lambda: [whole]) as (url, _):
        async with AsyncSeven(api_key="k", base_url=url, max_reply_bytes=len(body)) as seven:
            await seven.balance.get()
            with pytest.raises(MalformedReplyError):
                await seven.with_options(max_reply_bytes=len(body) - 1).balance.get()


async def test_a_body_of_bytes_has_the_same_bound() -> None:
    """So has what a transport of tests made of bytes."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=bytes(2000)))
    async with AsyncSeven(api_key="k", transport=transport, max_reply_bytes=1000) as seven:
        with pytest.raises(MalformedReplyError, match="larger than"):
            await seven.balance.get()


@pytest.mark.parametrize("most", [0, -1])
def test_a_bound_of_nothing_is_refused(most: int) -> None:
    """No reply would fit."""
    with pytest.raises(ConfigurationError, match="max_reply_bytes"):
        AsyncSeven(api_key="k", max_reply_bytes=most)


async def turns_during(work: Callable[[], Any]) -> int:
    """How many turns another task gets while this one works."""
    turns = 0
    is_over = False

    async def count() -> None:
        nonlocal turns
        while not is_over:
            turns += 1
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(count)
        await anyio.lowlevel.checkpoint()
        await work()
        is_over = True
    return turns


async def test_others_get_their_turn_while_a_bomb_is_opened() -> None:
    """A piece of 64 KiB that becomes 64 MiB is opened in steps."""

    async def at_once() -> Any:
        yield BOMB

    body = b""

    async def work() -> None:
        nonlocal body
        body = await collect(at_once(), "gzip", 64 * MIB, "GET /")

    turns = await turns_during(work)

    assert 64 * MIB == len(body)
    assert turns > 200


async def test_others_get_their_turn_between_tiny_pieces() -> None:
    """A transport that never waits for its pieces does not keep the event loop."""

    async def pieces() -> Any:
        for _ in range(10_000):
            yield b"x"

    turns = await turns_during(lambda: collect(pieces(), "", MIB, "GET /"))

    assert turns > 500


async def test_a_large_reply_is_read_beside_the_event_loop() -> None:
    """Its JSON and its models are made on another thread, a small one's here."""
    threads: list[int] = []
    parsed = read_reply

    def noted(*args: Any) -> Any:
        threads.append(threading.get_ident())
        return parsed(*args)

    def pages(request: httpx.Request) -> httpx.Response:
        count = int(request.url.params["offset"])
        return httpx.Response(200, json=[{"id": number} for number in range(count)])

    async with AsyncSeven(api_key="k", transport=httpx.MockTransport(pages)) as seven:
        row = ROWS["journal.outbound"]
        few, _ = await seven.call(row, ListOutbound(offset=10), noted)
        many, _ = await seven.call(row, ListOutbound(offset=10_000), noted)

    assert (10, 10_000) == (len(few), len(many))
    here = threading.get_ident()
    assert [True, False] == [thread == here for thread in threads]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" + b"{}," * 1000 + b"{}]", True),
        (b"[" + b"{}," * 1500 + b"{}]", True),
        (b"[" + b"{}," * 2500 + b"{}]", False),
        (b'"' + b"a" * 60_000 + b'"', True),
        (b'"' + b"a" * 70_000 + b'"', False),
    ],
    ids=["short", "a page", "many objects", "long text", "longer text"],
)
def test_what_is_read_on_the_event_loop(body: bytes, expected: bool) -> None:
    """Neither a long body nor one of very many objects."""
    assert expected == decode.is_short_work(body)


@given(st.text(" \t\r\n\ufeffx\x0b", max_size=20), st.integers(1, 5))
def test_white_space_is_cut_off_in_slices(text: str, size: int) -> None:
    """The same is left as in one step, however the text is cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode, "_SLICE", size)

        assert text.strip(decode._AROUND) == decode._strip(text)


async def test_what_is_raised_beside_is_raised_here() -> None:
    """A large reply that means an error is that error."""
    with pytest.raises(LookupError, match="there"):
        await run_beside(lambda: {}["there"])

    assert 3 == await run_beside(lambda: 3)


def body_of(name: str) -> bytes:
    """A body above the size that the fast decoder takes."""
    size = decode._MOST_AT_ONCE
    return {
        "parts": b"[" + b"[]," * size + b"1]",
        "values": b"[" + b"1," * (5 * size) + b"1]",
        "no text": b"\xff" * (2 * size),
        "cut": b'["' + b"a" * (2 * size),
        "deep": b"[" * 200_000 + b" " * size,
        "escapes": b'["' + b"\\n" * (2 * size) + b'"]',
    }[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("parts", "more parts than a page"),
        ("values", "more parts than a page"),
        ("no text", "a text of"),
        ("cut", "breaks off"),
        ("deep", "breaks off"),
        ("escapes", "more parts than a page"),
    ],
)
def test_a_large_body_that_is_no_page(name: str, expected: str) -> None:
    """Too many parts, no UTF-8, cut or too deep: the reply is malformed."""
    with pytest.raises(MalformedReplyError, match=expected):
        read_text("contacts.list", body_of(name))


def test_the_patient_decoder_reads_the_same() -> None:
    """A large reply means what a small one means."""
    row = {"id": 7, "text": "a\ud83db😀", "price": 0.075, "label": None, "to": "1", "new": [1.5]}
    one = json.dumps(row)
    (small,), _ = read_text("journal.outbound", f"[{one}]")
    many, _ = read_text("journal.outbound", f"[{','.join([one] * 8000)}]")

    assert len(one) * 8000 > decode._MOST_AT_ONCE
    assert {(small, str(small.extra))} == {(item, str(item.extra)) for item in many}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP", " deflate "])
async def test_a_packed_body_in_any_pieces(coding: str) -> None:
    """However a packed body is cut on its way, it is whole in the end."""
    whole = bytes(range(256)) * 5000
    sent = zlib.compress(whole) if "deflate" in coding else gzip.compress(whole)

    async def pieces() -> Any:
        for place in range(0, len(sent), 7):
            yield sent[place : place + 7]

    assert whole == await collect(pieces(), coding, 2 * MIB, "GET /")
