"""Messages per second, CPU time and p99 of this client beside others, in one run and in turns.

    python benchmarks/peers_bench.py            # all, some 15 minutes
    python benchmarks/peers_bench.py --short    # the nearest peers, under 2 minutes
    python benchmarks/peers_bench.py --short --compare   # is something worse than the baseline?
    python benchmarks/peers_bench.py --write    # all, and docs/performance.md with its picture

Each round measures every client once before the next begins, so that whatever else the machine does
hits all of them, and a ratio is one of two runs of the same round. Medians of the rounds count. The
stub that answers is a compiled one where it is installed (`compiled_stub`). Numbers of different
machines cannot be compared; ratios can.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from compiled_stub import stub_gateway
from peer_clients import PEERS, Peer
from peer_report import (
    Rounds,
    Run,
    Setting,
    compare,
    median_of,
    print_table,
    verdict,
    write_baseline,
    write_documents,
)

DELAYS_MS = (0, 35)
IN_FLIGHT = (1, 64, 256, 1000)
THREADS = (1, 32)
SHORT_PEERS = (
    "bare protocol", "seven, fast", "seven", "aiohttp", "pyreqwest",
    "Seven, fast", "Seven", "httpx.Client", "sms77api",
)  # fmt: skip
SHORT_SETTINGS = ((0, 1), (0, 32), (0, 64), (35, 64))


class Meter:
    """Counts messages within a span of time, while clients go on before and after it.

    Whoever lets each task finish its last message, and divides by the time until then, counts a
    pause of half a delay at the end: 3 % of a short run, for clients that spread their requests.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._took_s: list[float] = []

    def count(self, took_s: float) -> None:
        """Count a message that took so long."""
        self._took_s.append(took_s)

    def begin(self) -> None:
        """Forget what was before."""
        self._took_s.clear()
        self._begun = time.perf_counter(), time.process_time()

    def end(self) -> Run:
        """Sum up, and let the clients end."""
        wall_s, cpu_s = time.perf_counter() - self._begun[0], time.process_time() - self._begun[1]
        took_s, self.is_over = sorted(self._took_s), True
        done = max(1, len(took_s))
        p99_s = took_s[int(done * 0.99)] if took_s else wall_s
        return Run(done / wall_s, cpu_s / done * 1e6, p99_s * 1000)


def warmup_s(in_flight: int) -> float:
    """Half of the time in which connections are opened, before and after garbage is collected."""
    return 0.1 if in_flight < 256 else 0.25


async def load_awaiting(peer: Peer, url: str, in_flight: int, seconds: float) -> Run:
    """So many tasks that send one message after the other; all connections are open before."""
    import anyio

    meter = Meter()
    async with peer.open(url, in_flight) as send:

        async def work() -> None:
            while not meter.is_over:
                begun = time.perf_counter()
                await send()
                meter.count(time.perf_counter() - begun)

        async with anyio.create_task_group() as tasks:
            for _ in range(in_flight):
                tasks.start_soon(work)
            await anyio.sleep(warmup_s(in_flight))
            gc.collect()
            await anyio.sleep(warmup_s(in_flight))
            meter.begin()
            await anyio.sleep(seconds)
            return meter.end()


def load_threads(peer: Peer, url: str, in_flight: int, seconds: float) -> Run:
    """So many threads that send one message after the other."""
    meter = Meter()
    with peer.open(url, in_flight) as send:

        def work() -> None:
            while not meter.is_over:
                begun = time.perf_counter()
                send()
                meter.count(time.perf_counter() - begun)

        threads = [threading.Thread(target=work) for _ in range(in_flight)]
        for thread in threads:
            thread.start()
        time.sleep(warmup_s(in_flight))  # the threads send meanwhile
        gc.collect()
        time.sleep(warmup_s(in_flight))  # until they go evenly again after that pause
        meter.begin()
        time.sleep(seconds)  # the span that is measured
        run = meter.end()
        for thread in threads:
            thread.join()
        return run


def run_once(peer: Peer, url: str, in_flight: int, seconds: float) -> Run:
    """Measure one client for so many seconds, on its event loop."""
    if peer.loop is None:
        return load_threads(peer, url, in_flight, seconds)
    if peer.loop == "trio":
        import trio

        trio_run: Callable[..., Any] = trio.run
        measured: Run = trio_run(load_awaiting, peer, url, in_flight, seconds)
        return measured
    if peer.loop == "uvloop":
        import uvloop

        return uvloop.run(load_awaiting(peer, url, in_flight, seconds))
    return asyncio.run(load_awaiting(peer, url, in_flight, seconds))


def installed(peers: Sequence[Peer]) -> list[Peer]:
    """The clients that can be measured here; of the others it is said what they need."""
    here = []
    for peer in peers:
        missing = [name for name in peer.needs if find_spec(name) is None]
        if missing:
            print(f"left out: {peer.name} (not installed: {', '.join(missing)})")
        else:
            here.append(peer)
    print("left out: vonage (its SDK speaks HTTPS only, and the stub does not)")
    return here


def fits(peer: Peer, setting: Setting) -> bool:
    """Whether a client is measured with so many requests in flight."""
    if peer.loop is None:
        return setting.in_flight in THREADS
    return setting.in_flight in IN_FLIGHT and setting.in_flight <= peer.most_in_flight


def measure(
    peers: Sequence[Peer], settings: Sequence[Setting], urls: dict[int, str], rounds: int, s: float
) -> Rounds:
    """All clients in turn, so many times."""
    runs: Rounds = {setting: {} for setting in settings}
    for number in range(rounds):
        for setting in settings:
            for peer in peers:
                if fits(peer, setting):
                    run = run_once(peer, urls[setting.delay_ms], setting.in_flight, s)
                    runs[setting].setdefault(peer.name, []).append(run)
        print(f"round {number + 1} of {rounds} is over", file=sys.stderr)
    return runs


def main() -> int:
    """Measure, print, and say which promises hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="the nearest peers, under 2 minutes")
    parser.add_argument("--compare", action="store_true", help="beside the baseline that is kept")
    parser.add_argument("--write", action="store_true", help="baseline, documentation and picture")
    parser.add_argument("--rounds", type=int, help="how many; 5, and 3 in the short form")
    parser.add_argument("--seconds", type=float, help="of each run; 1.5, and 0.6 in the short form")
    parser.add_argument("--only", action="append", help="a client by its name; several times")
    given = parser.parse_args()
    peers = installed(PEERS)
    settings = [Setting(ms, n) for ms in DELAYS_MS for n in sorted({*IN_FLIGHT, *THREADS})]
    if given.short:
        peers = [peer for peer in peers if peer.name in SHORT_PEERS]
        settings = [Setting(*pair) for pair in SHORT_SETTINGS]
    if given.only:
        peers = [peer for peer in peers if peer.name in given.only]
    rounds = given.rounds or (3 if given.short else 5)
    seconds = given.seconds or (0.6 if given.short else 1.5)
    with stub_gateway(DELAYS_MS) as stub:
        print(f"stub: {stub.name}; {rounds} rounds of {seconds:g} s")
        runs = measure(peers, settings, stub.urls, rounds, seconds)
    medians = {
        setting: {name: median_of(of_peer) for name, of_peer in by_name.items()}
        for setting, by_name in runs.items()
    }
    print_table(medians, runs)
    failed = 0 if given.only else verdict(runs)
    if given.compare:
        failed += compare(runs)
    if given.write:
        conditions = f"medians of {rounds} rounds of {seconds:g} s in turns, against {stub.name}"
        write_baseline(medians, runs, conditions)
        write_documents(medians, runs, conditions)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
