"""An authorization server that gives no token: each time a clear error, and no secret in it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator

import httpx
import pytest
import respx

from seven_async.auth import MemoryTokenStore, OAuth2, OAuthError, Token

ACCESS, REFRESH, SECRET = "access-91c2e7d4", "refresh-5ab03f68", "client-secret-77ad"
CODE, VERIFIER = "code-0f39cc21aa", "verifier"

ANSWERS = {
    "500": httpx.Response(500, text="boom"),
    "HTML": httpx.Response(200, text="<html>maintenance</html>"),
    "nothing": httpx.Response(200),
    "no token": httpx.Response(200, json={"token_type": "Bearer"}),
    "refused": httpx.Response(400, json={"error": "invalid_grant"}),
    "lost": httpx.ReadTimeout("late"),
    "unreachable": httpx.ConnectError("refused"),
}


# A renewal that needs a new login answers False; a logout and a profile have no use for a token.
FINE = {("renew", "refused"), ("me", "no token")} | {
    ("revoke", name) for name in ("HTML", "nothing", "no token")
}


def transport(answer: httpx.Response | Exception) -> httpx.MockTransport:
    """A transport that always gives this answer."""
    server = respx.MockRouter()
    if isinstance(answer, Exception):
        server.route().mock(side_effect=answer)
    else:
        server.route().respond(answer.status_code, content=answer.content)
    return httpx.MockTransport(server.async_handler)


def shown(error: BaseException) -> Iterator[str]:
    """All that a report has of an error: its texts and the variables of all frames."""
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is not None:
            yield str(cause)
            yield from traceback.TracebackException.from_exception(
                cause, capture_locals=True, lookup_lines=True
            ).format(chain=False)
            waiting += [cause.__cause__, cause.__context__]


def own(lines: Iterator[str]) -> str:
    """The lines without those of this file, whose variables are the test's."""
    return "\n".join(line for line in lines if __file__ not in line)


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("work", ["access_token", "renew", "revoke", "me", "finish_login"])
async def test_no_secret_is_in_an_error_of_the_authorization_server(
    name: str, work: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its text, its causes, the frames it came through nor the log have one."""
    caplog.set_level(logging.DEBUG)
    # Of /me it is the exchange under test, and not a refresh before it.
    expires_at = 4e9 if work in ("me", "renew") else 0.0
    token = Token(access_token=ACCESS, expires_at=expires_at, refresh_token=REFRESH)
    auth = OAuth2(
        "my-app", SECRET, store=MemoryTokenStore(token), transport=transport(ANSWERS[name])
    )
    failure: OAuthError | None = None
    login = auth.begin_login()
    try:
        if work == "finish_login":
            await auth.finish_login(login, f"http://127.0.0.1/?code={CODE}&state={login.state}")
        elif work == "renew":
            await auth.renew(ACCESS)
        else:
            await getattr(auth, work)()
    except OAuthError as error:
        failure = error

    assert ((work, name) in FINE) == (failure is None)
    text = caplog.text + ("" if failure is None else own(shown(failure)))
    for secret in (ACCESS, REFRESH, SECRET, CODE, login.verifier):
        assert secret not in text


@pytest.mark.parametrize("name", ["500", "HTML", "nothing", "lost", "unreachable"])
async def test_a_failed_refresh_keeps_the_token_for_the_next_one(name: str) -> None:
    """Where the server said nothing of the login, it has not ended."""
    store = MemoryTokenStore(Token(access_token=ACCESS, expires_at=0.0, refresh_token=REFRESH))
    auth = OAuth2("my-app", store=store, transport=transport(ANSWERS[name]))

    with pytest.raises(OAuthError, match="OAuth: the authorization server"):
        await auth.access_token()
    kept = store.load()
    assert kept is not None
    assert REFRESH == kept.refresh_token
