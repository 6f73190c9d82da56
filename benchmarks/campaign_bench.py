"""What a journal costs a campaign, and what batches bring, on a gateway that answers after 35 ms.

    python benchmarks/campaign_bench.py

All numbers are ratios of runs that stand side by side, since machines are noisy. The gateway is a
process of its own and answers for every recipient of a request.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import unquote_plus

from seven_async import AsyncSeven, SendSms
from seven_async.campaign import Campaign

DELAY_S = 0.035
IN_FLIGHT = 64
ROUNDS = 3

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
_RECEIPT = (
    '{"success":"100","total_price":0.075,"balance":54.013,"debug":"false","sms_type":"direct",'
    '"messages":['
)
_MESSAGE = (
    '{"id":"772149%d","sender":"Acme","recipient":"%s","text":"Hi","encoding":"gsm","label":null,'
    '"parts":1,"udh":null,"is_binary":false,"price":0.075,"success":true,"error":null,'
    '"error_text":null}'
)
_PRICES = (
    '{"countCountries":1,"countNetworks":1,"countries":[{"countryCode":"DE","countryName":"Germany",'
    '"countryPrefix":"49","networks":[{"mcc":"262","mncs":["01"],"networkName":"Any","price":0.075,'
    '"features":[],"comment":""}]}]}'
)
_NO_RECIPIENT = '{"success":"100"}'
"""For requests that send nothing, as those that open connections before."""

_ids = itertools.count(10_000)


class _Connection(asyncio.Protocol):
    """Speaks just enough HTTP/1.1 for a client under load."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.received = b""

    def data_received(self, chunk: bytes) -> None:
        self.received += chunk
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        marked = head.lower().partition(b"content-length:")[2]
        length = int(marked.split(b"\r\n", 1)[0]) if marked else 0
        if len(rest) < length:
            return
        self.received = rest[length:]
        is_pricing = b"/pricing" in head.partition(b"\r\n")[0]
        answer = (_PRICES if is_pricing else _receipt(rest[:length].decode())).encode()
        whole = _HEAD % len(answer) + answer
        asyncio.get_running_loop().call_later(DELAY_S, self.transport.write, whole)


def _receipt(form: str) -> str:
    to = next((part for part in form.split("&") if part.startswith("to=")), None)
    if to is None:
        return _NO_RECIPIENT
    numbers = unquote_plus(to[3:]).replace("+", "").split(",")
    messages = ",".join(_MESSAGE % (next(_ids), number) for number in numbers)
    return f"{_RECEIPT}{messages}]}}"


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextlib.contextmanager
def gateway() -> Iterator[str]:
    """The base URL of a gateway in a process of its own."""
    command = [sys.executable, __file__, "--gateway"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/api"
    finally:
        process.kill()
        process.wait()


def _messages(count: int, text: str) -> list[SendSms]:
    """The input, made before the clock runs: sending is what is measured."""
    messages = [
        SendSms(f"+4917{place:08d}", text.format(place), from_="Acme") for place in range(count)
    ]
    gc.collect()
    gc.freeze()
    return messages


class Run(NamedTuple):
    """What one campaign did: recipients a second, and the CPU time of one."""

    per_s: float
    cpu_us: float


Engine: TypeAlias = Literal["fast"] | None


class Load(NamedTuple):
    """How many recipients get which text, so many in a request."""

    recipients: int
    text: str
    batch: int


SINGLE, TOGETHER = Load(6_000, "Hi {}", 1), Load(100_000, "Hi", 100)


async def _run(url: str, engine: Engine, load: Load, journal: Path | None) -> Run:
    """Send one campaign."""
    async with AsyncSeven(
        api_key="key", base_url=url, concurrency=IN_FLIGHT, transport=engine
    ) as seven:
        await seven.warmup()
        messages = _messages(load.recipients, load.text)
        async with Campaign(seven, journal=journal, batch=load.batch) as campaign:
            begun, cpu_begun = time.perf_counter(), time.process_time()
            async for _ in campaign.send(messages):
                pass
            took, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
            assert campaign.report().accepted == load.recipients
            return Run(load.recipients / took, cpu / load.recipients * 1e6)


def _measure(url: str, engine: Engine, load: Load, *, keeps: bool) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "campaign.db" if keeps else None
        return asyncio.run(_run(url, engine, load, journal))


def _ratio(upper: list[Run], lower: list[Run]) -> float:
    """The median of the ratios of runs that stand side by side."""
    return median(above.per_s / below.per_s for above, below in zip(upper, lower, strict=True))


def main() -> int:
    """Measure side by side, print, and say which promises hold."""
    engines: list[Engine] = [None, "fast"] if find_spec("httptools") else [None]
    runs: defaultdict[str, list[Run]] = defaultdict(list)
    with gateway() as url:
        for _ in range(ROUNDS):
            for engine in engines:
                for end, keeps in (("", False), (", journal", True)):
                    name = f"{engine or 'default'}{end}"
                    runs[f"single sends, {name}"].append(_measure(url, engine, SINGLE, keeps=keeps))
                    together = _measure(url, engine, TOGETHER, keeps=keeps)
                    runs[f"batches of 100, {name}"].append(together)
    for name, of_name in sorted(runs.items(), reverse=True):
        per_s, cpu_us = (median(column) for column in zip(*of_name, strict=True))
        print(f"{name:<32} {per_s:>9.0f} recipients/s {cpu_us:>6.0f} µs of CPU")
    promises = [
        ("batches of 100, default", "single sends, default", 20.0),
        ("batches of 100, default, journal", "single sends, default, journal", 20.0),
        *(
            (f"single sends, {name}, journal", f"single sends, {name}", 0.95)
            for name in (engine or "default" for engine in engines)
        ),
    ]
    broken = 0
    for ours, beside, bound in promises:
        ratio = _ratio(runs[ours], runs[beside])
        broken += ratio < bound
        state = "ok " if ratio >= bound else "NOT"
        print(f"{state} {ours} beside {beside}: {ratio:.2f} (promised >= {bound:g})")
    return int(broken > 0)


if __name__ == "__main__":
    if "--gateway" in sys.argv:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve())
    else:
        raise SystemExit(main())
