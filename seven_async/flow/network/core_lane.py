"""The default engine: one connection of httpcore, the library below httpx.

In: a request. Out: its reply. I/O: through httpcore, on sockets of our own (`sockets`).

Single connections and no pool of httpcore, because that costs work in proportion to its size with
each request, and can be left unusable by cancelled tasks (httpcore issue 1093).
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterable
from typing import Any, Final, Self, TypeAlias, cast
from urllib.parse import unquote, urlsplit

import anyio
import h11
import httpcore

from seven_async.errors import ConfigurationError, MalformedReplyError
from seven_async.flow.network.body import abandon, collect
from seven_async.flow.network.lane import KEEPALIVE_S, Lane
from seven_async.flow.network.link import Link, connect_within
from seven_async.flow.network.origin import Origin, split_url
from seven_async.flow.network.reasons import ToldError, is_about_tls
from seven_async.flow.network.sockets import Wire
from seven_async.flow.request import Headers, RawReply, Request
from seven_async.flow.transport import Attempt

_BROKEN: Final = (
    OSError,
    ToldError,
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


_Line: TypeAlias = httpcore.AsyncHTTP11Connection | httpcore.AsyncHTTPProxy


class _PlainUrl(httpcore.URL):
    """Where a request goes, of whose origin httpcore need not make an object once more."""

    def __init__(self, origin: httpcore.Origin, target: bytes) -> None:
        self.target = target
        self._origin = origin

    @property
    def origin(self) -> httpcore.Origin:
        """The origin of all requests of a lane."""
        return self._origin


class _Content:
    """The body of a request, in one piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        body, self._body = self._body, b""
        if not body:
            raise StopAsyncIteration
        return body


class _PlainRequest(httpcore.Request):
    """A request whose parts are known to be what httpcore asks for, which it would check anew."""

    def __init__(self, request: Request, place: _PlainUrl, headers: Any) -> None:
        self.method = request.method.encode("ascii")
        self.url = place
        self.headers = headers
        self.stream = _Content(request.body)
        self.extensions = {}


class CoreLane:
    """One connection and the attempt that is on it."""

    broken: tuple[type[Exception], ...] = _BROKEN

    def __init__(self, origin: Origin, proxy: str | None, tls: ssl.SSLContext | None) -> None:
        self.origin = origin
        self.attempt: Attempt
        self._core_origin = httpcore.Origin(origin.scheme, origin.host, origin.port)
        self.idle_since: float = 0.0
        self._tls = tls
        self._line: _Line | None = None
        self._link: Link | None = None
        self._proxied = proxy is not None
        self._proxy_address: str | None = None
        if proxy:
            self._proxy_address, self._line = _open_proxy(proxy, tls)

    async def _connect(self, attempt: Attempt) -> tuple[_Line, Link]:
        link = self._link = await connect_within(self.origin, self._tls, attempt)
        line = httpcore.AsyncHTTP11Connection(self._core_origin, Wire(link, self))
        # One attempt at a time is on a lane, so httpcore's lock is never waited for; but taking it
        # costs a way around the event loop, twice a request. Should the name go, the lock is back.
        line._state_lock = _FREE  # type: ignore[assignment]  # noqa: SLF001 - see above
        self._line = line
        return line, link

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
        line, link, left_s = self._line, self._link, attempt.timeout_s
        if line is None:
            begun_s = anyio.current_time()
            line, link = await self._connect(attempt)
            left_s -= anyio.current_time() - begun_s
        with anyio.fail_after(left_s) if link is None else link.limit(left_s):
            return await self._exchange(line, request, attempt)

    async def _exchange(self, line: _Line, request: Request, attempt: Attempt) -> RawReply:
        self.attempt = attempt
        response = await line.handle_async_request(self._build_core_request(request, attempt))
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
        if not _is_clean(line):
            await self.aclose()
        return RawReply(status=response.status, headers=headers, body=body)

    def _build_core_request(self, request: Request, attempt: Attempt) -> httpcore.Request:
        origin = self.origin
        target = split_url(request.url)[1].encode("ascii")
        has_length = request.body or request.method not in ("GET", "DELETE")
        length = len(request.body) if has_length else None
        if self._proxied:
            url = httpcore.URL(
                scheme=origin.scheme, host=origin.host, port=origin.url_port, target=target
            )
            return httpcore.Request(
                request.method,
                url,
                headers=_pairs_of(origin, attempt.headers, length),
                content=request.body,
                # Other sockets than ours: httpcore's own trace tells when the request left.
                extensions={
                    "timeout": {"connect": attempt.connect_timeout_s},
                    "trace": attempt.trace,
                },
            )
        headers = origin.write_once(
            (attempt.headers, length), lambda: _write_headers(origin, attempt.headers, length)
        )
        return _PlainRequest(request, _PlainUrl(self._core_origin, target), headers)

    async def aclose(self) -> None:
        """Close the connection, whatever else is being cancelled."""
        if self._line is not None:
            with anyio.CancelScope(shield=True):
                await self._line.aclose()


def _pairs_of(origin: Origin, headers: Headers, length: int | None) -> list[tuple[bytes, bytes]]:
    pairs = [origin.host_header]
    pairs += [(name.encode(), value.encode()) for name, value in headers]
    if length is not None:
        pairs.append((b"Content-Length", b"%d" % length))
    return pairs


def _write_headers(origin: Origin, headers: Headers, length: int | None) -> Any:
    """Return headers that h11 has checked and normalized; it takes its own as they are.

    httpcore hands them to h11 unseen. Checking the same ones with each request is the half of what
    h11 does to send one.
    """
    pairs = _pairs_of(origin, headers, length)
    try:
        return h11.Request(method=b"POST", target=b"/", headers=pairs).headers
    except h11.LocalProtocolError as error:
        raise httpcore.LocalProtocolError(str(error)) from error


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
