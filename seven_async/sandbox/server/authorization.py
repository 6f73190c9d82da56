"""`/authorize`, `/token`, `/me`, `/revoke`: the authorization server, on the gateway's own port.

In: a request outside of `/api`. Out: its answer, with the errors of RFC 6749. No I/O.
Source: auth.md section 2. Every client id is known, without a secret, unless one was set.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.grants import Grants, Login
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.state import MAIN_ACCOUNT, State
from seven_async.sandbox.core.wire import Answer, json_answer, page_not_found

PATHS: Final = ("/authorize", "/token", "/me", "/revoke")
HTML_TYPE: Final = "text/html; charset=utf-8"
_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox login</title>
<style>
  :root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
  main {{ max-width: 26rem; margin: 12vh auto; padding: 0 1.5rem; overflow-wrap: anywhere; }}
  h1 {{ font-size: 1.4rem; line-height: 1.3; }}
  a {{ display: inline-block; margin-right: .75rem; padding: .5rem 1.5rem; border-radius: .5rem;
       border: 1px solid; color: inherit; text-decoration: none; }}
  #allow {{ background: #0a5c36; border-color: #0a5c36; color: #fff; }}
</style>
<main>
  <h1>{client} wants to act for your account</h1>
  <p>It asks for: {scopes}</p>
  <p><a id="allow" href="{allow}">Allow</a><a id="deny" href="{deny}">Deny</a></p>
  <p><small>This is the sandbox: no real account is behind it.</small></p>
</main>
"""


def answer(gateway: Gateway, request: IncomingRequest) -> Answer:
    """Answer a request to one of `PATHS`."""
    with gateway.lock:
        return AuthorizationServer(gateway.grants, gateway.state, gateway.clock()).answer(request)


class AuthorizationServer:
    """Answers for one state; to be called while its lock is held."""

    def __init__(self, grants: Grants, state: State, now: float) -> None:
        self._grants = grants
        self._state = state
        self._now = now

    def answer(self, request: IncomingRequest) -> Answer:
        """Answer a request."""
        line = (request.method, request.path)
        if line == ("GET", "/me"):
            return self._me(request.headers)
        handlers: dict[tuple[str, str], Callable[[Params], Answer]] = {
            ("GET", "/authorize"): self._authorize,
            ("POST", "/token"): self._token,
            ("POST", "/revoke"): self._revoke,
        }
        handler = handlers.get(line)
        return page_not_found() if handler is None else handler(request.params())

    def _authorize(self, params: Params) -> Answer:
        redirect = params.text("redirect_uri")
        # An address that is not loopback gets no redirect: a code must not leave the machine.
        if urlsplit(redirect).hostname not in ("127.0.0.1", "localhost", "::1"):
            return _refuse("invalid_request", "redirect_uri must be a loopback address")
        if params.text("response_type") != "code" or params.text("code_challenge_method") != "S256":
            return _redirect(redirect, params, error="invalid_request")
        decision = params.text("decision") or self._grants.consent
        if decision == "ask":
            return _consent_page(params)
        if decision != "allow":
            return _redirect(redirect, params, error="access_denied")
        scopes = tuple(params.text("scope").split())
        login = Login(params.text("client_id"), MAIN_ACCOUNT, scopes)
        challenge = params.text("code_challenge")
        code = self._grants.add_code(login, redirect, challenge, self._now)
        return _redirect(redirect, params, code=code)

    def _token(self, params: Params) -> Answer:
        secret = self._grants.clients.get(params.text("client_id"))
        if secret is not None and params.text("client_secret") != secret:
            return _refuse("invalid_client", "the client is not known", 401)
        kind = params.text("grant_type")
        if kind == "authorization_code":
            return self._exchange_code(params)
        if kind == "refresh_token":
            return self._refresh(params)
        return _refuse("unsupported_grant_type", "code and refresh token only")

    def _exchange_code(self, params: Params) -> Answer:
        code = self._grants.codes.pop(params.text("code"), None)
        if code is None or self._now >= code.expires:
            return _refuse("invalid_grant", "the code has expired")
        digest = hashlib.sha256(params.text("code_verifier").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not hmac.compare_digest(challenge, code.challenge):
            return _refuse("invalid_grant", "the verifier is wrong")
        is_same = params.text("client_id") == code.login.client_id
        if not is_same or params.text("redirect_uri") != code.redirect_uri:
            return _refuse("invalid_grant", "the code belongs to another request")
        return self._issue(code.login)

    def _refresh(self, params: Params) -> Answer:
        token = params.text("refresh_token")
        login = self._grants.refresh.get(token)
        if login is None or login.is_revoked or params.text("client_id") != login.client_id:
            return _refuse("invalid_grant", "the refresh token is not valid")
        if token != login.refresh_token:
            # A token that was used before may be a stolen one: the login ends for all.
            login.is_revoked = True
            return _refuse("invalid_grant", "the refresh token was used before")
        self._grants.refreshes += 1
        return self._issue(login)

    def _issue(self, login: Login) -> Answer:
        self._grants.issue(login, self._now)
        return json_answer(
            {
                "access_token": login.access_token,
                "expires_in": int(self._grants.token_life_s),
                "refresh_token": login.refresh_token,
                "scope": " ".join(login.scopes),
                "token_type": "Bearer",
            }
        )

    def _me(self, headers: Mapping[str, str]) -> Answer:
        token = headers.get("authorization", "").partition(" ")[2]
        login = self._grants.find_login(token, self._now)
        if login is None:
            return _refuse("invalid_token", "the access token is not valid", 401)
        return json_answer(
            {
                "alias": "sandbox",
                "balance": str(self._state.accounts[login.account].balance),
                "company": "Sandbox",
                "email": "sandbox@example.com",
                "success": True,
                "user_id": "1",
            }
        )

    def _revoke(self, params: Params) -> Answer:
        self._grants.revoke(params.text("token"))
        return json_answer({"success": True})


def _refuse(error: str, description: str, status: int = 400) -> Answer:
    return json_answer({"error": error, "error_description": description}, status)


def _redirect(address: str, params: Params, **fields: str) -> Answer:
    joint = "&" if "?" in address else "?"
    query = urlencode({**fields, "state": params.text("state")})
    return Answer(302, HTML_TYPE, b"", (("Location", f"{address}{joint}{query}"),))


def _consent_page(params: Params) -> Answer:
    names = (
        "response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge",
        "code_challenge_method",
    )  # fmt: skip
    asked = {name: params.text(name) for name in names}
    allow, deny = (
        html.escape("/authorize?" + urlencode({**asked, "decision": decision}))
        for decision in ("allow", "deny")
    )
    page = _PAGE.format(
        client=html.escape(asked["client_id"]),
        scopes=html.escape(asked["scope"].replace(" ", ", ") or "everything"),
        allow=allow,
        deny=deny,
    )
    return Answer(200, HTML_TYPE, page.encode())
