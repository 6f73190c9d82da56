"""Which gateway a client really reaches: what was sent to one was not sent to another.

In: a client. Out: a name for the journal. I/O: a gateway on loopback is asked once whether it is a
sandbox, and which; others are asked nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

import attrs

from seven_async.campaign.journal.errors import JournalError
from seven_async.client import AsyncSeven
from seven_async.errors import SevenError
from seven_async.flow.raw import RawCall
from seven_async.flow.row import Repeat, Row
from seven_async.flow.values.model import Model
from seven_async.flow.wire import build_encoder

LOCAL: Final = "a local gateway"
"""The name of a gateway on loopback that does not say which it is."""

_SANDBOX: Final = f"{LOCAL} (sandbox "

_ASKING_S: Final = 2.0
_DEPTH: Final = 3
"""Wrappers around a transport within which its name is looked for."""


@attrs.frozen(kw_only=True, slots=False)
class _Identity(Model):
    """What a sandbox says it is."""

    sandbox: str | None = None


_IDENTITY: Final = Row(
    name="sandbox.identity",
    method="GET",
    path="/_sandbox/identity",
    encoder=build_encoder(RawCall, "GET", frozenset()),
    reply=_Identity,
    repeat=Repeat.SAFE,
)
_NETWORK: Final = frozenset({"AsyncHTTPTransport"})
_HTTP_LIBRARIES: Final = frozenset({"httpx", "httpx2"})


def refuse_other_gateway(journal: object, written: str, gateway: str) -> None:
    """Raise `JournalError` unless a journal was written through a gateway."""
    if gateway == written or (written == LOCAL and gateway.startswith(LOCAL)):
        return
    raise JournalError(
        f"{journal} has what was sent through {written}, not through {gateway}; give another "
        f"file, since what is in it would count as served"
    )


def is_sandbox(gateway: str) -> bool:
    """Tell whether the name of a gateway is that of a sandbox: nothing was really sent."""
    return gateway.startswith(_SANDBOX)


async def gateway_of(client: AsyncSeven) -> str:
    """Name the gateway that answers a client.

    That is the host of the base URL, unless something else answers in its place: a sandbox has a
    name of its own, in this process or on loopback, and a transport that is not known to lead to
    the network is named beside the host.
    """
    options = client.options
    carrier = _carrier(options.transport, options.base_url)
    name = _name_of(carrier)
    if name is not None:
        return name
    host = urlsplit(options.base_url).hostname or ""
    if _is_loopback(host):
        identity = await _ask_identity(client)
        return LOCAL if identity is None else f"{_SANDBOX}{identity})"
    leads_there = carrier is None or carrier == "fast" or _is_network(carrier)
    return host if leads_there else f"{host} through {type(carrier).__name__}"


def _carrier(transport: object, base_url: str) -> object:
    """Find the transport that carries requests, also within an `httpx.AsyncClient`."""
    # A private method of httpx; without it the client itself is what is known.
    find: Any = getattr(transport, "_transport_for_url", None)
    if find is None:
        return transport
    url_of = cast("Callable[[str], object]", type(getattr(transport, "base_url", base_url)))
    return cast("object", find(url_of(base_url)))


def _name_of(carrier: object, depth: int = _DEPTH) -> str | None:
    """Return the name that a transport, or one that it is wrapped around, has for its gateway."""
    told: object = getattr(carrier, "gateway_id", None)
    if isinstance(told, str) and told:
        return told
    parts = cast("dict[str, object]", getattr(carrier, "__dict__", {})).values() if depth else ()
    return next((name for part in parts if (name := _name_of(part, depth - 1))), None)


def _is_network(carrier: object) -> bool:
    """Tell whether a transport is one of the HTTP library's own, or derived from it."""
    return any(
        base.__name__ in _NETWORK and base.__module__.partition(".")[0] in _HTTP_LIBRARIES
        for base in type(carrier).__mro__
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


async def _ask_identity(client: AsyncSeven) -> str | None:
    """Ask a gateway on loopback whether it is a sandbox; None if it does not say so."""
    address = urlsplit(client.options.base_url)
    asking = client.with_options(
        base_url=f"{address.scheme}://{address.netloc}",
        # Whatever listens there gets no secret, and no observer hears of this question.
        api_key="none",
        auth=None,
        signing_secret=None,
        account=None,
        on_event=None,
        rate=None,
        retry=None,
        timeout_s=_ASKING_S,
        deadline_s=_ASKING_S,
    )
    try:
        answer: _Identity = await asking.call(_IDENTITY, RawCall())
    except SevenError:
        return None
    return answer.sandbox or None
