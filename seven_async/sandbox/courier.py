"""Webhook requests really sent, from threads of their own."""

from __future__ import annotations

import http.client
import queue
import threading
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from seven_async.sandbox.deliveries import NEVER_REACHED, TIMEOUT_S, Delivery, WebRequest

THREADS: Final = 4
"""Receivers that hang for five seconds must not hold up the others too soon."""
Post = Callable[[WebRequest], int]
"""Sends a request and gives the HTTP status, 0 where there was none."""


@frozen
class Errand:
    """A request to send and the delivery it is an attempt of."""

    delivery: Delivery
    request: WebRequest
    moment: float


def post(request: WebRequest) -> int:
    """The status of a webhook request, 0 where no answer came within five seconds."""
    parts = urlsplit(request.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request(request.method, path, request.body or None, request.headers)
            return connection.getresponse().status
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        # ValueError: a hook's own header or URL that cannot be sent at all.
        return NEVER_REACHED


class Courier:
    """Sends what it is given, in the background, and reports each status."""

    def __init__(self, report: Callable[[Errand, int], None], post: Post) -> None:
        self._report = report
        self._post = post
        self._errands: queue.SimpleQueue[Errand] = queue.SimpleQueue()
        self._open = 0
        self._idle = threading.Condition()
        self._threads: list[threading.Thread] = []

    def take(self, errand: Errand) -> None:
        """Sends a request soon."""
        with self._idle:
            self._open += 1
            if len(self._threads) < THREADS:
                thread = threading.Thread(target=self._run, name="seven-courier", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._errands.put(errand)

    def _run(self) -> None:
        while True:
            errand = self._errands.get()
            status = self._post(errand.request)
            # Reported before it counts as done: the report may bring the next attempt.
            self._report(errand, status)
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until everything taken was sent and reported; whether that came about."""
        with self._idle:
            return self._idle.wait_for(lambda: self._open == 0, timeout_s)
