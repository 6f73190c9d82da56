"""A connection on the streams of anyio, for trio.

In: bytes of a request. Out: bytes as they arrived. I/O: through anyio.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import AbstractContextManager

import anyio
import anyio.abc
from anyio.streams.tls import TLSAttribute, TLSStream

from seven_async.flow.network.link import MOST_AT_ONCE, BrokenLinkError, Watcher
from seven_async.flow.transport import Attempt


class StreamLink:
    """A connection on a stream."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        self._watcher = Watcher(stream.extra(anyio.abc.SocketAttribute.raw_socket, None))

    @property
    def is_quiet(self) -> bool:
        """True if the other side has neither sent anything nor closed; asks the socket."""
        return not self._watcher.is_readable and self.is_drained

    @property
    def is_drained(self) -> bool:
        """True if all that was received was read; what was sent has left when `send` returns."""
        return not (isinstance(self._stream, TLSStream) and _holds_text(self._stream))

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        """Return a context that ends with a TimeoutError after so many seconds."""
        return anyio.fail_after(seconds)

    async def send(self, payload: bytes, attempt: Attempt) -> None:
        """Send bytes of an attempt, which counts as having left from then on."""
        # Set first: bytes may leave even if this is cancelled or fails half-way.
        attempt.left = True
        try:
            await self._stream.send(payload)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise BrokenLinkError from error

    async def receive(self) -> bytes:
        """Return what arrived; nothing at the end of the connection."""
        try:
            return await self._stream.receive(MOST_AT_ONCE)
        except anyio.EndOfStream:
            return b""
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise BrokenLinkError from error

    async def aclose(self) -> None:
        """Close the connection at once."""
        await anyio.aclose_forcefully(self._stream)


def _holds_text(stream: TLSStream) -> bool:
    """Tell whether a TLS connection holds something to read that has left the socket already."""
    try:
        stream.extra(TLSAttribute.ssl_object).read(1)
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:  # such as the end of the stream
        return True
    return True


async def connect(host: str, port: int, tls: ssl.SSLContext | None, timeout_s: float) -> StreamLink:
    """Connect to a host, within a time-out that counts for TLS as well.

    Raises:
        OSError: The host was not found, refused, or did not shake hands in time.
    """
    with anyio.fail_after(timeout_s):
        plain = await anyio.connect_tcp(host, port)
        raw = plain.extra(anyio.abc.SocketAttribute.raw_socket)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return StreamLink(plain if tls is None else await _shake_hands(plain, tls, host))


async def _shake_hands(plain: anyio.abc.SocketStream, tls: ssl.SSLContext, host: str) -> TLSStream:
    """Encrypt a connection; a handshake that fails or is cancelled closes it."""
    try:
        return await TLSStream.wrap(
            plain, ssl_context=tls, hostname=host, standard_compatible=False, server_side=False
        )
    except (anyio.BrokenResourceError, anyio.EndOfStream) as error:
        await anyio.aclose_forcefully(plain)
        raise OSError("the connection broke within the TLS handshake") from error
    except BaseException:
        await anyio.aclose_forcefully(plain)
        raise
