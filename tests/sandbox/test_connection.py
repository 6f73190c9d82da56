"""What awkward clients do to the served sandbox; I/O: loopback, a receiver of webhooks."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import anyio
import httpx
import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.wire import text_answer
from seven_async.sandbox.server.connection import Connection
from seven_async.sandbox.server.http1 import LARGEST_HEAD, BadRequestError, BodyBudget, HttpStream
from seven_async.sandbox.server.serving import Listener
from tests.sandbox.caller import KEY

NOTHING_THERE = b"GET /api/nothing HTTP/1.1\r\nHost: h\r\n\r\n"
ANSWERED = b"HTTP/1.1 404"
SIZED = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 80\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def connected() -> Iterator[socket.socket]:
    """A connection to a served sandbox."""
    with (
        Sandbox().serve() as serving,
        socket.create_connection(("127.0.0.1", serving.port), timeout=5) as connection,
    ):
        yield connection


def answers(connection: socket.socket, count: int) -> int:
    """How many answers arrived when it is so many at least."""
    answered, tail = 0, b""
    while answered < count:
        more = connection.recv(1 << 20)
        assert more
        received = tail + more
        answered += received.count(ANSWERED)
        tail = received[received.rfind(ANSWERED) + 1 :][-len(ANSWERED) + 1 :]
    return answered


def test_thousands_of_requests_in_one_packet(connected: socket.socket):
    """Pipelining is bounded by nothing but the client's patience."""
    connected.sendall(NOTHING_THERE * 3000)

    assert 3000 == answers(connected, 3000)


def test_a_client_that_does_not_read_is_not_answered_without_end(connected: socket.socket):
    """What it sends stays with it until it reads; then all is answered."""
    # A small buffer: what lies in those of the system has to be answered, too.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    connected.settimeout(0.5)
    sent = 0
    with suppress(TimeoutError):
        while sent < 100 << 20:
            sent += connected.send(NOTHING_THERE * 1000)
    assert sent < 100 << 20
    whole = sent // len(NOTHING_THERE)
    connected.settimeout(30)

    assert whole == answers(connected, whole)


@pytest.mark.parametrize(
    "sent", [CHUNKED + b"1" * 2 * LARGEST_HEAD, CHUNKED + b"0\r\nX-A: " + b"b" * 2 * LARGEST_HEAD]
)
def test_endless_lines_of_a_chunked_body_are_refused(sent: bytes):
    """A size or a trailer that does not end is no reason to collect it."""
    stream = HttpStream(BodyBudget())
    stream.feed(sent)

    with pytest.raises(BadRequestError):
        stream.next()


def test_trailers_are_skipped():
    """They belong to no request; the next one is read as if they were not there."""
    stream = HttpStream(BodyBudget())
    stream.feed(CHUNKED + b"3\r\na=1\r\n0\r\nX-A: b\r\n\r\n" + NOTHING_THERE)
    first = stream.next()
    stream.encode(text_answer(""))
    assert stream.start_next()
    second = stream.next()

    assert first
    assert second
    assert (b"a=1", "/api/nothing") == (first.body, second.path)


def test_unfinished_bodies_share_one_bound():
    """Clients that begin bodies and do not end them cannot fill the memory together."""
    budget = BodyBudget(left=100)
    first, second = HttpStream(budget), HttpStream(budget)
    first.feed(SIZED + b"x" * 60)
    second.feed(SIZED + b"x" * 60)
    assert first.next() is None

    with pytest.raises(BadRequestError, match="unfinished") as refused:
        second.next()
    assert 503 == refused.value.status


def test_bodies_that_end_or_are_given_up_leave_the_bound():
    """The bound is of what is unfinished at one moment, not of what ever came."""
    budget = BodyBudget(left=100)
    whole, refused, lost = (HttpStream(budget) for _ in range(3))
    whole.feed(SIZED + b"x" * 80)
    assert whole.next()
    lost.feed(SIZED + b"x" * 70)
    lost.next()
    lost.drop_body()
    refused.feed(CHUNKED + b"5\r\nabcde\r\nzz\r\n")
    with pytest.raises(BadRequestError) as error:
        refused.next()
    refused.encode_refusal(error.value)

    assert 100 == budget.left


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # the server is an asyncio one
async def test_idle_connections_are_closed():
    """A client that sends nothing, or half a request, loses its connection after a while."""
    listener = Listener(Sandbox(), idle_s=0.1)
    with anyio.fail_after(30):
        await listener.open("127.0.0.1", 0)
        try:
            for begun in (b"", NOTHING_THERE[:10], SIZED):
                async with await anyio.connect_tcp("127.0.0.1", listener.port) as client:
                    await client.send(begun)
                    with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                        await client.receive()
        finally:
            await listener.close()


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_connection_that_is_not_open_yet_is_not_idle():
    """The event loop makes it some steps before it opens it; the listener's clock goes on."""
    Connection(Sandbox(), BodyBudget()).close_if_idle(0.0)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_client_that_waits_for_its_answer_is_not_idle():
    """An answer may take longer than idle connections are kept."""
    listener = Listener(Sandbox(latency_s=0.6), idle_s=0.1)
    with anyio.fail_after(30):
        await listener.open("127.0.0.1", 0)
        try:
            async with await anyio.connect_tcp("127.0.0.1", listener.port) as client:
                await client.send(NOTHING_THERE)
                assert ANSWERED == (await client.receive())[: len(ANSWERED)]
        finally:
            await listener.close()


def test_remote_control_takes_every_name():
    """Controls that are open to other machines are reached by the machine's name."""
    with Sandbox(remote_control=True).serve() as serving:
        url = serving.url.replace("/api", "/_sandbox/ledger")

        assert 200 == httpx.get(url, headers={"Host": "sandbox:7077"}).status_code


def receiver(url: str) -> http.server.ThreadingHTTPServer:
    """A webhook receiver that asks the sandbox something before it answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            httpx.get(url + "/balance", params={"p": KEY}, timeout=20)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def test_a_receiver_may_call_while_the_clock_is_advanced():
    """`/_sandbox/advance` waits for hooks without holding up what their receivers ask."""
    with Sandbox().serve() as serving, receiver(serving.url) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = f"http://127.0.0.1:{server.server_port}/"
        options = {"headers": {"X-Api-Key": KEY}, "timeout": 20}
        hook = {"target_url": target, "event_type": "dlr"}
        httpx.post(serving.url + "/hooks", data=hook, **options)
        httpx.post(serving.url + "/sms", data={"to": "491716992343", "text": "x"}, **options)
        control = serving.url.replace("/api", "/_sandbox/advance")
        advanced = httpx.post(control, data={"seconds": 9}, **options)
        server.shutdown()

    assert advanced.json()["settled"]
    assert [204] * 3 == [attempt.status for attempt in serving.sandbox.attempts]


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_is_none_is_an_error_at_the_with(port: int):
    """The block is not entered, and nothing waits for it."""
    with pytest.raises(ValueError, match="from 0 to 65535"):  # noqa: SIM117 - the inner one must not start
        with Sandbox().serve(port=port):
            pass
