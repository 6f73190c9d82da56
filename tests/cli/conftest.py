"""The command `seven` as a fixture, and a file of people."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seven_async.cli import main

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
