"""Connections to the gateway: as many as are in flight, the latest used first.

In: a `Request`. Out: a `RawReply`. Built on single httpcore connections, because a pool costs work
in proportion to its size with each request, and can be left unusable by cancelled tasks
(httpcore issue 1093).

A connection that saw an exception, a cancellation included, is closed and never used again.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import anyio
import attrs
import httpcore

from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt, broken, timed_out

# Below the 5 s after which common servers drop an idle connection, so that a request does not
# meet one that is just being closed.
KEEPALIVE_S = 4.0


class Lane(Protocol):
    """What one connection can do; httpcore's direct and proxied connections both can."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """The head of the reply to a request."""
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...


@attrs.frozen
class Origin:
    """Where a URL's connection goes; the part of a URL that connections are shared by."""

    scheme: str
    host: str
    port: int
    host_header: str

    @classmethod
    def of(cls, url: str) -> Origin:
        """The origin of an absolute URL."""
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname or "", port, parts.netloc.rpartition("@")[2])


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
        self._idle: dict[str, list[Lane]] = {}
        self._origins: dict[str, Origin] = {}

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """The reply to a request over the connection that was used last, or a new one."""
        base, target = _split(request.url)
        attempt.left = False
        lane = self._lane(base)
        done = False
        try:
            with anyio.fail_after(attempt.timeout_s):
                reply = await _exchange(lane, self._origins[base], target, request, attempt)
            done = True
        except TimeoutError:
            raise timed_out(request, attempt) from None
        except (OSError, httpcore.TimeoutException, *_BROKEN) as error:
            raise broken(request, attempt, error) from error
        finally:
            if done:
                self._idle[base].append(lane)
            else:
                await _discard(lane)
        return reply

    def _lane(self, base: str) -> Lane:
        idle = self._idle.setdefault(base, [])
        while idle:
            lane = idle.pop()
            if _is_usable(lane):
                return lane
        if base not in self._origins:
            self._origins[base] = Origin.of(base)
        return self._opened(self._origins[base])

    def _opened(self, origin: Origin) -> Lane:
        proxy = None if proxy_bypass(origin.host) else self._proxies.get(origin.scheme)
        tls = self._context() if origin.scheme == "https" else None
        if proxy:
            return _proxied(proxy, tls)
        return httpcore.AsyncHTTPConnection(
            httpcore.Origin(origin.scheme.encode(), origin.host.encode(), origin.port),
            ssl_context=tls,
            keepalive_expiry=KEEPALIVE_S,
        )

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._tls_context()
        return self._tls

    async def warmup(self) -> None:
        """Load the TLS certificates now (some 20 ms), off the event loop."""
        if self._tls is None:
            self._tls = await anyio.to_thread.run_sync(self._tls_context)

    async def aclose(self) -> None:
        """Close all idle connections; those in use are closed by their requests."""
        lanes = [lane for idle in self._idle.values() for lane in idle]
        self._idle.clear()
        for lane in lanes:
            await _discard(lane)


_BROKEN = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
)


def _split(url: str) -> tuple[str, str]:
    begin = url.index("/", url.index("://") + 3)
    return url[:begin], url[begin:]


def _is_usable(lane: Lane) -> bool:
    if not isinstance(lane, httpcore.AsyncHTTPConnection):
        return True
    return lane.is_idle() and not lane.has_expired()


def _proxied(proxy_url: str, tls: ssl.SSLContext | None) -> Lane:
    parts = urlsplit(proxy_url if "://" in proxy_url else f"http://{proxy_url}")
    auth = (parts.username or "", parts.password or "") if parts.username else None
    return httpcore.AsyncHTTPProxy(
        f"{parts.scheme}://{parts.hostname}:{parts.port or 80}",
        proxy_auth=auth,
        ssl_context=tls,
        max_connections=1,
        keepalive_expiry=KEEPALIVE_S,
    )


async def _discard(lane: Lane) -> None:
    with anyio.CancelScope(shield=True):
        await lane.aclose()


async def _exchange(
    lane: Lane, origin: Origin, target: str, request: Request, attempt: Attempt
) -> RawReply:
    response = await lane.handle_async_request(_outgoing(origin, target, request, attempt))
    body = await response.aread()
    await response.aclose()
    headers = {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }
    return RawReply(status=response.status, headers=headers, body=body)


def _outgoing(origin: Origin, target: str, request: Request, attempt: Attempt) -> httpcore.Request:
    headers = [(b"Host", origin.host_header.encode())]
    headers += [(name.encode(), value.encode()) for name, value in attempt.headers]
    if request.body or request.method not in ("GET", "DELETE"):
        headers.append((b"Content-Length", str(len(request.body)).encode()))
    url = httpcore.URL(
        scheme=origin.scheme.encode(),
        host=origin.host.encode(),
        port=origin.port,
        target=target.encode(),
    )
    return httpcore.Request(
        request.method,
        url,
        headers=headers,
        content=request.body,
        extensions={
            "trace": attempt.trace,
            "timeout": {"connect": attempt.connect_timeout_s},
        },
    )
