"""Logging in, refreshing and revoking against the sandbox's authorization server."""

from __future__ import annotations

import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx
import pytest
import respx

from seven_async import AsyncSeven, AuthenticationError, Seven
from seven_async.auth import FileTokenStore, LoginRequiredError, OAuth2, OAuthError, Token
from seven_async.sandbox import Sandbox
from tests.auth.logins import log_in, oauth, redirect_of

HOUR_S = 3600.0


def client(sandbox: Sandbox, auth: OAuth2) -> AsyncSeven:
    """A client of the sandbox that has nothing but a login."""
    return AsyncSeven(auth=auth, base_url=sandbox.base_url, transport=sandbox.transport)


async def test_a_login_gives_a_token_that_the_gateway_takes() -> None:
    """The code of the redirect becomes a token, and a call goes with it."""
    sandbox = Sandbox()
    auth = await log_in(sandbox)
    async with client(sandbox, auth) as seven:
        balance = await seven.balance.get()

    assert sandbox.balance == balance.amount
    assert "Sandbox" == (await auth.me()).company


async def test_the_address_of_a_login_has_all_that_pkce_asks_for() -> None:
    """State and challenge are there, the verifier is not."""
    login = oauth(Sandbox(), scopes=["sms", "balance"]).begin_login()
    fields = {name: values[0] for name, values in parse_qs(urlsplit(login.url).query).items()}

    assert "S256" == fields["code_challenge_method"]
    assert 43 == len(fields["code_challenge"]) == len(login.verifier)
    assert "sms balance" == fields["scope"]
    assert login.state == fields["state"]
    assert login.verifier not in login.url
    assert login.verifier not in repr(login)


async def test_a_scope_that_was_not_asked_for_is_refused() -> None:
    """The gateway answers 902 where the login does not reach."""
    sandbox = Sandbox()
    auth = await log_in(sandbox, scopes=["balance"])
    async with client(sandbox, auth) as seven:
        with pytest.raises(Exception, match="902"):
            await seven.sms.send("+491711234567", "hello")

    assert [] == list(sandbox.ledger)


async def test_200_calls_across_the_end_of_a_token_refresh_it_once(tmp_path: Path) -> None:
    """However many calls find the token too old, one refresh goes to the server."""
    sandbox = Sandbox()
    auth = await log_in(sandbox, store=FileTokenStore(tmp_path / "token.json"))
    sandbox.advance(HOUR_S - 30)
    async with client(sandbox, auth) as seven, anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(seven.balance.get)

    assert 1 == sandbox.grants.refreshes


async def test_clients_on_other_threads_share_one_refresh() -> None:
    """A source of tokens that several event loops use refreshes once for all."""
    sandbox = Sandbox()
    auth = await log_in(sandbox)
    sandbox.advance(HOUR_S)
    options = {"auth": auth, "base_url": sandbox.base_url, "transport": sandbox.transport}

    def ask() -> None:
        with Seven(**options) as seven:
            seven.balance.get()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await anyio.to_thread.run_sync(thread.join)

    assert 1 == sandbox.grants.refreshes


async def test_a_cancelled_caller_does_not_lose_the_new_token() -> None:
    """A refresh that was sent goes on to the store, though its caller is gone."""
    sandbox = Sandbox(latency_s=0.05)
    auth = await log_in(sandbox)
    sandbox.advance(HOUR_S)
    with anyio.move_on_after(0.01):
        await auth.access_token()

    assert 1 == sandbox.grants.refreshes
    assert await auth.access_token() in sandbox.grants.access
    assert 1 == sandbox.grants.refreshes


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_task_that_asyncio_cancels_does_not_lose_the_new_token() -> None:
    """Nor does `asyncio.timeout`, which no shield of anyio keeps off."""
    import asyncio

    sandbox = Sandbox(latency_s=0.05)
    auth = await log_in(sandbox)
    sandbox.advance(HOUR_S)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await auth.access_token()

    assert await auth.access_token() in sandbox.grants.access
    assert 1 == sandbox.grants.refreshes


async def test_the_old_refresh_token_is_kept_where_the_answer_has_none() -> None:
    """Without a new refresh token the old one stays; scopes may be a list."""
    before = Token(access_token="a", expires_at=0.0, refresh_token="r", scopes=("sms",))
    answer = {"access_token": "b", "expires_in": "60", "scope": ["sms", "rcs"]}

    after = Token.of_reply(answer, 100.0, before)

    assert ("b", "r", 160.0) == (after.access_token, after.refresh_token, after.expires_at)
    assert ("sms", "rcs") == after.scopes


async def test_a_revoked_login_is_forgotten_here_and_dead_there() -> None:
    """After `revoke` there is no token to take, and the server takes none of the old ones."""
    sandbox = Sandbox()
    auth = await log_in(sandbox)
    token = auth.store.load()
    await auth.revoke()

    with pytest.raises(LoginRequiredError, match="seven login"):
        await auth.access_token()
    assert token is not None
    assert None is sandbox.grants.find_login(token.access_token, sandbox.clock())


async def test_a_logout_without_a_server_forgets_the_token_and_says_so() -> None:
    """The token is gone here, and the error says that it was not revoked there."""
    store = (await log_in(Sandbox())).store
    server = respx.MockRouter()
    server.route().mock(side_effect=httpx.ConnectError)
    transport = httpx.MockTransport(server.async_handler)
    auth = OAuth2("my-app", store=store, transport=transport)
    with pytest.raises(OAuthError, match="cannot be reached"):
        await auth.revoke()

    assert None is store.load()


async def test_a_refresh_token_that_was_used_twice_ends_the_login() -> None:
    """A used refresh token revokes the login, and the error says what to do."""
    sandbox = Sandbox()
    auth = await log_in(sandbox)
    used = auth.store.load()
    sandbox.advance(HOUR_S)
    await auth.access_token()
    sandbox.advance(HOUR_S)
    assert used is not None
    auth.store.save(used)

    with pytest.raises(LoginRequiredError, match="seven login") as caught:
        await auth.access_token()
    assert "invalid_grant" == caught.value.reason


async def test_a_crash_before_the_new_token_was_stored_is_said_in_words(tmp_path: Path) -> None:
    """The next start finds the used token, and is told to log in again."""
    sandbox = Sandbox()
    store = FileTokenStore(tmp_path / "token.json")
    auth = await log_in(sandbox, store=store)
    sandbox.advance(HOUR_S)

    def fail(token: Token) -> None:
        raise OSError("the disk is full")

    store.save = fail
    with pytest.raises(OSError, match="full"):
        await auth.access_token()

    # The token that could not be stored is not used either: the next process could not go on.
    with pytest.raises(LoginRequiredError, match="seven login"):
        await auth.access_token()
    with pytest.raises(LoginRequiredError, match="seven login"):
        await oauth(sandbox, store=FileTokenStore(tmp_path / "token.json")).access_token()


async def test_denied_consent_foreign_state_and_a_bare_address_are_told_apart() -> None:
    """Each wrong answer of the browser has its own sentence."""
    sandbox = Sandbox()
    auth = oauth(sandbox)
    login = auth.begin_login()
    sandbox.grants.consent = "deny"
    with pytest.raises(OAuthError, match="refused in the browser"):
        await auth.finish_login(login, redirect_of(sandbox, login.url))

    sandbox.grants.consent = "allow"
    other = redirect_of(sandbox, auth.begin_login().url)
    with pytest.raises(OAuthError, match="another login"):
        await auth.finish_login(login, other)
    with pytest.raises(OAuthError, match="no code"):
        await auth.finish_login(login, f"{login.redirect_uri}?state={login.state}")


async def test_an_expired_code_and_a_wrong_verifier_are_refused() -> None:
    """The server's words for either are in the error."""
    import attrs

    sandbox = Sandbox()
    auth = oauth(sandbox)
    login = auth.begin_login()
    late = redirect_of(sandbox, login.url)
    sandbox.advance(601)
    with pytest.raises(OAuthError, match="expired"):
        await auth.finish_login(login, late)
    wrong = attrs.evolve(login, verifier="x" * 43)
    with pytest.raises(OAuthError, match="verifier is wrong"):
        await auth.finish_login(wrong, redirect_of(sandbox, login.url))


async def test_a_token_that_the_gateway_no_longer_knows_ends_the_call_with_its_error() -> None:
    """Where the login is revoked at the server, the call has the gateway's refusal."""
    sandbox = Sandbox()
    auth = await log_in(sandbox)
    sandbox.grants.revoke(await auth.access_token())
    async with client(sandbox, auth) as seven:
        with pytest.raises(AuthenticationError):
            await seven.balance.get()
