"""A token as the authorization server gives it, and where tokens are kept. No I/O of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol, cast, runtime_checkable

import attrs

from seven_async.masking import masked_secret

_LIFE_S = 3600.0  # auth.md section 2: the default, where a reply does not say


@attrs.frozen(kw_only=True)
class Token:
    """An access token with what belongs to it. `expires_at` in Unix seconds."""

    access_token: str = attrs.field(repr=masked_secret)
    expires_at: float
    refresh_token: str | None = attrs.field(default=None, repr=masked_secret)
    scopes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Return the token as text, for a store."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Token:
        """Return the token that `to_json` wrote; raises ValueError for any other text."""
        fields = json.loads(text)
        try:
            return cls(
                access_token=_text(fields["access_token"]),
                expires_at=float(fields["expires_at"]),
                refresh_token=None
                if fields.get("refresh_token") is None
                else _text(fields["refresh_token"]),
                scopes=tuple(map(_text, fields.get("scopes", ()))),
            )
        except (KeyError, TypeError, AttributeError):
            raise ValueError("no token") from None

    @classmethod
    def of_reply(cls, fields: Mapping[str, object], now_s: float, before: Token | None) -> Token:
        """Return the token in a reply; raises ValueError if it has none.

        The previous refresh token is kept when the reply names none. `scope` comes as a list or
        as a text, depending on the client (auth.md section 2).
        """
        access_token, refresh_token = fields.get("access_token"), fields.get("refresh_token")
        if not isinstance(access_token, str) or not access_token.strip():
            raise ValueError("no access token")
        if not isinstance(refresh_token, str) or not refresh_token:
            refresh_token = None if before is None else before.refresh_token
        scope = fields.get("scope")
        scopes = scope.split() if isinstance(scope, str) else scope
        if not isinstance(scopes, list):
            scopes = [] if before is None else list(before.scopes)
        return cls(
            access_token=access_token.strip(),
            refresh_token=refresh_token,
            expires_at=now_s + _life_s(fields.get("expires_in")),
            scopes=tuple(map(str, cast("list[object]", scopes))),
        )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _life_s(value: object) -> float:
    try:
        life_s = float(cast("str", value))
    except (TypeError, ValueError):
        return _LIFE_S
    return life_s if 0 < life_s < float("inf") else _LIFE_S


@runtime_checkable
class TokenStore(Protocol):
    """Where a token is kept. The methods may block for milliseconds; they are called in a thread.

    `try_lock` and `unlock` guard a refresh: of all that share a store, in whatever task, thread or
    process, one refreshes at a time. A lock has to end with its process.
    """

    def load(self) -> Token | None:
        """Return the token that is kept; None if there is none."""
        ...

    def save(self, token: Token) -> None:
        """Keep a token instead of the one before; it is safe when this returns."""
        ...

    def delete(self) -> None:
        """Forget the token."""
        ...

    def try_lock(self) -> bool:
        """Take the lock, if it is free; never wait."""
        ...

    def unlock(self) -> None:
        """Give the lock back."""
        ...
