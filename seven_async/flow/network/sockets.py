"""The socket under httpcore: it knows the moment from which a request may have arrived.

In: bytes that httpcore wants to write or read. Out: the same, on a link of our own. Two things
differ from httpcore's own: the pieces of a request leave in one write, and there is no time-out for
each read and write, since one around the whole attempt does the same for less.
"""

from __future__ import annotations

from typing import Any, Protocol

import httpcore

from seven_async.flow.network.link import Link, Unshown
from seven_async.flow.transport import Attempt


class Carrying(Protocol):
    """What holds the attempt whose bytes are on their way."""

    attempt: Attempt


class Wire(httpcore.AsyncNetworkStream):
    """One open connection. What is written waits until the answer is read."""

    def __init__(self, link: Link, carrying: Carrying) -> None:
        self._link = link
        self._carrying = carrying
        self._unsent = bytearray()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109, ARG002
        """Send what waits, then receive; nothing at the end of the connection."""
        if self._unsent:
            # Nowhere in a variable: an error report that shows variables would show all of it.
            await self._link.send(Unshown(self._unsent), self._carrying.attempt)
            self._unsent.clear()
        return await self._link.receive()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002
        """Keep the piece for the one write before the next read."""
        self._unsent += buffer

    async def aclose(self) -> None:
        """Close the socket."""
        await self._link.aclose()

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks for: whether something arrived on an idle socket, or it was closed."""
        return not self._link.is_quiet if info == "is_readable" else None
