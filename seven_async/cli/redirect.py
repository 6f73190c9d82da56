"""The redirect of a login, caught on loopback.

In: a login's state. Out: the address that the browser was sent to. I/O: one of the registered
ports (auth.md section 2), until the answer has come.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

from seven_async.auth import REDIRECT_URIS

_PAGE: Final = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>seven</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  p { max-width: 26rem; margin: 12vh auto; padding: 0 1.5rem; }
</style>
<p>The terminal has the answer. You can close this window.</p>
"""
_LOOK_S: Final = 0.2


class _Handler(BaseHTTPRequestHandler):
    """Takes the redirect whose state is that of the login; everything else is not found."""

    timeout = 5.0  # a browser may open a connection that it does not use

    def do_GET(self) -> None:
        """Answer the browser."""
        parts, redirect = urlsplit(self.path), cast("Redirect", self.server)
        is_ours = parse_qs(parts.query).get("state") == [redirect.state]
        if parts.path != "/callback" or not is_ours:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(_PAGE)))
        self.end_headers()
        self.wfile.write(_PAGE)
        redirect.address = f"{redirect.redirect_uri}?{parts.query}"

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: the address holds the code."""
        del format, args


class Redirect(HTTPServer):
    """A port that waits for one browser."""

    timeout: float | None = _LOOK_S

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri
        self.state: str = ""
        self.address: str | None = None
        super().__init__(("127.0.0.1", urlsplit(redirect_uri).port or 0), _Handler)

    def wait(self, state: str, patience_s: float) -> str | None:
        """Return the address with this state; None if it does not come in time."""
        self.state = state
        end = time.monotonic() + patience_s
        while self.address is None and time.monotonic() < end:
            self.handle_request()
        return self.address


@contextmanager
def open_redirect() -> Generator[Redirect | None]:
    """Listen on the first registered port that is free; None if all are taken."""
    for uri in REDIRECT_URIS:
        try:
            server = Redirect(uri)
        except OSError:
            continue
        with server:
            yield server
        return
    yield None
