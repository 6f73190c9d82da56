"""Connections to the gateway: as many as are in flight, the latest used first.

In: a `Request`. Out: a `RawReply`. Built on single httpcore connections, because a pool costs work
in proportion to its size with each request, and can be left unusable by cancelled tasks
(httpcore issue 1093). `docs/transport.md` has the numbers.

A connection that saw an exception, a cancellation included, is closed and never used again.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import AsyncIterable, Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import anyio
import attrs
import httpcore

from seven_async.errors import ConfigurationError, MalformedReplyError
from seven_async.flow.beside import run_beside
from seven_async.flow.network.body import abandon, collect
from seven_async.flow.network.proxies import proxy_for
from seven_async.flow.network.reasons import is_about_tls
from seven_async.flow.network.sockets import Sockets
from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt, build_time_out_error, build_transport_error

# Below the 5 s after which common servers drop an idle connection, so that a request does not
# meet one that is just being closed.
KEEPALIVE_S: Final = 4.0

_BROKEN: Final = (
    OSError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@attrs.frozen
class Origin:
    """The part of a URL that connections are shared by, and how requests to it begin."""

    scheme: bytes
    host: bytes
    port: int
    url_port: int | None
    host_header: tuple[bytes, bytes]

    @classmethod
    def of(cls, base: str) -> Origin:
        """The origin of `scheme://host:port`."""
        parts = urlsplit(base)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        named = parts.hostname or ""
        host = named.encode("ascii" if named.isascii() else "idna")
        name = parts.netloc.encode()
        if not named.isascii():
            name = host if parts.port is None else b"%s:%d" % (host, port)
        return cls(parts.scheme.encode(), host, port, parts.port, (b"Host", name))


class _Free:
    """A lock that is always free."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


_FREE: Final = _Free()


class Lane:
    """One connection and the attempt that is on it."""

    def __init__(self, origin: Origin, proxy: str | None, tls: ssl.SSLContext | None) -> None:
        self.origin = origin
        self.attempt: Attempt
        self.idle_since = 0.0
        self._tls = tls
        self._line: httpcore.AsyncHTTP11Connection | httpcore.AsyncHTTPProxy | None = None
        self._proxied = proxy is not None
        self._proxy_address: str | None = None
        if proxy:
            self._proxy_address, self._line = _open_proxy(proxy, tls)

    async def _connect(self, connect_timeout_s: float) -> httpcore.AsyncHTTP11Connection:
        origin, host = self.origin, self.origin.host.decode()
        stream = await Sockets(self).connect_tcp(host, origin.port, connect_timeout_s)
        if self._tls is not None:
            stream = await stream.start_tls(self._tls, host, connect_timeout_s)
        line = httpcore.AsyncHTTP11Connection(
            httpcore.Origin(origin.scheme, origin.host, origin.port),
            stream,
            keepalive_expiry=KEEPALIVE_S,
        )
        # One attempt at a time is on a lane, so httpcore's lock is never waited for; but taking it
        # costs a way around the event loop, twice a request. Should the name go, the lock is back.
        line._state_lock = _FREE  # type: ignore[assignment]  # noqa: SLF001 - see above
        return line

    @property
    def is_usable(self) -> bool:
        """True if another request may go this way; asks the socket, so only before use."""
        line = self._line
        if isinstance(line, httpcore.AsyncHTTP11Connection):
            return line.is_idle() and not line.has_expired()
        return True

    def address(self, cause: BaseException) -> str | None:
        """Return the other side that an exchange failed with; None for the gateway itself."""
        return None if is_about_tls(cause) else self._proxy_address

    async def carry(self, request: Request, attempt: Attempt) -> RawReply:
        """Send a request and return its reply, read to its end."""
        self.attempt = attempt
        if self._line is None:
            self._line = await self._connect(attempt.connect_timeout_s)
        response = await self._line.handle_async_request(self._build_core_request(request, attempt))
        headers = _headers_of(response)
        pieces = cast("AsyncIterable[bytes]", response.stream).__aiter__()
        coding = headers.get("content-encoding", "")
        try:
            body = await collect(pieces, coding, attempt.max_reply_bytes, request.row.line)
        except (MalformedReplyError, anyio.get_cancelled_exc_class()):
            with anyio.CancelScope(shield=True):
                await abandon(pieces, self.aclose, _BROKEN)
            raise
        await response.aclose()
        if not _is_clean(self._line):
            await self.aclose()
        return RawReply(status=response.status, headers=headers, body=body)

    def _build_core_request(self, request: Request, attempt: Attempt) -> httpcore.Request:
        origin = self.origin
        headers = [origin.host_header]
        headers += [(name.encode(), value.encode()) for name, value in attempt.headers]
        if request.body or request.method not in ("GET", "DELETE"):
            headers.append((b"Content-Length", b"%d" % len(request.body)))
        extensions: dict[str, object] = {"timeout": {"connect": attempt.connect_timeout_s}}
        if self._proxied:
            # Other sockets than ours: httpcore's own trace tells when the request left.
            extensions["trace"] = attempt.trace
        target = _split(request.url)[1].encode("ascii")
        url = httpcore.URL(
            scheme=origin.scheme, host=origin.host, port=origin.url_port, target=target
        )
        return httpcore.Request(
            request.method, url, headers=headers, content=request.body, extensions=extensions
        )

    async def aclose(self) -> None:
        """Close the connection, whatever else is being cancelled."""
        if self._line is not None:
            with anyio.CancelScope(shield=True):
                await self._line.aclose()


class Connections:
    """The default transport; see the module's text."""

    def __init__(
        self,
        tls_context: Callable[[], ssl.SSLContext],
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        self._tls_context = tls_context
        self._tls: ssl.SSLContext | None = None
        # Read once: looking at the environment with each request would cost more than the request.
        self._proxies = getproxies() if proxies is None else proxies
        self._idle: dict[str, deque[Lane]] = {}
        self._origins: dict[str, Origin] = {}

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """The reply to a request over the connection that was used last, or a new one."""
        base = _split(request.url)[0]
        attempt.left = False
        idle = self._idle.setdefault(base, deque())
        lane = await self._free(idle) or self._open_lane(base)
        done = False
        try:
            with anyio.fail_after(attempt.timeout_s):
                reply = await lane.carry(request, attempt)
            done = True
        except TimeoutError:
            raise build_time_out_error(request, attempt) from None
        except _BROKEN as error:
            raise build_transport_error(request, attempt, error, lane.address(error)) from error
        finally:
            if not done:
                await lane.aclose()
        await self._park(base, lane, idle)
        return reply

    async def _free(self, idle: deque[Lane]) -> Lane | None:
        while idle:
            lane = idle.pop()
            if lane.is_usable:
                return lane
            await lane.aclose()
        return None

    async def _park(self, base: str, lane: Lane, idle: deque[Lane]) -> None:
        """Keep the connection for the next request, and close the one idle for longest if it is."""
        if self._idle.get(base) is not idle:  # closed meanwhile
            await lane.aclose()
            return
        lane.idle_since = time.monotonic()
        idle.append(lane)
        if lane.idle_since - idle[0].idle_since > KEEPALIVE_S:
            await idle.popleft().aclose()

    def _open_lane(self, base: str) -> Lane:
        origin = self._origins.get(base)
        if origin is None:
            origin = self._origins[base] = Origin.of(base)
        host, scheme = origin.host.decode(), origin.scheme.decode()
        proxy = proxy_for(scheme, host, origin.port, self._proxies)
        return Lane(origin, proxy, self._context() if scheme == "https" else None)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._tls_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    async def warmup(self) -> None:
        """Load the TLS certificates now (some 20 ms), off the event loop."""
        if self._tls is None:
            await run_beside(self._context)

    @property
    def open_count(self) -> int:
        """The number of connections kept for later requests."""
        return sum(len(idle) for idle in self._idle.values())

    async def aclose(self) -> None:
        """Close all idle connections; those in use are closed by their requests."""
        lanes = [lane for idle in self._idle.values() for lane in idle]
        self._idle.clear()
        for lane in lanes:
            await lane.aclose()


def _is_clean(line: object) -> bool:
    """Tell whether nothing was received beyond the end of the reply.

    What is left over would be read as the answer to the next request, before that has even left.
    httpcore keeps it without a word, and tells of it by no public name; if the one used here goes,
    no connection counts as clean, and none is used twice (a test sees that).
    """
    if isinstance(line, httpcore.AsyncHTTPProxy):
        return all(_is_clean(connection) for connection in line.connections)
    inner: Any = line
    while inner is not None:
        parser = getattr(inner, "_h11_state", None)
        if parser is not None:
            return not parser.trailing_data[0]
        inner = getattr(inner, "_connection", None)
    return False


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    """Return headers by names in lower case; values of the same name are joined by commas."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _split(url: str) -> tuple[str, str]:
    begin = url.index("/", url.index("://") + 3)
    return url[:begin], url[begin:]


def _open_proxy(proxy_url: str, tls: ssl.SSLContext | None) -> tuple[str, httpcore.AsyncHTTPProxy]:
    """Return an HTTP proxy's host and port, and a pool of one connection through it.

    httpcore knows how to tunnel.
    """
    parts = urlsplit(proxy_url if "://" in proxy_url else f"http://{proxy_url}")
    if parts.scheme not in ("http", "https"):
        raise ConfigurationError(
            f"the environment asks for a {parts.scheme} proxy; HTTP proxies are supported, for "
            f"others pass transport=httpx.AsyncHTTPTransport(proxy=…)"
        )
    auth = None
    if parts.username:
        auth = (unquote(parts.username), unquote(parts.password or ""))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    line = httpcore.AsyncHTTPProxy(
        f"{parts.scheme}://{parts.hostname}:{port}",
        proxy_auth=auth,
        ssl_context=tls,
        max_connections=1,
        keepalive_expiry=KEEPALIVE_S,
    )
    return f"the proxy {parts.hostname}:{port}", line
