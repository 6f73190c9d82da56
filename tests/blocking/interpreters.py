"""The supported interpreters that this machine has, and programs that are run by them.

In: the text of a program. Out: what it printed, how it ended and how long it took. I/O: starts
processes, each with a time limit.

The runtime dependencies are pure Python, so those of the running environment serve the other
interpreters too, by way of PYTHONPATH; nothing is installed.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.structure.imports import ROOT

VERSIONS = ("3.11", "3.12", "3.13")
LIMIT_S = 30
"""A program that takes this long hangs; all of them are done in a few seconds."""


class Ended(NamedTuple):
    """A program that has ended."""

    code: int
    out: str
    err: str


@functools.cache
def _pycache() -> str:
    # Compiled once per run, and not into the tree.
    folder = tempfile.mkdtemp(prefix="seven-async-pycache-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def environment(url: str) -> dict[str, str]:
    """The variables of a program: where the package is, and where its gateway."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join([str(ROOT), sysconfig.get_paths()["purelib"]]),
        "PYTHONPYCACHEPREFIX": _pycache(),
        "PYTHONUNBUFFERED": "1",
        "SEVEN_API_KEY": "sandbox-key",
        "SEVEN_BASE_URL": url,
    }


class Running:
    """A program that runs: it can be told to go on, be interrupted, and be waited for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._begun = time.monotonic()

    def go_on(self) -> None:
        """Let the program's `input()` return."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def interrupt(self, number: int) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def end(self) -> Ended:
        """What became of it; a failure if it hangs."""
        out, err = self._process.communicate(timeout=LIMIT_S)
        return Ended(self._process.returncode, out, err)


class Interpreter(NamedTuple):
    """One Python."""

    executable: str

    @contextmanager
    def started(self, program: str, url: str) -> Iterator[Running]:
        """A program that runs within the block, and is killed with it."""
        process = subprocess.Popen(
            [self.executable, "-c", program],
            env=environment(url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield Running(process)
            finally:
                process.kill()

    def run(self, program: str, url: str = "") -> Ended:
        """The end of a program that needs nobody."""
        with self.started(program, url) as running:
            return running.end()


def _candidates(version: str) -> Iterator[str]:
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        yield sys.executable
    found = shutil.which(f"python{version}")
    if found:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}*/bin/python")))


@functools.cache
def found(version: str) -> Interpreter | str:
    """The interpreter of a version, or why there is none."""
    for executable in _candidates(version):
        interpreter = Interpreter(executable)
        # A name on PATH may be a shim that only says which versions there would be.
        if interpreter.run("import sys; print(sys.version)").out.startswith(f"{version}."):
            loaded = interpreter.run("import seven_async")
            if "ModuleNotFoundError: No module named" in loaded.err:
                return f"Python {version} needs other dependencies: {loaded.err.splitlines()[-1]}"
            return interpreter
    return f"there is no Python {version} on this machine"
