"""Processes that share a token's file, and who can read the file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seven_async.auth import FileTokenStore, LoginRequiredError, OAuth2, Token
from seven_async.sandbox import Sandbox
from seven_async.sandbox.server.serving import Serving
from tests.auth.logins import redirect_of

SCRIPT = Path(__file__).with_name("refreshing_process.py")


async def log_in_to(served: Serving, sandbox: Sandbox, path: Path) -> str:
    """Store a login at a served sandbox; return the server's URL."""
    url = served.url.removesuffix("/api")
    auth = OAuth2("my-app", store=FileTokenStore(path), server_url=url)
    login = auth.begin_login()
    await auth.finish_login(login, redirect_of(sandbox, login.url))
    return url


@contextmanager
def process(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A process of the script, ended with the block."""
    command = [sys.executable, str(SCRIPT), *map(str, words)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as started:
        try:
            assert "ready" == read(started)
            yield started
        finally:
            started.kill()


def tell(started: subprocess.Popen[str], line: str) -> None:
    """Write a line to a process."""
    assert started.stdin is not None
    started.stdin.write(line + "\n")
    started.stdin.flush()


def read(started: subprocess.Popen[str]) -> str:
    """Read a line of a process."""
    assert started.stdout is not None
    return started.stdout.readline().strip()


async def run_rounds(path: Path, rounds: int) -> None:
    """Let two processes replace the same token at the same time, again and again."""
    sandbox = Sandbox()
    with sandbox.serve() as served:
        url = await log_in_to(served, sandbox, path)
        with process(url, path) as first, process(url, path) as second:
            for number in range(1, rounds + 1):
                for line, answer in (("token", "holds"), ("go", "ok")):
                    tell(first, line)
                    tell(second, line)
                    assert [answer, answer] == [read(first), read(second)]
                assert number == sandbox.grants.refreshes


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_two_processes_refresh_a_token_once(tmp_path: Path) -> None:
    """Of two that share a file, one refreshes and the other takes its token."""
    await run_rounds(tmp_path / "token.json", 5)


@pytest.mark.soak
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_two_processes_refresh_a_token_once_in_each_of_50_rounds(tmp_path: Path) -> None:
    """The same for longer."""
    await run_rounds(tmp_path / "token.json", 50)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_process_killed_before_the_store_leaves_no_lock(tmp_path: Path) -> None:
    """The next start is not held up, and is told to log in again."""
    path = tmp_path / "token.json"
    sandbox = Sandbox()
    with sandbox.serve() as served:
        url = await log_in_to(served, sandbox, path)
        with process(url, path) as started:
            for line in ("die", "go"):
                tell(started, line)
                read(started)
            assert -9 == started.wait(10)
        assert 1 == sandbox.grants.refreshes
        auth = OAuth2("my-app", store=FileTokenStore(path), server_url=url)
        with pytest.raises(LoginRequiredError, match="seven login"):
            await refresh(auth)


async def refresh(auth: OAuth2) -> None:
    """Refresh whatever is stored."""
    token = auth.store.load()
    assert token is not None
    auth.store.save(Token(access_token="old", expires_at=0.0, refresh_token=token.refresh_token))
    await auth.access_token()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files")
def test_a_tokens_file_is_never_readable_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under any umask, not even in the moment in which it is created."""
    modes: list[int] = []
    opened = os.open

    def watch(path: Any, *words: Any, **options: Any) -> int:
        handle = opened(path, *words, **options)
        if str(path).startswith(str(tmp_path / "token")) or ".token" in str(path):
            modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        return handle

    before = os.umask(0)
    try:
        monkeypatch.setattr(os, "open", watch)
        store = FileTokenStore(tmp_path / "token.json")
        assert store.try_lock()
        store.save(Token(access_token="secret", expires_at=0.0))
        store.unlock()
    finally:
        os.umask(before)

    assert len(modes) >= 1
    assert {0o600} == set(modes)
    assert 0o600 == stat.S_IMODE((tmp_path / "token.json").stat().st_mode)


def test_a_file_that_is_no_token_is_told_by_name(tmp_path: Path) -> None:
    """The error names the file, and does not quote it."""
    from seven_async import ConfigurationError

    path = tmp_path / "token.json"
    path.write_text('{"access_token": 12, "secret": "shown-nowhere"}')
    with pytest.raises(ConfigurationError, match=r"token\.json.*log in again") as caught:
        FileTokenStore(path).load()

    assert "shown-nowhere" not in str(caught.value)
