"""The one place where requests leave: a Protocol, and the adapters that keep it.

In: a `Request` with its final headers. Out: a `RawReply`, or a `TransportError` that says whether
the request left. All network I/O of the package happens here and in `connections`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, runtime_checkable

import anyio
import attrs

from seven_async.errors import ConfigurationError, NotSentError, TransportError
from seven_async.flow.request import Headers, RawReply, Request

if TYPE_CHECKING:
    import ssl

    import httpx

# After the protocol's name: `http11.` or `http2.`, which httpx speaks if it is asked to.
DEPARTED: Final = ".send_request_headers.started"


@attrs.define(eq=False)
class Attempt:
    """One try of one request: its headers and time-outs, and whether bytes of it may have left.

    `left` is None while nobody can tell (a foreign transport that does not trace).
    """

    headers: Headers = attrs.field(repr=False)
    timeout_s: float
    connect_timeout_s: float
    left: bool | None = None

    async def trace(self, name: str, step: Mapping[str, Any]) -> None:
        """Called by httpcore at each step; from the first header byte on a request may arrive."""
        if not name.endswith(DEPARTED):
            return
        # A proxy's CONNECT carries nothing of the request yet.
        if getattr(step.get("request"), "method", b"") != b"CONNECT":
            self.left = True


@runtime_checkable
class Transport(Protocol):
    """Whatever carries a request to the gateway and its reply back.

    `send` reads the whole reply, sets `attempt.left` as soon as bytes may have left, and raises
    `NotSentError` or `TransportError`. It may be called by many tasks at once.
    """

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """The reply to a request."""
        ...

    async def aclose(self) -> None:
        """Release all connections."""
        ...


def broken(request: Request, attempt: Attempt, cause: BaseException) -> TransportError:
    """The error for an exchange that failed, by whether the request may have left."""
    reason = type(cause).__name__
    if attempt.left is False:
        return NotSentError(f"{request.row.line}: not sent, no connection ({reason})")
    return TransportError(f"{request.row.line}: the exchange broke off ({reason})")


def timed_out(request: Request, attempt: Attempt) -> TransportError:
    """The error for an attempt that took longer than `timeout_s`."""
    # Rounded: the rest of a deadline has so many digits that it would be masked as a number.
    seconds = f"{round(attempt.timeout_s, 3):g} s"
    if attempt.left is False:
        return NotSentError(f"{request.row.line}: not sent, no connection within {seconds}")
    return TransportError(f"{request.row.line}: no complete answer in {seconds}")


class HttpxTransport:
    """Any `httpx.AsyncBaseTransport`, or an `httpx.AsyncClient` with its hooks and mounts."""

    def __init__(self, carrier: httpx.AsyncBaseTransport | httpx.AsyncClient) -> None:
        self._carrier = carrier

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """The reply to a request; httpx's exceptions become ours by a table."""
        import httpx

        # Of httpx's own it is known that it traces; what is derived from it may forget to.
        if type(self._carrier) is httpx.AsyncHTTPTransport:
            attempt.left = False
        outgoing = httpx.Request(
            request.method,
            request.url,
            headers=list(attempt.headers),
            content=request.body or None,
            extensions={"trace": attempt.trace, "timeout": _timeouts(attempt)},
        )
        try:
            with anyio.fail_after(attempt.timeout_s):
                return await self._exchange(outgoing)
        except TimeoutError:
            raise timed_out(request, attempt) from None
        except httpx.HTTPStatusError as error:
            # A hook of the client's that calls `raise_for_status`: there is an answer, then.
            return _answered(error.response)
        except httpx.HTTPError as error:
            if attempt.left is None and isinstance(error, _never_left()):
                attempt.left = False
            raise broken(request, attempt, error) from error

    async def _exchange(self, outgoing: httpx.Request) -> RawReply:
        import httpx

        if isinstance(self._carrier, httpx.AsyncClient):
            response = await self._carrier.send(outgoing, follow_redirects=False)
            return RawReply(
                status=response.status_code, headers=response.headers, body=response.content
            )
        response = await self._carrier.handle_async_request(outgoing)
        try:
            body = await response.aread()
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        return RawReply(status=response.status_code, headers=response.headers, body=body)

    async def aclose(self) -> None:
        """Close a transport that was handed over; an `AsyncClient` stays its owner's."""
        import httpx

        if not isinstance(self._carrier, httpx.AsyncClient):
            await self._carrier.aclose()


def _answered(response: httpx.Response) -> RawReply:
    """A reply that may have been closed before its body was read; its status still counts."""
    import httpx

    try:
        body = response.content
    except httpx.ResponseNotRead:
        body = b""
    return RawReply(status=response.status_code, headers=response.headers, body=body)


def _timeouts(attempt: Attempt) -> dict[str, float | None]:
    return {
        "connect": attempt.connect_timeout_s,
        "pool": attempt.timeout_s,
        "read": attempt.timeout_s,
        "write": attempt.timeout_s,
    }


def _never_left() -> tuple[type[Exception], ...]:
    """The httpx exceptions that prove that nothing left, where no trace tells.

    Of the other subclasses of `httpx.RequestError` (read, write and close errors, their
    time-outs, protocol and decoding errors) none does; a test holds this list against httpx.
    """
    import httpx

    return (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        httpx.PoolTimeout,
        httpx.ProxyError,
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
    )


def adapted(carrier: object) -> Transport:
    """A transport for whatever the option `transport` holds."""
    import httpx

    # Asked first: an httpx client has a `send` of another kind.
    if isinstance(carrier, (httpx.AsyncBaseTransport, httpx.AsyncClient)):
        return HttpxTransport(carrier)
    if isinstance(carrier, Transport):
        return carrier
    raise ConfigurationError(
        f"transport= takes an httpx.AsyncBaseTransport or httpx.AsyncClient, "
        f"not {type(carrier).__name__}"
    )


def tls_context() -> ssl.SSLContext:
    """The TLS settings that httpx uses, with SSL_CERT_FILE and SSL_CERT_DIR of the environment."""
    import httpx

    return httpx.create_ssl_context()


if TYPE_CHECKING:
    TransportLike: TypeAlias = Transport | httpx.AsyncBaseTransport | httpx.AsyncClient
