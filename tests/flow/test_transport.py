"""Connections: reuse, expiry, proxies, foreign transports, and what proves that nothing left."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import anyio
import httpx
import httpx2
import pytest

from seven_async import (
    AsyncSeven,
    ConfigurationError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitError,
    TransportError,
)
from seven_async.flow.network import connections
from seven_async.flow.network.connections import Connections
from seven_async.flow.network.core_lane import open_lane
from seven_async.flow.transport import tls_context
from seven_async.sandbox import Sandbox
from tests.flow.skipping_clock import SkippingClock
from tests.flow.test_fault_matrix import ENGINES, deaf
from tests.waiting import until

LIBRARIES = [httpx, httpx2]

BALANCE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 33\r\n\r\n"
    b'{"amount": 44.6,"currency":"EUR"}'
)


@contextmanager
def answering(
    answer: bytes, *, close: bool = False
) -> Iterator[tuple[str, list[bytes], list[int]]]:
    """A server that gives every request these bytes; its URL, the heads it saw, its connections."""
    heads: list[bytes] = []
    accepted: list[int] = []

    def talk(connection: socket.socket) -> None:
        with connection:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    head += piece
                heads.append(head)
                connection.sendall(answer)
                if close:
                    return

    def accept() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            accepted.append(1)
            thread = threading.Thread(target=talk, args=(connection,))
            thread.start()
            talking.append(thread)

    talking: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/api", heads, accepted
        finally:
            server.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in talking:
                thread.join()


async def end_of_idle(seven: AsyncSeven) -> None:
    """Return when the server has closed the connection that is kept."""
    transport = seven._engine.transport
    assert isinstance(transport, connections.Connections)
    lanes = [lane for idle in transport._idle.values() for lane in idle]
    await until(lambda: not any(lane.is_usable for lane in lanes))


def kept(seven: AsyncSeven) -> int:
    """The connections that a client keeps open."""
    transport = seven._engine.transport
    assert isinstance(transport, Connections)
    return transport.open_count


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_connection_is_used_again(engine: Any) -> None:
    """Calls one after the other share one connection."""
    with answering(BALANCE) as (url, heads, accepted):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine) as seven:
            for _ in range(5):
                await seven.balance.get()
            open_at_the_end = kept(seven)

    assert 5 == len(heads)
    assert [1] * 5 == [head.count(b"GET /api/balance ") for head in heads]
    assert 1 == len(accepted)
    assert 1 == open_at_the_end


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_connection_that_the_server_closed_is_not_used(engine: Any) -> None:
    """A send does not end unknown because the server closed an idle connection before it."""
    with answering(BALANCE, close=True) as (url, _, accepted):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine, retry=None) as seven:
            for _ in range(3):
                await seven.balance.get()
                await end_of_idle(seven)

    assert 3 == len(accepted)


@pytest.mark.parametrize("engine", ENGINES)
async def test_an_idle_connection_expires(monkeypatch: pytest.MonkeyPatch, engine: Any) -> None:
    """After the keep-alive time a new connection is opened, and old ones are closed."""
    monkeypatch.setattr(connections, "KEEPALIVE_S", 0.01)
    with answering(BALANCE) as (url, _, accepted):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine) as seven:
            await seven.balance.get()
            await anyio.sleep(0.05)
            await seven.balance.get()
            open_at_the_end = kept(seven)

    assert 2 == len(accepted)
    assert 1 == open_at_the_end


@pytest.mark.parametrize("engine", ENGINES)
async def test_the_connections_of_a_burst_are_closed_by_later_calls(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """Each call closes one connection that has been idle too long: none is kept for ever."""
    monkeypatch.setattr(connections, "KEEPALIVE_S", 0.05)
    sandbox = Sandbox(latency_s=0.02)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport=engine
        ) as seven:
            async with anyio.create_task_group() as tasks:
                for _ in range(20):
                    tasks.start_soon(seven.balance.get)
            after_the_burst = kept(seven)
            await anyio.sleep(0.1)
            for _ in range(20):
                await seven.balance.get()
            open_at_the_end = kept(seven)

    assert after_the_burst > 2
    assert open_at_the_end <= 2


@pytest.mark.parametrize("engine", ENGINES)
async def test_steady_calls_close_what_a_burst_left(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """Where one connection stays in use, the others do not stay open beside it for ever."""
    monkeypatch.setattr(connections, "KEEPALIVE_S", 0.1)
    sandbox = Sandbox(latency_s=0.02)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport=engine
        ) as seven:
            async with anyio.create_task_group() as tasks:
                for _ in range(6):
                    tasks.start_soon(seven.balance.get)
            after_the_burst = kept(seven)
            for _ in range(15):
                await seven.balance.get()
            open_at_the_end = kept(seven)

    assert after_the_burst > 1
    assert 1 == open_at_the_end


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_call_that_outlives_the_closing_keeps_no_connection(engine: Any) -> None:
    """What is in use while the connections are closed is closed by its own call."""
    sandbox = Sandbox()
    slow = sandbox.fault("GET /balance", delay_s=0.2)
    with sandbox.serve() as server:
        seven = AsyncSeven(api_key=sandbox.api_key, base_url=server.url, transport=engine)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(seven.balance.get)
            await until(lambda: slow.calls)
            await seven._engine.aclose(waits=False)

    assert 0 == kept(seven)


async def test_a_transport_whose_trace_was_seen_is_believed_over_its_exception() -> None:
    """A request that left and then met a “connect error” below a foreign transport is unknown."""

    class Repeating(httpx.AsyncBaseTransport):
        """Loses the answer, and cannot connect again."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            """Never an answer."""
            await request.extensions["trace"]("http11.send_request_headers.started", {})
            raise httpx.ConnectError("the second time")

    async with AsyncSeven(api_key="k", transport=Repeating()) as seven:
        with pytest.raises(OutcomeUnknownError):
            await seven.sms.send("+491711234567", "Hi")


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_cancelled_connection_is_thrown_away(engine: Any) -> None:
    """A reply that comes after its call was cancelled cannot be taken for another call's."""
    sandbox = Sandbox()
    slow = sandbox.fault("GET /pricing", delay_s=0.1)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport=engine
        ) as seven:
            await seven.balance.get()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(partial(seven.pricing.get, country="DE"))
                await until(lambda: slow.calls)
                tasks.cancel_scope.cancel()
            open_after_cancelling = kept(seven)
            balance = await seven.balance.get()

    assert 0 == open_after_cancelling
    assert 1_000_000 == balance.amount


@pytest.mark.parametrize("engine", ENGINES)
async def test_requests_go_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """HTTP_PROXY is obeyed, with its user and password, as other HTTP clients do."""
    with answering(BALANCE) as (url, heads, _):
        proxy = url.replace("http://", "http://ada:pass@").removesuffix("/api")
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with AsyncSeven(
            api_key="k", base_url="http://gateway.invalid/api", transport=engine
        ) as seven:
            balance = await seven.balance.get()

    assert heads[0].startswith(b"GET http://gateway.invalid/api/balance HTTP/1.1")
    assert b"Proxy-Authorization: Basic YWRhOnBhc3M=" in heads[0]
    assert "44.6" == str(balance.amount)


@pytest.mark.parametrize("engine", ENGINES)
async def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch, engine: Any) -> None:
    """Hosts in NO_PROXY are reached directly."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with answering(BALANCE) as (url, _, accepted):
        async with AsyncSeven(api_key="k", base_url=url, transport=engine) as seven:
            await seven.balance.get()

    assert 1 == len(accepted)


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_proxy_that_refuses_the_tunnel_proves_that_nothing_left(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """A CONNECT that fails carries nothing of the message: sending again is safe."""
    refusal = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
    with answering(refusal, close=True) as (url, _, __):
        monkeypatch.setenv("https_proxy", url.removesuffix("/api"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        async with AsyncSeven(
            api_key="k", base_url="https://gateway.invalid/api", retry=None, transport=engine
        ) as seven:
            with pytest.raises(NotSentError):
                await seven.sms.send("+491711234567", "Hi")


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_proxy_of_another_kind_is_named(
    monkeypatch: pytest.MonkeyPatch, engine: Any
) -> None:
    """A SOCKS proxy is not passed by silently; the error says what to do."""
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with AsyncSeven(
        api_key="k", base_url="http://gateway.invalid/api", transport=engine
    ) as seven:
        with pytest.raises(ConfigurationError, match="transport="):
            await seven.balance.get()


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_httpx_client_keeps_its_hooks(library: Any) -> None:
    """An `AsyncClient` as transport is used with its event hooks, and left open."""
    hooked = []

    async def ask(request: Any) -> None:
        hooked.append(str(request.url))

    async def answer(response: Any) -> None:
        await response.aread()
        hooked.append(response.json()["currency"])

    def gateway(_: Any) -> Any:
        return library.Response(200, json={"amount": 1, "currency": "EUR"})

    client = library.AsyncClient(
        transport=library.MockTransport(gateway),
        event_hooks={"request": [ask], "response": [answer]},
    )
    async with client:
        async with AsyncSeven(api_key="k", transport=client) as seven:
            await seven.balance.get()

        assert ["https://gateway.seven.io/api/balance", "EUR"] == hooked
        assert not client.is_closed


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_hook_that_raises_for_a_status_is_an_answer(library: Any) -> None:
    """There was a reply, whatever a hook of the client's makes of it."""

    async def check(response: Any) -> None:
        response.raise_for_status()

    async with (
        library.AsyncClient(
            transport=library.MockTransport(lambda _: library.Response(429)),
            event_hooks={"response": [check]},
        ) as client,
        AsyncSeven(api_key="k", transport=client, retry=None) as seven,
    ):
        with pytest.raises(RateLimitError):
            await seven.sms.send("+491711234567", "Hi")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", ["transport", "client"])
async def test_an_httpx_carrier_speaks_to_a_gateway(library: Any, kind: str) -> None:
    """Transports and clients of both libraries carry a message, and are closed by their owners."""
    sandbox = Sandbox()
    carrier = library.AsyncHTTPTransport() if kind == "transport" else library.AsyncClient()
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key, base_url=server.url, transport=carrier
        ) as seven:
            receipt = await seven.sms.send("+491711234567", "Hi")
        if kind == "client":
            assert not carrier.is_closed
            await carrier.aclose()

    assert (100, 1) == (receipt.code, len(sandbox.sent("+491711234567")))


def test_httpx2_is_not_loaded_for_nothing() -> None:
    """Whoever has not installed it misses nothing."""
    program = (
        "import sys; from seven_async import Seven; Seven(api_key='k', transport=None);"
        "import seven_async.flow.transport; assert 'httpx2' not in sys.modules"
    )

    assert 0 == subprocess.run([sys.executable, "-c", program], check=False).returncode


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_httpx_transport_tells_by_its_trace_that_nothing_left(library: Any) -> None:
    """The library's own transport with a gateway that is not there: NotSentError."""
    transport = library.AsyncHTTPTransport()
    async with AsyncSeven(
        api_key="k", base_url="http://127.0.0.1:9/api", transport=transport, retry=None
    ) as seven:
        with pytest.raises(NotSentError):
            await seven.sms.send("+491711234567", "Hi")


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_time_out_before_httpx_connected_proves_that_nothing_left(library: Any) -> None:
    """Of httpx's own transport it is known that it traces: without a trace nothing left."""
    with deaf() as stage:
        async with AsyncSeven(
            api_key="k",
            base_url=stage.url,
            transport=library.AsyncHTTPTransport(),
            timeout_s=0.2,
            retry=None,
        ) as seven:
            with pytest.raises(NotSentError):
                await seven.sms.send("+491711234567", "Hi")


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_httpx_transport_tells_by_its_trace_that_a_request_left(library: Any) -> None:
    """Httpx's own transport and a time-out after the request left: unknown."""
    sandbox = Sandbox(latency_s=5)
    with sandbox.serve() as server:
        async with AsyncSeven(
            api_key=sandbox.api_key,
            base_url=server.url,
            transport=library.AsyncHTTPTransport(),
            timeout_s=0.6,
        ) as seven:
            with pytest.raises(OutcomeUnknownError):
                await seven.sms.send("+491711234567", "Hi")


def _subclasses(kind: type[BaseException]) -> set[type[BaseException]]:
    below = set(kind.__subclasses__())
    return below.union(*(_subclasses(one) for one in below))


#: For transports without a trace: what each httpx exception proves. A new one fails the test.
PROVES_NOT_SENT = {
    "ConnectError": True,
    "ConnectTimeout": True,
    "PoolTimeout": True,
    "ProxyError": True,
    "UnsupportedProtocol": True,
    "LocalProtocolError": True,
    "TransportError": False,
    "TimeoutException": False,
    "ReadTimeout": False,
    "WriteTimeout": False,
    "NetworkError": False,
    "ReadError": False,
    "WriteError": False,
    "CloseError": False,
    "ProtocolError": False,
    "RemoteProtocolError": False,
    "DecodingError": False,
    "TooManyRedirects": False,
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", sorted(one.__name__ for one in _subclasses(httpx.RequestError)))
async def test_each_httpx_exception_has_its_row(name: str, library: Any) -> None:
    """Only those that prove that nothing left are NotSentError; the others may have arrived."""

    def fail(_: Any) -> Any:
        raise getattr(library, name)("staged")

    async with AsyncSeven(
        api_key="k",
        transport=library.MockTransport(fail),
        clock=SkippingClock().clock,
    ) as seven:
        with pytest.raises(TransportError) as caught:
            await seven.balance.get()

    assert PROVES_NOT_SENT[name] == isinstance(caught.value, NotSentError)


def test_both_libraries_have_the_same_exceptions() -> None:
    """A row for one is a row for the other; the new one proves nothing, as nothing is streamed."""
    older, newer = (
        {one.__name__ for one in _subclasses(library.RequestError)} for library in LIBRARIES
    )

    assert newer - {"SSEError"} == older


async def test_what_is_no_transport_is_refused_at_once() -> None:
    """The error names what `transport=` takes."""
    with pytest.raises(ConfigurationError, match="AsyncBaseTransport"):
        # What a type checker would refuse, and who has none needs to be told of.
        AsyncSeven(api_key="k", transport=42)  # type: ignore[arg-type]


async def test_one_tls_context_serves_all_connections() -> None:
    """The certificates are loaded once per client, and not at all for plain HTTP."""
    loaded = []

    def load():
        loaded.append(1)
        return tls_context()

    transport = Connections(load, proxies={}, open_lane=open_lane)
    await transport.warmup()
    await transport.warmup()

    assert [1] == loaded
