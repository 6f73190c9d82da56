"""A host that lives on the loop of a blocking client, entered and left from other threads.

In: a loop and a host. Out: nothing. I/O: that of the host.
"""

from __future__ import annotations

import threading
from typing import Final

from seven_async.campaign.entries import OnLoop
from seven_async.campaign.sending.campaign_runner import CampaignRunner

_ABORTING_S: Final = 1.0
"""Seconds for what was cut off to be written down."""


class BlockingRunner:
    """Keeps a host open, since its task group has to be left in the task that entered it."""

    def __init__(self, loop: OnLoop) -> None:
        self._loop = loop
        self._is_open = threading.Event()
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def start(self, host: CampaignRunner) -> None:
        """Open the host; raises what that raises."""
        self._thread = threading.Thread(target=self._run, args=(host,), daemon=True)
        self._thread.start()
        self._is_open.wait()
        self._raise_failure()

    def end(self, host: CampaignRunner, *, in_a_hurry: bool) -> None:
        """Close the host, and wait until what is in flight has finished."""
        try:
            self._loop.run(_close, host, in_a_hurry)
            if self._thread is not None:
                self._thread.join()
        except BaseException:  # a second Ctrl-C
            self._abort(host)
            raise
        self._raise_failure()

    def _abort(self, host: CampaignRunner) -> None:
        self._loop.run(_abort, host)
        if self._thread is not None:
            self._thread.join(_ABORTING_S)

    def _run(self, host: CampaignRunner) -> None:
        try:
            self._loop.run(self._live, host)
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            self._failure = error
        finally:
            self._is_open.set()

    async def _live(self, host: CampaignRunner) -> None:
        async with host:
            self._is_open.set()
            await host.closing.wait()

    def _raise_failure(self) -> None:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure


async def _abort(host: CampaignRunner) -> None:
    host.abort()
    host.closing.set()


async def _close(host: CampaignRunner, in_a_hurry: bool) -> None:
    if in_a_hurry and host.run is not None:
        host.run.hurry()
    host.closing.set()
