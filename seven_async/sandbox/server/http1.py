"""HTTP/1.1 requests cut out of a byte stream, and answers written; no I/O.

Small because a sandbox needs little: no upgrade, one request answered at a time.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from attrs import define, field

if TYPE_CHECKING:
    from seven_async.sandbox.core.wire import Answer

LARGEST_HEAD: Final = 64 * 1024
LONGEST_LINE: Final = 1024
"""Of a chunk's size with its extensions."""
LARGEST_BODY: Final = 32 * 1024 * 1024
"""An SMS with files in base64 fits well; anything larger is a mistake."""

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}


class BadRequestError(ValueError):
    """What came is not HTTP/1.1, or larger than allowed."""


@define(eq=False)
class HttpRequest:
    """One complete request. Header names are lower-case; of repeated ones the last counts."""

    method: str
    target: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    keep_alive: bool = True

    @property
    def url(self) -> str:
        """The complete URL as the client meant it, which signatures cover."""
        if not self.target.startswith("/"):
            return self.target
        return f"http://{self.headers.get('host', 'localhost')}{self.target}"


class RequestReader:
    """Collects bytes and gives requests as they become complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: HttpRequest | None = None
        self._length = 0
        self._chunks = bytearray()
        self.expects_continue = False
        """Whether the client waits for `100 Continue` before it sends its body."""

    def feed(self, received: bytes) -> None:
        """Adds what was received."""
        self._buffer += received

    def next(self) -> HttpRequest | None:
        """The next complete request, None while there is none; raises BadRequestError."""
        if self._head is None and not self._read_head():
            return None
        request = self._head
        assert request is not None  # noqa: S101 - _read_head() set it
        body = self._read_chunks() if self._length < 0 else self._read_sized()
        if body is None:
            return None
        request.body = body
        self._head, self.expects_continue = None, False
        return request

    def _read_head(self) -> bool:
        while self._buffer.startswith(b"\r\n"):  # some clients end a body with one
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadRequestError("the head is too large")
            return False
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        self._head = _parse_head(lines)
        self._length = _body_length(self._head.headers)
        expected = self._head.headers.get("expect", "").lower() == "100-continue"
        self.expects_continue = expected and not self._buffer
        return True

    def _read_sized(self) -> bytes | None:
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        return body

    def _read_chunks(self) -> bytes | None:
        """The joined chunks, once the last one is there."""
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = _chunk_size(bytes(self._buffer[:end]))
            if size == 0:
                return self._read_end(end)
            if len(self._chunks) + size > LARGEST_BODY:
                raise BadRequestError("the body is too large")
            after = end + 2 + size + 2
            if len(self._buffer) < after:
                return None
            self._chunks += self._buffer[end + 2 : after - 2]
            del self._buffer[:after]
        if len(self._buffer) > LONGEST_LINE:
            raise BadRequestError("a chunk has no size")
        return None

    def _read_end(self, at: int) -> bytes | None:
        """The whole body, once the trailers have ended, which nobody reads."""
        end = self._buffer.find(b"\r\n\r\n", at)
        if end < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadRequestError("the trailers are too large")
            return None
        body = bytes(self._chunks)
        del self._buffer[: end + 4]
        self._chunks.clear()
        return body


def _parse_head(lines: list[str]) -> HttpRequest:
    try:
        method, target, version = lines[0].split(" ")
    except ValueError:
        raise BadRequestError("the request line has not three parts") from None
    if not version.startswith("HTTP/1."):
        raise BadRequestError("the version is not HTTP/1")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError("a header has no colon")
        headers[name.lower()] = value.strip()
    wish = headers.get("connection", "").lower()
    keep_alive = "close" not in wish and (version != "HTTP/1.0" or "keep-alive" in wish)
    return HttpRequest(method, target, headers, keep_alive=keep_alive)


def _body_length(headers: dict[str, str]) -> int:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return -1
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()) or len(length) > 12:
        raise BadRequestError("Content-Length is no number")
    if int(length) > LARGEST_BODY:
        raise BadRequestError("the body is too large")
    return int(length)


def _chunk_size(line: bytes) -> int:
    try:
        size = int(line.partition(b";")[0], 16)
    except ValueError:
        raise BadRequestError("a chunk has no size") from None
    if size < 0:
        raise BadRequestError("a chunk has no size")
    return size


def written(answer: Answer, *, keep_alive: bool, head_only: bool = False) -> bytes:
    """The answer as bytes for the wire."""
    lines = [
        f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, 'Unknown')}",
        f"Content-Type: {answer.content_type}",
        f"Content-Length: {len(answer.body)}",
        *(f"{name}: {value}" for name, value in answer.headers),
    ]
    if not keep_alive:
        lines.append("Connection: close")
    head = "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n"
    return head if head_only else head + answer.body
