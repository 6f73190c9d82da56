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
    """Every method of every resource works, with the reload lock on and off; so does signing."""
    install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), CLIENT]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    script = shutil.copy(SCRIPT, tmp_path)
    for lock in ("locked", "unlocked"):
        with Sandbox(reload_lock=lock == "locked").serve() as serving:
            command = ["node", script, serving.url, lock]
            run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

        assert 0 == run.returncode, lock + run.stdout + run.stderr
        assert 16 == run.stdout.count(" ok\n")
