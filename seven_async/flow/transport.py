"""The one place where requests leave: a Protocol, and the adapters that keep it.

In: a `Request` with its final headers. Out: a `RawReply`, or a `TransportError` that says whether
the request left. All network I/O of the package happens here and in `connections`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias, cast, runtime_checkable

import anyio
import attrs

from seven_async.errors import (
    ConfigurationError,
    MalformedReplyError,
    NotSentError,
    TransportError,
)
from seven_async.flow.network.body import MOST_BYTES, abandon, build_too_large_error, collect
from seven_async.flow.network.reasons import address_of, reason_of
from seven_async.flow.request import Headers, RawReply, Request
from seven_async.masking import without_numbers

if TYPE_CHECKING:
    import ssl

    import httpx
    import httpx2

# After the protocol's name: `http11.` or `http2.`, which httpx speaks if it is asked to.
DEPARTED: Final = ".send_request_headers.started"


@attrs.define(eq=False)
class Attempt:
    """One try of one request: its headers and bounds, and whether bytes of it may have left.

    `left` is None while nobody can tell (a foreign transport that does not trace).
    """

    headers: Headers = attrs.field(repr=False)
    timeout_s: float
    connect_timeout_s: float
    left: bool | None = None
    max_reply_bytes: int = MOST_BYTES

    async def trace(self, name: str, step: Mapping[str, Any]) -> None:
        """Called by httpcore at each step; from the first header byte on a request may arrive."""
        if not name.endswith(DEPARTED):
            return
        # A proxy's CONNECT carries nothing of the request yet.
        if getattr(step.get("request"), "method", b"") != b"CONNECT":
            self.left = True


@runtime_checkable
class Transport(Protocol):
    """What carries a request to the gateway and its reply back.

    `send` reads the whole reply, sets `attempt.left` as soon as bytes may have left, and raises
    `NotSentError` or `TransportError`. It may be called by many tasks at once.
    """

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """Send a request and return its reply."""
        ...

    async def aclose(self) -> None:
        """Release all connections."""
        ...


def build_transport_error(
    request: Request, attempt: Attempt, cause: BaseException, address: str | None = None
) -> TransportError:
    """Build the error for an exchange that failed, by whether the request may have left.

    `address` is the other side, if that is not the gateway itself.
    """
    address = address or address_of(request.url)
    line, reason = request.row.line, reason_of(cause)
    if attempt.left is False:
        return NotSentError(
            f"{line}: not sent, no connection to {address}: {reason}", address=address
        )
    return TransportError(
        f"{line}: the exchange with {address} broke off: {reason}", address=address
    )


def build_time_out_error(request: Request, attempt: Attempt) -> TransportError:
    """Build the error for an attempt that took longer than `timeout_s`."""
    # Rounded: the rest of a deadline has so many digits that it would be masked as a number.
    seconds = f"{round(attempt.timeout_s, 3):g} s"
    address = address_of(request.url)
    line = request.row.line
    if attempt.left is False:
        return NotSentError(
            f"{line}: not sent, no connection to {address} within {seconds}", address=address
        )
    return TransportError(
        f"{line}: no complete answer from {address} in {seconds}", address=address
    )


_Answer: TypeAlias = Callable[..., Awaitable[tuple[int, dict[str, str], bytes]]]

# The successor of httpx has the same classes under the same names. Neither is imported here:
# a caller that hands over an object has imported its library.
_LIBRARIES: Final = ("httpx", "httpx2")


def _library_of(carrier: object) -> Any:
    """Find the HTTP library of a transport or client; None for anything else."""
    for name in _LIBRARIES:
        library: Any = sys.modules.get(name)
        kinds = () if library is None else (library.AsyncBaseTransport, library.AsyncClient)
        if isinstance(carrier, kinds):
            return library
    return None


class HttpxTransport:
    """An `AsyncBaseTransport` of httpx or httpx2, or an `AsyncClient` with hooks and mounts."""

    def __init__(self, carrier: HttpxLike, library: Any) -> None:
        self._carrier: Any = carrier
        self._library = library
        self._request = _quiet(library.Request)
        # The sandbox in this process answers without a request or response of the library's, and
        # keeps the time-out itself.
        self._answer: _Answer | None = getattr(carrier, "answer_directly", None)
        self._is_client = isinstance(carrier, library.AsyncClient)

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """Carry a request; the library's exceptions become ours by a table."""
        library = self._library
        # Of the library's own it is known that it traces; what is derived from it may forget to.
        if type(self._carrier) is library.AsyncHTTPTransport:
            attempt.left = False
        try:
            if self._answer is not None:
                return await self._ask(self._answer, request, attempt)
            with anyio.fail_after(attempt.timeout_s):
                return await self._exchange(request, attempt)
        except TimeoutError:
            raise build_time_out_error(request, attempt) from None
        except library.HTTPStatusError as error:
            # A hook of the client's that calls `raise_for_status`: there is an answer, then.
            return self._read_closed(error.response)
        except library.HTTPError as error:
            if attempt.left is None and isinstance(error, _never_left(library)):
                attempt.left = False
            failure = build_transport_error(request, attempt, error)
            # It has the key among its headers, and an error may be kept or pickled.
            _forget_request(error)
            raise failure from error

    async def _ask(self, answer: _Answer, request: Request, attempt: Attempt) -> RawReply:
        status, headers, body = await answer(
            request.method,
            request.url,
            {name.lower(): value for name, value in attempt.headers},
            request.body,
            _extensions(attempt),
        )
        if len(body) > attempt.max_reply_bytes:
            raise build_too_large_error(attempt.max_reply_bytes, request.row.line)
        return RawReply(status=status, headers=headers, body=body)

    async def _exchange(self, request: Request, attempt: Attempt) -> RawReply:
        # Nowhere in a variable: an error report that shows variables would show all of it.
        if self._is_client:
            response = await self._carrier.send(
                self._build_httpx_request(request, attempt), stream=True, follow_redirects=False
            )
        else:
            response = await self._carrier.handle_async_request(
                self._build_httpx_request(request, attempt)
            )
        try:
            body = await self._body(response, request.row.line, attempt.max_reply_bytes)
        finally:
            with anyio.CancelScope(shield=True):
                await response.aclose()
        return RawReply(status=response.status_code, headers=response.headers, body=body)

    def _build_httpx_request(self, request: Request, attempt: Attempt) -> Any:
        return self._request(
            request.method,
            request.url,
            headers=list(attempt.headers),
            content=request.body or None,
            extensions=_extensions(attempt),
        )

    async def _body(self, response: Any, line: str, most_bytes: int) -> bytes:
        """Read the body up to its bound, unpacked here, since the library would do it unbounded."""
        try:
            # Read already: by a hook, or made of bytes by a transport of tests.
            whole: bytes = response.content
        except self._library.ResponseNotRead:
            pieces = response.aiter_raw()
            coding = response.headers.get("content-encoding", "")
            try:
                return await collect(pieces, coding, most_bytes, line)
            except (MalformedReplyError, anyio.get_cancelled_exc_class()):
                errors = (OSError, self._library.HTTPError, self._library.StreamError)
                with anyio.CancelScope(shield=True):
                    await abandon(pieces, response.aclose, errors)
                raise
        if len(whole) > most_bytes:
            raise build_too_large_error(most_bytes, line)
        return whole

    async def aclose(self) -> None:
        """Close a transport that was handed over; an `AsyncClient` stays its owner's."""
        if not self._is_client:
            await self._carrier.aclose()

    def _read_closed(self, response: Any) -> RawReply:
        """Give a reply that may have been closed before its body was read: its status counts."""
        try:
            body = response.content
        except self._library.ResponseNotRead:
            body = b""
        return RawReply(status=response.status_code, headers=response.headers, body=body)


def _quiet(request_class: Any) -> Any:
    """Derive a request whose `repr` has no query: a lookup has a number there.

    Frames of a transport hold it, and they may be shown.
    """

    def format_request(request: Any) -> str:
        place = without_numbers(str(request.url).partition("?")[0])
        return f"<Request({request.method!r}, {place!r})>"

    return type("Request", (request_class,), {"__repr__": format_request})


def _forget_request(error: Any) -> None:
    error.request = None


def _extensions(attempt: Attempt) -> dict[str, Any]:
    """Return what transports are told of an attempt besides its request."""
    timeouts = {
        "connect": attempt.connect_timeout_s,
        "pool": attempt.timeout_s,
        "read": attempt.timeout_s,
        "write": attempt.timeout_s,
    }
    return {"trace": attempt.trace, "timeout": timeouts}


def _never_left(library: Any) -> tuple[type[Exception], ...]:
    """Return the exceptions that prove that nothing left, where no trace tells.

    Of the other subclasses of `RequestError` (read, write and close errors, their time-outs,
    protocol and decoding errors) none does; a test holds this list against both libraries.
    """
    return (
        library.ConnectError,
        library.ConnectTimeout,
        library.PoolTimeout,
        library.ProxyError,
        library.UnsupportedProtocol,
        library.LocalProtocolError,
    )


def adapt_transport(carrier: object) -> Transport:
    """Return a transport for what the option `transport` holds."""
    # Asked first: an httpx client has a `send` of another kind.
    library = _library_of(carrier)
    if library is not None:
        return HttpxTransport(cast("HttpxLike", carrier), library)
    if isinstance(carrier, Transport):
        return carrier
    raise ConfigurationError(
        f"transport= takes an AsyncBaseTransport or AsyncClient of httpx or httpx2, "
        f"not {type(carrier).__name__}"
    )


def tls_context() -> ssl.SSLContext:
    """Load the TLS settings that httpx uses, with SSL_CERT_FILE or SSL_CERT_DIR.

    Raises:
        ConfigurationError: What a variable names is missing or cannot be read; the text names both.
    """
    import httpx

    variable = next((name for name in _CERTIFICATES if os.environ.get(name)), None)
    path = os.environ[variable] if variable else "its own certificates (certifi)"
    if variable == "SSL_CERT_DIR" and not any(map(os.path.isdir, path.split(os.pathsep))):
        raise _unusable(variable, path, "there is no such folder")  # OpenSSL would not say so
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # those of OpenSSL, too
        said = getattr(error, "reason", None) or os.strerror(error.errno or 0)
        raise _unusable(variable or "httpx", path, str(said).lower()) from error


_CERTIFICATES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def _unusable(variable: str, path: str, reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"the certificates to check the gateway by cannot be loaded: {variable} names {path} "
        f"({reason}); set it to certificates in PEM form, or unset it",
        verbatim=path,
    )


if TYPE_CHECKING:
    HttpxLike: TypeAlias = (
        httpx.AsyncBaseTransport
        | httpx.AsyncClient
        | httpx2.AsyncBaseTransport
        | httpx2.AsyncClient
    )
    TransportLike: TypeAlias = Transport | HttpxLike
