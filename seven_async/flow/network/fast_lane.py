"""The engine `fast`: one connection, on which llhttp reads the replies (the extra `fast`).

In: a request. Out: its reply. I/O: through a link, one write and most often one read a request.
"""

from __future__ import annotations

import ssl
from typing import Final, Self

import anyio

from seven_async.flow.network.body import build_too_large_error, collect
from seven_async.flow.network.lane import Lane
from seven_async.flow.network.link import Link, Unshown, connect_within
from seven_async.flow.network.origin import Origin, split_url
from seven_async.flow.network.reasons import ToldError
from seven_async.flow.network.reply_parser import OversizeError, ReplyParser
from seven_async.flow.request import Headers, RawReply, Request
from seven_async.flow.transport import Attempt
from seven_async.start.first_use import load

_BROKEN: Final = (OSError, ToldError)
_STEP_BYTES: Final = 64 * 1024


class FastLane:
    """One connection, and the attempt that is on it."""

    broken: tuple[type[Exception], ...] = _BROKEN

    def __init__(self, origin: Origin, tls: ssl.SSLContext | None) -> None:
        self.idle_since: float = 0.0
        self._origin = origin
        self._tls = tls
        self._link: Link | None = None
        self._parser = ReplyParser()

    @property
    def is_usable(self) -> bool:
        """True if another request may go this way; asks the socket, so only before use."""
        link = self._link
        return link is not None and self._parser.is_clean and link.is_quiet

    def address(self, cause: BaseException) -> str | None:  # noqa: ARG002 - other engines ask it
        """Return None: the other side is always the gateway itself."""
        return None

    async def carry(self, request: Request, attempt: Attempt) -> RawReply:
        """Send a request and return its reply, read to its end."""
        link, left_s = self._link, attempt.timeout_s
        if link is None:
            begun_s = anyio.current_time()
            link = self._link = await connect_within(self._origin, self._tls, attempt)
            left_s -= anyio.current_time() - begun_s
        parser = self._parser
        parser.begin(request.method, attempt.max_reply_bytes)
        with link.limit(left_s):
            try:
                # Nowhere in a variable: an error report that shows variables would show all of it.
                await link.send(Unshown(self._bytes_of(request, attempt)), attempt)
                while not parser.feed(await link.receive()):
                    pass
            except OversizeError:
                raise build_too_large_error(attempt.max_reply_bytes, request.row.line) from None
        body = parser.body
        coding = parser.headers.get("content-encoding")
        if coding is not None:
            with anyio.fail_after(attempt.timeout_s):
                pieces, line = _Slices(body), request.row.line
                body = await collect(pieces, coding, attempt.max_reply_bytes, line)
        if not (parser.is_clean and link.is_drained):
            await self.aclose()
        return RawReply(status=parser.status, headers=parser.headers, body=body)

    def _bytes_of(self, request: Request, attempt: Attempt) -> bytes:
        """Return the request as it goes over the wire, in one piece."""
        body, method, headers = request.body, request.method, attempt.headers
        lines = self._origin.write_once(headers, lambda: self._write_headers(headers))
        begin = f"{method} {split_url(request.url)[1]} HTTP/1.1\r\n"
        if not begin.isascii() or begin.count("\n") > 1 or begin.count(" ") > 2:
            raise ToldError("the path has a character that none can carry")
        if body or method not in ("GET", "DELETE"):
            return f"{begin}{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
        return f"{begin}{lines}\r\n".encode()

    def _write_headers(self, headers: Headers) -> str:
        """Return headers as they go over the wire; what would begin another one never leaves."""
        lines = [b": ".join(self._origin.host_header).decode("ascii")]
        lines += [f"{name}: {value}" for name, value in headers]
        # Options and tokens are checked before; this is the last door.
        if not all(line.isascii() and line.isprintable() for line in lines):
            raise ToldError("a header has a character that none can carry")
        return "\r\n".join([*lines, ""])

    async def aclose(self) -> None:
        """Close the connection, whatever else is being cancelled."""
        if self._link is not None:
            with anyio.CancelScope(shield=True):
                await self._link.aclose()


class _Slices:
    """A body in pieces, which are unpacked one by one."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._begin = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        begin = self._begin
        if begin >= len(self._body):
            raise StopAsyncIteration
        self._begin += _STEP_BYTES
        return self._body[begin : self._begin]


def open_lane(origin: Origin, proxy: str | None, tls: ssl.SSLContext | None) -> Lane:
    """Return a lane to an origin. Through a proxy httpcore leads, which knows how to tunnel."""
    if proxy is not None:
        lane: Lane = load("seven_async.flow.network.core_lane:open_lane")(origin, proxy, tls)
        return lane
    return FastLane(origin, tls)
