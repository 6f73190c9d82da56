"""The gateway's own JavaScript client at work with a served sandbox.

In: script.mjs. Out: its exit status. I/O: npm (installs the client into tmp_path), loopback.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from seven_async.sandbox import Sandbox

CLIENT = "@seven.io/client@5.6.0"
SCRIPT = Path(__file__).parent / "node" / "script.mjs"
MISSING = [program for program in ("node", "npm") if shutil.which(program) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"not installed here: {', '.join(MISSING)}")
def test_javascript_client_does_a_days_work(tmp_path: Path):
    """Sends, journals, address book, hooks, lookups, prices, numbers, subaccounts, signing."""
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), CLIENT]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    script = shutil.copy(SCRIPT, tmp_path)
    with Sandbox().serve() as serving:
        run = subprocess.run(
            ["node", script, serving.url], capture_output=True, text=True, check=False, timeout=60
        )

    assert 0 == run.returncode, run.stdout + run.stderr
    assert 16 == run.stdout.count(" ok\n")
