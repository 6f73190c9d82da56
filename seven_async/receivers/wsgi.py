"""A receiver as a WSGI application. I/O: that of the server and of the handlers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import quote

from seven_async.errors import SevenError
from seven_async.receivers.intake import (
    BUSY_STATUS,
    Accepted,
    ReceivedRequest,
    describe_failure,
    log,
)
from seven_async.receivers.receiver import METHODS, Receiver

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], object]


class WebhookWsgiApp(Receiver):
    """A WSGI application that verifies webhooks and hands typed events to handlers.

    The twin of `WebhookApp` for Flask and Django; handlers are plain functions and run before the
    answer, in the server's thread. With `inbox` the event is on disk first, and the answer is
    success even if a handler fails; `redeliver` hands such events out again.

    Args:
        verifier: What decides which requests are the gateway's.
        inbox: A file for events, or an `Inbox`.
        sinks: What has to be written before the answer, such as a campaign's delivery reports.
        max_body_bytes: The longest body; a longer one is answered with 413.
    """

    _may_await = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve a request."""
        status, reason = self._serve(environ)
        phrase = HTTPStatus(status).phrase
        body = reason.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8")] if body else []
        if status != HTTPStatus.NO_CONTENT:
            headers.append(("Content-Length", str(len(body))))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", ", ".join(METHODS)))
        start_response(f"{status} {phrase}", headers)
        return [body]

    def redeliver(self) -> int:
        """Hand out the events of the inbox that no handler has finished; return how many."""
        waiting = self._intake.find_waiting()
        for accepted in waiting:
            self._handle(accepted)
        return len(waiting)

    def _serve(self, environ: Environ) -> tuple[int, str]:
        if environ["REQUEST_METHOD"] not in METHODS:
            return 405, "a webhook comes by GET or POST"
        body = self._read(environ)
        if body is None:
            return 413, f"a webhook has at most {self._max_body_bytes:,} bytes"
        try:
            accepted = self._intake.accept(_request(environ, body))
        except SevenError as error:
            log.error("a webhook could not be stored, the gateway comes again: %s", error)
            return BUSY_STATUS, "try again later"
        if accepted.event is None:
            return accepted.status, accepted.reason
        has_failed = not self._handle(accepted)
        return (500 if has_failed and self._intake.inbox is None else accepted.status), ""

    def _read(self, environ: Environ) -> bytes | None:
        """Return the body; None if it is longer than allowed."""
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not (length.isascii() and length.isdigit()) or int(length) > self._max_body_bytes:
            return None
        body: bytes = environ["wsgi.input"].read(int(length))
        return body

    def _handle(self, accepted: Accepted) -> bool:
        """Run all handlers of an event; return whether none failed."""
        event, has_failed = accepted.event, False
        if event is None:
            return True
        for handler in self._handlers.find(event):
            try:
                handler(event)
            except Exception:  # noqa: BLE001 - an application's own code; the others still get it
                log.exception("%s", describe_failure(handler, event))
                has_failed = True
        self._intake.finish(accepted, has_failed=has_failed)
        return not has_failed


def _request(environ: Environ, body: bytes) -> ReceivedRequest:
    headers = [
        (key.removeprefix("HTTP_").replace("_", "-"), str(value))
        for key, value in environ.items()
        if key.startswith("HTTP_") or key == "CONTENT_TYPE"
    ]
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    # WSGI paths are Latin-1 texts of UTF-8 bytes (PEP 3333).
    path = quote((environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1"))
    query = environ.get("QUERY_STRING", "")
    url = f"{environ.get('wsgi.url_scheme', 'http')}://{host}{path}"
    return ReceivedRequest(
        method=environ["REQUEST_METHOD"],
        url=f"{url}?{query}" if query else url,
        headers=headers,
        body=body,
    )
