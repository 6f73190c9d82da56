"""A gateway that answers every request after a fixed delay, as cheaply as Python can.

It runs as a process of its own, so that its work does not count as the client's. It speaks just
enough HTTP/1.1 for a client under load: keep-alive, and bodies by Content-Length.

    python benchmarks/delayed_gateway.py 35      # prints its port
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from typing import cast

RECEIPT = (
    b'{"success":"100","total_price":0.075,"balance":54.013,"debug":"false","sms_type":"direct",'
    b'"messages":[{"id":"77214945865","sender":"Acme","recipient":"49179999999999","text":"Hi",'
    b'"encoding":"gsm","label":null,"parts":1,"udh":null,"is_binary":false,"price":0.075,'
    b'"success":true,"error":null,"error_text":null}]}'
)
_BALANCE = b'{"amount":44.631,"currency":"EUR"}'


def _answer(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        % len(body)
    ) + body


class _Connection(asyncio.Protocol):
    delay_s = 0.035
    posted = _answer(RECEIPT)
    got = _answer(_BALANCE)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.received = b""

    def data_received(self, chunk: bytes) -> None:
        self.received += chunk
        head, separator, rest = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(rest) < length:
            return
        self.received = rest[length:]
        answer = self.posted if head.startswith(b"POST") else self.got
        if self.delay_s:
            asyncio.get_running_loop().call_later(self.delay_s, self.transport.write, answer)
        else:
            self.transport.write(answer)


async def _serve(delay_s: float) -> None:
    _Connection.delay_s = delay_s
    server = await asyncio.get_running_loop().create_server(
        _Connection, "127.0.0.1", 0, backlog=4096
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextlib.contextmanager
def delayed_gateway(delay_ms: float) -> Iterator[str]:
    """The base URL of a gateway in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(delay_ms)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/api"
    finally:
        process.kill()
        process.wait()


def _run(delay_s: float) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(delay_s))
    else:
        uvloop.run(_serve(delay_s))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        _run(float(sys.argv[1]) / 1000)
