"""A thread that does blocking work in its order, and that no Ctrl-C leaves asleep.

In: functions, from tasks of one event loop. Out: their results. I/O: that of the functions.

anyio hands work to its threads by `queue.Queue`, which is written in Python. On asyncio a Ctrl-C
can be raised in the middle of it: a thread that is woken stays on the list of those who wait, and
the next work wakes nobody (tried on Python 3.11 to 3.13). `SimpleQueue` is written in C, where no
signal is handled. And anyio's threads are waited for when the process ends, though a Ctrl-C may
have ended the event loop before it could stop them; this one is not.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

import anyio
from anyio.lowlevel import current_token

P = ParamSpec("P")
R = TypeVar("R")


class _Work:
    """One function on its way to the thread and back."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function
        self.ended = anyio.Event()
        self.value: Any = None
        self.error: BaseException | None = None
        native: Any = current_token().native_token
        is_asyncio = isinstance(native, asyncio.AbstractEventLoop)
        self._schedule: Callable[[Callable[[], None]], object] = (
            native.call_soon_threadsafe if is_asyncio else native.run_sync_soon
        )

    def perform(self) -> None:
        """On the thread: call the function, and wake the task that waits for it."""
        try:
            self.value = self.function()
        except BaseException as error:  # noqa: BLE001 - raised again where the work is waited for
            self.error = error
        # asyncio's RuntimeError, of which trio's is one: the loop has ended meanwhile.
        with contextlib.suppress(RuntimeError):
            self._schedule(self.ended.set)


class WorkerThread:
    """One thread for the blocking work of one object; it starts with the first work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._thread: Thread | None = None

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a function returns that is called on the thread.

        A cancellation waits for that. Where asyncio cancels in spite of it (at a second Ctrl-C),
        the function is called all the same.
        """
        work = _Work(lambda: function(*args, **kwargs))
        self._start()
        self._work.put(work)
        with anyio.CancelScope(shield=True):
            await work.ended.wait()
        if work.error is not None:
            raise work.error
        value: R = work.value
        return value

    def stop(self) -> None:
        """Let the thread end after the work that it has; work that comes later gets a new one."""
        self._work.put(None)
        self._work, self._thread = SimpleQueue(), None

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(
                target=_perform_all, args=(self._work,), name=self._name, daemon=True
            )
            self._thread.start()


def _perform_all(queue: SimpleQueue[_Work | None]) -> None:
    while (work := queue.get()) is not None:
        work.perform()
        del work
