"""A login at the sandbox's authorization server, as a browser would do it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from seven_async.auth import OAuth2
from seven_async.flow.clock import Clock
from seven_async.sandbox import Sandbox


def oauth(sandbox: Sandbox, **options: Any) -> OAuth2:
    """An `OAuth2` of this sandbox, on its clock."""
    clock = Clock(now=sandbox.clock)
    return OAuth2("my-app", **{**sandbox.oauth_options, "clock": clock, **options})


def redirect_of(sandbox: Sandbox, url: str) -> str:
    """Where the authorization server sends a browser that opens an address."""
    parts = urlsplit(url)
    answer = sandbox.handle("GET", f"{parts.path}?{parts.query}", {})
    return dict(answer.headers)["Location"]


async def log_in(sandbox: Sandbox, **options: Any) -> OAuth2:
    """An `OAuth2` of which a login has succeeded."""
    auth = oauth(sandbox, **options)
    login = auth.begin_login()
    await auth.finish_login(login, redirect_of(sandbox, login.url))
    return auth
