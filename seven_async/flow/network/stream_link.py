"""A connection on the streams of anyio, for trio.

In: bytes of a request. Out: bytes as they arrived. I/O: through anyio.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import AbstractContextManager

import anyio
import anyio.abc
from anyio.lowlevel import checkpoint_if_cancelled
from anyio.streams.tls import TLSAttribute, TLSStream

from seven_async.flow.network.link import (
    MOST_AT_ONCE,
    BrokenLinkError,
    Unshown,
    Watcher,
    drop_unsent,
)
from seven_async.flow.transport import Attempt


class StreamLink:
    """A connection on a stream."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream
        raw = stream.extra(anyio.abc.SocketAttribute.raw_socket, None)
        self._raw = raw
        self._watcher = Watcher(raw)
        # Without TLS the socket is asked itself: a stream reads before it waits, which here is
        # always too early, and costs an exception each time.
        self._plain: socket.socket | None = None if isinstance(stream, TLSStream) else raw

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
        await checkpoint_if_cancelled()
        # Set first: bytes may leave even if this is cancelled or fails half-way.
        attempt.left = True
        try:
            if self._plain is not None:
                payload = Unshown(payload[_send_some(self._plain, payload) :])
            if payload:
                await self._stream.send(payload)
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise BrokenLinkError from error
        except BaseException:
            drop_unsent(self._raw)
            raise

    async def receive(self) -> bytes:
        """Return what arrived; nothing at the end of the connection."""
        try:
            if self._plain is not None:
                return await _receive_plain(self._plain)
            return await self._stream.receive(MOST_AT_ONCE)
        except anyio.EndOfStream:
            return b""
        except (OSError, anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise BrokenLinkError from error
        except BaseException:  # cancelled, by the limit as well
            drop_unsent(self._raw)
            raise

    async def aclose(self) -> None:
        """Close the connection at once."""
        await anyio.aclose_forcefully(self._stream)


def _send_some(raw: socket.socket, payload: bytes) -> int:
    """Send what the system takes at once, most often all of it; return how many bytes."""
    try:
        return raw.send(payload)
    except BlockingIOError:
        return 0


async def _receive_plain(raw: socket.socket) -> bytes:
    while True:
        if raw.fileno() < 0:  # closed here
            raise BrokenLinkError
        await anyio.wait_readable(raw)
        try:
            return raw.recv(MOST_AT_ONCE)
        except BlockingIOError:  # woken for nothing
            continue


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
