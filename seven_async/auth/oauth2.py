"""OAuth 2.0 with the gateway's authorization server: log in, refresh, revoke.

In: a client id, scopes, a store. Out: access tokens. I/O: the authorization server and the store.
Source: auth.md section 2. The flow is authorization code with PKCE (RFC 7636, S256) and state.

A refresh token may be good for one refresh only. So one refresh runs at a time, wherever a store is
shared, and the new token is stored before it is used. docs/oauth.md says why no library does it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import anyio
import attrs
from anyio import to_thread

from seven_async.auth.errors import LoginRequiredError, OAuthError
from seven_async.auth.exchange import Answer, Exchange, Form
from seven_async.auth.stores import MemoryTokenStore
from seven_async.auth.token import Token, TokenStore
from seven_async.errors import ConfigurationError
from seven_async.flow.clock import Clock
from seven_async.flow.converter import structured
from seven_async.flow.model import Model
from seven_async.flow.shapes import is_object
from seven_async.flow.transport import TransportLike
from seven_async.masking import masked_secret

SERVER_URL: Final = "https://oauth.seven.io"
REDIRECT_URIS: Final = tuple(f"http://127.0.0.1:{port}/callback" for port in (7177, 9437, 8659))
"""The loopback addresses that the vendor has registered for public clients."""

SCOPES: Final = (
    "analytics",
    "balance",
    "contacts",
    "groups",
    "hooks",
    "journal",
    "lookup",
    "numbers",
    "pricing",
    "rcs",
    "sms",
    "status",
    "subaccounts",
    "validate_for_voice",
    "voice",
    "waba",
)

_LOCK_LOOK_S: Final = 0.05
_LOCK_PATIENCE_S: Final = 60.0  # twice the longest refresh: then its process hangs


@attrs.frozen(kw_only=True)
class LoginRequest:
    """A login that has begun: where the user has to go, and what proves the answer.

    Keep it until the redirect comes back; `url` may be shown, the rest is secret.
    """

    url: str
    redirect_uri: str
    state: str = attrs.field(repr=masked_secret)
    verifier: str = attrs.field(repr=masked_secret)


@attrs.frozen(kw_only=True, slots=False)
class Profile(Model):
    """Whose account a token is for; `balance` in EUR."""

    alias: str | None = None
    company: str | None = None
    email: str | None = attrs.field(default=None, repr=masked_secret)
    user_id: str | None = None
    balance: Decimal | None = None
    success: bool | None = None


class OAuth2:
    """A source of access tokens: `AsyncSeven(auth=OAuth2("client-id", store=…))`.

    ```python
    auth = OAuth2("my-app", store=FileTokenStore("token.json"))
    login = auth.begin_login()
    print("open", login.url)
    await auth.finish_login(login, input("the address you were sent to: "))
    ```

    Args:
        client_id: The id that seven's support gave your application.
        client_secret: Its secret; None for a public client.
        scopes: What the token may be used for; everything unless given.
        store: Where the token is kept; in memory unless given.
        redirect_uri: Where the user is sent after the login; as registered.
        server_url: The authorization server.
        transport: As for `AsyncSeven`; a connection of its own unless given.
        margin_s: How long before its end a token is refreshed, in seconds.
        timeout_s: How long one exchange with the authorization server may take, in seconds.
        clock: Clocks and sleep, for tests.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str | None = None,
        *,
        scopes: Iterable[str] = SCOPES,
        store: TokenStore | None = None,
        redirect_uri: str = REDIRECT_URIS[0],
        server_url: str = SERVER_URL,
        transport: TransportLike | None = None,
        margin_s: float = 60.0,
        timeout_s: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        if not client_id or not client_id.strip():
            raise ConfigurationError("client_id: give the id that your application has")
        self._client_id = client_id.strip()
        self._client_secret = client_secret
        self.scopes = (scopes,) if isinstance(scopes, str) else tuple(scopes)
        self.store: TokenStore = MemoryTokenStore() if store is None else store
        self._redirect_uri = redirect_uri
        self._server_url = server_url.rstrip("/")
        self._exchange = Exchange(self._server_url, transport, timeout_s)
        self._margin_s = margin_s
        self._clock = clock or Clock()
        self._token: Token | None = None

    def __repr__(self) -> str:
        return f"<OAuth2 {self._client_id!r} at {self._server_url}>"

    # Logging in

    def begin_login(self, *, redirect_uri: str | None = None) -> LoginRequest:
        """Return where the user has to go, and what `finish_login` needs afterwards."""
        redirect = redirect_uri or self._redirect_uri
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
        digest = hashlib.sha256(verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect,
                "scope": " ".join(self.scopes),
                "state": state,
                "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        url = f"{self._server_url}/authorize?{query}"
        return LoginRequest(url=url, redirect_uri=redirect, state=state, verifier=verifier)

    async def finish_login(self, login: LoginRequest, redirected: str) -> Token:
        """Exchange what the redirect brought for a token, and store it.

        Args:
            login: What `begin_login` returned.
            redirected: The whole address that the browser was sent to.

        Raises:
            OAuthError: The user refused, the state is not the one of this login, or the server
                refused the code.
        """
        code = _read_code(login, redirected)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": login.redirect_uri,
            "code_verifier": login.verifier,
        }
        return await self._fetch(Form(form), before=None)

    # Tokens

    async def access_token(self) -> str:
        """Return a token that is good for at least a minute; refresh it if it is not.

        Raises:
            LoginRequiredError: There is no token, or it cannot be refreshed.
            OAuthError: The authorization server gave no usable answer; try again later.
        """
        token = self._token
        if token is None or not self._is_fresh(token):
            token = await self._replace(None)
        return token.access_token

    async def renew(self, refused: str) -> bool:
        """Replace a token that the gateway has refused; return whether there is another one.

        If somebody else has replaced it already, theirs is taken.
        """
        try:
            token = await self._replace(refused)
        except LoginRequiredError:
            return False
        return not hmac.compare_digest(token.access_token.encode(), refused.encode())

    async def revoke(self) -> None:
        """Revoke the token at the server, and forget it here whatever the server says."""
        token = await to_thread.run_sync(self.store.load)
        await to_thread.run_sync(self.store.delete)
        self._token = None
        if token is None:
            return
        for kind in ("refresh_token", "access_token"):
            value: str | None = getattr(token, kind)
            if value:
                form = Form({"token": value, "token_type_hint": kind}).add(self._client)
                # The answer is 200 also for what is dead already (auth.md section 2).
                await self._exchange.post("/revoke", form)

    async def me(self) -> Profile:
        """Return whose account the token is for."""
        answer = await self._exchange.get("/me", await self.access_token())
        if answer.status >= 400 or not is_object(answer.content):
            raise OAuthError(
                f"OAuth: /me answered HTTP {answer.status} without a profile", status=answer.status
            )
        profile: Profile = structured(answer.content, Profile)
        return profile

    @property
    def _client(self) -> Form:
        # The secret stands in the body, as the published clients have it (auth.md section 2).
        secret = {} if self._client_secret is None else {"client_secret": self._client_secret}
        return Form({"client_id": self._client_id, **secret})

    def _is_fresh(self, token: Token) -> bool:
        return self._clock.now() < token.expires_at - self._margin_s

    async def _replace(self, refused: str | None) -> Token:
        """Return a token other than the refused one: from the store, or by a refresh."""
        token = await self._load()
        if not self._may_use(token, refused):
            async with self._locked():
                # Another task, thread or process may have refreshed in the meantime.
                token = await self._load()
                if not self._may_use(token, refused):
                    token = await self._refresh(token)
        self._token = token
        return token

    def _may_use(self, token: Token, refused: str | None) -> bool:
        return self._is_fresh(token) and token.access_token != refused

    async def _load(self) -> Token:
        token = await to_thread.run_sync(self.store.load)
        if token is None:
            raise LoginRequiredError("OAuth: there is no login; run `seven login`")
        return token

    @asynccontextmanager
    async def _locked(self) -> AsyncGenerator[None]:
        """Hold the store's lock; looked at now and then, since a thread cannot be cancelled."""
        end = self._clock.monotonic() + _LOCK_PATIENCE_S
        while not await to_thread.run_sync(self.store.try_lock):
            if self._clock.monotonic() > end:
                raise OAuthError(
                    "OAuth: another process has been refreshing the token for a minute; "
                    "if none is running, delete the lock file"
                )
            await self._clock.sleep(_LOCK_LOOK_S)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self.store.unlock)

    async def _refresh(self, token: Token) -> Token:
        if token.refresh_token is None:
            raise LoginRequiredError(
                "OAuth: the token has expired and cannot be refreshed; run `seven login`"
            )
        form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
        # Not to be cut off by a cancelled caller: the old refresh token may be burnt by now. The
        # exchange itself has a time-out.
        with anyio.CancelScope(shield=True):
            return await self._fetch(Form(form), before=token)

    async def _fetch(self, form: Form, before: Token | None) -> Token:
        answer = await self._exchange.post("/token", form.add(self._client))
        token = _read_token(answer, self._clock.now(), before)
        # Stored before it is used: a crash in between must not leave the burnt one in the store.
        await to_thread.run_sync(self.store.save, token)
        self._token = token
        return token


def _read_token(answer: Answer, now_s: float, before: Token | None) -> Token:
    if answer.status >= 400 or not is_object(answer.content):
        raise _refusal(answer, is_refresh=before is not None)
    try:
        return Token.of_reply(answer.content, now_s, before)
    except ValueError:
        raise OAuthError(
            f"OAuth: the authorization server answered HTTP {answer.status} without a token"
        ) from None


def _refusal(answer: Answer, *, is_refresh: bool) -> OAuthError:
    """Return the error for an answer without a token, with the server's own words."""
    fields: Mapping[str, Any] = answer.content if is_object(answer.content) else {}
    reason, detail = fields.get("error"), fields.get("error_description")
    if not isinstance(reason, str):
        return OAuthError(
            f"OAuth: the authorization server answered HTTP {answer.status}, and nothing that "
            f"OAuth knows; try again later",
            status=answer.status,
        )
    if is_refresh and reason == "invalid_grant":
        return LoginRequiredError(
            "OAuth: the login has ended (invalid_grant); run `seven login` again",
            reason=reason,
            status=answer.status,
        )
    said = f"{reason} ({detail[:200]})" if isinstance(detail, str) else reason
    return OAuthError(
        f"OAuth: the authorization server refused: {said}", reason=reason, status=answer.status
    )


def _read_code(login: LoginRequest, redirected: str) -> str:
    """Return the code of a redirect; raises `OAuthError` in words for what else it brings."""
    fields = dict(parse_qsl(urlsplit(redirected.strip()).query))
    if not hmac.compare_digest(fields.get("state", "").encode(), login.state.encode()):
        raise OAuthError(
            "OAuth: this answer belongs to another login (its state differs); start again and "
            "use the newest address"
        )
    if "error" in fields:
        reason, detail = fields["error"], fields.get("error_description", "")
        if reason == "access_denied":
            raise OAuthError("OAuth: the login was refused in the browser", reason=reason)
        raise OAuthError(
            f"OAuth: the login failed: {reason} {detail[:200]}".rstrip(), reason=reason
        )
    if not fields.get("code"):
        raise OAuthError("OAuth: the address has no code; paste the whole address")
    return fields["code"]
