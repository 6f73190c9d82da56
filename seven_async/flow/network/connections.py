"""Connections to the gateway: as many as are in flight, the latest used first.

In: a `Request`. Out: a `RawReply`. Each connection is a lane of one of the engines; no work grows
with how many there are. `docs/transport.md` has the numbers.

A connection that saw an exception, a cancellation included, is closed and never used again.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from urllib.request import getproxies

from seven_async.flow.beside import run_beside
from seven_async.flow.network.lane import KEEPALIVE_S, Lane, OpenLane
from seven_async.flow.network.origin import Origin, split_url
from seven_async.flow.network.proxies import proxy_for
from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt, build_time_out_error, build_transport_error


class Connections:
    """The client's own transport, on the engine whose `open_lane` is given."""

    def __init__(
        self,
        tls_context: Callable[[], ssl.SSLContext],
        proxies: Mapping[str, str] | None = None,
        *,
        open_lane: OpenLane,
    ) -> None:
        self._new_lane = open_lane
        self._tls_context = tls_context
        self._tls: ssl.SSLContext | None = None
        # Read once: looking at the environment with each request would cost more than the request.
        self._proxies = getproxies() if proxies is None else proxies
        self._idle: dict[str, deque[Lane]] = {}
        self._origins: dict[str, Origin] = {}

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """The reply to a request over the connection that was used last, or a new one."""
        base = split_url(request.url)[0]
        attempt.left = False
        idle = self._idle.setdefault(base, deque())
        lane = await self._free(idle) or self._open_lane(base)
        done = False
        try:
            reply = await lane.carry(request, attempt)
            done = True
        except TimeoutError:
            raise build_time_out_error(request, attempt) from None
        except lane.broken as error:
            raise build_transport_error(request, attempt, error, lane.address(error)) from error
        finally:
            if not done:
                await lane.aclose()
        await self._park(base, lane, idle)
        return reply

    async def _free(self, idle: deque[Lane]) -> Lane | None:
        oldest_s = time.monotonic() - KEEPALIVE_S
        while idle:
            lane = idle.pop()
            if lane.idle_since > oldest_s and lane.is_usable:
                return lane
            await lane.aclose()
        return None

    async def _park(self, base: str, lane: Lane, idle: deque[Lane]) -> None:
        """Keep the connection for the next request, and close the one idle for longest if it is."""
        if self._idle.get(base) is not idle:  # closed meanwhile
            await lane.aclose()
            return
        lane.idle_since = time.monotonic()
        idle.append(lane)
        if lane.idle_since - idle[0].idle_since > KEEPALIVE_S:
            await idle.popleft().aclose()

    def _open_lane(self, base: str) -> Lane:
        origin = self._origins.get(base)
        if origin is None:
            origin = self._origins[base] = Origin.of(base)
        host, scheme = origin.host.decode(), origin.scheme.decode()
        proxy = proxy_for(scheme, host, origin.port, self._proxies)
        return self._new_lane(origin, proxy, self._context() if scheme == "https" else None)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = self._tls_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    async def warmup(self) -> None:
        """Load the TLS certificates now (some 20 ms), off the event loop."""
        if self._tls is None:
            await run_beside(self._context)

    @property
    def open_count(self) -> int:
        """The number of connections kept for later requests."""
        return sum(len(idle) for idle in self._idle.values())

    async def aclose(self) -> None:
        """Close all idle connections; those in use are closed by their requests."""
        lanes = [lane for idle in self._idle.values() for lane in idle]
        self._idle.clear()
        for lane in lanes:
            await lane.aclose()
