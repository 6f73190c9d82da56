"""The command `seven` as a fixture, and a file of people."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seven_async.cli import main
from seven_async.sandbox import Sandbox
from tests.campaign.conftest import postgres, postgres_database

__all__ = ["postgres", "postgres_database"]

Ended = tuple[int, str, str]


@pytest.fixture
def seven(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run a command: exit status, standard output, standard error."""
    monkeypatch.delenv("SEVEN_API_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["seven", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three people, one of whom has no number."""
    file = tmp_path / "people.csv"
    file.write_text("first_name,phone\nAda,+491711234567\nGrace,\nEdsger,+491711234568\n")
    return file


@pytest.fixture
def gateway(seven: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A served sandbox that commands lead to; `seven` takes the key away first."""
    del seven
    sandbox = Sandbox()
    with sandbox.serve() as server:
        monkeypatch.setenv("SEVEN_API_KEY", sandbox.api_key)
        monkeypatch.setenv("SEVEN_BASE_URL", server.url)
        yield sandbox


@pytest.fixture
def told(seven: Callable[..., Ended], gateway: Sandbox) -> Callable[..., Ended]:
    """Run a command that reaches the sandbox."""
    del gateway
    return seven
