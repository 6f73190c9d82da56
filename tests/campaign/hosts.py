"""Hosts of their own for workers: network namespaces of Linux, which can lose their database.

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
    """A host on a network with this machine, which has the gateway and the database."""

    def __init__(self, place: int, url: str, address: str) -> None:
        self._name = f"seven-{os.getpid()}-{place}"
        mark = f"sv{os.getpid() % 10**6}"
        self._near, self._far = f"{mark}n{place}", f"{mark}f{place}"
        self._here, self._there = f"{_NET}.{place}.1", f"{_NET}.{place}.2"
        self._database = f"{_NET}.{100 + place}.1"
        gateway, database = urlsplit(url), urlsplit(address)
        folder = parse_qs(database.query).get("host", [""])[0]
        port = str(gateway.port)
        self._near_targets = (
            *(self._here, port, f"127.0.0.1:{port}"),
            *(self._database, str(PORT), f"{folder}/.s.PGSQL.{PORT}"),
        )
        # The gateway has the same address everywhere: a campaign goes through one.
        self._far_targets = ("127.0.0.1", port, f"{self._here}:{port}")
        self.address = f"postgresql://{database.username}@{self._database}:{PORT}{database.path}"
        self.prefix = ("ip", "netns", "exec", self._name)

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            _run("ip", "netns", "add", self._name)
            undo.callback(_run, "ip", "netns", "del", self._name)
            _run("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far)
            undo.callback(subprocess.run, ("ip", "link", "del", self._near), capture_output=True)
            _run("ip", "link", "set", self._far, "netns", self._name)
            _run("ip", "addr", "add", f"{self._here}/24", "dev", self._near)
            _run("ip", "addr", "add", f"{self._database}/24", "dev", self._near)
            _run("ip", "link", "set", self._near, "up")
            _run(*self.prefix, "ip", "addr", "add", f"{self._there}/24", "dev", self._far)
            for link in ("lo", self._far):
                _run(*self.prefix, "ip", "link", "set", link, "up")
            _run(*self.prefix, "ip", "route", "add", "default", "via", self._here)
            undo.enter_context(forwarding((), *self._near_targets))
            undo.enter_context(forwarding(self.prefix, *self._far_targets))
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def lose_database(self) -> None:
        """Let nothing reach the database from here; connections do not hear of it."""
        _run(*self.prefix, "ip", "route", "add", "blackhole", f"{self._database}/32")

    def find_database(self) -> None:
        """Let it be reached again."""
        _run(*self.prefix, "ip", "route", "del", "blackhole", f"{self._database}/32")
