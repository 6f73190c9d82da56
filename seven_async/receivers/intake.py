"""What happens to a request before it is answered; the same for ASGI and WSGI.

In: method, URL, headers and body. Out: a status to answer with, and the event for the handlers.
I/O: that of sinks, inbox and nonce store; it may block.

The order is the promise: verify → sinks → inbox with nonce → answer. A crash on the way leaves the
nonce open, and the gateway comes again; so sinks have to bear the same event twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final, Protocol

import attrs

from seven_async.errors import ConfigurationError
from seven_async.receivers.group_commit import GroupCommit
from seven_async.receivers.inbox import Inbox, InboxNonces, StoredWebhook
from seven_async.webhooks.errors import WebhookError
from seven_async.webhooks.events import Event
from seven_async.webhooks.nonces import MemoryNonceStore
from seven_async.webhooks.parse import Headers, content_type_of, parse_event
from seven_async.webhooks.verifier import VerifiedWebhook, WebhookVerifier

log: Final = logging.getLogger("seven_async.receivers")

BUSY_STATUS: Final = 503
"""The gateway comes again after it (webhooks.md section 1)."""


class EventSink(Protocol):
    """Where events go before the gateway is answered: a campaign's journal, a list of opt-outs.

    The same event may come twice, after a crash. Raising means that the gateway has to come again.
    """

    def store(self, event: Event) -> None:
        """Write down what the event means."""
        ...


@attrs.frozen(kw_only=True)
class ReceivedRequest:
    """A request as a server hands it over."""

    method: str
    url: str = attrs.field(repr=False)
    headers: Sequence[tuple[str | bytes, str | bytes]] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Accepted:
    """What to answer, and what the handlers get; no event for what was refused."""

    status: int
    reason: str = ""
    event: Event | None = None
    webhook: VerifiedWebhook | None = None
    stored_id: int | None = None


class Intake:
    """Takes requests in, from any number of threads."""

    def __init__(
        self, verifier: WebhookVerifier, inbox: Inbox | None, sinks: Sequence[EventSink]
    ) -> None:
        if not isinstance(verifier, WebhookVerifier):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ConfigurationError(
                "a receiver takes a WebhookVerifier: what is not verified is no event"
            )
        self.inbox = inbox
        self._sinks = tuple(sinks)
        self._verifier = verifier if inbox is None else verifier.with_nonces(InboxNonces(inbox))
        self._now = self._verifier.now
        self._lock = threading.Lock()
        self._in_work: set[str] = set()
        self._arrived = GroupCommit(self._write_down)

    @property
    def is_blocking(self) -> bool:
        """True if taking a request in waits for a disk or another machine."""
        is_memory = isinstance(self._verifier.nonces, MemoryNonceStore)
        return self.inbox is not None or bool(self._sinks) or not is_memory

    def accept(self, request: ReceivedRequest) -> Accepted:
        """Verify a request and write down what has to be on disk before the answer."""
        try:
            webhook = self._verifier.begin(
                request.method, request.url, request.headers, request.body
            )
        except WebhookError as error:
            return Accepted(status=error.http_status, reason=str(error))
        if not self._take(webhook.nonce):
            return Accepted(status=BUSY_STATUS, reason="the same webhook is being handled")
        try:
            return self._store(request, webhook)
        except BaseException:
            self.release(webhook)
            raise

    def _store(self, request: ReceivedRequest, webhook: VerifiedWebhook) -> Accepted:
        for sink in self._sinks:
            sink.store(webhook.event)
        stored_id = None
        if self.inbox is not None:
            stored_id = self._arrived.write(_to_stored(request, webhook, self._verifier))
            self.release(webhook)
            if stored_id is None:
                return Accepted(status=200, reason="this webhook was accepted before")
        return Accepted(status=204, event=webhook.event, webhook=webhook, stored_id=stored_id)

    def finish(self, accepted: Accepted, *, has_failed: bool) -> None:
        """Note what became of the handlers of an event."""
        self.finish_all([(accepted, has_failed)])

    def finish_all(self, ended: Sequence[tuple[Accepted, bool]]) -> None:
        """Note for several events whether their handlers failed."""
        handled = [
            accepted.stored_id
            for accepted, has_failed in ended
            if accepted.stored_id is not None and not has_failed
        ]
        if handled and self.inbox is not None:
            self.inbox.finish(handled, now_s=self._now())
        for accepted, has_failed in ended:
            if accepted.stored_id is None:
                self._finish_unstored(accepted, has_failed=has_failed)
            elif has_failed and self.inbox is not None:
                self.inbox.fail(accepted.stored_id)

    def _finish_unstored(self, accepted: Accepted, *, has_failed: bool) -> None:
        if accepted.webhook is not None:
            if not has_failed:
                self._verifier.finish(accepted.webhook)
            self.release(accepted.webhook)

    def find_waiting(self) -> list[Accepted]:
        """Return the events of the inbox that no handler has finished."""
        stored = [] if self.inbox is None else self.inbox.find_waiting()
        return [_reopen(webhook) for webhook in stored]

    def release(self, webhook: VerifiedWebhook) -> None:
        """Let the same request in again."""
        with self._lock:
            self._in_work.discard(webhook.nonce)

    def _take(self, nonce: str) -> bool:
        with self._lock:
            if nonce in self._in_work:
                return False
            self._in_work.add(nonce)
            return True

    def _write_down(self, webhooks: Sequence[StoredWebhook]) -> Sequence[int | None]:
        assert self.inbox is not None, "without an inbox nothing is written"  # noqa: S101
        return self.inbox.add(webhooks, now_s=self._now())


def _to_stored(
    request: ReceivedRequest, webhook: VerifiedWebhook, verifier: WebhookVerifier
) -> StoredWebhook:
    return StoredWebhook(
        method=request.method,
        content_type=content_type_of(request.headers),
        query=verifier.query_of_event(request.url),
        body=request.body,
        nonce=webhook.nonce,
        expires_at=verifier.expires_at(webhook),
    )


def _reopen(stored: StoredWebhook) -> Accepted:
    headers: Headers = [("content-type", stored.content_type)]
    event = parse_event(method=stored.method, headers=headers, query=stored.query, body=stored.body)
    return Accepted(status=204, event=event, stored_id=stored.id)


def describe_failure(handler: Any, event: Event) -> str:
    """Return a line for the log, without what the event holds."""
    name = getattr(handler, "__qualname__", type(handler).__name__)
    return f"the handler {name} failed for a {type(event).__name__}"
