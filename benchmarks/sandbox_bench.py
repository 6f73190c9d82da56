"""Requests per second of the served sandbox beside a constant Starlette route, on one core each.

    python benchmarks/sandbox_bench.py

Starlette runs under uvicorn, on asyncio's own loop with h11 for a parser, which is what the sandbox
runs on, and returns one constant JSON object; the sandbox takes in an SMS, checks, bills and keeps
it. Both are loaded by the same sockets, in short turns, so that whatever the machine does besides
hits both: in turns of seconds, other work on the machine decides the ratio. The promise is a ratio
of at least 0.8. Needs starlette and uvicorn, which the package itself does not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import selectors
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

CONNECTIONS = 32
SECONDS = 10.0
TURN_S = 0.05
PROMISED = 0.8

HEAD = (
    "POST /api/sms HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Api-Key: sandbox-key\r\n"
    "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    "Content-Length: {length}\r\n\r\n"
)


def serve_sandbox(told: Connection) -> None:
    """The sandbox on a free port, in a process of its own."""
    import asyncio  # noqa: PLC0415 - of this process alone

    from seven_async.sandbox import Sandbox  # noqa: PLC0415 - of this process alone
    from seven_async.sandbox.server.serving import Listener  # noqa: PLC0415 - of this process alone

    async def forever() -> None:
        listener = Listener(Sandbox())
        await listener.open("127.0.0.1", 0)
        told.send(listener.port)
        await asyncio.Event().wait()

    asyncio.run(forever())


def serve_constant(told: Connection) -> None:
    """A Starlette route that returns a constant, in a process of its own."""
    import uvicorn  # noqa: PLC0415 - of this process alone
    from starlette.applications import Starlette  # noqa: PLC0415 - of this process alone
    from starlette.responses import JSONResponse  # noqa: PLC0415 - of this process alone
    from starlette.routing import Route  # noqa: PLC0415 - of this process alone

    async def constant(_: object) -> JSONResponse:
        return JSONResponse({"success": "100"})

    application = Starlette(routes=[Route("/api/sms", constant, methods=["POST"])])
    # With its protocol named: asyncio sets TCP_NODELAY on such alone, and without it uvicorn,
    # which writes head and body apart, would wait 40 ms for each acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(CONNECTIONS)
    told.send(listening.getsockname()[1])
    # Loop and parser named, so that uvicorn takes no faster ones that happen to be installed.
    config = uvicorn.Config(
        application, loop="asyncio", http="h11", log_level="critical", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def served(target: Callable[[Connection], None]) -> Iterator[int]:
    """The port of a server in a process that ends with the block."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(there,))
    process.start()
    try:
        if not here.poll(20):
            raise TimeoutError("the server did not start")
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def message(number: int) -> bytes:
    """A request that no other one equals: the reload lock would refuse it."""
    body = f"to=%2B49171{number:07d}&text=hello+world&from=Acme&foreign_id=bench{number}"
    return (HEAD.format(length=len(body)) + body).encode()


class Load:
    """Connections that send one request after the other and count the answers."""

    def __init__(self, port: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._number = 0
        self._received: dict[socket.socket, bytes] = {}
        for _ in range(CONNECTIONS):
            connected = socket.create_connection(("127.0.0.1", port), timeout=10)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(connected, selectors.EVENT_READ)

    def _sockets(self) -> list[socket.socket]:
        return [
            key.fileobj
            for key in self._selector.get_map().values()
            if isinstance(key.fileobj, socket.socket)
        ]

    def _send(self, connected: socket.socket) -> None:
        self._number += 1
        connected.sendall(message(self._number))

    def per_s(self, seconds: float) -> float:
        """Answers per second of so many seconds; every connection is idle at the end."""
        for connected in self._sockets():
            self._send(connected)
        begun = now = time.perf_counter()
        answered, open_ = 0, CONNECTIONS
        while open_:
            for key, _ in self._selector.select():
                connected = key.fileobj
                assert isinstance(connected, socket.socket)
                if not self._has_answer(connected):
                    continue
                now = time.perf_counter()
                answered += 1
                if now - begun < seconds:
                    self._send(connected)
                else:
                    open_ -= 1
        return answered / (now - begun)

    def _has_answer(self, connected: socket.socket) -> bool:
        """Reads what is there; whether that completes an answer. Servers may write it in parts."""
        received = self._received.pop(connected, b"") + connected.recv(65536)
        head, end, body = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = re.search(rb"content-length: (\d+)", head.lower())
        if end and length and len(body) >= int(length[1]):
            return True
        self._received[connected] = received
        return False

    def close(self) -> None:
        """Closes the connections."""
        for connected in self._sockets():
            connected.close()
        self._selector.close()


def compare(seconds: float) -> tuple[float, float, float]:
    """Return the answers per second of the constant route and of the sandbox, and their ratio.

    All are medians: of turns, and of pairs of turns, which the same load on the machine fell on.
    """
    with served(serve_constant) as constant_port, served(serve_sandbox) as sandbox_port:
        loads = (Load(constant_port), Load(sandbox_port))
        for load in loads:
            load.per_s(0.5)
        turns = max(1, round(seconds / 2 / TURN_S))
        rates = [tuple(load.per_s(TURN_S) for load in loads) for _ in range(turns)]
        for load in loads:
            load.close()
    constant, sandbox = (statistics.median(column) for column in zip(*rates, strict=True))
    return constant, sandbox, statistics.median(pair[1] / pair[0] for pair in rates)


def main() -> int:
    """Prints both numbers and their ratio; 1 where the promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    seconds = parser.parse_args().seconds
    constant, sandbox, ratio = compare(seconds)
    print(f"constant Starlette route  {constant:8,.0f} requests/s")
    print(f"sandbox, POST /sms        {sandbox:8,.0f} requests/s")
    print(f"ratio                     {ratio:8.2f} (promised: {PROMISED})")
    return 0 if ratio >= PROMISED else 1


if __name__ == "__main__":
    sys.exit(main())
