"""The body of a reply, read to its end or to its bound, whichever comes first.

In: pieces as they arrive, and how they are packed. Out: the unpacked bytes, or a
`MalformedReplyError`. I/O: whatever gives the pieces.

A reply has a bound because a server can send a gigabyte as a megabyte of gzip, or without end.
Other tasks get their turn after each few pieces, also while a packed one is opened.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

from anyio.lowlevel import checkpoint

from seven_async.errors import MalformedReplyError

MOST_BYTES: Final = 32 * 2**20
"""Of a reply, unless `max_reply_bytes` says otherwise."""

# What is unpacked in one step takes about a millisecond.
_STEP_BYTES: Final = 256 * 1024
_PIECES_A_TURN: Final = 16


async def collect(pieces: AsyncIterator[bytes], coding: str, most_bytes: int, line: str) -> bytes:
    """Collect the pieces of a body, unpacked.

    Args:
        pieces: The bytes as they came over the network.
        coding: The header `Content-Encoding`, empty for none.
        most_bytes: How many unpacked bytes there may be.
        line: The request, for errors: `POST /sms`.

    Raises:
        MalformedReplyError: There are more of them, or they are packed in a way that was not asked
            for and cannot be opened.
    """
    decoding = _choose_decoding(coding, line)
    parts: list[bytes] = []
    size = turn = 0
    async for piece in pieces:
        for part in decoding.parts(piece):
            size += len(part)
            if size > most_bytes:
                raise build_too_large_error(most_bytes, line)
            parts.append(part)
            turn += 1
            if turn % _PIECES_A_TURN == 0 or len(part) == _STEP_BYTES:
                await checkpoint()
    decoding.check_end()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def build_too_large_error(most_bytes: int, line: str) -> MalformedReplyError:
    """Build the error for a reply beyond its bound."""
    return MalformedReplyError(
        f"{line}: the reply is larger than {most_bytes / 2**20:g} MiB; ask for less at a time, or "
        f"raise max_reply_bytes",
        field="",  # not None: it would be as large the next time
    )


def _choose_decoding(coding: str, line: str) -> _Plain | _Packed:
    """Choose how pieces are opened, by the header."""
    name = coding.strip().lower()
    if name in ("identity", ""):
        return _Plain()
    if name in ("gzip", "x-gzip", "deflate"):
        return _Packed(line)
    raise MalformedReplyError(f"{line}: the reply is packed as {name[:20]!r}, unasked")


class _Plain:
    """A body as it is."""

    def parts(self, piece: bytes) -> Iterator[bytes]:
        """Give the piece itself."""
        yield piece

    def check_end(self) -> None:
        """Accept any end: HTTP has its own."""


class _Packed:
    """A body that came as gzip or deflate, unasked: some proxies do that."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: reads gzip and zlib headers
        self._has_begun = False

    def parts(self, piece: bytes) -> Iterator[bytes]:
        """Unpack a piece in steps, each of which takes little time and memory."""
        self._has_begun = True
        part = b""
        while (piece or len(part) == _STEP_BYTES) and not self._zlib.eof:
            try:
                part = self._zlib.decompress(piece, _STEP_BYTES)
            except zlib.error:
                raise self._build_damaged_error() from None
            piece = self._zlib.unconsumed_tail
            yield part

    def check_end(self) -> None:
        """Raise where the packed body breaks off."""
        if self._has_begun and not self._zlib.eof:
            raise self._build_damaged_error()

    def _build_damaged_error(self) -> MalformedReplyError:
        return MalformedReplyError(f"{self._line}: the packed reply is damaged, or breaks off")


_MOST_LEFT_OVER: Final = 20_000


async def abandon(
    pieces: AsyncIterator[bytes],
    close: Callable[[], Awaitable[None]],
    errors: tuple[type[Exception], ...],
) -> None:
    """Close a connection in the middle of its reply, and see the iterator of pieces end.

    Left half-way it would be collected as garbage later, which trio warns of. `errors` are what
    reading from a closed connection raises.
    """
    await close()
    for turn in range(_MOST_LEFT_OVER):
        try:
            await anext(pieces)
        except StopAsyncIteration:
            return
        except errors:
            return
        if turn % _PIECES_A_TURN == 0:
            await checkpoint()
