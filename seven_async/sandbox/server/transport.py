"""The sandbox as an httpx transport: no socket, the same failures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import anyio
import httpx

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.core.wire import Answer, Delivery
from seven_async.sandbox.server.control import Controllable

_BROKEN: Final[dict[Delivery, tuple[type[httpx.TransportError], str]]] = {
    Delivery.DROPPED: (
        httpx.RemoteProtocolError,
        "Server disconnected without sending a response.",
    ),
    Delivery.RESET: (httpx.ReadError, "Connection reset by peer"),
    Delivery.REFUSED: (httpx.ConnectError, "All connection attempts failed"),
}


class SandboxTransport(httpx.AsyncBaseTransport):
    """Answers httpx requests from a sandbox, of any host."""

    def __init__(
        self, sandbox: Controllable, sleep: Callable[[float], Awaitable[object]] | None = None
    ) -> None:
        self._sandbox = sandbox
        self._sleep = sleep or anyio.sleep

    @property
    def gateway_id(self) -> str:
        """The name of the gateway that answers, for clients that keep a record of it."""
        return f"a local gateway (sandbox {self._sandbox.gateway.state.identity})"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, or raise the httpx error that this failure gives on a wire."""
        body = await request.aread()
        headers = dict(request.headers.items())
        answer = self._sandbox.answer(
            IncomingRequest(request.method, str(request.url), headers, body)
        )
        if answer.delivery is not Delivery.REFUSED:
            await _trace(request)
        await self._wait(request, self._sandbox.latency_s + answer.delay_s)
        if answer.delivery in _BROKEN:
            error, text = _BROKEN[answer.delivery]
            raise error(text, request=request)
        return _response(answer)

    async def _wait(self, request: httpx.Request, wait_s: float) -> None:
        patience_s: float | None = request.extensions.get("timeout", {}).get("read")
        if patience_s is not None and wait_s > patience_s:
            await self._sleep(patience_s)
            raise httpx.ReadTimeout("The answer took too long", request=request)
        if wait_s > 0:
            await self._sleep(wait_s)


async def _trace(request: httpx.Request) -> None:
    # Clients tell "never left" from "may have arrived" by this event, as on a real connection.
    trace = request.extensions.get("trace")
    if trace:
        await trace("http11.send_request_headers.started", {})


def _response(answer: Answer) -> httpx.Response:
    headers = [("Content-Type", answer.content_type), *answer.headers]
    if answer.delivery is Delivery.CUT:
        headers.append(("Content-Length", str(len(answer.body))))
        return httpx.Response(answer.status, headers=headers, stream=_CutStream(answer.body))
    return httpx.Response(answer.status, headers=headers, content=answer.body)


class _CutStream(httpx.AsyncByteStream):
    """Half of a body, then the end of the connection."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body"
        )
