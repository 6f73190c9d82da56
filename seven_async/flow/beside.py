"""Work that would hold up the event loop, run beside it.

In: a function. Out: its result, awaited. I/O: that of the function, on a thread of its own.

The thread is a daemon: one that an event loop keeps for later (as anyio's) would hold up the end of
a program that never closes its client.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.from_thread
from anyio.lowlevel import current_token

R = TypeVar("R")


async def run_beside(work: Callable[[], R]) -> R:
    """Run a function on a thread, and give its result or raise its error.

    When this is cancelled, the function goes on, and what it gives is dropped.
    """
    done = anyio.Event()
    ended: list[Callable[[], R]] = []
    token = current_token()

    def live() -> None:
        try:
            value = work()
            ended.append(lambda: value)
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            ended.append(partial(_raise, error))
        with suppress(anyio.RunFinishedError):  # nobody waits any more
            anyio.from_thread.run_sync(done.set, token=token)

    try:
        threading.Thread(target=live, name="seven_async beside", daemon=True).start()
    except RuntimeError:  # the interpreter is ending; a blocked loop is better than no answer
        return work()
    await done.wait()
    return ended.pop()()


def _raise(error: BaseException) -> Any:
    raise error
