"""The two ends of a login: the address that a user opens, and the redirect that answers it.

In: a client id, scopes; then the redirect. Out: a `LoginRequest`; then the form that buys a token.
No I/O. Source: auth.md section 2, RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs

from seven_async.auth.errors import OAuthError
from seven_async.auth.server import Form
from seven_async.masking import masked_secret


@attrs.frozen(kw_only=True)
class LoginRequest:
    """A login that waits for its redirect: the URL for the user, and what proves the redirect.

    Keep it until the redirect comes back; `url` may be shown, the rest is secret.
    """

    url: str
    redirect_uri: str
    state: str = attrs.field(repr=masked_secret)
    verifier: str = attrs.field(repr=masked_secret)


def login_request(
    address: str, *, client_id: str, redirect_uri: str, scopes: Iterable[str]
) -> LoginRequest:
    """Return a login with a state and a verifier of its own; `address` is that of /authorize."""
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
    )
    return LoginRequest(
        url=f"{address}?{query}", redirect_uri=redirect_uri, state=state, verifier=verifier
    )


def redirect_form(redirected: str) -> Form:
    """Return the fields of the address that a browser was sent to."""
    try:
        query = urlsplit(redirected.strip()).query
    except ValueError:
        query = ""
    return Form(dict(parse_qsl(query)))


def code_form(login: LoginRequest, redirect: Form) -> Form:
    """Return the form that a redirect's code is exchanged with.

    Raises:
        OAuthError: The redirect has no code, or belongs to another login.
    """
    fields = redirect.fields
    if not hmac.compare_digest(fields.get("state", "").encode(), login.state.encode()):
        raise OAuthError(
            "OAuth: this answer belongs to another login (its state differs); start again and "
            "use the newest address"
        )
    if "error" in fields:
        reason, detail = fields["error"][:200], fields.get("error_description", "")
        if reason == "access_denied":
            raise OAuthError("OAuth: the login was refused in the browser", reason=reason)
        raise OAuthError(
            f"OAuth: the login failed: {reason} {detail[:200]}".rstrip(), reason=reason
        )
    if not fields.get("code"):
        raise OAuthError("OAuth: the address has no code; paste the whole address")
    return Form(
        {
            "grant_type": "authorization_code",
            "code": fields["code"],
            "redirect_uri": login.redirect_uri,
            "code_verifier": login.verifier,
        }
    )
