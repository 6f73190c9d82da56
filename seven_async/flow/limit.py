"""How many requests may be in flight, and so when the next one may leave.

In: arrivals and departures. Out: permission. No I/O.
"""

from __future__ import annotations

from types import TracebackType

import anyio


class Gate:
    """At most `concurrency` requests in flight; shared by a client and its clones.

    It stands before the connections, so that no connection pool ever queues.
    """

    def __init__(self, concurrency: int) -> None:
        self._free = anyio.Semaphore(concurrency, fast_acquire=True)

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._free.release()
