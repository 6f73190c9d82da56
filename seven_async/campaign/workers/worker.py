"""A process that sends whatever campaigns of a database have to be sent.

In: the address of a database. Out: messages. I/O: the database, the gateway. Needs the extra
`postgres`, which is looked for when a worker runs.
"""

from __future__ import annotations

from typing import Final, Protocol, cast

from seven_async.campaign.journal.place import load_extra
from seven_async.campaign.results import WorkerStatus
from seven_async.client import AsyncSeven
from seven_async.option_checks import build_refusal

CHUNKS: Final = 8
"""Ranges that a worker has under way at once."""

REAP_S: Final = 10.0
LEASE_S: Final = 60.0


class _RunningShift(Protocol):
    def status(self) -> WorkerStatus: ...

    async def run(self) -> None: ...

    def abort(self) -> None: ...

    def stop(self) -> None: ...


class Worker:
    """Sends ranges of campaigns that were loaded into a database, with any number of others.

    It finds by itself what was loaded, what other workers have left behind, and what they have left
    in doubt. asyncio only.

    Example:
        async with AsyncSeven() as seven:
            await Worker(seven, "postgresql://db/campaigns").run()

    Args:
        client: The client to send with; it stays the caller's to close.
        journal: The address of the database.
        concurrency: Ranges of up to 1,000 messages that are under way at once. How many requests
            are in flight is the client's `concurrency`.
        reap_s: Seconds between two looks at what was loaded or left behind.
        lease_s: Seconds after which a process that says nothing may send no more.

    Raises:
        ConfigurationError: The extra `postgres` is not installed, or an option is none.
    """

    def __init__(
        self,
        client: AsyncSeven,
        journal: str,
        *,
        concurrency: int = CHUNKS,
        reap_s: float = REAP_S,
        lease_s: float = LEASE_S,
    ) -> None:
        if concurrency < 1:
            raise build_refusal("concurrency", "must be 1 or more")
        shift = load_extra("seven_async.campaign.workers.shift:Shift")
        self._shift = cast(
            "_RunningShift",
            shift(client, journal, concurrency=concurrency, reap_s=reap_s, lease_s=lease_s),
        )

    @property
    def sent(self) -> int:
        """How many messages got a result here so far."""
        return self.status().sent

    def status(self) -> WorkerStatus:
        """Return what the worker is doing just now.

        Example:
            status = worker.status()
            print(status.campaigns, status.ranges, status.sent, status.is_connected)
        """
        return self._shift.status()

    async def run(self) -> None:
        """Work until `stop`; what is in flight then finishes.

        While the database is away nothing is sent, and afterwards the work goes on.

        Example:
            await worker.run()

        Raises:
            JournalError: The database cannot be used at the beginning.
        """
        await self._shift.run()

    def stop(self) -> None:
        """Claim nothing more; what is in flight finishes, then `run` returns.

        The rest of the ranges that were under way is left to other workers, or to a later one.

        Example:
            signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        """
        self._shift.stop()

    def abort(self) -> None:
        """End at once: requests in flight are cut off, then `run` returns.

        What had left may have been sent: another worker looks it up.

        Example:
            signal.signal(signal.SIGINT, lambda *_: worker.abort())
        """
        self._shift.abort()
