"""A connection on asyncio's own transports and protocols, of any event loop that has them.

In: bytes of a request. Out: bytes as they arrived. I/O: through the event loop.

The streams of anyio ask the selector anew with each read, and each time-out is a scope of its own;
here the socket stays registered, one timer of a connection serves all its requests, and requests
that become ready in one turn of the event loop leave together.
"""

from __future__ import annotations

import asyncio
import errno
import math
import socket
import ssl
import threading
from collections import deque
from functools import partial
from types import TracebackType
from typing import Final, Self, cast
from weakref import WeakKeyDictionary

import anyio
from anyio.lowlevel import checkpoint_if_cancelled

from seven_async.flow.network.addresses import connect_first, find_addresses
from seven_async.flow.network.link import MOST_AT_ONCE, BrokenLinkError, Watcher, drop_unsent
from seven_async.flow.transport import Attempt

# So much is received ahead of what is read.
_MOST_PIECES: Final = 4
_MOST_TURNS: Final = 5
# A request waits for at most so many others, so for a millisecond.
_MOST_UNSENT: Final = 8


class _Turn:
    """What all connections of an event loop share."""

    def __init__(self) -> None:
        # Every loop fills a buffer and takes the bytes out again in one go. A thousand buffers
        # would not fit into the processor's caches.
        self.buffer = memoryview(bytearray(MOST_AT_ONCE))
        self._unsent: list[tuple[asyncio.Transport, bytes]] = []

    def send(self, loop: asyncio.AbstractEventLoop, link: LoopLink, payload: bytes) -> None:
        """Send before anything is received again, with what else is ready by then.

        One after the other costs less: where both sides are on one machine, each `send` after a
        pause wakes the other side up, which takes as long as half of a request.
        """
        unsent = self._unsent
        unsent.append((link.transport, payload))
        if len(unsent) == 1:
            loop.call_soon(self._flush)
        elif len(unsent) >= _MOST_UNSENT:
            self._flush()

    def _flush(self) -> None:
        """Send what waits; a transport that was closed meanwhile sends nothing."""
        unsent, self._unsent = self._unsent, []
        for transport, payload in unsent:
            transport.write(payload)


_turns: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Turn]] = WeakKeyDictionary()
_turns_lock: Final = threading.Lock()


def _turn_of(loop: asyncio.AbstractEventLoop) -> _Turn:
    with _turns_lock:
        turn = _turns.get(loop)
        if turn is None:
            turn = _turns[loop] = _Turn()
        return turn


class LoopLink(asyncio.BufferedProtocol):
    """A connection, and the protocol under which asyncio runs it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport
        self._raw: socket.socket | None = None
        self._watcher = Watcher(None)
        self._turn = _turn_of(self._loop)
        self._buffer = self._turn.buffer
        self._pieces: deque[bytes] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._is_closed = False
        self._is_paused = self._is_over = self._is_late = False
        self._failure: Exception | None = None
        self._deadline = math.inf
        self._fires_at = math.inf
        self._timer: asyncio.TimerHandle | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send and receive through a transport from now on; that of TLS comes second."""
        self.transport = cast("asyncio.Transport", transport)
        self._raw = transport.get_extra_info("socket")
        self._watcher = Watcher(self._raw)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where the next bytes go to; `buffer_updated` follows before anything else."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Keep what arrived."""
        self._pieces.append(self._buffer[:nbytes].tobytes())
        self._wake()
        if len(self._pieces) >= _MOST_PIECES and not self._is_paused:
            self.transport.pause_reading()
            self._is_paused = True

    def eof_received(self) -> None:
        """Take down that nothing more will arrive; the transport closes itself then."""
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take down why the connection is over, for whoever reads."""
        self._is_over = True
        self._failure = exc
        self._wake()
        self._is_closed = True

    # What a lane calls.

    @property
    def is_quiet(self) -> bool:
        """True if the other side has neither sent anything nor closed; asks the socket."""
        is_open = not self._is_over and not self.transport.is_closing()
        return is_open and not self._pieces and not self._watcher.is_readable

    @property
    def is_drained(self) -> bool:
        """True if all that was sent has left, and all that was received was read."""
        return not self._pieces and not self.transport.get_write_buffer_size()

    def limit(self, seconds: float) -> Self:
        """Return a context within which `receive` raises TimeoutError after so many seconds.

        A timer that an earlier request has set serves this one: when it fires, it is set anew for
        what is left. Nearly no request so sets a timer.
        """
        self._is_late = False
        self._deadline = deadline = self._loop.time() + seconds
        if deadline < self._fires_at:
            if self._timer is not None:
                self._timer.cancel()
            self._set_timer(deadline)
        return self

    def __enter__(self) -> None:
        """Begin with what `limit` has set."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the limit be over."""
        self._deadline = math.inf

    async def send(self, payload: bytes, attempt: Attempt) -> None:
        """Send bytes of an attempt, which counts as having left from then on."""
        # asyncio tells nothing to a task that does not wait, and what follows does not.
        await checkpoint_if_cancelled()
        if self._is_over:
            raise BrokenLinkError("the connection was closed") from self._failure
        attempt.left = True
        self._turn.send(self._loop, self, payload)

    async def receive(self) -> bytes:
        """Return what arrived; nothing at the end of the connection."""
        pieces = self._pieces
        if not pieces and not self._is_over and not self._is_late:
            await self._wait()
        if self._is_late:
            drop_unsent(self._raw)
            raise TimeoutError
        if pieces:
            piece = pieces.popleft()
            if self._is_paused and not pieces and not self._is_over:
                self.transport.resume_reading()
                self._is_paused = False
            return piece
        if self._failure is not None:
            raise BrokenLinkError from self._failure
        return b""

    async def _wait(self) -> None:
        self._reader = reader = self._loop.create_future()
        try:
            await reader
        except BaseException:
            drop_unsent(self._raw)
            raise
        finally:
            self._reader = None

    async def aclose(self) -> None:
        """Close the connection at once; nobody waits for the other side."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.transport.abort()
        with anyio.CancelScope(shield=True):
            # The loop closes the socket in its next turn, and that of TLS in the one after it.
            for _ in range(_MOST_TURNS):
                if self._is_closed:
                    return
                await asyncio.sleep(0)

    def _wake(self) -> None:
        reader = self._reader
        if reader is not None and not reader.done():
            reader.set_result(None)

    def _set_timer(self, at: float) -> None:
        self._fires_at = at
        self._timer = self._loop.call_at(at, self._look_at_time)

    def _look_at_time(self) -> None:
        """End a read whose time is over, or look again when it is."""
        self._timer, self._fires_at = None, math.inf
        if self._deadline == math.inf:
            return
        if self._deadline > self._loop.time():
            self._set_timer(self._deadline)
        else:
            self._is_late = True
            self._wake()


async def connect(host: str, port: int, tls: ssl.SSLContext | None, timeout_s: float) -> LoopLink:
    """Connect to a host, within a time-out that counts for TLS as well.

    Raises:
        OSError: The host was not found, refused, or did not shake hands in time.
    """
    with anyio.fail_after(timeout_s):
        addresses = await find_addresses(host, port)
        link = await connect_first(addresses, partial(_connect_one, port=port), LoopLink.aclose)
        if tls is not None:
            try:
                await _shake_hands(link, tls, host)
            except BaseException:
                await link.aclose()
                raise
        return link


async def _connect_one(address: str, port: int) -> LoopLink:
    loop = asyncio.get_running_loop()
    _, link = await loop.create_connection(LoopLink, address, port)
    return link


async def _shake_hands(link: LoopLink, tls: ssl.SSLContext, host: str) -> None:
    loop = asyncio.get_running_loop()
    plain = link.transport
    encrypted = await loop.start_tls(plain, link, tls, server_hostname=host)
    if encrypted is None:  # closed meanwhile
        raise ConnectionResetError(errno.ECONNRESET, "closed within the TLS handshake")
    link.connection_made(encrypted)
