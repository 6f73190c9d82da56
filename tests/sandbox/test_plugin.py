"""The pytest fixtures, in a pytest run of their own; I/O: a process, files in tmp_path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SUITE = """
import pytest

from seven_async import AsyncSeven, Seven


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
@pytest.mark.anyio
async def test_awaiting(seven_sandbox, seven, anyio_backend):
    assert isinstance(seven, AsyncSeven)
    await seven.sms.send("+491716992343", text="Welcome!")
    assert "Welcome!" == seven_sandbox.sent(to="0171 6992343")[0].text


def test_blocking(seven_sandbox, seven_blocking):
    assert isinstance(seven_blocking, Seven)
    seven_blocking.sms.send("+491716992343", text="Welcome!")
    assert 1 == len(seven_sandbox.ledger)


def test_each_test_has_its_own(seven_sandbox):
    assert 0 == len(seven_sandbox.ledger)
"""


def test_fixtures_in_a_suite_that_allows_no_warning(tmp_path: Path):
    """Client and sandbox belong together, on both event loops, and leave nothing open."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    # Named here instead of found, so that this also runs from a checkout that was never installed.
    plugins = ["-p", "anyio", "-p", "seven_async.pytest_plugin"]
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", *plugins, str(tmp_path)],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "4 passed" in run.stdout, run.stdout + run.stderr
    assert 0 == run.returncode
