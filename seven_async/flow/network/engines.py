"""The engines that read HTTP on the client's own connections, by name.

In: the option `transport`. Out: the connections on the engine that it asks for, or a refusal where
that is not installed. No I/O; what an engine needs is imported with the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from seven_async.errors import ConfigurationError
from seven_async.flow.transport import tls_context
from seven_async.masking import brief
from seven_async.start.first_use import load

if TYPE_CHECKING:
    from seven_async.flow.network.connections import Connections

FAST: Final = "fast"
"""The engine of the extra `fast`: llhttp's parser, from the package httptools."""


def is_own(transport: object) -> bool:
    """Tell whether the option asks for connections of the client's own."""
    return transport is None or isinstance(transport, str)


def check_engine(transport: object) -> None:
    """Refuse the name of an engine that there is not, or that is not installed.

    Raises:
        ConfigurationError: Which of the two it is, and what to do.
    """
    if not isinstance(transport, str):
        return
    if transport != FAST:
        raise ConfigurationError(
            f"transport= takes “{FAST}”, or a transport or client of httpx, not {brief(transport)}"
        )
    try:
        load("seven_async.flow.network.reply_parser:ReplyParser")
    except ImportError as error:
        raise ConfigurationError(
            "transport=“fast” needs the package httptools: pip install 'seven-async[fast]'"
        ) from error


def name_engine(transport: object) -> str:
    """Return in a few words what carries requests, for people."""
    if transport is None:
        return "httpx engine"
    return "fast engine" if transport == FAST else type(transport).__name__


def build_connections(transport: object) -> Connections:
    """Build connections on the engine that the option names."""
    engine = "core_lane" if transport is None else "fast_lane"
    kind = load("seven_async.flow.network.connections:Connections")
    connections: Connections = kind(
        tls_context, open_lane=load(f"seven_async.flow.network.{engine}:open_lane")
    )
    return connections
