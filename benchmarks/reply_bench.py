"""The longest that one reply keeps the event loop, whatever a server answers.

    python benchmarks/reply_bench.py

A ticker runs on the event loop while a client reads replies that are made to be slow: gzip bombs,
pages of the greatest size, bytes that are no UTF-8, nesting, lists of millions of values, broken
objects. The longest pause between two ticks is what a web application would feel. It is counted in
CPU time of the process, so that other programs on the machine do not count; of each reply the best
of several rounds counts. The promise is 50 ms. The reply itself is freed after the clock has
stopped: that is the caller's. What the program had before is out of the garbage collector's sight.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx

from seven_async import AsyncSeven, SevenError

ROUNDS = 5
PROMISED_MS = 50.0
MIB = 2**20


def page(count: int) -> bytes:
    """A page of the gateway's journal with so many messages."""
    row = {"id": "77", "to": "491711234567", "text": "Hi 😀", "price": 0.075, "label": None}
    return json.dumps([row] * count).encode()


REPLIES: dict[str, Callable[[], bytes]] = {
    "a page of 100 messages": lambda: page(100),
    "a page of 64 KiB": lambda: page(64 * 1024 // 80),
    "a page of 30 MiB": lambda: page(30 * MIB // 80),
    "a text of 30 MiB": lambda: b'"' + b"a" * (30 * MIB) + b'"',
    "30 MiB that are no UTF-8": lambda: b"\xff" * (30 * MIB),
    "30 MiB of halves of emoji": lambda: b'["' + b"\\ud83d" * (5 * MIB) + b'"]',
    "64 KiB of nested lists": lambda: b"[" * (64 * 1024),
    "30 MiB of nested lists": lambda: b"[" * (30 * MIB),
    "64 KiB of empty objects": lambda: b"[" + b"{}," * (21 * 1024) + b"{}]",
    "200,000 empty objects": lambda: b"[" + b"{}," * 200_000 + b"{}]",
    "64 KiB of numbers": lambda: b"[" + b"1," * (32 * 1000) + b"1]",
    "2,000,000 numbers": lambda: b"[" + b"1," * 2_000_000 + b"1]",
    "one number of 64 KiB": lambda: b"1" * (64 * 1024),
    "a gzip bomb of 30 MiB": lambda: b" " * (30 * MIB),
    "a gzip bomb of 300 MiB": lambda: b" " * (300 * MIB),
}


@asynccontextmanager
async def client(body: bytes, *, is_packed: bool) -> AsyncIterator[AsyncSeven]:
    """A client whose every request is answered with a body."""
    headers = {"Content-Encoding": "gzip"} if is_packed else {}
    sent = gzip.compress(body) if is_packed else body

    async def pieces() -> AsyncIterator[bytes]:
        for begin in range(0, len(sent), 64 * 1024):
            yield sent[begin : begin + 64 * 1024]
            await asyncio.sleep(0)

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=headers, content=pieces())

    async with AsyncSeven(api_key="k", transport=httpx.MockTransport(answer), retry=None) as seven:
        yield seven


async def longest_pause_ms(seven: AsyncSeven) -> float:
    """The longest time between two ticks while one call is made."""
    longest = 0.0
    is_over = False

    async def tick() -> None:
        nonlocal longest
        last = time.process_time()
        while not is_over:
            await asyncio.sleep(0)
            now = time.process_time()
            longest, last = max(longest, now - last), now

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    kept: object = None
    try:
        kept = await seven.journal.outbound()
    except SevenError as error:
        kept = error
    await asyncio.sleep(0)
    is_over = True
    await ticking
    del kept
    return longest * 1000


async def measured(name: str) -> float:
    """The best of several rounds."""
    body = REPLIES[name]()
    async with client(body, is_packed="gzip" in name) as seven:
        await longest_pause_ms(seven)  # imports and caches
        gc.collect()
        gc.freeze()
        return min([await longest_pause_ms(seven) for _ in range(ROUNDS)])


def lines() -> Iterator[tuple[str, float]]:
    """Each reply with its pause."""
    for name in REPLIES:
        yield name, asyncio.run(measured(name))


def main() -> int:
    """Print a line a reply; 1 where the promise is broken."""
    worst = 0.0
    for name, pause_ms in lines():
        worst = max(worst, pause_ms)
        word = "ok " if pause_ms <= PROMISED_MS else "NOT"
        print(f"{word} {name:32} {pause_ms:7.1f} ms", flush=True)
    print(f"longest pause of the event loop: {worst:.1f} ms (promised <= {PROMISED_MS:.0f})")
    return 0 if worst <= PROMISED_MS else 1


if __name__ == "__main__":
    sys.exit(main())
