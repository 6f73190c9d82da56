"""What shells complete after `seven`, asked as their scripts ask."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from seven_async import AsyncSeven
from seven_async.cli import calls
from seven_async.cli.commands import COMMANDS

SEVEN = [sys.executable, "-m", "seven_async"]


def complete(line: str, **environment: str) -> list[str]:
    """Return what bash is offered for the last word of a line."""
    words = line.split(" ")
    asked = {
        "_SEVEN_COMPLETE": "complete_bash",
        "COMP_WORDS": "\n".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    ended = subprocess.run(
        SEVEN, env=os.environ | asked | environment, capture_output=True, text=True, check=True
    )
    assert "" == ended.stderr
    return ended.stdout.split()


@pytest.fixture
def profiles(tmp_path: Path) -> dict[str, str]:
    """Two profiles in a folder of their own; the environment that names it."""
    folder = tmp_path / "seven-async"
    folder.mkdir()
    for name in ("shop", "default"):
        (folder / f"{name}.json").write_text('{"api_key": "secret"}')
    return {"XDG_CONFIG_HOME": str(tmp_path)}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("seven s", [name for name in COMMANDS if name.startswith("s")]),
        ("seven sms ", ["send", "delete"]),
        ("seven campaign st", ["stop", "status"]),
        ("seven balance --sa", ["--sandbox"]),
        ("seven call s", ["sms.", "status.", "subaccounts."]),
        (
            "seven call lookup.",
            [f"lookup.{name}" for name in sorted(dir(AsyncSeven(api_key="x").lookup))],
        ),
        ("seven call lookup.h", ["lookup.hlr"]),
        (
            "seven call look",
            [f"lookup.{name}" for name in sorted(dir(AsyncSeven(api_key="x").lookup))],
        ),
        ("seven call nothing.", []),
    ],
)
def test_words_are_completed(line: str, expected: list[str]):
    """A command, an option and a method are found by their beginning."""
    assert expected == complete(line, SEVEN_API_KEY="")


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of profiles is named as on Linux")
def test_profiles_are_completed(profiles: dict[str, str]):
    """`--profile` knows the accounts that there are, and shows nothing of them but the name."""
    assert ["default", "shop"] == complete("seven --profile ", **profiles)
    assert ["shop"] == complete("seven --profile s", **profiles)


def test_no_group_is_loaded_while_several_are_possible(monkeypatch: pytest.MonkeyPatch):
    """A first letter is completed at once: the classes of sixteen groups would take longer."""
    monkeypatch.setattr(calls, "methods", lambda *_: pytest.fail("groups were loaded"))

    assert ["contacts."] != calls.complete_method("") != []
    assert ["sms.", "status.", "subaccounts."] == calls.complete_method("s")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_read_its_script(shell: str, tmp_path: Path):
    """What is shown for a shell has no mistake in that shell."""
    script = tmp_path / "script"
    environment = os.environ | {"_SEVEN_COMPLETE": f"source_{shell}"}
    script.write_bytes(
        subprocess.run(SEVEN, env=environment, capture_output=True, check=True).stdout
    )

    assert b"_SEVEN_COMPLETE=complete_" in script.read_bytes()
    if shutil.which(shell):
        subprocess.run([shell, "-n", str(script)], check=True)
