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
SHORT_PEERS = ("seven, fast", "seven", "aiohttp", "pyreqwest", "Seven, fast", "httpx.Client")
SHORT_SETTINGS = ((0, 1), (0, 32), (0, 64), (35, 64))


def to_run(begun: tuple[float, float], took_s: Sequence[float]) -> Run:
    """Sum up the messages since a moment of wall and CPU time."""
    wall_s, cpu_s = time.perf_counter() - begun[0], time.process_time() - begun[1]
    done = max(1, len(took_s))
    p99_s = sorted(took_s)[int(len(took_s) * 0.99)] if took_s else wall_s
    return Run(done / wall_s, cpu_s / done * 1e6, p99_s * 1000)


async def load_awaiting(peer: Peer, url: str, in_flight: int, seconds: float) -> Run:
    """So many tasks that send one message after the other; all connections are open before."""
    import anyio

    took_s: list[float] = []
    async with peer.open(url, in_flight) as send:

        async def work(end: float) -> None:
            while (begun := time.perf_counter()) < end:
                await send()
                took_s.append(time.perf_counter() - begun)

        async def work_together(seconds: float) -> None:
            end = time.perf_counter() + seconds
            async with anyio.create_task_group() as tasks:
                for _ in range(in_flight):
                    tasks.start_soon(work, end)

        await work_together(min(0.3, seconds / 3) if in_flight < 256 else 0.4)
        took_s.clear()
        gc.collect()
        begun = time.perf_counter(), time.process_time()
        await work_together(seconds)
        return to_run(begun, took_s)


def load_threads(peer: Peer, url: str, in_flight: int, seconds: float) -> Run:
    """So many threads that send one message after the other."""
    took_s: list[float] = []
    with peer.open(url, in_flight) as send:

        def work(end: float) -> None:
            while (begun := time.perf_counter()) < end:
                send()
                took_s.append(time.perf_counter() - begun)

        def work_together(seconds: float) -> None:
            end = time.perf_counter() + seconds
            threads = [threading.Thread(target=work, args=(end,)) for _ in range(in_flight)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        work_together(seconds / 3)
        took_s.clear()
        gc.collect()
        begun = time.perf_counter(), time.process_time()
        work_together(seconds)
        return to_run(begun, took_s)


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
