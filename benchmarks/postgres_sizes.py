"""What many rows cost in PostgreSQL: `status`, a look for work, and the memory of a worker.

    python benchmarks/postgres_sizes.py [ROWS] [ROWS]

The first campaign is small, the last one large (100,000 and 5,000,000 rows unless given); the rows
are made by the server itself. Needs 0.6 kB of disk for each.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from campaign_bench import gateway
from postgres_bench import BATCH, messages, server

from seven_async import AsyncSeven
from seven_async.campaign import Campaign, CampaignJournal
from seven_async.campaign.journal.postgres.chunks import find_ranges

SIZES = (100_000, 5_000_000)
WORKED = 50_000
LATEST_S = 240.0
_COPY = """
INSERT INTO seven.message (campaign, key, recipient, channel, state, digest, run, content)
SELECT campaign, '49150' || g || '/sms', '+49150' || g, channel, state, digest, run, content
FROM (SELECT * FROM seven.message WHERE campaign = %s LIMIT 1) AS like_this,
    generate_series(10000000, 9999998 + %s) AS g
"""


async def load(url: str, address: str, name: str, count: int) -> int:
    """Load one message, and let the server make the others of it; return the campaign's number."""
    async with (
        AsyncSeven(api_key="key", base_url=url) as seven,
        Campaign(seven, name, journal=address, batch=BATCH, store_texts="until-served") as campaign,
    ):
        await campaign.load(messages(1))
    with psycopg.connect(address, autocommit=True) as connection:
        query = "SELECT id FROM seven.campaign WHERE name = %s"
        ((number,),) = connection.execute(query, (name,)).fetchall()
        connection.execute(_COPY, (number, count))
    return int(number)


def peak_mb(process: subprocess.Popen[bytes]) -> float:
    """The most memory that a process has had so far."""
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measure_worker(url: str, address: str, journal: CampaignJournal) -> float:
    """Let a worker send some thousand messages; return the most memory that it had, in MB."""
    bench = str(Path(__file__).with_name("postgres_bench.py"))
    process = subprocess.Popen([sys.executable, bench, "--worker", url, address])
    try:
        until = time.monotonic() + LATEST_S
        while journal.status().done < WORKED and time.monotonic() < until:
            time.sleep(0.5)  # another process sends
        return peak_mb(process)
    finally:
        process.terminate()
        process.wait()


def main(sizes: tuple[int, ...]) -> None:
    """Measure one size after another, and print."""
    with gateway() as url, server() as address:
        for size in sizes:
            name = f"of {size}"
            number = asyncio.run(load(url, address, name, size))
            journal, took = CampaignJournal.open(address, name), []
            for _ in range(5):
                begun = time.perf_counter()
                assert size == journal.status().planned
                took.append(time.perf_counter() - begun)
            with psycopg.connect(address, autocommit=True) as connection:
                begun = time.perf_counter()
                ranges = len(find_ranges(connection, number, []))
                looked_s = time.perf_counter() - begun
            peak = measure_worker(url, address, journal)
            status = journal.status()
            print(
                f"{size:>9,} rows: status {statistics.median(took):.2f} s, {ranges:,} ranges found "
                f"in {looked_s:.1f} s, a worker {peak:.0f} MB after {status.done:,} messages"
            )
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("SET search_path = seven_queue")
                connection.execute("DELETE FROM procrastinate_jobs")
                connection.execute("TRUNCATE seven.message")
                connection.execute("DELETE FROM seven.campaign")


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or SIZES)
