"""Webhook requests really sent, from threads of their own."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from attrs import frozen

from seven_async.sandbox.core.agenda import HookDelivery
from seven_async.sandbox.webhooks.deliveries import (
    NEVER_REACHED,
    TIMEOUT_S,
    WebAnswer,
    WebRequest,
)

WAITING_MOST: Final = 100_000
"""Requests that wait for one hook; further ones are dropped, so that memory stays bounded."""
ANSWER_KEPT: Final = 4_096
"""Bytes of an answer's body that are read, to be shown."""
PostWebhook = Callable[[WebRequest], int | WebAnswer]
"""Sends a request and returns the answer, or its HTTP status alone: 0 where there was none."""
HookName = tuple[str, int]
"""The account and number of a hook."""


@frozen
class QueuedRequest:
    """A request to send and the delivery it is an attempt of."""

    delivery: HookDelivery
    request: WebRequest
    moment: float
    """When it was due, on the sandbox's clock."""


def post_webhook(request: WebRequest) -> WebAnswer:
    """Send a webhook request; the status is 0 where no answer came within five seconds."""
    parts = urlsplit(request.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            connection.request(request.method, path, request.body or None, request.headers)
            return _read_answer(connection.getresponse())
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: a hook's own header or URL that cannot be sent at all.
        return WebAnswer(NEVER_REACHED, error=type(error).__name__)


def _read_answer(response: http.client.HTTPResponse) -> WebAnswer:
    """Read the status, and of the body what arrives; a body that breaks off changes nothing."""
    try:
        return WebAnswer(response.status, response.read(ANSWER_KEPT))
    except (OSError, http.client.HTTPException) as error:
        return WebAnswer(response.status, error=type(error).__name__)


class WebhookSender:
    """Sends what it is given, in the background, and reports each status.

    The requests to one hook are sent one after the other, so that events arrive in their order; a
    receiver that hangs holds up no other hook. A hook has a thread while requests wait for it.
    """

    def __init__(
        self, report: Callable[[QueuedRequest, WebAnswer], None], post: PostWebhook
    ) -> None:
        self._report = report
        self._post = post
        self._queues: dict[HookName, deque[QueuedRequest]] = {}
        """What waits for each hook, what is being sent included; no hook has an empty one."""
        self._idle = threading.Condition()

    def enqueue(self, queued: QueuedRequest) -> None:
        """Send a request soon."""
        name = (queued.delivery.account, queued.delivery.hook)
        with self._idle:
            queue = self._queues.setdefault(name, deque())
            if len(queue) < WAITING_MOST:
                queue.append(queued)
            is_first = len(queue) == 1
        if is_first:
            thread = threading.Thread(target=self._run, args=(name, queue), daemon=True)
            thread.name = "seven-webhook-sender"
            thread.start()

    def _run(self, name: HookName, queue: deque[QueuedRequest]) -> None:
        try:
            while True:
                # Reported before it counts as done: the report may bring the next attempt.
                answered = self._post(queue[0].request)
                answer = answered if isinstance(answered, WebAnswer) else WebAnswer(answered)
                self._report(queue[0], answer)
                if not self._remove_first(name, queue):
                    return
        finally:
            # A `post_webhook` that raises ends the thread: `wait_idle` must not wait for the rest.
            self._close(name, queue)

    def _remove_first(self, name: HookName, queue: deque[QueuedRequest]) -> bool:
        """Remove the first request; return if others are left, else close under the same lock."""
        with self._idle:
            queue.popleft()
            if not queue:
                self._close(name, queue)
            return bool(queue)

    def _close(self, name: HookName, queue: deque[QueuedRequest]) -> None:
        with self._idle:
            if self._queues.get(name) is queue:
                del self._queues[name]
                self._idle.notify_all()

    def wait_idle(self, timeout_s: float) -> bool:
        """Wait until everything was sent and reported; return False if it was not in time."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._queues, timeout_s)
