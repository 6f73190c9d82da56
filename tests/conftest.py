"""Both event loops, Hypothesis profiles, and no way out of this machine: for every test.

In: nothing. Out: the `anyio_backend` fixture. I/O: refuses it beyond loopback.
"""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a red run is red again; the long runs look for new ones.
settings.register_profile("fast", max_examples=50, deadline=None, derandomize=True)
settings.register_profile(
    "soak", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("fast")

# Commands in the background of a script ignore Ctrl-C, and so would the processes of tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Each event loop in turn, for every async test; per module, as Hypothesis wants it."""
    return str(request.param)


class OutsideError(RuntimeError):
    """A test tried to reach another machine.

    No OSError: code under test must not take it for a failed connection and carry on.
    """


def stays_here(host: object) -> bool:
    """Whether connecting to a host reaches nothing but this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if name in {None, "", "localhost"}:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_connecting(address: object) -> None:
    """Raises for an internet address that is not loopback; Unix sockets are paths, and pass."""
    if isinstance(address, tuple) and not stays_here(address[0]):
        raise OutsideError(f"a test may reach loopback only, not {address[0]!r}")


def refuse_resolving(host: object) -> None:
    """Answers like a resolver that knows no name, or raises for a name that may exist."""
    if stays_here(host) or _is_address(host):
        return  # an address needs no resolver; whether it may be reached is asked on connecting
    name = host.decode() if isinstance(host, bytes) else str(host)
    # Reserved by RFC 2606: this is how a test stages "no such host".
    if name.endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    raise OutsideError(f"a test may resolve loopback and *.invalid only, not {host!r}")


def _is_address(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: it sees every socket of the process, whichever library opens it."""
    if event in {"socket.connect", "socket.sendto"}:
        refuse_connecting(arguments[1])
    elif event == "socket.getaddrinfo":
        refuse_resolving(arguments[0])


sys.addaudithook(guard)
