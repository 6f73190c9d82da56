"""Which way of calling a client asks for, chosen once. No I/O."""

from __future__ import annotations

from typing import TypeAlias

from seven_async.blocking import Seven
from seven_async.campaign.awaiting import AwaitingFace
from seven_async.campaign.blocking import BlockingFace
from seven_async.client import AsyncSeven
from seven_async.errors import ConfigurationError

Face: TypeAlias = AwaitingFace | BlockingFace


def build_face(client: object) -> Face:
    """Return the awaiting face for an `AsyncSeven`, the blocking one for a `Seven`.

    Raises:
        ConfigurationError: It is no client.
    """
    if isinstance(client, AsyncSeven):
        return AwaitingFace(client)
    if isinstance(client, Seven):
        return BlockingFace(client)
    raise ConfigurationError(f"client must be AsyncSeven or Seven, not {type(client).__name__}")
