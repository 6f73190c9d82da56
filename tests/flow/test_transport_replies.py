"""What servers and proxies send besides one good reply: leftovers, cut, packed and early ones."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import httpx
import pytest

from seven_async import AsyncSeven, NotSentError, Outcome, OutcomeUnknownError, SevenError
from seven_async.flow.network import addresses, core_lane, fast_lane
from seven_async.flow.network.connections import Connections
from seven_async.flow.network.origin import Origin
from seven_async.flow.transport import Attempt
from tests.flow.test_fault_matrix import ENGINES
from tests.flow.test_transport import BALANCE, answering

TO = "+491711234567"
OPEN_LANES = {None: core_lane.open_lane, "fast": fast_lane.open_lane}
RECEIPT = b'{"success":"100","total_price":0.075,"debug":"false","messages":[]}'


def reply(
    body: bytes = RECEIPT, *headers: bytes, status: bytes = b"200 OK", version: bytes = b"1.1"
) -> bytes:
    """The bytes of one reply with its length."""
    lines = [b"HTTP/%s %s" % (version, status), *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, b"", body])


def endless(body: bytes = RECEIPT, version: bytes = b"1.1") -> bytes:
    """The bytes of one reply that ends with the connection."""
    return b"HTTP/%s 200 OK\r\n\r\n%s" % (version, body)


def chunked(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """The bytes of one reply in one chunk."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n%s" % (
        len(body),
        body,
        end,
    )


async def sent(url: str, times: int = 1, engine: Any = None) -> list[object]:
    """What so many sends, one after the other, give or end with."""
    found: list[object] = []
    async with AsyncSeven(
        api_key="k", base_url=url, timeout_s=20, retry=None, transport=engine
    ) as seven:
        for number in range(times):
            try:
                found.append((await seven.sms.send(TO, f"Hi {number}")).code)
            except SevenError as error:
                found.append(error.outcome)
    return found


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "leftover",
    [
        reply(RECEIPT.replace(b"100", b"101")),
        reply(b'"900"'),
        reply(b"", b"Connection: close", status=b"408 Request Timeout"),
        b"}\n",
        b"\r\n",
    ],
    ids=["accepted", "refused", "idle for too long", "longer than announced", "an empty line"],
)
async def test_what_follows_a_reply_never_answers_the_next_request(
    leftover: bytes, engine: Any
) -> None:
    """Bytes after the end of a reply end its connection; the next message really leaves."""
    with answering(reply() + leftover) as (url, heads, accepted):
        found = await sent(url, times=3, engine=engine)

    assert [100, 100, 100] == found
    assert 3 == len(heads)
    assert 3 == len(accepted)


def without_certificate(protocol: int) -> ssl.SSLContext:
    """TLS that encrypts and asks nobody who he is."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES256-SHA@SECLEVEL=0")
    return context


@contextmanager
def answering_in_records(*records: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """A TLS server that sends these records in one piece per request; its URL, the heads it saw."""
    heads: list[bytes] = []

    def talk(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = without_certificate(ssl.PROTOCOL_TLS_SERVER).wrap_bio(incoming, outgoing, True)
        while True:
            try:
                heads.append(tls.read(65536))
                for record in records:
                    tls.write(record)
            except ssl.SSLWantReadError:
                connection.sendall(outgoing.read())
                piece = connection.recv(65536)
                if not piece:
                    return
                incoming.write(piece)

    def accept() -> None:
        # Until the socket is shut down, or the client gives up.
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}/api", heads
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("leftovers", [0, 1])
async def test_nothing_left_over_is_read_under_tls(leftovers: int, engine: Any) -> None:
    """A record that came with the reply and was not read yet counts as left over, too."""
    stale = [reply(b'"900"')] * leftovers
    with answering_in_records(reply(), *stale) as (url, heads):
        transport = Connections(
            lambda: without_certificate(ssl.PROTOCOL_TLS_CLIENT),
            proxies={},
            open_lane=OPEN_LANES[engine],
        )
        async with AsyncSeven(api_key="k", base_url=url, transport=transport) as seven:
            found = [(await seven.sms.send(TO, "Hi")).code for _ in range(2)]

    assert [100, 100] == found
    assert [True, True] == [head.startswith(b"POST /api/sms ") for head in heads]


@pytest.mark.parametrize("engine", ENGINES)
async def test_through_a_proxy_nothing_left_over_is_read_either(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """A connection through a proxy is held to the same, and used again where it is clean."""
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with answering(reply() + reply(b'"900"')) as (url, heads, accepted):
        monkeypatch.setenv("http_proxy", url.removesuffix("/api"))
        found = await sent("http://gateway.invalid/api", times=2, engine=engine)
    with answering(reply()) as (url, _, clean):
        monkeypatch.setenv("http_proxy", url.removesuffix("/api"))
        await sent("http://gateway.invalid/api", times=2, engine=engine)

    assert [100, 100] == found
    assert (2, 2) == (len(heads), len(accepted))
    assert 1 == len(clean)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + reply(),
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + reply(),
        reply(RECEIPT, b"X-Long: " + b"a" * 60_000),
        reply(RECEIPT, b"X-Latin: \xe4"),
        reply(gzip.compress(RECEIPT), b"Content-Encoding: gzip"),
        reply(zlib.compress(RECEIPT), b"Content-Encoding: deflate"),
        reply(RECEIPT, b"Content-Encoding: identity"),
        chunked(RECEIPT),
        chunked(gzip.compress(RECEIPT)).replace(b"\r\n", b"\r\nContent-Encoding: GZIP\r\n", 1),
    ],
    ids=["100", "103", "long", "latin", "gzip", "deflate", "identity", "chunked", "both"],
)
async def test_a_reply_in_an_unusual_form_is_read(answer: bytes, engine: Any) -> None:
    """What HTTP allows a server to do beside the plain form comes through, on one connection."""
    with answering(answer) as (url, _, accepted):
        found = await sent(url, times=2, engine=engine)

    assert [100, 100] == found
    assert 1 == len(accepted)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "answer",
    [
        endless(),
        endless(version=b"1.0"),
        reply(version=b"1.0"),
        reply(RECEIPT, b"Connection: close"),
    ],
    ids=["no length", "1.0", "1.0 with length", "close"],
)
async def test_a_reply_that_ends_with_its_connection_is_read(answer: bytes, engine: Any) -> None:
    """A closed connection ends a reply without a length, and is not used again."""
    with answering(answer, close=True) as (url, heads, accepted):
        found = await sent(url, times=2, engine=engine)

    assert [100, 100] == found
    assert (2, 2) == (len(heads), len(accepted))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "answer",
    [
        reply()[:-1],
        endless(RECEIPT[:-1]),
        chunked(RECEIPT, end=b""),
        chunked(RECEIPT[:-1], end=b""),
        reply(gzip.compress(RECEIPT)[:-1], b"Content-Encoding: gzip"),
        reply(RECEIPT, b"Content-Encoding: gzip"),
        reply(RECEIPT, b"Content-Encoding: br"),
        reply(RECEIPT, b"Content-Length: 5"),
        reply(RECEIPT, b"X-Long: " + b"a" * 200_000),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"SSH-2.0-Server\r\n\r\n",
        b"",
    ],
    ids=[
        "cut",
        "cut without length",
        "last chunk missing",
        "chunk cut",
        "gzip cut",
        "no gzip",
        "br",
        "two lengths",
        "endless header",
        "101",
        "204",
        "no HTTP",
        "nothing",
    ],
)
async def test_a_damaged_reply_to_a_send_proves_nothing(answer: bytes, engine: Any) -> None:
    """A reply that is not whole says neither that a message was accepted nor that it was not."""
    with answering(answer, close=True) as (url, heads, _):
        found = await sent(url, engine=engine)

    assert [Outcome.UNKNOWN] == found
    assert 1 == len(heads)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_refusal_before_the_body_was_read_is_a_refusal(engine: Any) -> None:
    """A server that answers 413 and closes is believed."""
    early = reply(b"too large", b"Connection: close", status=b"413 Payload Too Large")
    with answering(early, close=True) as (url, _, __):
        assert [Outcome.REJECTED] == await sent(url, engine=engine)


@pytest.mark.parametrize("engine", ENGINES)
async def test_two_headers_of_one_name_are_one(engine: Any) -> None:
    """Repeated headers are joined as HTTP has it, whatever the transport."""
    answer = reply(BALANCE.partition(b"\r\n\r\n")[2], b"X-Seen: a", b"x-seen: b")
    with answering(answer) as (url, _, __):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine) as seven:
            raw = await seven.raw("GET", "/balance")

    assert "a, b" == raw.headers["x-seen"]


async def test_http_2_tells_that_a_request_left_as_well() -> None:
    """Under httpx's other protocol a lost answer is no proof that nothing left."""
    attempt = Attempt((), 1, 1, left=False)

    await attempt.trace("connection.connect_tcp.started", {})
    before = attempt.left
    await attempt.trace("http2.send_request_headers.started", {})

    assert (False, True) == (before, attempt.left)


class Silent(httpx.AsyncHTTPTransport):
    """A transport derived from httpx's that passes on no trace."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply to a request that was made anew."""
        body = await request.aread()
        return await super().handle_async_request(
            httpx.Request(request.method, request.url, headers=request.headers, content=body)
        )


async def test_a_transport_that_forgets_the_trace_proves_nothing() -> None:
    """A message over a derived transport is not sent twice because nobody saw it leave."""
    with answering(b"", close=True) as (url, heads, _):
        async with AsyncSeven(api_key="k", base_url=url, transport=Silent()) as seven:
            with pytest.raises(OutcomeUnknownError):
                await seven.sms.send(TO, "Hi")

    assert 1 == len(heads)


@pytest.mark.parametrize("engine", ENGINES)
async def test_connecting_and_tls_share_one_time_out(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`connect_timeout_s` covers the handshake too: what connecting took is not given again."""
    waited_s = 0.4

    async def look_up(*_: object, **__: object) -> Any:
        await anyio.sleep(waited_s)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", deaf.getsockname())]

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        monkeypatch.setattr(addresses, "getaddrinfo", look_up)
        monkeypatch.setattr("anyio._core._sockets.getaddrinfo", look_up)
        url = f"https://gateway.test:{deaf.getsockname()[1]}/api"
        async with AsyncSeven(
            api_key="k", base_url=url, transport=engine, retry=None, connect_timeout_s=0.6
        ) as seven:
            await seven.warmup()
            begun = anyio.current_time()
            with pytest.raises(NotSentError, match="not connected within"):
                await seven.sms.send(TO, "Hi")
            took_s = anyio.current_time() - begun

    assert took_s < waited_s + 0.5


@pytest.mark.parametrize(
    ("base", "host", "header"),
    [
        ("https://gateway.seven.io", b"gateway.seven.io", b"gateway.seven.io"),
        ("http://127.0.0.1:8080", b"127.0.0.1", b"127.0.0.1:8080"),
        ("http://[::1]:8080", b"::1", b"[::1]:8080"),
        ("http://gätway.example", b"xn--gtway-gra.example", b"xn--gtway-gra.example"),
        ("http://gätway.example:81", b"xn--gtway-gra.example", b"xn--gtway-gra.example:81"),
    ],
)
def test_the_host_header_names_the_host_that_is_called(
    base: str, host: bytes, header: bytes
) -> None:
    """Names, addresses and names with umlauts, each with its port if it has one."""
    origin = Origin.of(base)

    assert (host, (b"Host", header)) == (origin.host, origin.host_header)
