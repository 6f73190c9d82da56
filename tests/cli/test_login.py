"""`seven login`, `logout`, `whoami` and profiles, against a served sandbox."""

from __future__ import annotations

import json
import stat
import threading
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer

from seven_async.auth import oauth2
from seven_async.cli import redirect
from seven_async.sandbox import Sandbox
from tests.auth.logins import redirect_of

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway with an authorization server."""
    return Sandbox()


@pytest.fixture
def folder(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The configuration folder of a user of this sandbox."""
    import platformdirs

    for name in ("SEVEN_PROFILE", "SEVEN_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEVEN_CLIENT_ID", "my-app")
    monkeypatch.setattr(platformdirs, "user_config_path", lambda *_, **__: tmp_path / "config")
    with sandbox.serve() as served:
        monkeypatch.setenv("SEVEN_OAUTH_URL", served.url.removesuffix("/api"))
        monkeypatch.setenv("SEVEN_BASE_URL", served.url)
        yield tmp_path / "config"


def pasting(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str], str]) -> None:
    """Let a person paste what a browser would be sent to, for the address that is shown."""
    from seven_async.cli import login

    shown: list[str] = []
    monkeypatch.setattr(login, "say", shown.append)
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: answer(shown[1]))


def test_without_a_browser_the_answer_is_pasted(
    seven: Run, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The login is kept as a profile, for its owner only, and commands use it."""
    with monkeypatch.context() as patch:
        pasting(patch, lambda url: redirect_of(sandbox, url))
        status, _, err = seven("login", "--no-browser")

    assert (0, "") == (status, err)
    assert {0o600} == {
        stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.suffix != ".lock"
    }
    assert (0, "1000000.0 EUR\n", "") == seven("balance")
    status, out, _ = seven("whoami")
    said = json.loads(seven("whoami", "--json")[1])
    assert said["profile"] in out
    assert 0 == status
    assert "profile default: Sandbox, sandbox, user 1, 1000000 EUR\n" == out


def test_a_denied_login_leaves_no_profile(
    seven: Run, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went wrong is said in words."""
    sandbox.grants.consent = "deny"
    pasting(monkeypatch, lambda url: redirect_of(sandbox, url))
    status, _, err = seven("login", "--no-browser")

    assert 4 == status
    assert "refused in the browser" in err
    assert [] == [file.name for file in folder.glob("*.json")]


def test_a_browser_brings_the_answer_to_loopback(
    seven: Run, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The redirect is caught, and a foreign one before it is not taken."""
    monkeypatch.setattr(redirect, "REDIRECT_URIS", ("http://127.0.0.1:0/callback",))
    browsers: list[threading.Thread] = []
    seen: list[int] = []
    opened = redirect.Redirect.__init__

    def on_free_port(self: redirect.Redirect, uri: str) -> None:
        opened(self, uri)
        self.redirect_uri = f"http://127.0.0.1:{self.server_port}/callback"

    def visit(url: str) -> None:
        address = redirect_of(sandbox, url)
        foreign = f"{address.partition('?')[0]}?code=x&state=y"
        for target in (foreign, address):
            try:
                with urllib.request.urlopen(target, timeout=10) as reply:
                    seen.append(reply.status)
            except urllib.error.HTTPError as error:
                seen.append(error.code)
                error.close()

    def browse(url: str) -> bool:
        browsers.append(threading.Thread(target=visit, args=(url,)))
        browsers[0].start()
        return True

    monkeypatch.setattr(redirect.Redirect, "__init__", on_free_port)
    monkeypatch.setattr(webbrowser, "open", browse)
    status, out, err = seven("login")
    browsers[0].join()

    assert (0, "logged in as profile default\n", "") == (status, out, err)
    assert [404, 200] == seen


def test_logging_out_revokes_the_login_and_forgets_it(
    seven: Run, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left but a lock's file, and the server takes the token no more."""
    with monkeypatch.context() as patch:
        pasting(patch, lambda url: redirect_of(sandbox, url))
        seven("--profile", "work", "login", "--no-browser")
    assert (0, "profile work is forgotten\n", "") == seven("--profile", "work", "logout")

    assert [] == [file.name for file in folder.iterdir() if file.suffix != ".lock"]
    assert all(login.is_revoked for login in sandbox.grants.access.values())
    status, _, err = seven("--profile", "work", "balance")
    assert 2 == status
    assert "there is no profile 'work'" in err


def test_a_key_is_kept_as_a_profile_and_never_shown(
    seven: Run, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--key` asks for it; SEVEN_PROFILE chooses it."""
    sandbox.add_key("key-4711-secret")
    monkeypatch.setenv("SEVEN_PROFILE", "second")
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "key-4711-secret")
    outputs = [seven("login", "--key"), seven("balance"), seven("whoami")]

    assert [0, 0, 0] == [status for status, _, _ in outputs]
    assert not any("4711" in out + err for _, out, err in outputs)
    assert 0o600 == stat.S_IMODE((folder / "second.json").stat().st_mode)


@pytest.mark.parametrize("name", ["../x", "a b", ".hidden", "x" * 65])
def test_a_profile_name_is_no_path(seven: Run, folder: Path, name: str) -> None:
    """A name that could leave the folder is refused before anything is read."""
    status, _, err = seven("--profile", name, "whoami")

    assert 2 == status
    assert "letters, digits" in err


def test_the_registered_addresses_are_loopback() -> None:
    """The vendor has registered three ports."""
    ports = [urlsplit(uri).port for uri in oauth2.REDIRECT_URIS]

    assert [7177, 9437, 8659] == ports
