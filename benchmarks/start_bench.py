"""How long a fresh process takes to start, beside what it is promised to keep up with.

    python benchmarks/start_bench.py [--rounds 11]

Each pair of commands takes turns, and what counts is the median of the ratios of neighbours: the
same load on the machine fell on both. Bytecode is written and used, as it is for users.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from delayed_gateway import delayed_gateway

from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign
from seven_async.sandbox import Sandbox

ROUNDS = 11
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
} | {"PYTHONIOENCODING": "utf-8"}

HTTPX_CLIENT = "import httpx; httpx.AsyncClient()"
SEVEN_CLIENT = "from seven_async import AsyncSeven; AsyncSeven(api_key='key')"
HTTPX_SEND = """
import asyncio, sys, httpx
async def main():
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{sys.argv[1]}/sms", data={"to": "49171", "text": "Hi"})
        answer.json()
asyncio.run(main())
"""
SEVEN_SEND = """
import asyncio, sys
from seven_async import AsyncSeven
async def main():
    async with AsyncSeven(api_key="key", base_url=sys.argv[1]) as seven:
        await seven.sms.send("+491711234567", "Hi")
asyncio.run(main())
"""
TYPER = [sys.executable, "-c", "import typer"]
# What typer needs for any command that has an argument: it loads pydantic to read it.
TYPER_COMMAND = """
import typer
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
@app.command()
def show(word: str): ...
app(["word"])
"""
SEVEN = [sys.executable, "-m", "seven_async"]


@dataclass(frozen=True)
class Promise:
    """Two commands, and how many times longer the first one may take."""

    title: str
    ours: list[str]
    beside: list[str]
    most: float


def _seconds(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return time.perf_counter() - begun


def promises(url: str, journal: Path) -> list[Promise]:
    """What is compared; `url` is a gateway that answers at once, `journal` one of a campaign."""
    python = [sys.executable, "-c"]
    return [
        Promise("seven --version / import typer", [*SEVEN, "--version"], TYPER, 1.5),
        Promise("seven --help / import typer", [*SEVEN, "--help"], TYPER, 1.5),
        Promise(
            "campaign status / any of typer",
            [*SEVEN, "campaign", "status", str(journal)],
            [*python, TYPER_COMMAND],
            1.75,
        ),
        Promise(
            "AsyncSeven() / AsyncClient()", [*python, SEVEN_CLIENT], [*python, HTTPX_CLIENT], 1.3
        ),
        Promise(
            "first sms.send / httpx alone",
            [*python, SEVEN_SEND, url],
            [*python, HTTPX_SEND, url],
            1.3,
        ),
    ]


def compare(promise: Promise, rounds: int) -> bool:
    """Print one pair, and tell whether the promise is kept."""
    _seconds(promise.ours), _seconds(promise.beside)
    turns = [(_seconds(promise.ours), _seconds(promise.beside)) for _ in range(rounds)]
    ours, beside = (statistics.median(column) for column in zip(*turns, strict=True))
    ratios = sorted(first / second for first, second in turns)
    ratio = statistics.median(ratios)
    print(
        f"{promise.title:<32} {ours * 1e3:5.0f} ms {beside * 1e3:5.0f} ms  ratio {ratio:4.2f} "
        f"({ratios[rounds // 4]:.2f} to {ratios[-1 - rounds // 4]:.2f}; promised: {promise.most})"
    )
    return ratio <= promise.most


async def write_journal(file: Path) -> None:
    """A journal of a few messages."""
    async with (
        AsyncSeven(**Sandbox().options) as seven,
        Campaign(seven, "start", journal=file) as campaign,
    ):
        messages = [SendSms(f"+4917112345{place}", "Hi") for place in range(20, 40)]
        _ = [entry async for entry in campaign.send(messages)]


def main() -> int:
    """Measure, print, and return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    with delayed_gateway(0) as url, tempfile.TemporaryDirectory() as folder:
        journal = Path(folder, "start.db")
        asyncio.run(write_journal(journal))
        kept = [compare(promise, rounds) for promise in promises(url, journal)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
