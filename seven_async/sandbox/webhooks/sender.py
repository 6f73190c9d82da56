"""Webhook requests really sent, from threads of their own."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from seven_async.sandbox.webhooks.deliveries import NEVER_REACHED, TIMEOUT_S, Delivery, WebRequest

WAITING_MOST: Final = 100_000
"""Requests that wait for one hook; further ones are dropped, so that memory stays bounded."""
Post = Callable[[WebRequest], int]
"""Sends a request and gives the HTTP status, 0 where there was none."""
Lane = tuple[str, int]
"""The account and number of a hook."""


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
    """Sends what it is given, in the background, and reports each status.

    The requests to one hook are sent one after the other, so that it hears of things in their
    order; a receiver that hangs holds up nobody else. A hook has a thread while requests wait.
    """

    def __init__(self, report: Callable[[Errand, int], None], post: Post) -> None:
        self._report = report
        self._post = post
        self._lanes: dict[Lane, deque[Errand]] = {}
        """What waits for each hook, what is being sent included; no hook has an empty one."""
        self._idle = threading.Condition()

    def take(self, errand: Errand) -> None:
        """Sends a request soon."""
        name = (errand.delivery.account, errand.delivery.hook)
        with self._idle:
            lane = self._lanes.setdefault(name, deque())
            if len(lane) < WAITING_MOST:
                lane.append(errand)
            is_first = len(lane) == 1
        if is_first:
            thread = threading.Thread(target=self._run, args=(name, lane), daemon=True)
            thread.name = "seven-courier"
            thread.start()

    def _run(self, name: Lane, lane: deque[Errand]) -> None:
        try:
            while True:
                # Reported before it counts as done: the report may bring the next attempt.
                self._report(lane[0], self._post(lane[0].request))
                if not self._is_left(name, lane):
                    return
        finally:
            # A `post_webhook` that raised ends the thread: nobody is to wait for the rest.
            self._close(name, lane)

    def _is_left(self, name: Lane, lane: deque[Errand]) -> bool:
        """Strikes the first errand off; a lane without others is closed under the same lock."""
        with self._idle:
            lane.popleft()
            if not lane:
                self._close(name, lane)
            return bool(lane)

    def _close(self, name: Lane, lane: deque[Errand]) -> None:
        with self._idle:
            if self._lanes.get(name) is lane:
                del self._lanes[name]
                self._idle.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Waits until everything taken was sent and reported; whether that came about."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._lanes, timeout_s)
