"""A PostgreSQL with a replica that each commit waits for, and a failover to it.

In: nothing. Out: the address of both, as libpq takes several. I/O: starts two servers in folders of
their own, and stops them.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg

from tests.campaign.postgres_server import OwnServer

STANDBY = "db2"
"""The name of the replica, for `synchronous_standby_names`."""


class ServerPair:
    """A primary and its replica; a test may let the first one fail."""

    def __init__(self, *, is_synchronous: bool = True) -> None:
        self._primary = OwnServer()
        self._is_synchronous = is_synchronous
        self._place = Path(tempfile.mkdtemp(prefix="seven-replica-"))
        self._folder = self._place / "db"
        self.primary = ""
        self.replica = ""
        self.address = ""

    def __enter__(self) -> Self:
        server = self._primary.__enter__()
        self.primary = server.address
        path, _, socket = server.address.partition("?host=")
        self.replica = f"{path}?host={self._place}"
        self.address = f"{path}?host={socket},{self._place}&target_session_attrs=read-write"
        try:
            self._build_replica(socket)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(Exception):  # one that has not started cannot be stopped
            self._run("pg_ctl", "-w", "-D", str(self._folder), "-m", "immediate", "stop")
        shutil.rmtree(self._place)
        self._primary.__exit__()

    def _build_replica(self, socket: str) -> None:
        place, owner = self._place, self._primary.folder.owner()
        place.chmod(0o700)
        shutil.chown(place, owner)
        source = f"host={socket} user=postgres application_name={STANDBY}"
        self._run("pg_basebackup", "-D", str(self._folder), "-R", "-X", "stream", "-d", source)
        self.start_replica()
        if self._is_synchronous:
            execute(self.primary, f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
            execute(self.primary, "SELECT pg_reload_conf()")
            self.wait_for_replica()

    def start_replica(self) -> None:
        """Start the replica."""
        options, log = f'-h "" -k {self._place} -c hot_standby=on', str(self._place / "log")
        command = ("-w", "-o", options, "-l", log, "-D", str(self._folder), "start")
        self._run("pg_ctl", *command)
        # This user's programs look for the socket there; nothing else is to be read by others.
        self._place.chmod(0o755)

    def stop_replica(self) -> None:
        """Stop the replica: what commits on the primary waits from now on."""
        self._run("pg_ctl", "-w", "-D", str(self._folder), "-m", "immediate", "stop")

    def wait_for_replica(self) -> None:
        """Return when commits wait for the replica, and it is there."""
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_for(lambda: execute(self.primary, query) == [(1,)])

    def stop_primary(self) -> None:
        """Stop the primary without a word to anybody; it stays away."""
        self._primary.stop_at_once()

    def promote(self) -> None:
        """Let the replica take over, which returns when it takes writes."""
        self._run("pg_ctl", "-w", "-D", str(self._folder), "promote")

    def fail_over(self) -> None:
        """Stop the primary without a word to anybody, and let the replica take over."""
        self.stop_primary()
        self.promote()

    def _run(self, command: str, *words: str) -> None:
        self._primary.run(command, *words)


def execute(address: str, query: str) -> list[tuple]:
    """What a statement gives, by a connection of its own."""
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else []


def wait_for(is_so: Callable[[], bool], latest_s: float = 30.0) -> None:
    """Return when something is so."""
    until = time.monotonic() + latest_s
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.05)  # real processes, at their own pace
