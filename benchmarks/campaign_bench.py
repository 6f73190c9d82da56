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
from collections.abc import Iterator
from pathlib import Path
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
        answer = _receipt(rest[:length].decode()).encode()
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


async def _per_s(url: str, count: int, text: str, batch: int, journal: Path | None) -> float:
    """Recipients per second of one campaign."""
    async with AsyncSeven(api_key="key", base_url=url, concurrency=IN_FLIGHT) as seven:
        await seven.warmup()
        messages = _messages(count, text)
        async with Campaign(seven, journal=journal, batch=batch) as campaign:
            begun = time.perf_counter()
            async for _ in campaign.send(messages):
                pass
            took = time.perf_counter() - begun
            assert campaign.report().accepted == count
            return count / took


def _measure(url: str, count: int, text: str, batch: int, *, keeps: bool) -> float:
    with tempfile.TemporaryDirectory() as folder:
        journal = Path(folder) / "campaign.db" if keeps else None
        return asyncio.run(_per_s(url, count, text, batch, journal))


def main() -> int:
    """Measure side by side, print, and say which promises hold."""
    single, kept, batched, bare_batched = [], [], [], []
    with gateway() as url:
        for _ in range(ROUNDS):
            single.append(_measure(url, 6_000, "Hi {}", 1, keeps=False))
            kept.append(_measure(url, 6_000, "Hi {}", 1, keeps=True))
            batched.append(_measure(url, 100_000, "Hi", 100, keeps=True))
            bare_batched.append(_measure(url, 100_000, "Hi", 100, keeps=False))
    rows = {
        "single sends": single,
        "single sends, journal": kept,
        "batches of 100": bare_batched,
        "batches of 100, journal": batched,
    }
    for name, rates in rows.items():
        print(f"{name:<26} {max(rates):>9.0f} recipients/s")
    promises = [
        ("journal beside none", max(kept) / max(single), 0.9),
        ("batches of 100 beside single sends", max(bare_batched) / max(single), 20),
        ("the same with a journal", max(batched) / max(kept), 20),
    ]
    for name, value, bound in promises:
        print(f"{'ok ' if value >= bound else 'NOT'} {name}: {value:.2f} (promised >= {bound})")
    return int(any(value < bound for _, value, bound in promises))


if __name__ == "__main__":
    if "--gateway" in sys.argv:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_serve())
    else:
        raise SystemExit(main())
