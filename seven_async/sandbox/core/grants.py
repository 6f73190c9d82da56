"""The authorization server's memory: codes that wait for their exchange, and who has logged in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final

from attrs import define, field

from seven_async.sandbox.core.accounts import Key

CODE_LIFE_S: Final = 600.0
TOKEN_LIFE_S: Final = 3600.0
"""Access tokens end after an hour (auth.md section 2)."""


@define(eq=False)
class Login:
    """One consent: its tokens follow each other, and one replaces the other."""

    client_id: str
    account: str
    scopes: tuple[str, ...]
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    expires: float = 0.0
    is_revoked: bool = False


@define(eq=False)
class Code:
    """What `/authorize` gave, good for one exchange."""

    login: Login
    redirect_uri: str
    challenge: str = field(repr=False)
    expires: float


class Grants:
    """Codes, access tokens and refresh tokens, burnt ones included.

    Attributes:
        refreshes: how often a refresh token was exchanged.
        consent: `allow` answers at once, `deny` refuses, `ask` shows a page with both.
        rotates: a refresh token is good for one refresh.
    """

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.access: dict[str, Login] = {}
        self.refresh: dict[str, Login] = {}
        self.clients: dict[str, str | None] = {}
        self.refreshes = 0
        self.consent = "allow"
        self.rotates = True
        self.token_life_s = TOKEN_LIFE_S

    def add_code(self, login: Login, redirect_uri: str, challenge: str, now: float) -> str:
        """Remember a consent; return its code."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = Code(login, redirect_uri, challenge, now + CODE_LIFE_S)
        return code

    def issue(self, login: Login, now: float) -> None:
        """Give a login new tokens; the ones before are no longer its own."""
        self.access.pop(login.access_token, None)
        login.access_token = secrets.token_urlsafe(24)
        if self.rotates or not login.refresh_token:
            login.refresh_token = secrets.token_urlsafe(24)
        login.expires = now + self.token_life_s
        self.access[login.access_token] = login
        self.refresh[login.refresh_token] = login

    def find_login(self, access_token: str, now: float) -> Login | None:
        """Find whose access token it is, as long as it is good."""
        login = self.access.get(access_token)
        is_good = login is not None and not login.is_revoked and now < login.expires
        return login if is_good else None

    def find_key(self, headers: Mapping[str, str], now: float) -> Key | None:
        """Find what the access token of a request may do at the gateway."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        login = self.find_login(token.strip(), now) if scheme.lower() == "bearer" else None
        if login is None:
            return None
        scopes = frozenset(login.scopes)
        return Key(
            login.access_token, login.account, scopes, subaccount_access="subaccounts" in scopes
        )

    def revoke(self, token: str) -> None:
        """End the login of a token, if there is one."""
        login = self.refresh.get(token) or self.access.get(token)
        if login is not None:
            login.is_revoked = True
