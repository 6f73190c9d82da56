"""The sandbox on a TCP port: from a thread for tests, in the foreground for the command line."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from seven_async.sandbox.server.connection import Connection, Exchange
from seven_async.sandbox.server.control import Controllable
from seven_async.sandbox.server.http1 import BodyBudget
from seven_async.sandbox.server.live import Hub

BACKLOG: Final = 2048
"""Connections that may wait to be accepted: a benchmark opens a thousand at once."""
LAST_PORT: Final = 65_535
TICK_S: Final = 0.2
"""How late a webhook may be while no call comes in."""
IDLE_S: Final = 75.0
"""As nginx keeps an idle connection: longer than clients do, so that they close first."""


_EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound


def base_url(host: str, port: int) -> str:
    """Build the base URL that clients take, `/api` included."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}/api"


def page_url(host: str, port: int) -> str:
    """Build the URL of the page, which is for this machine's browser wherever it listens."""
    name = "127.0.0.1" if host in _EVERYWHERE else host
    return base_url(name, port).removesuffix("api")


class Listener:
    """An open port whose connections a sandbox answers; used on a running asyncio loop.

    Args:
        watch: is called with every answered request.
        idle_s: connections on which nothing happens for so long are closed.
        clock: seconds that only grow, by which callers wait for messages.
    """

    def __init__(
        self,
        sandbox: Controllable,
        watch: Callable[[Exchange], None] | None = None,
        *,
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sandbox = sandbox
        self._watch = watch
        self._idle_s = idle_s
        self._budget = BodyBudget()
        self.hub: Hub = Hub(sandbox, clock)
        # Held here: a transport whose reading is paused is known to nobody else.
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._tick: asyncio.TimerHandle | None = None
        self.port: int = 0

    def _connect(self) -> Connection:
        connection = Connection(
            self._sandbox, self._budget, self._watch, self.hub, self._connections.discard
        )
        self._connections.add(connection)
        return connection

    async def open(self, host: str, port: int) -> None:
        """Listen; `.port` is the real one where 0 was asked for. Raises OSError, ValueError."""
        if not 0 <= port <= LAST_PORT:
            raise ValueError(f"a port is a number from 0 to {LAST_PORT}")
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, host, port, backlog=BACKLOG)
        self.port = int(self._server.sockets[0].getsockname()[1])
        self._turn()

    def _turn(self) -> None:
        """Do what is due though no call comes in: reports, webhook retries, idle connections."""
        self._sandbox.dispatch.run_due()
        self.hub.look()
        for connection in list(self._connections):
            connection.close_if_idle(self._idle_s)
        self._tick = asyncio.get_running_loop().call_later(TICK_S, self._turn)

    async def close(self) -> None:
        """Stop listening and close what is connected."""
        if self._tick:
            self._tick.cancel()
        if self._server:
            self._server.close()
            for connection in list(self._connections):
                connection.close()
            await self._server.wait_closed()
            await asyncio.sleep(0)  # the sockets are closed in the next turn


class Serving:
    """A sandbox being served from a thread of its own, within a `with` block."""

    def __init__(self, sandbox: Controllable, host: str, port: int) -> None:
        self.sandbox = sandbox
        self.host = host
        self._listener = Listener(sandbox)
        self._port = port
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="seven-sandbox", daemon=True)
        self._is_ready = threading.Event()
        self._error: OSError | ValueError | None = None
        self._stop: asyncio.Event

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The base URL for clients, `/api` included."""
        return base_url(self.host, self.port)

    def __enter__(self) -> Self:
        self._thread.start()
        self._is_ready.wait()
        if self._error:
            self._thread.join()
            raise self._error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self._listener.open(self.host, self._port)
        except (OSError, ValueError) as error:  # ValueError: no such host or port
            self._error = error
            self._is_ready.set()
            return
        self._is_ready.set()
        await self._stop.wait()
        await self._listener.close()
