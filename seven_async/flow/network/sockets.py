"""The socket under a connection: it knows the moment from which a request may have arrived.

In: bytes that httpcore wants to write or read. Out: the same, on anyio's sockets. Two things differ
from httpcore's own: the pieces of a request leave in one write, and there is no time-out for each
read and write, since one around the whole attempt does the same for less.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable
from typing import Any, Final, Protocol

import anyio
import anyio.abc
import httpcore
from anyio.streams.tls import TLSAttribute, TLSStream

from seven_async.flow.network.link import Unshown
from seven_async.flow.transport import Attempt

# What was received is parsed before other tasks get their turn, and it may be thousands of lines.
_MOST_AT_ONCE: Final = 16 * 1024


class Carrying(Protocol):
    """What holds the attempt whose bytes are on their way."""

    attempt: Attempt


class Wire(httpcore.AsyncNetworkStream):
    """One open connection. What is written waits until the answer is read."""

    def __init__(
        self, stream: anyio.abc.ByteStream, carrying: Carrying, connecting_s: float = 0.0
    ) -> None:
        self._stream = stream
        self._carrying = carrying
        self._connecting_s = connecting_s
        self._unsent = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109, ARG002
        """Send what waits, then receive; nothing at the end of the stream."""
        if self._unsent:
            await self._send()
        try:
            return await self._stream.receive(min(max_bytes, _MOST_AT_ONCE))
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore.ReadError(str(error)) from error

    async def _send(self) -> None:
        # Set first: bytes may leave even if this is cancelled or fails half-way.
        self._carrying.attempt.left = True
        try:
            await self._stream.send(Unshown(self._unsent))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise httpcore.WriteError(str(error)) from error
        self._unsent.clear()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002
        """Keep the piece for the one write before the next read."""
        self._unsent += buffer

    async def aclose(self) -> None:
        """Close the socket."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        """The same connection, encrypted; a handshake that fails or is cancelled closes it."""
        try:
            return await self._wrap_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            # Nobody else holds the socket yet: httpcore forgets what did not connect.
            await anyio.aclose_forcefully(self._stream)
            raise

    async def _wrap_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        timeout: float | None,  # noqa: ASYNC109 - httpcore's signature
    ) -> httpcore.AsyncNetworkStream:
        # One time-out for connecting and this; what is over already is not given again.
        left_s = None if timeout is None else max(0.0, timeout - self._connecting_s)
        try:
            with anyio.fail_after(left_s):
                encrypted = await TLSStream.wrap(
                    self._stream,
                    ssl_context=ssl_context,
                    hostname=server_hostname,
                    standard_compatible=False,
                    server_side=False,
                )
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("TLS handshake") from error
        except (anyio.BrokenResourceError, anyio.EndOfStream, ssl.SSLError) as error:
            raise httpcore.ConnectError(f"TLS handshake: {error}") from error
        return Wire(encrypted, self._carrying)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: the TLS object, and whether an idle socket was closed."""
        if info == "ssl_object":
            return self._stream.extra(TLSAttribute.ssl_object, None)
        if info == "is_readable":
            raw = self._stream.extra(anyio.abc.SocketAttribute.raw_socket, None)
            return _is_readable(raw) or _holds_text(self._stream)
        return None


class Sockets(httpcore.AsyncNetworkBackend):
    """Opens the sockets of one connection."""

    def __init__(self, carrying: Carrying) -> None:
        self._carrying = carrying

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """A connected socket that sends small pieces at once."""
        begun = anyio.current_time()
        try:
            with anyio.fail_after(timeout):
                stream = await anyio.connect_tcp(host, port, local_host=local_address)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(host) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        raw = stream.extra(anyio.abc.SocketAttribute.raw_socket)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Wire(stream, self._carrying, anyio.current_time() - begun)

    async def sleep(self, seconds: float) -> None:
        """Wait; httpcore asks for it between its own retries, which are off."""
        await anyio.sleep(seconds)


def _holds_text(stream: anyio.abc.ByteStream) -> bool:
    """Tell whether a TLS connection holds something to read that has left the socket already."""
    if not isinstance(stream, TLSStream):
        return False
    try:
        stream.extra(TLSAttribute.ssl_object).read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:  # such as the end of the stream
        return True
    return True


def _is_readable(raw: socket.socket | None) -> bool:
    """Tell whether a socket has something to read; on an idle one that is the end of the stream."""
    if raw is None or raw.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([raw], [], [], 0)[0])
    poll = select.poll()
    poll.register(raw, select.POLLIN)
    return bool(poll.poll(0))
