"""Waiting for what happens in another task, thread or process, instead of guessing how long."""

from __future__ import annotations

from collections.abc import Callable

import anyio

_LONGEST_S = 60  # a busy machine is slow; only what never happens fails


async def until(has_happened: Callable[[], bool]) -> None:
    """Return once it has happened; fails where it does not."""
    with anyio.fail_after(_LONGEST_S):
        while not has_happened():  # noqa: ASYNC110 - no event tells of it
            await anyio.sleep(0.001)
