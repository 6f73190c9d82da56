"""A worker as a process, to be killed and stopped by the tests.

`worker_process.py URL JOURNAL LEASE_S` works until SIGTERM.
"""

from __future__ import annotations

import signal
import sys

import anyio

from seven_async import AsyncSeven
from seven_async.campaign import Worker


async def work(url: str, journal: str, lease_s: float) -> None:
    """Work with a lease and looks that are short, so that a test need not wait for them."""
    async with AsyncSeven(
        api_key="sandbox-key", base_url=url, concurrency=16, timeout_s=2, deadline_s=4
    ) as seven:
        worker = Worker(seven, journal, concurrency=2, reap_s=0.5, lease_s=lease_s)
        async with anyio.create_task_group() as tasks:

            async def drain() -> None:
                with anyio.open_signal_receiver(signal.SIGTERM) as signals:
                    async for _ in signals:
                        worker.stop()

            tasks.start_soon(drain)
            await worker.run()
            tasks.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(work, sys.argv[1], sys.argv[2], float(sys.argv[3]))
