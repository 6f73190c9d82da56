"""Authorization by bearer tokens instead of an API key.

`BearerToken` is a fixed token. `OAuth2` logs in, refreshes, and keeps its tokens in a `TokenStore`.
"""

from __future__ import annotations

from seven_async.auth.bearer import Auth, BearerToken, RenewableAuth
from seven_async.auth.errors import LoginRequiredError, OAuthError
from seven_async.auth.login import LoginRequest
from seven_async.auth.oauth2 import REDIRECT_URIS, SCOPES, SERVER_URL, OAuth2, Profile
from seven_async.auth.stores import FileTokenStore, KeyringTokenStore, MemoryTokenStore
from seven_async.auth.token import Token, TokenStore

__all__ = [
    "REDIRECT_URIS",
    "SCOPES",
    "SERVER_URL",
    "Auth",
    "BearerToken",
    "FileTokenStore",
    "KeyringTokenStore",
    "LoginRequest",
    "LoginRequiredError",
    "MemoryTokenStore",
    "OAuth2",
    "OAuthError",
    "Profile",
    "RenewableAuth",
    "Token",
    "TokenStore",
]
