"""Authorization by bearer tokens instead of an API key.

`BearerToken` is a fixed token. `OAuth2` logs in, refreshes, and keeps its tokens in a `TokenStore`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seven_async.auth.bearer import (
        Auth as Auth,
        BearerToken as BearerToken,
        RenewableAuth as RenewableAuth,
    )
    from seven_async.auth.errors import (
        LoginRequiredError as LoginRequiredError,
        OAuthError as OAuthError,
    )
    from seven_async.auth.login import LoginRequest as LoginRequest
    from seven_async.auth.oauth2 import (
        REDIRECT_URIS as REDIRECT_URIS,
        SCOPES as SCOPES,
        SERVER_URL as SERVER_URL,
        OAuth2 as OAuth2,
        Profile as Profile,
    )
    from seven_async.auth.stores import (
        FileTokenStore as FileTokenStore,
        KeyringTokenStore as KeyringTokenStore,
        MemoryTokenStore as MemoryTokenStore,
    )
    from seven_async.auth.token import Token as Token, TokenStore as TokenStore
else:
    from seven_async.start.first_use import names_on_first_use as _names_on_first_use

    __getattr__, __dir__, __all__ = _names_on_first_use(
        __name__,
        {
            "seven_async.auth.bearer": (
                "Auth",
                "BearerToken",
                "RenewableAuth",
            ),
            "seven_async.auth.errors": (
                "LoginRequiredError",
                "OAuthError",
            ),
            "seven_async.auth.login": ("LoginRequest",),
            "seven_async.auth.oauth2": (
                "OAuth2",
                "Profile",
                "REDIRECT_URIS",
                "SCOPES",
                "SERVER_URL",
            ),
            "seven_async.auth.stores": (
                "FileTokenStore",
                "KeyringTokenStore",
                "MemoryTokenStore",
            ),
            "seven_async.auth.token": (
                "Token",
                "TokenStore",
            ),
        },
    )
