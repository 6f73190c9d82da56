"""One reply of HTTP/1.1 after the other, from the bytes of a connection, read by llhttp.

In: pieces of bytes as they arrive. Out: status, headers and body, and whether the connection may be
used again. No I/O.

llhttp is the parser of Node.js, which the package httptools brings to Python. It reads strictly: a
reply with two lengths, bare line feeds or folded headers is refused. The end of the headers and of
a body with a length is found here, so that not a byte beyond them goes unnoticed: what follows a
reply would be read as the answer to the next request, before that has even left.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from seven_async.flow.network.reasons import ToldError

# As httpcore has it: more than a sane server or proxy sends.
MOST_HEAD_BYTES: Final = 100 * 1024
_HEAD_END: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
# A packed body can be a little larger than what is in it.
_PACKING_BYTES: Final = 64 * 1024


class BrokenReplyError(ToldError):
    """A reply is no HTTP, or ended too early. The text says which, without a byte of it."""


class OversizeError(Exception):
    """A reply has more bytes than it may have."""


class _Part(Enum):
    """What the next bytes belong to."""

    HEAD = auto()
    LENGTH = auto()
    CHUNKS = auto()
    END = auto()
    """The body ends with the connection."""


_NAMES: Final[dict[bytes, str]] = {}
_MOST_NAMES: Final = 256


def _name_of(raw: bytes) -> str:
    """Return a header's name in lower case; kept, since gateways always send the same ones."""
    name = _NAMES.get(raw)
    if name is None:
        name = raw.decode("latin-1").lower()
        if len(_NAMES) < _MOST_NAMES:
            _NAMES[raw] = name
    return name


class ReplyParser:
    """Reads the replies of one connection, one at a time."""

    status: int
    headers: dict[str, str]
    """By names in lower case; values of the same name are joined by commas."""

    def __init__(self) -> None:
        self._llhttp = HttpResponseParser(self)
        self._held = bytearray()
        self._tail = b""
        self.begin("GET", 0)

    def begin(self, method: str, most_bytes: int) -> None:
        """Prepare for the reply to a request, of at most so many bytes, packed or not."""
        self.status = 0
        self.headers = {}
        self.is_clean: bool = True
        """False once the connection may not be used again."""
        self._part = _Part.HEAD
        self._is_head_request = method == "HEAD"
        self._most_bytes = most_bytes
        self._left = 0
        self._first = b""
        self._more: bytearray | None = None
        self._is_whole = self._keeps_alive = False

    @property
    def body(self) -> bytes:
        """The body as it came."""
        return self._first if self._more is None else bytes(self._more)

    def feed(self, piece: bytes) -> bool:
        """Read what arrived, nothing for the end of the connection; True once the reply is whole.

        Raises:
            BrokenReplyError: It is no HTTP, or breaks off.
            OversizeError: It is too large.
        """
        if not piece:
            return self._end()
        if self._part is not _Part.HEAD:
            return self._feed_body(piece)
        while (rest := self._feed_head(piece)) is not None:
            if not 100 <= self.status < 200:
                return self._feed_rest(rest)
            # Another reply follows, and this one says nothing.
            self.headers = {}
            self._is_whole = False
            self.status = 0
            piece = rest
        return False

    def _feed_head(self, piece: bytes) -> bytes | None:
        """Read headers to their end, and return what came behind them; None if more is to come."""
        held = self._held
        if held:
            begin = max(0, len(held) - 3)
            held += piece
            end = held.find(_HEAD_END, begin) + 4
        else:
            end = piece.find(_HEAD_END) + 4
        if (end if end > 3 else len(held) or len(piece)) > MOST_HEAD_BYTES:
            raise BrokenReplyError("the headers of its reply have no end")
        if end <= 3:
            if not held:
                held += piece
            return None
        if held:
            piece = bytes(held)
            held.clear()
        self._parse(piece[:end])
        if not self.status:
            raise BrokenReplyError("its reply is no HTTP")
        return piece[end:]

    def _feed_rest(self, rest: bytes) -> bool:
        """Read what came behind the headers."""
        self._choose_part()
        if self._is_whole or self._is_head_request:
            self._is_whole = True
            # Of a reply to HEAD llhttp still expects the body.
            self.is_clean = self._keeps_alive and not rest and not self._is_head_request
            return True
        return self._feed_body(rest) if rest else False

    def _choose_part(self) -> None:
        coding = self.headers.get("transfer-encoding")
        length = self.headers.get("content-length")
        if coding is not None:
            if coding.strip().lower() != "chunked":
                raise BrokenReplyError("its reply has a transfer coding that was not asked for")
            self._part = _Part.CHUNKS
            self._tail = b""
        elif length is not None:
            self._part = _Part.LENGTH
            self._left = int(length)  # llhttp has seen that it is one number
            self._check_size(self._left)
        else:
            self._part = _Part.END

    def _feed_body(self, piece: bytes) -> bool:
        if self._part is _Part.LENGTH:
            excess = len(piece) > self._left
            if excess:
                piece = piece[: self._left]
            self._left -= len(piece)
            self._parse(piece)
            if self._left:
                return False
            self.is_clean = self._is_whole and self._keeps_alive and not excess
            return True
        if self._part is _Part.CHUNKS:
            self._parse(piece)
            self._tail = (self._tail + piece[-5:])[-5:]
            # Line ends behind the last chunk are skipped by llhttp; anything else is an error, or
            # begins a reply. With trailers the last five bytes are others, which costs no more than
            # a new connection.
            self.is_clean = self._keeps_alive and self._tail == _LAST_CHUNK
            return self._is_whole
        self.on_body(piece)
        return False

    def _end(self) -> bool:
        self.is_clean = False
        if self._part is _Part.END:
            return True
        raise BrokenReplyError(
            "the connection was closed within its reply"
            if self._part is not _Part.HEAD or self._held
            else "the connection was closed without a reply"
        )

    def _parse(self, piece: bytes) -> None:
        try:
            self._llhttp.feed_data(piece)
        except HttpParserUpgrade:
            raise BrokenReplyError("its reply changes to another protocol") from None
        except HttpParserError as error:
            # The callbacks' own exceptions come wrapped.
            if isinstance(error.__context__, (OversizeError, BrokenReplyError)):
                raise error.__context__ from None
            raise BrokenReplyError("its reply is no HTTP") from None

    def _check_size(self, size: int) -> None:
        most = self._most_bytes
        if "content-encoding" in self.headers:
            most += most // 1000 + _PACKING_BYTES
        if size > most:
            raise OversizeError

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """Notice what begins where a reply should have ended."""
        if self._is_whole:
            raise BrokenReplyError("more came than its reply")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, but none that follows a body in chunks."""
        if self._part is not _Part.HEAD:
            return
        key, text = _name_of(name), value.decode("latin-1").strip(" \t")
        headers = self.headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """Take down what stands before the headers, and whether the connection stays open."""
        llhttp = self._llhttp
        self.status = llhttp.get_status_code()
        self._keeps_alive = llhttp.should_keep_alive()

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body, in one place: chunks can be as small as a byte."""
        if not self._first:
            self._first = piece
            size = len(piece)
        else:
            if self._more is None:
                self._more = bytearray(self._first)
            self._more += piece
            size = len(self._more)
        if size > self._most_bytes:
            self._check_size(size)

    def on_message_complete(self) -> None:
        """Notice the end of a reply."""
        self._is_whole = True
