"""Hosts of their own for workers: network namespaces of Linux, which can lose their database.

Each is linked with a namespace that stands for this machine: a link of the machine's own would be a
change of its network, at which a browser of other tests breaks off what it loads.

In: where the gateway and the database are. Out: commands that run on a host, and what is where as
seen from there. I/O: namespaces, addresses and routes; needs the right to make them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self
from urllib.parse import parse_qs, urlsplit

FORWARDER = Path(__file__).with_name("forwarder_process.py")
PORT = 5432
_NET = f"10.{100 + os.getpid() % 100}"
"""Another one for each process of tests, which may run at the same time."""


def missing_right() -> str | None:
    """Why there can be no hosts; None if there can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    probe = f"seven-probe-{os.getpid()}"
    try:
        _run("ip", "netns", "add", probe)
        _run("ip", "netns", "del", probe)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"no right to make network namespaces ({type(error).__name__})"
    return None


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


@contextmanager
def forwarding(prefix: Sequence[str], *words: str) -> Iterator[None]:
    """Carry connections by a process of its own."""
    command = [*prefix, sys.executable, str(FORWARDER), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as forwarder:
        try:
            assert forwarder.stdout is not None
            assert forwarder.stdout.readline(), "the forwarder does not listen"
            yield
        finally:
            forwarder.kill()


class Host:
    """A host on a network with what stands for this machine: gateway and database."""

    def __init__(self, place: int, url: str, address: str) -> None:
        self._name = f"seven-{os.getpid()}-{place}"
        self._near = f"{self._name}-near"
        self._here, self._there = f"{_NET}.{place}.1", f"{_NET}.{place}.2"
        self._database = f"{_NET}.{100 + place}.1"
        gateway, database = urlsplit(url), urlsplit(address)
        self._folder = parse_qs(database.query).get("host", [""])[0]
        self._port = str(gateway.port)
        self.address = f"postgresql://{database.username}@{self._database}:{PORT}{database.path}"
        self.prefix = ("ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            for name in (self._near, self._name):
                _run("ip", "netns", "add", name)
                undo.callback(_run, "ip", "netns", "del", name)
            near = ("ip", "netns", "exec", self._near)
            peer = ("peer", "name", "far", "netns", self._name)
            _run(*near, "ip", "link", "add", "near", "type", "veth", *peer)
            _run(*near, "ip", "addr", "add", f"{self._here}/24", "dev", "near")
            _run(*near, "ip", "addr", "add", f"{self._database}/24", "dev", "near")
            _run(*near, "ip", "link", "set", "near", "up")
            _run(*self.prefix, "ip", "addr", "add", f"{self._there}/24", "dev", "far")
            for link in ("lo", "far"):
                _run(*self.prefix, "ip", "link", "set", link, "up")
            _run(*self.prefix, "ip", "route", "add", "default", "via", self._here)
            self._forward(undo, near)
            self._undo = undo.pop_all()
        return self

    def _forward(self, undo: ExitStack, near: Sequence[str]) -> None:
        """Carry connections to this machine's own: what has a path is reached from everywhere."""
        folder = undo.enter_context(TemporaryDirectory(prefix="seven-host-"))
        port, by_path = self._port, f"{folder}/gateway"
        database = f"{self._folder}/.s.PGSQL.{PORT}"
        undo.enter_context(forwarding((), by_path, "-", f"127.0.0.1:{port}"))
        targets = (*(self._here, port, by_path), *(self._database, str(PORT), database))
        undo.enter_context(forwarding(near, *targets))
        # The gateway has the same address everywhere: a campaign goes through one.
        undo.enter_context(forwarding(self.prefix, "127.0.0.1", port, f"{self._here}:{port}"))

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def lose_database(self) -> None:
        """Let nothing reach the database from here; connections do not hear of it."""
        _run(*self.prefix, "ip", "route", "add", "blackhole", f"{self._database}/32")

    def find_database(self) -> None:
        """Let it be reached again."""
        _run(*self.prefix, "ip", "route", "del", "blackhole", f"{self._database}/32")
