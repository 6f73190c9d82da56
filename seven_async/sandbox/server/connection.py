"""One client's connection to the served sandbox; this is where closing and resetting happens."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from attrs import frozen

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.core.wire import Answer, Delivery
from seven_async.sandbox.server import control, live, origins
from seven_async.sandbox.server.control import Controllable
from seven_async.sandbox.server.http1 import (
    BadRequestError,
    BodyBudget,
    HttpStream,
    encode_raw,
)
from seven_async.sandbox.server.live import Hub, Waiting

_NO_LINGER: Final = struct.pack("ii", 1, 0)
"""SO_LINGER on, zero seconds: closing sends RST."""


@frozen
class Exchange:
    """One answered request, for a log of them."""

    request: IncomingRequest
    answer: Answer


class Connection(asyncio.Protocol):
    """Answers the requests of one connection, one after the other."""

    def __init__(
        self,
        sandbox: Controllable,
        budget: BodyBudget,
        watch: Callable[[Exchange], None] | None = None,
        hub: Hub | None = None,
        on_lost: Callable[[Connection], None] | None = None,
    ) -> None:
        self._sandbox = sandbox
        self._watch = watch
        self._hub = hub or Hub(sandbox, time.monotonic)
        self._on_lost = on_lost
        self._waiting: Waiting | None = None
        self._budget = budget
        self._stream: HttpStream
        self._is_busy = False
        self._is_choked = False
        self._active_s = 0.0
        self._transport: asyncio.Transport
        self._loop: asyncio.AbstractEventLoop
        self.is_open: bool = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the new connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server's are
        self._transport = transport
        client = str((transport.get_extra_info("peername") or ("",))[0])
        self._stream = HttpStream(self._budget, client)
        self._loop = asyncio.get_running_loop()
        self._active_s = self._loop.time()
        self.is_open = True

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Note that the client is gone."""
        self.is_open = False
        self._stream.drop_body()
        self._stop_waiting()
        if self._on_lost is not None:
            self._on_lost(self)

    def data_received(self, data: bytes) -> None:
        """Answer what became complete."""
        self._active_s = self._loop.time()
        self._stream.feed(data)
        if self._is_busy or self._is_choked:
            # A pipelining client is slowed down instead of being buffered without end.
            self._transport.pause_reading()
        else:
            self._go_on()

    def pause_writing(self) -> None:
        """Answer no more while the client does not read its answers."""
        self._is_choked = True

    def resume_writing(self) -> None:
        """Go on when it has read them."""
        self._is_choked = False
        self._go_on()

    def _go_on(self) -> None:
        """Answer what is complete, up to an answer that takes its time."""
        while not (self._is_busy or self._is_choked or self._transport.is_closing()):
            request = self._next()
            if request is None:
                self._transport.resume_reading()
                return
            self._answer(request)

    def _next(self) -> IncomingRequest | None:
        try:
            request = self._stream.next()
        except BadRequestError as error:
            self._transport.write(self._stream.encode_refusal(error))
            self._transport.close()
            return None
        if request is None and (interim := self._stream.encode_continue()):
            self._transport.write(interim)
        return request

    def _answer(self, request: IncomingRequest) -> None:
        if not control.is_control(request):
            refusal = None
            if not self._sandbox.remote_control:
                refusal = origins.refuse_call(request.headers, request.client)
            self._arrange(request, refusal or self._sandbox.answer(request))
        else:
            self._answer_control(request)
        if self._hub.is_needed:
            self._hub.look_soon()

    def _answer_control(self, request: IncomingRequest) -> None:
        any_host = self._sandbox.remote_control
        is_visit = request.path == control.PAGE and request.method in ("GET", "HEAD")
        refusal = origins.refuse_control(request.headers, any_host=any_host, is_visit=is_visit)
        if refusal:
            self._arrange(request, refusal)
        elif live.is_live(request) and (any_host or origins.is_loopback(request.client)):
            self._wait(request)
        elif control.is_slow(request):
            # In a thread, because a hook that it waits for may itself call this sandbox.
            self._is_busy = True
            later = self._loop.run_in_executor(None, self._sandbox.answer, request)
            later.add_done_callback(lambda done: self._arrange(request, done.result()))
        else:
            self._arrange(request, self._sandbox.answer(request))

    def _wait(self, request: IncomingRequest) -> None:
        """Answer when there is something to tell; a client that leaves is forgotten."""

        def answer(answer: Answer) -> None:
            self._stop_waiting()
            self._arrange(request, answer)

        self._is_busy = True
        if live.is_stream(request):
            self._waiting = live.ChangeStream(self._sandbox, self._write_event)
            self._transport.write(live.STREAM_HEAD)
        else:
            waiting = live.build_wait(self._sandbox, request, self._hub.clock(), answer)
            if isinstance(waiting, Answer):
                answer(waiting)
                return
            self._waiting = waiting
        self._hub.add(self._waiting)

    def _write_event(self, event: bytes) -> bool:
        if not self._is_choked:
            self._transport.write(event)
        return not self._is_choked

    def _stop_waiting(self) -> None:
        if self._waiting:
            self._hub.remove(self._waiting)
            self._waiting = None

    def _arrange(self, request: IncomingRequest, answer: Answer) -> None:
        """Have the answer delivered when its time has come."""
        wait_s, is_control = answer.delay_s, control.is_control(request)
        if not is_control:
            wait_s += self._sandbox.latency_s
        # A page that looks is no news; what it does is.
        if self._watch and not (is_control and request.method in ("GET", "HEAD")):
            self._watch(Exchange(request, answer))
        if wait_s > 0 or self._is_busy:
            self._is_busy = True
            self._loop.call_later(wait_s, self._deliver_late, request, answer)
        else:
            self._deliver(request, answer)

    def _deliver_late(self, request: IncomingRequest, answer: Answer) -> None:
        if self.is_open:
            self._is_busy = False
            self._active_s = self._loop.time()
            self._deliver(request, answer)
            self._go_on()

    def _deliver(self, request: IncomingRequest, answer: Answer) -> None:
        if answer.delivery is not Delivery.COMPLETE:
            self._break(answer)
            return
        self._transport.write(self._stream.encode(answer, is_head=request.method == "HEAD"))
        if not self._stream.start_next():
            self._transport.close()

    def _break(self, answer: Answer) -> None:
        if answer.delivery is Delivery.CUT:
            whole = encode_raw(answer)
            self._transport.write(whole[: len(whole) - (len(answer.body) + 1) // 2])
        if answer.delivery is Delivery.RESET:
            self._reset()
        else:
            self._transport.close()

    def _reset(self) -> None:
        connected = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def close_if_idle(self, idle_s: float) -> None:
        """Close if the client neither sent anything for so long nor waits for an answer."""
        # One that the event loop has not opened yet has no clock either.
        if self.is_open and not self._is_busy and self._loop.time() - self._active_s > idle_s:
            self.close()

    def close(self) -> None:
        """Close at once, also in the middle of an answer."""
        if self.is_open:
            self._transport.abort()
