"""What a start of `seven` loads, and the table of its commands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from seven_async import __version__
from seven_async.cli.commands import COMMANDS
from seven_async.cli.lazy_group import load_command

_LOADED = """
import sys
from seven_async.cli import main
sys.argv = ["seven", *sys.argv[1:]]
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def loaded_by(*words: str) -> set[str]:
    """Return the modules that a command loads in a fresh process."""
    command = [sys.executable, "-c", _LOADED, *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return set(ended.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_list_of_commands_says_what_their_help_begins_with(name: str):
    """A list that loads no command cannot say something else than the command itself."""
    command = load_command(name, COMMANDS[name])

    assert name == command.name
    assert COMMANDS[name].help.split() == command.help.partition("\n\n")[0].split()


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_no_command_is_loaded_where_none_is_called(words: list[str]):
    """The start waits for no module that it does not need."""
    modules = loaded_by(*words)

    assert set() == modules & {place.module for place in COMMANDS.values()}
    assert set() == modules & {"rich", "phonenumbers", "chardet", "sqlite3"}


def test_the_called_command_is_loaded_alone():
    """One command does not wait for another one's module."""
    modules = loaded_by("sms", "--help")
    others = {place.module for place in COMMANDS.values()} - {COMMANDS["sms"].module}

    assert COMMANDS["sms"].module in modules
    assert set() == modules & others


@pytest.mark.parametrize(
    "words", [[], ["sms"], ["sms", "send"], ["balance"], ["call"], ["campaign"]]
)
def test_short_help(seven, words: list[str]):
    """`-h` is `--help`."""
    assert seven(*words, "--help") == seven(*words, "-h")


def test_list_of_commands_is_folded_not_cut(seven, monkeypatch: pytest.MonkeyPatch):
    """On a narrow terminal a line of help goes on below."""
    monkeypatch.setenv("COLUMNS", "50")
    _, out, _ = seven("--help")

    assert COMMANDS["sandbox"].help in " ".join(out.split())
    assert 50 >= max(map(len, out.splitlines()))


@pytest.mark.parametrize(("installed", "engine"), [(True, "fast"), (False, "httpx")])
def test_version_says_which_engine_carries(seven, monkeypatch, installed: bool, engine: str):
    """The engine of the extra `fast` is taken where it is installed, and that is told."""
    if not installed:
        monkeypatch.setattr("seven_async.cli.engine_choice.find_spec", lambda _: None)

    assert (0, f"seven-async {__version__}, {engine} engine\n", "") == seven("--version")
