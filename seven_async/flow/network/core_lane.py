"""The default engine: one connection of httpcore, the library below httpx.

In: a request. Out: its reply. I/O: through httpcore, on sockets of our own (`sockets`).

Single connections and no pool of httpcore, because that costs work in proportion to its size with
each request, and can be left unusable by cancelled tasks (httpcore issue 1093).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable
from typing import Any, Final, cast
from urllib.parse import unquote, urlsplit

import anyio
import httpcore

from seven_async.errors import ConfigurationError, MalformedReplyError
from seven_async.flow.network.body import abandon, collect
from seven_async.flow.network.lane import KEEPALIVE_S, Lane
from seven_async.flow.network.origin import Origin, split_url
from seven_async.flow.network.reasons import is_about_tls
from seven_async.flow.network.sockets import Sockets
from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt

_BROKEN: Final = (
    OSError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


class _Free:
    """A lock that is always free."""

    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *_: object) -> None:
        return None


_FREE: Final = _Free()


class CoreLane:
    """One connection and the attempt that is on it."""

    broken: tuple[type[Exception], ...] = _BROKEN

    def __init__(self, origin: Origin, proxy: str | None, tls: ssl.SSLContext | None) -> None:
        self.origin = origin
        self.attempt: Attempt
        self.idle_since: float = 0.0
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
        with anyio.fail_after(attempt.timeout_s):
            return await self._exchange(request, attempt)

    async def _exchange(self, request: Request, attempt: Attempt) -> RawReply:
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
        target = split_url(request.url)[1].encode("ascii")
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


def open_lane(origin: Origin, proxy: str | None, tls: ssl.SSLContext | None) -> Lane:
    """Return a lane to an origin, through a proxy if there is one."""
    return CoreLane(origin, proxy, tls)
