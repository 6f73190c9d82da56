"""HTTP/1.1 by h11: requests out of a byte stream, answers as bytes; no I/O."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Final

import h11
from attrs import define, field

from seven_async.sandbox.core.wire import Answer, text_answer

LARGEST_HEAD: Final = 64 * 1024
LARGEST_BODY: Final = 32 * 1024 * 1024
"""An SMS with files in base64 fits well; anything larger is a mistake."""
UNFINISHED_BODIES: Final = 256 * 1024 * 1024
"""Bytes of bodies still arriving, of all connections together: clients cannot fill the memory."""
_REASONS: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_WITHOUT_BODY: Final = (204, 304)
_VERSIONS: Final = (b"1.1", b"1.0")


class BadRequestError(ValueError):
    """What came is not HTTP/1.1, or larger than allowed; `status` is the one to answer."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


@define(eq=False)
class HttpRequest:
    """One complete request. Header names are lower-case; of repeated ones the last counts."""

    method: str
    target: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def url(self) -> str:
        """The complete URL as the client meant it, which signatures cover."""
        if not self.target.startswith("/"):
            return self.target
        return f"http://{self.headers.get('host', 'localhost')}{self.target}"


class BodyBudget:
    """How many bytes the unfinished bodies of all connections may still take."""

    def __init__(self, left: int = UNFINISHED_BODIES) -> None:
        self.left = left


class HttpStream:
    """One connection's side of HTTP: `next` and `encode` take turns, a request and its answer."""

    def __init__(self, budget: BodyBudget) -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._budget = budget
        self._request: HttpRequest | None = None
        self._body = bytearray()

    def feed(self, received: bytes) -> None:
        """Add what was received."""
        self._h11.receive_data(received)

    def next(self) -> HttpRequest | None:
        """Return the next complete request, None while there is none; raises BadRequestError."""
        try:
            while True:
                event = self._h11.next_event()
                if isinstance(event, h11.Request):
                    self._request = _read_head(event)
                elif isinstance(event, h11.Data):
                    self._add(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return self._complete()
                else:
                    return None
        except h11.RemoteProtocolError as error:
            # Not h11's own text, which quotes what came: that may be a key.
            raise BadRequestError("this is not HTTP/1.1", error.error_status_hint) from None

    def _add(self, received: bytes) -> None:
        if len(self._body) + len(received) > LARGEST_BODY:
            raise BadRequestError("the body is too large", 413)
        if len(received) > self._budget.left:
            raise BadRequestError("too many unfinished bodies", 503)
        self._budget.left -= len(received)
        self._body += received

    def _complete(self) -> HttpRequest | None:
        request, self._request = self._request, None
        if request:
            request.body = bytes(self._body)
        self.drop_body()
        return request

    def drop_body(self) -> None:
        """Forget the body so far and give its bytes back to the common budget."""
        self._budget.left += len(self._body)
        self._body.clear()

    def encode_continue(self) -> bytes:
        """Write `100 Continue` where the client waits for it before it sends its body."""
        if not self._h11.they_are_waiting_for_100_continue:
            return b""
        return self._h11.send(h11.InformationalResponse(status_code=100, headers=[])) or b""

    def encode(self, answer: Answer, *, is_head: bool = False) -> bytes:
        """Write an answer; `is_head` says that HEAD asked for it, and leaves the body out."""
        try:
            response = _build_response(answer.status, tuple(_headers(answer)))
        except h11.LocalProtocolError:
            # Headers of a fault that break HTTP on purpose, such as a second Content-Length.
            return encode_raw(answer)
        written = [self._h11.send(response)]
        if not (is_head or answer.status in _WITHOUT_BODY):
            written.append(self._h11.send(h11.Data(data=answer.body)))
        written.append(self._h11.send(h11.EndOfMessage()))
        return b"".join(part for part in written if part)

    def encode_refusal(self, error: BadRequestError) -> bytes:
        """Write the last answer of a connection that sent what is no request."""
        self.drop_body()
        refusal = text_answer(str(error), error.status)
        return encode_raw(refusal)

    def start_next(self) -> bool:
        """Get ready for another request; return False where the connection has to close."""
        # h11 knows what `Connection`, the version and a broken answer mean for that.
        if not self._h11.our_state is self._h11.their_state is h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True


def _read_head(event: h11.Request) -> HttpRequest:
    if event.http_version not in _VERSIONS:
        raise BadRequestError("the version is not HTTP/1.1", 505)
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in event.headers}
    # h11 lets only digits through. More than fits is refused before it is sent.
    if int(headers.get("content-length", "0")) > LARGEST_BODY:
        raise BadRequestError("the body is too large", 413)
    return HttpRequest(event.method.decode("ascii"), event.target.decode("ascii"), headers)


@lru_cache(maxsize=256)
def _build_response(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> h11.Response:
    # Kept, since h11 checks each header again, and most answers have those of the one before.
    reason = _REASONS.get(status, b"Unknown")
    return h11.Response(status_code=status, headers=list(headers), reason=reason)


def _headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    named = [
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.body))),
        *answer.headers,
    ]
    return [(_latin(name), _latin(value)) for name, value in named]


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def encode_raw(answer: Answer) -> bytes:
    """Write an answer past h11, for what breaks HTTP on purpose; the connection closes after it."""
    reason = _REASONS.get(answer.status, b"Unknown")
    lines = [
        b"HTTP/1.1 %d %s" % (answer.status, reason),
        *(b"%s: %s" % header for header in _headers(answer)),
        b"Connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + answer.body
