"""Who is asking: bearer tokens instead of an API key.

An `Auth` gives the access token for each attempt. `BearerToken` is the fixed one.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs

from seven_async.masking import masked_secret


@runtime_checkable
class Auth(Protocol):
    """Anything that can give an OAuth2 access token; asked before each attempt."""

    async def access_token(self) -> str:
        """The token, without the word `Bearer`."""
        ...


@attrs.frozen
class BearerToken:
    """An access token that somebody else keeps fresh (auth.md section 1)."""

    token: str = attrs.field(repr=masked_secret)

    async def access_token(self) -> str:
        """The token."""
        return self.token
