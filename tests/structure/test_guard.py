"""The tests' own guard: nothing beyond loopback is reached, by any way."""

from __future__ import annotations

import socket

import anyio
import httpx
import pytest

from tests.conftest import OutsideError

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: routed nowhere, should the guard ever fail


def test_connecting_to_another_machine_is_refused():
    """A socket of a test connects to loopback only."""
    with socket.socket() as outside, pytest.raises(OutsideError, match=DOCUMENTATION_ADDRESS):
        outside.connect((DOCUMENTATION_ADDRESS, 443))


def test_datagram_to_another_machine_is_refused():
    """No datagram leaves this machine either."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as outside,
        pytest.raises(OutsideError, match=DOCUMENTATION_ADDRESS),
    ):
        outside.sendto(b"", (DOCUMENTATION_ADDRESS, 53))


async def test_client_in_the_event_loop_is_refused():
    """The guard is no connection error, so no client takes it for a failed attempt."""
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.RaisesGroup(OutsideError, allow_unwrapped=True, flatten_subgroups=True):
            await client.get(f"http://{DOCUMENTATION_ADDRESS}/")


def test_name_of_another_machine_is_not_resolved():
    """A name that may exist is an error of the test, and no query leaves."""
    with pytest.raises(OutsideError, match="example"):
        socket.getaddrinfo("gateway.example", 443)


def test_reserved_name_is_unknown():
    """A test stages "no such host" with a name under .invalid, without a resolver."""
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("gateway.invalid", 443)


async def test_loopback_is_reached():
    """What runs on this machine can be reached, by name and by address."""
    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        async with await anyio.connect_tcp("localhost", port) as stream:
            remote = stream.extra(anyio.abc.SocketAttribute.remote_port)

    assert port == remote
