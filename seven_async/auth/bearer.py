"""The sources of tokens that a client takes: two Protocols, and a fixed token. No I/O."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import attrs

from seven_async.masking import masked_secret


@runtime_checkable
class Auth(Protocol):
    """Anything that can give an OAuth2 access token; asked before each attempt."""

    async def access_token(self) -> str:
        """Return the token, without the word `Bearer`."""
        ...


@runtime_checkable
class RenewableAuth(Auth, Protocol):
    """A source of tokens that can replace one which the gateway has refused."""

    async def renew(self, refused: str) -> bool:
        """Replace a refused token; return whether there is another one now."""
        ...


@attrs.frozen
class BearerToken:
    """A fixed access token, which other code refreshes (auth.md section 1)."""

    token: str = attrs.field(repr=masked_secret)

    async def access_token(self) -> str:
        """Return the token."""
        return self.token
