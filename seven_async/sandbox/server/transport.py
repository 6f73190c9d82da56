"""The sandbox as an httpx transport: no socket, the same failures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, final

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
_CUT: Final = "peer closed connection without sending complete message body"


@final
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
        headers = dict(request.headers.items())
        return _response(
            await self._carry(
                IncomingRequest(request.method, str(request.url), headers, await request.aread()),
                request.extensions,
            )
        )

    async def answer_directly(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        extensions: Mapping[str, Any],
    ) -> tuple[int, dict[str, str], bytes]:
        """Do the same for a client that needs no objects of httpx, a fifth of the work of a send.

        Returns status, headers by lower-case name, and the body. Raises `TimeoutError` where the
        answer takes longer than the time-out of the request.
        """
        try:
            answer = await self._carry(IncomingRequest(method, url, headers, body), extensions)
        except httpx.ReadTimeout:
            raise TimeoutError from None
        if answer.delivery is Delivery.CUT:
            raise httpx.RemoteProtocolError(_CUT)
        given = {"content-type": answer.content_type, "content-length": str(len(answer.body))}
        for name, value in answer.headers:
            key = name.lower()
            given[key] = f"{given[key]}, {value}" if key in given else value
        return answer.status, given, answer.body

    async def _carry(self, request: IncomingRequest, extensions: Mapping[str, Any]) -> Answer:
        answer = self._sandbox.answer(request)
        trace = extensions.get("trace")
        # Clients tell "never left" from "may have arrived" by this event, as on a real connection.
        if trace and answer.delivery is not Delivery.REFUSED:
            await trace("http11.send_request_headers.started", {})
        wait_s = self._sandbox.latency_s + answer.delay_s
        if wait_s > 0:
            await self._wait(wait_s, extensions.get("timeout", {}).get("read"))
        if answer.delivery in _BROKEN:
            error, text = _BROKEN[answer.delivery]
            raise error(text)
        return answer

    async def _wait(self, wait_s: float, patience_s: float | None) -> None:
        if patience_s is not None and wait_s > patience_s:
            await self._sleep(patience_s)
            raise httpx.ReadTimeout("The answer took too long")
        await self._sleep(wait_s)


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
        raise httpx.RemoteProtocolError(_CUT)
