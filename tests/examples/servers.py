"""The servers of examples, each in a process of its own on loopback.

In: the words of a command, environment variables. Out: a file with what it prints. I/O: a process.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.structure.imports import ROOT

EXAMPLES = ROOT / "examples"
SETTINGS = ("SEVEN_API_KEY", "SEVEN_BASE_URL", "SEVEN_SIGNING_SECRET", "WEBHOOK_URL")


def build_environment(more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an example: nothing of this machine's account is in it."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(EXAMPLES), str(ROOT)]), **more}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def run_server(
    words: list[str], port: int, folder: Path, environment: Mapping[str, str]
) -> Iterator[Path]:
    """Run a server until the block ends; give the file with what it prints."""
    printed = folder / "printed"
    command = [sys.executable, *(word.format(port=port) for word in words)]
    with printed.open("w") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=build_environment(environment), cwd=folder
        )
        try:
            wait_for(port, process, printed)
            yield printed
        finally:
            process.terminate()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], printed: Path) -> None:
    """Return once something listens."""
    for _ in range(1200):
        assert process.poll() is None, printed.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)  # a real process that starts
        else:
            return
    pytest.fail(f"the server does not listen: {printed.read_text()}")
