"""The event loop that a client belongs to: stored once, compared with each call.

In: the event loop that runs. Out: whether it is still that one. No I/O.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio.lowlevel import current_token


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
