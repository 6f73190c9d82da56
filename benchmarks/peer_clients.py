"""The clients that `peers_bench` measures: each sends one message, and decodes what it gets.

In: a URL, and how many requests are in flight. Out: a function that sends one message. A client
that is not installed is left out, and the reason is printed.

Ours gives a typed receipt, the others decoded JSON. `sms77api` has the base URL in its class, and
Twilio's SDK in an object; Vonage's speaks HTTPS only and cannot be pointed at a stub.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
    nullcontext,
)
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode, urlsplit

FORM = {"to": "+491711234567", "text": "Hi", "from": "Acme"}
HEADERS = {"X-Api-Key": "key"}

Send = Callable[[], Awaitable[object]]
SendBlocking = Callable[[], object]


class _BareConnection(asyncio.Protocol):
    """A connection that takes whatever arrives for a reply, without reading it."""

    transport: asyncio.Transport
    answered: asyncio.Future[None]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if data.endswith((b"}", b"0\r\n\r\n")) and not self.answered.done():
            self.answered.set_result(None)


@asynccontextmanager
async def bare_protocol(url: str, in_flight: int) -> AsyncIterator[Send]:
    """No client: the same bytes each time, over an asyncio Protocol. What stub and loop allow."""
    del in_flight
    parts, body = urlsplit(url), urlencode(FORM)
    payload = (
        f"POST {parts.path}/sms HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Api-Key: key\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        f"{body}"
    ).encode()
    loop = asyncio.get_running_loop()
    idle: list[_BareConnection] = []

    async def send() -> object:
        if idle:
            connection = idle.pop()
        else:
            where = parts.hostname, parts.port
            _, connection = await loop.create_connection(_BareConnection, *where)
        connection.answered = loop.create_future()
        connection.transport.write(payload)
        await connection.answered
        idle.append(connection)
        return None

    yield send
    for connection in idle:
        connection.transport.close()


@asynccontextmanager
async def httpx_client(url: str, in_flight: int) -> AsyncIterator[Send]:
    """httpx, with a pool that never queues."""
    import httpx

    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:

        async def send() -> object:
            return (await client.post(f"{url}/sms", data=FORM, headers=HEADERS)).json()

        yield send


@asynccontextmanager
async def httpx2_client(url: str, in_flight: int) -> AsyncIterator[Send]:
    """Its successor."""
    import httpx2

    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with httpx2.AsyncClient(timeout=60, limits=limits) as client:

        async def send() -> object:
            return (await client.post(f"{url}/sms", data=FORM, headers=HEADERS)).json()

        yield send


@asynccontextmanager
async def aiohttp_client(url: str, in_flight: int) -> AsyncIterator[Send]:
    """Aiohttp."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector) as client:

        async def send() -> object:
            async with client.post(f"{url}/sms", data=FORM, headers=HEADERS) as response:
                return await response.json()

        yield send


@asynccontextmanager
async def pyreqwest_client(url: str, in_flight: int) -> AsyncIterator[Send]:
    """pyreqwest, whose work is done by threads of Rust."""
    from pyreqwest.client import ClientBuilder

    async with ClientBuilder().pool_max_idle_per_host(in_flight).build() as client:

        async def send() -> object:
            request = client.post(f"{url}/sms").form(FORM).headers(HEADERS).build()
            return await (await request.send()).json()

        yield send


def _seven(transport: Any) -> Callable[[str, int], AbstractAsyncContextManager[Send]]:
    @asynccontextmanager
    async def client(url: str, in_flight: int) -> AsyncIterator[Send]:
        from seven_async import AsyncSeven

        async with AsyncSeven(
            api_key="key", base_url=url, concurrency=in_flight, transport=transport
        ) as seven:

            async def send() -> object:
                return await seven.sms.send("+491711234567", "Hi", from_="Acme")

            yield send

    return client


def _seven_blocking(transport: Any) -> Callable[[str, int], AbstractContextManager[SendBlocking]]:
    @contextmanager
    def client(url: str, in_flight: int) -> Iterator[SendBlocking]:
        from seven_async import Seven

        with Seven(
            api_key="key", base_url=url, concurrency=in_flight, transport=transport
        ) as seven:
            yield lambda: seven.sms.send("+491711234567", "Hi", from_="Acme")

    return client


@contextmanager
def httpx_blocking(url: str, in_flight: int) -> Iterator[SendBlocking]:
    """httpx.Client, shared by the threads as its documentation says."""
    import httpx

    limits = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    with httpx.Client(timeout=60, limits=limits) as client:
        yield lambda: client.post(f"{url}/sms", data=FORM, headers=HEADERS).json()


@contextmanager
def requests_blocking(url: str, in_flight: int) -> Iterator[SendBlocking]:
    """requests, with one session whose pool is large enough."""
    import requests
    from requests.adapters import HTTPAdapter

    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=in_flight))
        yield lambda: session.post(f"{url}/sms", data=FORM, headers=HEADERS).json()


def sms77api_blocking(url: str, in_flight: int) -> AbstractContextManager[SendBlocking]:
    """The gateway's own Python client; it opens a connection for each call."""
    del in_flight
    from sms77api.Sms77api import Sms77api

    client = Sms77api("key")
    client.baseUrl = url
    return nullcontext(lambda: client.sms("+491711234567", "Hi", {"json": True, "from": "Acme"}))


def twilio_blocking(url: str, in_flight: int) -> AbstractContextManager[SendBlocking]:
    """Twilio's SDK, on its own session of requests."""
    from twilio.http.http_client import TwilioHttpClient
    from twilio.rest import Client

    client = Client("AC0", "token", http_client=TwilioHttpClient(max_retries=None))
    client.api.base_url = url
    del in_flight
    return nullcontext(
        lambda: client.messages.create(to="+491711234567", from_="+491711234568", body="Hi")
    )


class Peer(NamedTuple):
    """One client: its name, how it is opened, its event loop (none for threads), what it needs."""

    name: str
    open: Callable[[str, int], Any]
    loop: str | None
    needs: tuple[str, ...] = ()
    most_in_flight: int = 1000


PEERS = (
    Peer("bare protocol", bare_protocol, "asyncio"),
    Peer("seven, fast", _seven("fast"), "asyncio", ("httptools",)),
    Peer("seven", _seven(None), "asyncio"),
    Peer("aiohttp", aiohttp_client, "asyncio", ("aiohttp",)),
    Peer("pyreqwest", pyreqwest_client, "asyncio", ("pyreqwest",)),
    # Its pool works in proportion to its size with each request: a thousand would take minutes.
    Peer("httpx", httpx_client, "asyncio", ("httpx",), 256),
    Peer("httpx2", httpx2_client, "asyncio", ("httpx2",)),
    Peer("seven, fast, uvloop", _seven("fast"), "uvloop", ("httptools", "uvloop")),
    Peer("aiohttp, uvloop", aiohttp_client, "uvloop", ("aiohttp", "uvloop")),
    Peer("pyreqwest, uvloop", pyreqwest_client, "uvloop", ("pyreqwest", "uvloop")),
    Peer("seven, fast, trio", _seven("fast"), "trio", ("httptools", "trio")),
    Peer("seven, trio", _seven(None), "trio", ("trio",)),
    Peer("Seven, fast", _seven_blocking("fast"), None, ("httptools",)),
    Peer("Seven", _seven_blocking(None), None),
    Peer("httpx.Client", httpx_blocking, None, ("httpx",)),
    Peer("requests", requests_blocking, None, ("requests",)),
    Peer("sms77api", sms77api_blocking, None, ("sms77api",)),
    Peer("twilio", twilio_blocking, None, ("twilio",)),
)
