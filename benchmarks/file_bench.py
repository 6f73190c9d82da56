"""What a row of a CSV file costs: planned, and sent; and the memory of many rows.

    python benchmarks/file_bench.py [--rows 20000] [--most 200000]

CPU time, the least of three runs, each in a process of its own. `nothing` answers at once, so that
the campaign is measured alone; the sandbox in the process shows what it adds. Memory is the peak of
the process, at `--rows` and at `--most`.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qsl

from seven_async import AsyncSeven
from seven_async.campaign import Campaign, read_csv
from seven_async.flow.request import RawReply, Request
from seven_async.flow.transport import Attempt
from seven_async.sandbox import Sandbox

ROUNDS = 3
PLAN_US = 15.0
SEND_US = 300.0
MOST_MB = 100.0
OWN, SAME = "Hi {first_name}, welcome", "Hi"
_ENTRY = (
    '{"id":"7721%d","sender":"Acme","recipient":"%s","text":"Hi","encoding":"gsm","label":null,'
    '"parts":1,"udh":null,"is_binary":false,"price":0.075,"success":true,"error":null,'
    '"error_text":null}'
)


class Nothing:
    """A transport behind which is nothing: it accepts at once."""

    def __init__(self) -> None:
        self._accepted = 0

    async def send(self, request: Request, attempt: Attempt) -> RawReply:
        """Accept a message."""
        attempt.left = True
        entries: list[str] = []
        for number in dict(parse_qsl(request.body.decode()))["to"].replace("+", "").split(","):
            self._accepted += 1
            entries.append(_ENTRY % (self._accepted, number))
        body = (
            f'{{"success":"100","total_price":0.075,"balance":54.013,"debug":"false",'
            f'"sms_type":"direct","messages":[{",".join(entries)}]}}'
        )
        return RawReply(status=200, headers={}, body=body.encode())

    async def aclose(self) -> None:
        """Close nothing."""


def write_file(path: Path, rows: int) -> Path:
    """Write a file of so many people."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("phone", "first_name"))
        writer.writerows((f"+4917{row:08d}", f"Ada{row % 977}") for row in range(rows))
    return path


def _client(place: str) -> AsyncSeven:
    if place == "nothing":
        return AsyncSeven(api_key="key", transport=Nothing())
    return AsyncSeven(**Sandbox().options)


async def work(what: str, place: str, text: str, file: Path) -> None:
    """Plan or send a file, and print CPU seconds and MB."""
    messages = read_csv(file, text=text, from_="Acme")
    journal = file.with_suffix(f".{time.time_ns()}.db") if what == "keep" else None
    async with _client(place) as seven, Campaign(seven, "file", journal=journal) as campaign:
        begun_s = time.process_time()
        if what == "plan":
            await campaign.plan(messages)
        else:
            async for _ in campaign.send(messages):
                pass
        took_s = time.process_time() - begun_s
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(took_s, peak_kb / 1024)


def measure(what: str, place: str, text: str, file: Path) -> tuple[float, float]:
    """Run `work` in a process of its own; return CPU seconds and MB."""
    command = [sys.executable, __file__, "--work", what, place, text, str(file)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(told[0]), float(told[1])


def main() -> int:
    """Measure, print, and return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--most", type=int, default=200_000, help="rows for the peak of memory")
    parser.add_argument("--work", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        what, place, text, name = given.work
        asyncio.run(work(what, place, text, Path(name)))
        return 0
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        file = write_file(Path(folder, "people.csv"), given.rows)
        for title, what, place, most_us in (
            ("planned", "plan", "sandbox", PLAN_US),
            ("sent to nothing", "send", "nothing", None),
            ("sent to nothing, with a journal", "keep", "nothing", None),
            ("sent to the sandbox in the process", "send", "sandbox", SEND_US),
        ):
            runs = [measure(what, place, OWN, file) for _ in range(ROUNDS)]
            us = min(run[0] for run in runs) / given.rows * 1e6
            state = "" if most_us is None else f"  ({'ok' if us <= most_us else 'NOT'}: {most_us})"
            broken += most_us is not None and us > most_us
            print(f"{title:<36} {us:>6.1f} µs of CPU a row{state}")
        for rows in (given.rows, given.most):
            people = write_file(Path(folder, "many.csv"), rows)
            peak_mb = measure("keep", "nothing", SAME, people)[1]
            state = "ok" if peak_mb <= MOST_MB else "NOT"
            broken += peak_mb > MOST_MB
            print(f"{rows:>9,} rows with a journal: {peak_mb:.0f} MB ({state}: {MOST_MB:g})")
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
