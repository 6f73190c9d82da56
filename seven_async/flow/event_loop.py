"""The event loop that runs: whether it is a client's own, and where Ctrl-C strikes in it. No I/O.

A Ctrl-C has to end the caller's own code, and not break off a task in the middle of its work.
asyncio cancels the main task, and at the second Ctrl-C all tasks. trio raises `KeyboardInterrupt`
in whatever task runs just then, unless that is protected; then it raises it in the main task. Tasks
that a request starts (to connect, say) are not protected: then that request ends with it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, cast

from anyio.lowlevel import current_token

from seven_async.start.awaited import Awaited

Task = Callable[..., Awaited[None]]


def _token() -> object:
    return current_token().native_token


class OwnEventLoop:
    """The event loop that it was made on."""

    __slots__ = ("_loop", "_running")

    def __init__(self) -> None:
        # Held, not remembered by its address: that of a dead loop may be the next one's.
        self._loop = _token()
        self._running: Callable[[], object] = _token
        if isinstance(self._loop, asyncio.AbstractEventLoop):
            # A sixth of the time, and this is asked before every call.
            self._running = asyncio.get_running_loop

    @property
    def is_here(self) -> bool:
        """True if the code that asks runs on this event loop."""
        try:
            return self._running() is self._loop
        except RuntimeError:  # another library's loop
            return False


async def _run(function: Task, *args: Any, **kwargs: Any) -> None:
    await function(*args, **kwargs)


def protect(function: Task) -> Task:
    """Return a function to start as a task in which trio raises no Ctrl-C.

    Example:
        tasks.start_soon(protect(run.main), source)
    """
    if isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        return function
    # Not imported: where no trio runs, it need not be installed.
    trio: ModuleType = sys.modules["trio"]
    return partial(cast("Task", trio.lowlevel.enable_ki_protection(_run)), function)


def is_interrupt(error: BaseException) -> bool:
    """Return whether an error is a Ctrl-C, or has one among its parts."""
    if isinstance(error, BaseExceptionGroup):
        # `isinstance` leaves the members' type open; whatever they are, they are exceptions.
        group = cast("BaseExceptionGroup[BaseException]", error)
        return group.subgroup(KeyboardInterrupt) is not None
    return isinstance(error, KeyboardInterrupt)


def build_interrupt() -> BaseException:
    """Return what ends the current task in place of a group of errors that has a Ctrl-C.

    A task that asyncio has cancelled ends cancelled, and `asyncio.run` makes the Ctrl-C of that.
    A `KeyboardInterrupt` out of the task would end the loop while `asyncio.run` closes it: before
    anyio has stopped its threads, and then the process waits for them for ever.
    """
    if isinstance(current_token().native_token, asyncio.AbstractEventLoop):
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            return asyncio.CancelledError()
    return KeyboardInterrupt()


def is_second(error: BaseException | None) -> bool:
    """Tell whether an error that ends a campaign is a Ctrl-C after a first one.

    Two in quick succession reach the campaign as one error, with the first as its context.
    """
    context = error.__context__ if isinstance(error, KeyboardInterrupt) else None
    return context is not None and not isinstance(context, Exception)
