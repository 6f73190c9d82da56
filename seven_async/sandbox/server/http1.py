"""HTTP/1.1 by h11: requests out of a byte stream, answers as bytes; no I/O."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import Final

import h11

from seven_async.sandbox.core.access import IncomingRequest
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


class BodyBudget:
    """How many bytes the unfinished bodies of all connections may still take."""

    def __init__(self, left: int = UNFINISHED_BODIES) -> None:
        self.left = left


class HttpStream:
    """One connection's side of HTTP: `next` and `encode` take turns, a request and its answer.

    h11 reads one request and is then replaced: it checks the head of each answer, too, but the
    result of that is kept (`_encode_head`), since most answers have the head of the one before.
    """

    def __init__(self, budget: BodyBudget, client: str = "") -> None:
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._budget = budget
        self._client = client
        self._request: IncomingRequest | None = None
        self._body = bytearray()
        self._has_input = False
        self._is_last = False

    def feed(self, received: bytes) -> None:
        """Add what was received."""
        self._h11.receive_data(received)
        self._has_input = True

    def next(self) -> IncomingRequest | None:
        """Return the next complete request, None while there is none; raises BadRequestError."""
        if not self._has_input:
            return None
        try:
            while True:
                event = self._h11.next_event()
                if isinstance(event, h11.Request):
                    self._request = self._read_head(event)
                elif isinstance(event, h11.Data):
                    self._add(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    return self._complete()
                else:
                    return None
        except h11.RemoteProtocolError as error:
            # Not h11's own text, which quotes what came: that may be a key.
            raise BadRequestError("this is not HTTP/1.1", error.error_status_hint) from None

    def _read_head(self, event: h11.Request) -> IncomingRequest:
        if event.http_version not in _VERSIONS:
            raise BadRequestError("the version is not HTTP/1.1", 505)
        # Of repeated headers the last counts. Raw, since iterating over `Headers` itself is slow.
        lines = event.headers.raw_items()
        headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in lines}
        # h11 lets only digits through. More than fits is refused before it is sent.
        if int(headers.get("content-length", "0")) > LARGEST_BODY:
            raise BadRequestError("the body is too large", 413)
        url = event.target.decode("ascii")
        if url.startswith("/"):
            url = f"http://{headers.get('host', 'localhost')}{url}"
        return IncomingRequest(event.method.decode("ascii"), url, headers, b"", self._client)

    def _add(self, received: bytes) -> None:
        if len(self._body) + len(received) > LARGEST_BODY:
            raise BadRequestError("the body is too large", 413)
        if len(received) > self._budget.left:
            raise BadRequestError("too many unfinished bodies", 503)
        self._budget.left -= len(received)
        self._body += received

    def _complete(self) -> IncomingRequest | None:
        request, self._request = self._request, None
        if request:
            request.body = bytes(self._body)
            state = self._h11.their_state
            # The last question is for requests to switch protocols, which are not granted.
            self._is_last = state is not h11.DONE and (
                state is h11.MUST_CLOSE or "close" in request.headers.get("connection", "").lower()
            )
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
            head, self._is_last = _encode_head(
                answer.status, answer.content_type, len(answer.body), answer.headers, self._is_last
            )
        except h11.LocalProtocolError:
            # Headers of a fault that break HTTP on purpose, such as a second Content-Length.
            self._is_last = True
            return encode_raw(answer)
        return head if is_head or answer.status in _WITHOUT_BODY else head + answer.body

    def encode_refusal(self, error: BadRequestError) -> bytes:
        """Write the last answer of a connection that sent what is no request."""
        self.drop_body()
        return encode_raw(text_answer(str(error), error.status))

    def start_next(self) -> bool:
        """Get ready for another request; return False where the connection has to close."""
        if self._is_last:
            return False
        received, _ = self._h11.trailing_data
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        self._has_input = bool(received)
        if received:
            self._h11.receive_data(received)
        return True


@lru_cache(maxsize=256)
def _encode_head(
    status: int, content_type: str, length: int, headers: tuple[tuple[str, str], ...], is_last: bool
) -> tuple[bytes, bool]:
    """Write the head of an answer, and tell whether the connection closes after it.

    Raises:
        h11.LocalProtocolError: the headers break HTTP.
    """
    lines = _headers(content_type, length, headers)
    if is_last:
        lines.append((b"Connection", b"close"))
    reason = _REASONS.get(status, b"Unknown")
    response = h11.Response(status_code=status, headers=lines, reason=reason)
    head = h11.Connection(h11.SERVER).send(response) or b""
    # Read from what was written: a header of a fault can ask for it, and h11 itself can.
    return head, b"\r\nconnection: close" in head.lower()


def _headers(
    content_type: str, length: int, more: tuple[tuple[str, str], ...]
) -> list[tuple[bytes, bytes]]:
    named = [("Content-Type", content_type), ("Content-Length", str(length)), *more]
    return [(_latin(name), _latin(value)) for name, value in named]


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def encode_raw(answer: Answer) -> bytes:
    """Write an answer past h11, for what breaks HTTP on purpose; the connection closes after it."""
    lines = [
        b"HTTP/1.1 %d %s" % (answer.status, _REASONS.get(answer.status, b"Unknown")),
        *(
            b"%s: %s" % header
            for header in _headers(answer.content_type, len(answer.body), answer.headers)
        ),
        b"Connection: close",
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + answer.body
