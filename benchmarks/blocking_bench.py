"""A blocking call beside httpx.Client, call by call in the same run.

    python benchmarks/blocking_bench.py

`Seven` runs each call on an event loop of its own, and hands it over between two threads. What that
costs shows when the gateway answers at once; at 35 ms it must vanish. Calls of both clients take
turns, so that whatever the machine does besides hits both, and medians are compared. The last line
measures the handover alone, with a call that does nothing, beside anyio's blocking portal.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx
from anyio.from_thread import start_blocking_portal

sys.path.insert(0, str(Path(__file__).parent))

from delayed_gateway import delayed_gateway

from seven_async import Seven
from seven_async.loop_thread import LoopThread

#: Milliseconds until the gateway answers, calls of each client, and the ratio that is promised.
SETTINGS = ((0, 3000, 2.5), (35, 150, 1.1))


class Pair(NamedTuple):
    """The median seconds of one call, of both clients."""

    plain_s: float
    seven_s: float

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.seven_s / self.plain_s


def _seconds(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def compared(url: str, calls: int) -> Pair:
    """Both clients send the same message, in turns."""
    with httpx.Client(timeout=30) as client, Seven(api_key="key", base_url=url) as seven:
        form = {"to": "+491711234567", "text": "Hi", "from": "Acme"}

        def plain() -> object:
            return client.post(f"{url}/sms", data=form, headers={"X-Api-Key": "key"}).json()

        def ours() -> object:
            return seven.sms.send("+491711234567", "Hi", from_="Acme")

        for _ in range(20):
            plain()
            ours()
        gc.collect()
        turns = [(_seconds(plain), _seconds(ours)) for _ in range(calls)]
    return Pair(*(statistics.median(column) for column in zip(*turns, strict=True)))


async def nothing() -> None:
    """A call without work."""


def compared_handovers(calls: int = 3000) -> Pair:
    """A call that does nothing, through anyio's portal and through the loop thread of `Seven`."""
    loop = LoopThread()
    with start_blocking_portal() as portal:

        def portal_call() -> object:
            return portal.call(nothing)

        def loop_call() -> object:
            return loop.run(nothing)

        for _ in range(50):
            portal_call()
            loop_call()
        turns = [(_seconds(portal_call), _seconds(loop_call)) for _ in range(calls)]
    loop.close(nothing)
    return Pair(*(statistics.median(column) for column in zip(*turns, strict=True)))


def main() -> int:
    """Measure, print, and say which promises hold."""
    failed = 0
    print(f"{'gateway':>8} {'httpx.Client':>13} {'Seven':>9} {'ratio':>6}")
    for delay_ms, calls, bound in SETTINGS:
        with delayed_gateway(delay_ms) as url:
            pair = compared(url, calls)
        holds = pair.ratio <= bound
        failed += not holds
        print(
            f"{delay_ms:>5} ms {pair.plain_s * 1e6:>10.0f} µs {pair.seven_s * 1e6:>6.0f} µs "
            f"{pair.ratio:>6.2f}   {'ok ' if holds else 'NOT'} (promised <= {bound})"
        )
    pair = compared_handovers()
    print(
        f"handover  {pair.plain_s * 1e6:.0f} µs by anyio's portal, {pair.seven_s * 1e6:.0f} µs here"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
