"""OAuth 2.0 with the gateway's authorization server: log in, refresh, revoke.

In: a client id, scopes, a store. Out: access tokens. I/O: the authorization server and the store.
Source: auth.md section 2. The flow is authorization code with PKCE (RFC 7636, S256) and state.

A refresh token may be good for one refresh only. So one refresh runs at a time, wherever a store is
shared, and the new token is stored before it is used. docs/oauth.md says why no library does it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar, cast

import anyio
import attrs
from anyio import from_thread, to_thread

from seven_async.auth.errors import LoginRequiredError, OAuthError
from seven_async.auth.login import LoginRequest, code_form, login_request, redirect_form
from seven_async.auth.server import AuthorizationServer, Form, ServerReply
from seven_async.auth.stores import MemoryTokenStore
from seven_async.auth.token import Token, TokenStore
from seven_async.errors import ConfigurationError
from seven_async.flow.clock import Clock
from seven_async.flow.values.converter import build_value
from seven_async.flow.values.model import Model
from seven_async.flow.values.shapes import is_object
from seven_async.masking import masked_secret

if TYPE_CHECKING:
    from seven_async.flow.transport import TransportLike

R = TypeVar("R")

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
        self.scopes: tuple[str, ...] = (scopes,) if isinstance(scopes, str) else tuple(scopes)
        self.store: TokenStore = MemoryTokenStore() if store is None else store
        self._redirect_uri = redirect_uri
        self._server_url = server_url.rstrip("/")
        self._server = AuthorizationServer(self._server_url, transport, timeout_s)
        self._margin_s = margin_s
        self._clock = clock or Clock()
        self._token: Token | None = None
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return f"<OAuth2 {self._client_id!r} at {self._server_url}>"

    # Logging in

    def begin_login(self, *, redirect_uri: str | None = None) -> LoginRequest:
        """Return the URL for the user, with what `finish_login` needs afterwards."""
        return login_request(
            f"{self._server_url}/authorize",
            client_id=self._client_id,
            redirect_uri=redirect_uri or self._redirect_uri,
            scopes=self.scopes,
        )

    async def finish_login(self, login: LoginRequest, redirected: str) -> Token:
        """Exchange what the redirect brought for a token, and store it.

        Args:
            login: What `begin_login` returned.
            redirected: The whole address that the browser was sent to.

        Raises:
            OAuthError: The user refused, the state is not the one of this login, or the server
                refused the code.
        """
        redirect = redirect_form(redirected)
        # The address holds the code, and error reports show the variables of frames.
        del redirected
        token = await self._fetch(code_form(login, redirect), None)
        # In turn: a refresh of the login before must not overwrite this one.
        return await self._run_in_turn(partial(self._keep, token))

    # Tokens

    async def access_token(self) -> str:
        """Return a token that is good for at least a minute; refresh it if it is not.

        Raises:
            LoginRequiredError: There is no token, or it cannot be refreshed.
            OAuthError: The authorization server gave no usable reply; try again later.
        """
        return (await self._find_token(None)).access_token

    async def renew(self, refused: str) -> bool:
        """Replace a token that the gateway has refused; return whether there is another one.

        If another task or process has replaced it already, theirs is taken.

        Raises:
            OAuthError: The authorization server gave no usable reply; try again later.
        """
        # As an object, whose repr hides it: error reports show the variables of frames.
        before = Token(access_token=refused, expires_at=0.0)
        del refused
        try:
            await self._find_token(before)
        except LoginRequiredError:
            return False
        return True

    async def revoke(self) -> None:
        """Forget the token here, then revoke it at the server.

        Raises:
            OAuthError: The server did not confirm it: the token is forgotten here, and may be good
                until it ends.
        """
        # In turn: a refresh that ends later would put a new token into the store.
        token = await self._run_in_turn(self._forget)
        if token is None:
            return
        for form in _revocations(token):
            await self._revoke(form)

    async def _revoke(self, form: Form) -> None:
        # The status is 200 also for a token that is revoked already (auth.md section 2).
        reply = await self._server.post("/revoke", form.add(self._client))
        if reply.status >= 400:
            raise _refusal(reply, is_refresh=False)

    async def me(self) -> Profile:
        """Get the profile of the account that the token is for.

        ```python
        profile = await auth.me()
        print(profile.company, profile.balance)
        ```
        """
        token = await self._find_token(None)
        reply = await self._server.get("/me", token.access_token)
        if reply.status >= 400 or not is_object(reply.content):
            raise OAuthError(
                f"OAuth: /me answered HTTP {reply.status} without a profile", status=reply.status
            )
        profile: Profile = build_value(reply.content, Profile)
        return profile

    @property
    def _client(self) -> Form:
        # The secret goes in the body, as the published clients have it (auth.md section 2).
        secret = {} if self._client_secret is None else {"client_secret": self._client_secret}
        return Form({"client_id": self._client_id, **secret})

    def _is_fresh(self, token: Token) -> bool:
        return self._clock.now() < token.expires_at - self._margin_s

    async def _find_token(self, refused: Token | None) -> Token:
        """Return a token other than the refused one: from memory, the store, or by a refresh."""
        token = self._token
        if token is not None and self._may_use(token, refused):
            return token
        return await self._run_in_turn(partial(self._replace, refused))

    def _may_use(self, token: Token, refused: Token | None) -> bool:
        is_refused = refused is not None and token.access_token == refused.access_token
        return self._is_fresh(token) and not is_refused

    async def _run_in_turn(self, work: Callable[[], R]) -> R:
        """Run something in a thread while no other task, thread or process uses the store."""
        end = self._clock.monotonic() + _LOCK_PATIENCE_S
        while True:
            # Callers that wait look at this process first, so that hundreds take no threads.
            if not self._turn.locked():
                is_done, value = await _run_to_its_end(partial(self._take_turn, work))
                if is_done:
                    return cast("R", value)
            if self._clock.monotonic() > end:
                raise OAuthError(
                    "OAuth: another process has been refreshing the token for a minute; "
                    "end it if it hangs, then try again"
                )
            await self._clock.sleep(_LOCK_LOOK_S)

    def _take_turn(self, work: Callable[[], R]) -> tuple[bool, R | None]:
        """Do the work if both locks are free.

        Taken and given back in this one thread, so that a cancelled caller leaves none locked.
        """
        if not self._turn.acquire(blocking=False):
            return False, None
        try:
            if not self.store.try_lock():
                return False, None
            try:
                return True, work()
            finally:
                self.store.unlock()
        finally:
            self._turn.release()

    def _replace(self, refused: Token | None) -> Token:
        token = self.store.load()
        if token is None:
            raise LoginRequiredError("OAuth: there is no login; run `seven login`")
        # Another task, thread or process may have refreshed in the meantime.
        if not self._may_use(token, refused):
            token = self._refresh(token)
        self._token = token
        return token

    def _refresh(self, token: Token) -> Token:
        if token.refresh_token is None:
            raise LoginRequiredError(
                "OAuth: the token has expired and cannot be refreshed; run `seven login`"
            )
        form = Form({"grant_type": "refresh_token", "refresh_token": token.refresh_token})
        return self._keep(from_thread.run(self._fetch, form, token))

    async def _fetch(self, form: Form, before: Token | None) -> Token:
        reply = await self._server.post("/token", form.add(self._client))
        return _parse_token(reply, self._clock.now(), before)

    def _keep(self, token: Token) -> Token:
        # Stored before it is used: a crash in between must not leave the used one in the store.
        self.store.save(token)
        self._token = token
        return token

    def _forget(self) -> Token | None:
        token = self.store.load()
        self.store.delete()
        self._token = None
        return token


async def _run_to_its_end(work: Callable[[], R]) -> R:
    """Run something in a thread to its end, also when the caller is cancelled.

    A refresh that is cut off would leave a used refresh token in the store. The shield is for the
    scopes of anyio; asyncio's own cancellation ends the wait here, but not the thread.
    """
    results: list[R] = []
    with anyio.CancelScope(shield=True):
        results.append(await to_thread.run_sync(work))
    return results[0]


def _revocations(token: Token) -> list[Form]:
    """Return the forms that revoke a token: first its refresh token, which gives new ones."""
    forms = [Form({"token": token.access_token, "token_type_hint": "access_token"})]
    if token.refresh_token is not None:
        form = Form({"token": token.refresh_token, "token_type_hint": "refresh_token"})
        forms.insert(0, form)
    return forms


def _parse_token(reply: ServerReply, now_s: float, before: Token | None) -> Token:
    if reply.status >= 400 or not is_object(reply.content):
        raise _refusal(reply, is_refresh=before is not None)
    try:
        return Token.of_reply(reply.content, now_s, before)
    except ValueError:
        raise OAuthError(
            f"OAuth: the authorization server answered HTTP {reply.status} without a token"
        ) from None


def _refusal(reply: ServerReply, *, is_refresh: bool) -> OAuthError:
    """Return the error for a reply without a token, with the server's own words."""
    fields: Mapping[str, object] = reply.content if is_object(reply.content) else {}
    reason, detail = fields.get("error"), fields.get("error_description")
    if not isinstance(reason, str):
        return OAuthError(
            f"OAuth: the authorization server answered HTTP {reply.status}, and nothing that "
            f"OAuth knows; try again later",
            status=reply.status,
        )
    if is_refresh and reason == "invalid_grant":
        return LoginRequiredError(
            "OAuth: the login has ended (invalid_grant); run `seven login` again",
            reason=reason,
            status=reply.status,
        )
    said = f"{reason} ({detail[:200]})" if isinstance(detail, str) else reason
    return OAuthError(
        f"OAuth: the authorization server refused: {said}", reason=reason, status=reply.status
    )
