"""The addresses of a host, and the first of them that a connection comes about with.

In: host and port; what connects to one address. Out: a connection. I/O: names are looked up.

Addresses of both families are tried in turn, each a quarter of a second after the one before or as
soon as that has failed, IPv6 first (RFC 8305 calls it "happy eyeballs").
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

import anyio
from anyio import getaddrinfo

C = TypeVar("C")

_NEXT_AFTER_S: Final = 0.25


async def find_addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host in the order in which they are tried.

    Raises:
        OSError: The name was not found.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass  # a name
    rows = await getaddrinfo(host, port, type=socket.SOCK_STREAM)
    families: dict[bool, list[str]] = {True: [], False: []}
    for family, *_, address in rows:
        families[family == socket.AF_INET6].append(str(address[0]))
    six, four = families[True], families[False]
    # The first two are of different families; what follows is seldom reached.
    return [*six[:1], *four[:1], *six[1:], *four[1:]]


async def connect_first(
    addresses: Sequence[str],
    connect: Callable[[str], Awaitable[C]],
    close: Callable[[C], Awaitable[None]],
) -> C:
    """Return the connection to the first address that it comes about with.

    Raises:
        OSError: With none of them; the reasons are its causes.
    """
    if len(addresses) == 1:
        return await connect(addresses[0])
    return await _Race(connect, close).run(addresses)


class _Race(Generic[C]):
    """Connects to several addresses; the first connection is kept."""

    def __init__(
        self,
        connect: Callable[[str], Awaitable[C]],
        close: Callable[[C], Awaitable[None]],
    ) -> None:
        self._connect = connect
        self._close = close
        self._first: list[C] = []
        self._failures: list[OSError] = []

    async def run(self, addresses: Sequence[str]) -> C:
        """Return the first connection, or raise what all of them failed with."""
        try:
            async with anyio.create_task_group() as tasks:
                for address in addresses:
                    ended = anyio.Event()
                    tasks.start_soon(self._try, address, ended, tasks.cancel_scope)
                    with anyio.move_on_after(_NEXT_AFTER_S):
                        await ended.wait()
        except BaseException:
            for connection in self._first:
                await self._close(connection)
            raise
        if self._first:
            return self._first[0]
        raise OSError("no address could be connected to") from ExceptionGroup(
            "all of them failed", self._failures
        )

    async def _try(self, address: str, ended: anyio.Event, others: anyio.CancelScope) -> None:
        try:
            connection = await self._connect(address)
        except OSError as error:
            self._failures.append(error)
            ended.set()
            return
        if self._first:
            await self._close(connection)
        else:
            self._first.append(connection)
            others.cancel()
