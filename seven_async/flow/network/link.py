"""One open connection to a host, and how long reading from it may take.

In: host, port and TLS settings; then bytes. Out: bytes. I/O: sockets, through the event loop.

There are two kinds: `loop_link` on the transports of asyncio, and `stream_link` on the streams of
anyio, for trio. What was received and not read yet is bounded in both.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import ssl
import struct
import sys
from contextlib import AbstractContextManager
from typing import Final, Protocol

from anyio.lowlevel import current_token

from seven_async.flow.network.origin import Origin
from seven_async.flow.network.reasons import ToldError
from seven_async.flow.transport import Attempt
from seven_async.start.first_use import load

MOST_AT_ONCE: Final = 16 * 1024
"""What was received is parsed before other tasks get their turn: it may be thousands of lines."""


class BrokenLinkError(ToldError):
    """A connection broke. What the system said is its cause, where it said something."""


class Unshown(bytes):
    """Bytes with a key in them, as the libraries below see them: their frames may be shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class Link(Protocol):
    """An open connection."""

    @property
    def is_quiet(self) -> bool:
        """True if the other side has neither sent anything nor closed; asks the socket."""
        ...

    @property
    def is_drained(self) -> bool:
        """True if all that was sent has left, and all that was received was read."""
        ...

    def limit(self, seconds: float) -> AbstractContextManager[object]:
        """Return a context within which `receive` raises TimeoutError after so many seconds."""
        ...

    async def send(self, payload: bytes, attempt: Attempt) -> None:
        """Send bytes of an attempt, which counts as having left from then on.

        Raises:
            BrokenLinkError: The connection broke.
        """
        ...

    async def receive(self) -> bytes:
        """Return what arrived, at most `MOST_AT_ONCE` bytes; nothing at the end of the connection.

        Raises:
            BrokenLinkError: The connection broke.
            TimeoutError: The limit was reached.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection at once; drop what has not arrived of a request that was given up.

        That is one during which `send` or `receive` was cancelled, or reached the limit.
        """
        ...


async def connect_within(origin: Origin, tls: ssl.SSLContext | None, attempt: Attempt) -> Link:
    """Connect to an origin within the time-outs of an attempt, which count for TLS as well.

    Raises:
        TimeoutError: The time of the whole attempt is over.
        ToldError: `connect_timeout_s` is over.
        OSError: The host was not found, refused, or did not shake hands.
    """
    is_asyncio = isinstance(current_token().native_token, asyncio.AbstractEventLoop)
    kind = "loop_link" if is_asyncio else "stream_link"
    connect = load(f"seven_async.flow.network.{kind}:connect")
    timeout_s = min(attempt.connect_timeout_s, attempt.timeout_s)
    try:
        link: Link = await connect(origin.host.decode(), origin.port, tls, timeout_s)
    except TimeoutError as error:
        # What the system calls so has a number.
        if error.errno is None and timeout_s == attempt.timeout_s:
            raise
        raise ToldError(f"not connected within {timeout_s:g} s") from error
    return link


# Windows has two short numbers there.
_AT_ONCE: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def drop_unsent(raw: socket.socket | None) -> None:
    """Let the closing of a connection drop what has not arrived, instead of delivering it (RST).

    For a request that its caller has given up: it shall not be carried out later.
    """
    if raw is not None:
        with contextlib.suppress(OSError):  # it is closed
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)


class Watcher:
    """Tells of one socket whether there is something to read; on an idle one that is its end."""

    def __init__(self, raw: socket.socket | None) -> None:
        self._raw = raw
        self._poll: select.poll | None = None
        if raw is not None and hasattr(select, "poll"):  # not on Windows
            self._poll = select.poll()
            self._poll.register(raw, select.POLLIN)

    @property
    def is_readable(self) -> bool:
        """True if reading would not wait, or there is no socket."""
        raw = self._raw
        if raw is None or raw.fileno() < 0:
            return True
        if self._poll is None:
            return bool(select.select([raw], [], [], 0)[0])
        return bool(self._poll.poll(0))
