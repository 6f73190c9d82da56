"""The clocks that a call reads and the sleep it takes, passed in so that tests need not wait."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable

import anyio
import attrs


@attrs.frozen(kw_only=True)
class Clock:
    """Monotonic seconds, Unix seconds, a sleep, and a draw from 0 to 1 for jitter."""

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    draw: Callable[[], float] = random.random
