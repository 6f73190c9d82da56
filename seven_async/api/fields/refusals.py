"""The error for an argument that cannot be sent: its name and the reason, never a private value."""

from __future__ import annotations

from seven_async.errors import InvalidRequestError


def refused(name: str, why: str) -> InvalidRequestError:
    """Return the error for the value of an argument."""
    return InvalidRequestError(f"{name.rstrip('_')}: {why}")
