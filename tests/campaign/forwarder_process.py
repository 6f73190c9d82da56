"""Carries connections from one address to another, for hosts that see each other by a network.

`forwarder_process.py HOST PORT TARGET …`: what comes to HOST:PORT goes to TARGET, which is
`host:port` or the path of a socket, as may be HOST. Prints a line when it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way, and the end of them."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def forward(host: str, port: str, target: str) -> None:
    """Listen, and carry both ways."""

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if target.startswith("/"):
                far = await asyncio.open_unix_connection(target)
            else:
                far = await asyncio.open_connection(*target.rsplit(":", 1))
        except OSError:  # the database starts anew, say
            writer.close()
            return
        await asyncio.gather(carry(reader, far[1]), carry(far[0], writer))

    if host.startswith("/"):
        server = await asyncio.start_unix_server(connect, host)
    else:
        server = await asyncio.start_server(connect, host, int(port))
    await server.serve_forever()


async def main(words: list[str]) -> None:
    """Forward from all addresses until killed."""
    triples = [words[place : place + 3] for place in range(0, len(words), 3)]
    tasks = [asyncio.ensure_future(forward(host, port, target)) for host, port, target in triples]
    await asyncio.wait(tasks, timeout=0.2, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        if task.done():  # its address is taken, say
            task.result()
    sys.stdout.write("listens\n")
    sys.stdout.flush()
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
