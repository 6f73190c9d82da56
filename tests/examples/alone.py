"""Start each example as a reader does: an environment with what its head names, its one command.

In: the wheel of the package, the names of examples or none for all. Out: a line for each, an exit
status of 1 if one fails. I/O: environments in a temporary folder, the package index, processes,
loopback.
Run by `nox -s examples`.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from tests.examples.servers import EXAMPLES, SETTINGS

ENDS_WITHIN_S = 120
PORTS = {"uvicorn": 8000, "gunicorn": 8000, "flask": 5000}
"""Where the servers of the commands listen unless told otherwise."""

NOTEBOOK = "jupyter nbconvert --to notebook --execute --output done notebook.ipynb"
"""What runs a notebook without a browser; jupyterlab brings it."""


class Head(NamedTuple):
    """What the head of an example says: requirements, command, and whether it ends by itself."""

    requirements: list[str]
    command: str
    ends: bool


def read_head(path: Path) -> Head:
    """Return what the head of an example says."""
    text = path.read_text("utf-8")
    if path.suffix == ".ipynb":
        return Head(re.findall(r"`pip install ([^`]+)`", text)[0].split(), NOTEBOOK, ends=True)
    _, _, install, command, end, *_ = text.splitlines()
    return Head(shlex.split(install)[2:], command, ends=end.startswith("Ends by itself"))


def install(head: Head, wheel: Path, folder: Path) -> None:
    """Make an environment with what a head names, the package as the wheel."""
    venv.create(folder, with_pip=False)
    wanted = [
        str(wheel) + name.removeprefix("seven-async") if name.startswith("seven-async") else name
        for name in head.requirements
    ]
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    ended = subprocess.run([*pip, "install", *wanted], check=False, capture_output=True, text=True)
    if ended.returncode:
        sys.exit(f"{wanted} cannot be installed:\n{ended.stdout}{ended.stderr}")


def build_environment(folder: Path) -> dict[str, str]:
    """Return the variables of a shell in which an environment is active, and no account."""
    unwanted = (*SETTINGS, "PYTHONPATH", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def is_listening(port: int) -> bool:
    """Tell whether something listens on a port of loopback."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def watch_server(process: subprocess.Popen[bytes], port: int) -> str:
    """Wait until a server listens, end it by Ctrl-C; return what was wrong."""
    until = time.monotonic() + ENDS_WITHIN_S
    while not is_listening(port):
        if process.poll() is not None:
            return f"ended with {process.returncode}"
        if time.monotonic() > until:
            return f"does not listen on port {port}"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    status = process.wait(ENDS_WITHIN_S)
    return "" if status in (0, 130, -signal.SIGINT) else f"ended by Ctrl-C with {status}"


def start(head: Head, folder: Path, environment: dict[str, str]) -> str:
    """Start an example by its command; return what was wrong, and what it printed."""
    port = 0 if head.ends else next(PORTS[word] for word in PORTS if f"{word} " in head.command)
    if port and is_listening(port):
        return f"port {port} is taken by another program"
    printed = folder / "printed"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            ["/bin/sh", "-c", head.command],
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            if port:
                fault = watch_server(process, port)
            else:
                status = process.wait(ENDS_WITHIN_S)
                fault = f"ended with {status}" if status else ""
        except subprocess.TimeoutExpired:
            fault = f"does not end within {ENDS_WITHIN_S} s"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    text = printed.read_text("utf-8", errors="replace")
    if not fault and re.search(r"^Traceback|\b[1-9]\d* skipped", text, re.MULTILINE):
        fault = "complains"
    return f"{fault}\n{text}" if fault else ""


def try_example(path: Path, wheel: Path) -> str:
    """Install and start one example in a folder of its own; return what was wrong."""
    with tempfile.TemporaryDirectory() as name:
        folder, environment = Path(name, "work"), Path(name, "venv")
        folder.mkdir()
        shutil.copy(path, folder)
        head = read_head(path)
        install(head, wheel, environment)
        return start(head, folder, build_environment(environment))


def main(wheel: Path, names: list[str]) -> int:
    """Try examples, one after the other; some listen on the same port."""
    # Commands in the background of a script ignore Ctrl-C, and so would the examples.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    paths = sorted([*EXAMPLES.glob("*.py"), *EXAMPLES.glob("*.ipynb")])
    failed = 0
    for path in [path for path in paths if not names or path.stem in names]:
        begin_s = time.monotonic()
        fault = try_example(path, wheel)
        failed += bool(fault)
        print(f"{path.name}: {fault or 'runs'} ({time.monotonic() - begin_s:.0f} s)", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
