"""The package without its docstrings, its source and its metadata, as packed programs have it."""

from __future__ import annotations

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from seven_async.start.version import VERSION

PACKAGE = Path(__file__).parents[2] / "seven_async"
PROGRAM = """
import asyncio, inspect, sys
from contextlib import closing
import seven_async
from seven_async import AsyncSeven, InvalidRequestError, SendSms, Seven
from seven_async.campaign import Campaign, read_csv
from seven_async.start.version import VERSION
from seven_async.sandbox import Sandbox

def check(holds, what):
    if not holds:
        raise SystemExit(f"{what} is wrong")

async def send(sandbox, journal):
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.sms.send("+491711234567", "Hi", from_="Acme")
        async with Campaign(seven, journal=journal) as campaign:
            messages = [SendSms(f"+4917112345{place}", "Hi") for place in range(20, 40)]
            check(20 == len([entry async for entry in campaign.send(messages)]), "the campaign")

sandbox = Sandbox()
asyncio.run(send(sandbox, sys.argv[1]))
check(21 == len(sandbox.ledger), "the ledger")
with Seven(**sandbox.options) as seven:
    check(seven.balance.get().amount > 0, "the balance")
    check("text" in inspect.signature(seven.sms.send).parameters, "the signature")
    try:
        seven.sms.send("", "Hi")
    except InvalidRequestError:
        pass
    else:
        check(False, "a send to nobody")
print(seven_async.__file__, seven_async.__doc__ is None, VERSION)
"""


@pytest.fixture(scope="module")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as bytecode that was compiled with -OO, and nothing else."""
    folder = tmp_path_factory.mktemp("packed")
    for source in PACKAGE.rglob("*.py"):
        target = folder / source.relative_to(PACKAGE.parent).with_suffix(".pyc")
        py_compile.compile(str(source), cfile=str(target), doraise=True, optimize=2)
    return folder


def run(*command: str, path: Path = PACKAGE.parent) -> str:
    """What a program prints; fails with what it complains of."""
    ended = subprocess.run(
        [sys.executable, "-P", *command],  # nothing from the folder that tests run in
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ("", 0) == (ended.stderr, ended.returncode)
    return ended.stdout


def test_without_docstrings(tmp_path: Path):
    """With `python -OO` messages are sent, and what cannot be sent is refused."""
    printed = run("-OO", "-c", PROGRAM, str(tmp_path / "campaign.db")).split()

    assert [str(PACKAGE / "__init__.py"), "True"] == printed[:2]


def test_command_without_docstrings():
    """The command works with `python -OO`, its help included."""
    assert "--rate" in run("-OO", "-m", "seven_async", "campaign", "send", "--help")


def test_packed_program(tmp_path: Path, bytecode: Path):
    """A frozen program has bytecode only, and no metadata."""
    no_metadata = """
import importlib.metadata, sys
sys.frozen = True
def version(name):
    raise importlib.metadata.PackageNotFoundError(name)
importlib.metadata.version = version
"""
    journal = str(tmp_path / "campaign.db")
    printed = run("-c", no_metadata + PROGRAM, journal, path=bytecode).split()

    assert [str(bytecode / "seven_async" / "__init__.pyc"), "True", VERSION] == printed
