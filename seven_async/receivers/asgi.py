"""A receiver as an ASGI application. I/O: that of the server and of the handlers."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote

import anyio
from anyio import to_thread

from seven_async.api.replies.receipt import Receipt
from seven_async.api.status import DeliveryState
from seven_async.errors import SevenError
from seven_async.receivers.handlers import AnyHandler
from seven_async.receivers.intake import (
    BUSY_STATUS,
    Accepted,
    ReceivedRequest,
    describe_failure,
    log,
)
from seven_async.receivers.receiver import METHODS, Receiver
from seven_async.webhooks.events import DeliveryReport, Event, RcsStatus, WhatsAppReport
from seven_async.webhooks.parse import to_text
from seven_async.webhooks.tracker import DeliveryTracker

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WebhookApp(Receiver):
    """An ASGI application that verifies webhooks and hands typed events to handlers.

    Handlers may be async or plain functions; plain ones run in a thread.

    Without `inbox` handlers run before the answer. One that raises makes it 500, and the gateway
    comes again. It waits 5 seconds for an answer, so handlers have to be quick.

    With `inbox` the event is on disk before the answer, and handlers run after it. What a crash or
    an error left unfinished is handed out again by `redeliver`, which runs when the server starts;
    call it yourself where the application is mounted in another one. So a handler may get an event
    twice: after a crash, and where several processes start with one inbox.

    Args:
        verifier: What decides which requests are the gateway's.
        inbox: A file for events, or an `Inbox`.
        sinks: What has to be written before the answer, such as a campaign's delivery reports.
        max_body_bytes: The longest body; a longer one is answered with 413.
    """

    _may_await = True

    def _prepare(self) -> None:
        self.tracker: DeliveryTracker = DeliveryTracker()
        self._news = anyio.Event()
        self._ended: list[tuple[Accepted, bool]] = []
        self._is_noting = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or start and stop with the server."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            # A WebSocket: refusing is closing it before it is accepted.
            await send({"type": "websocket.close", "code": 1000})

    async def redeliver(self) -> int:
        """Hand out the events of the inbox that no handler has finished; return how many."""
        waiting = await to_thread.run_sync(self._intake.find_waiting)
        for accepted in waiting:
            await self._handle(accepted)
        return len(waiting)

    async def delivered(
        self, receipt: Receipt, *, timeout_s: float | None = None
    ) -> Mapping[str, DeliveryState]:
        """Wait until each message of a receipt has its final state; return the states by id.

        Only reports that come to this process count. Raises `TimeoutError` after `timeout_s`; what
        is known by then is in `tracker`.

        ```python
        receipt = await seven.sms.send("+491711234567", "Hi")
        states = await app.delivered(receipt, timeout_s=60)
        ```
        """
        ids = [message.id for message in receipt.messages if message.success and message.id]
        with anyio.fail_after(timeout_s):
            while not all(map(self.tracker.is_final, ids)):
                await self._news.wait()
        states = ((each, self.tracker.state(each)) for each in ids)
        return {message_id: state for message_id, state in states if state is not None}

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.redeliver()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in METHODS:
            await _answer(send, 405, "a webhook comes by GET or POST", allow="GET, POST")
            return
        body = await self._read(receive)
        if body is None:
            await _answer(send, 413, f"a webhook has at most {self._max_body_bytes:,} bytes")
            return
        accepted = await self._accept(_request(scope, body))
        if accepted.event is None:
            await _answer(send, accepted.status, accepted.reason)
        elif self._intake.inbox is not None:
            await _answer(send, accepted.status)
            await self._handle(accepted)
        else:
            has_failed = not await self._handle(accepted)
            await _answer(send, 500 if has_failed else accepted.status)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the body; None if it is longer than allowed."""
        parts: list[bytes] = []
        size, has_more = 0, True
        while has_more:
            message = await receive()
            if message["type"] != "http.request":
                break  # the sender went away; half a body has no right signature
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body_bytes:
                return None
            has_more = message.get("more_body", False)
        return b"".join(parts)

    async def _accept(self, request: ReceivedRequest) -> Accepted:
        try:
            if self._intake.is_blocking:
                # Not abandoned when the server cancels: what is being written has to be known.
                with anyio.CancelScope(shield=True):
                    return await to_thread.run_sync(self._intake.accept, request)
            return self._intake.accept(request)
        except SevenError as error:
            log.error("a webhook could not be stored, the gateway comes again: %s", error)
            return Accepted(status=BUSY_STATUS, reason="try again later")

    async def _handle(self, accepted: Accepted) -> bool:
        """Run all handlers of an event; return whether none failed."""
        event, has_failed = accepted.event, False
        if event is None:
            return True
        try:
            for handler in self._handlers.find(event):
                has_failed |= not await _run(handler, event)
        except BaseException:
            # Cancelled: the server stops. The event waits in the inbox, or the gateway repeats it.
            self._intake.finish(accepted, has_failed=True)
            raise
        await self._finish(accepted, has_failed=has_failed)
        self._track(event)
        return not has_failed

    def _track(self, event: Event) -> None:
        if not isinstance(event, (DeliveryReport, RcsStatus, WhatsAppReport)):
            return
        if self.tracker.update(event):
            news, self._news = self._news, anyio.Event()
            news.set()

    async def _finish(self, accepted: Accepted, *, has_failed: bool) -> None:
        """Note what became of the handlers of an event.

        One request writes for all that have finished while it wrote: a thread takes longer to
        start than the database takes to write. Who is cut off loses nothing: the event is handed
        out again.
        """
        if not self._intake.is_blocking:
            self._intake.finish(accepted, has_failed=has_failed)
            return
        if self._intake.inbox is None:
            # The answer waits for it: a nonce that is not noted would let a replay in.
            await to_thread.run_sync(self._intake.finish_all, [(accepted, has_failed)])
            return
        self._ended.append((accepted, has_failed))
        if self._is_noting:
            return
        self._is_noting = True
        try:
            while self._ended:
                ended, self._ended = self._ended, []
                await to_thread.run_sync(self._intake.finish_all, ended)
        finally:
            self._is_noting = False


async def _run(handler: AnyHandler, event: Event) -> bool:
    """Run one handler; return whether it succeeded."""
    try:
        if inspect.iscoroutinefunction(handler):
            await handler(event)
        else:
            outcome = await to_thread.run_sync(handler, event)
            if inspect.isawaitable(outcome):
                await outcome
    except Exception:  # noqa: BLE001 - an application's own code; the other handlers still get it
        log.exception("%s", describe_failure(handler, event))
        return False
    return True


def _request(scope: Scope, body: bytes) -> ReceivedRequest:
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    path = scope.get("raw_path") or quote(scope.get("path", "/")).encode()
    host = next((to_text(value) for name, value in headers if name == b"host"), "")
    query = to_text(scope.get("query_string", b""))
    # Only where the verifier has no `url=`; then the sender's Host header has to be right.
    url = f"{scope.get('scheme', 'http')}://{host}{to_text(path).partition('?')[0]}"
    return ReceivedRequest(
        method=scope["method"],
        url=f"{url}?{query}" if query else url,
        headers=tuple(headers),
        body=body,
    )


async def _answer(send: Send, status: int, reason: str = "", *, allow: str = "") -> None:
    body = reason.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8")] if body else []
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    if allow:
        headers.append((b"allow", allow.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
