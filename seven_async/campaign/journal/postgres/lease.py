"""A process's right to write intents and to send, for as long as it renews it.

In: an address. Out: a row in `seven.lease`; `LeaseLostError` once it is lost. I/O: the database, on
a thread of its own, so that a busy event loop does not lose it.

The end of a lease is known without asking: by the clock that counts from the start of the machine,
suspended time included, read before each renewal. So a process that was frozen knows it when it
wakes up, and sends nothing more. A lease that was lost is never taken up again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Final

import psycopg

from seven_async.campaign.journal.errors import JournalError, JournalLostError
from seven_async.campaign.journal.postgres.connection import connect, leave_if_read_only
from seven_async.campaign.journal.postgres.schema import NOW
from seven_async.flow.clock import read_boot_time
from seven_async.option_checks import build_refusal

LEASE_S: Final = 60.0
"""How long a process may be silent before it may send no more."""

_PARTS: Final = 4
"""It is renewed every quarter."""

_MARGIN_S: Final = 1.0
"""What is about to leave is written within this time, or the lease is as good as over."""


class LeaseLostError(JournalLostError):
    """This process was silent for too long: another one may have taken over what it had."""


def check_grace(grace_s: float, lease_s: float, deadline_s: float) -> None:
    """Refuse a grace period that ends while a request of a lost lease may still be on its way."""
    if grace_s < lease_s + deadline_s:
        raise build_refusal(
            "grace_s",
            f"must be at least {lease_s + deadline_s:g} with a journal in PostgreSQL: {lease_s:g} "
            f"s of a lease, and {deadline_s:g} s that a call of the client may take (deadline_s)",
        )


def boot_seconds() -> float:
    """Return seconds of a clock that nobody sets; where there is one, it counts suspended time."""
    boot = read_boot_time()
    return time.monotonic() if boot is None else boot.seconds


def name_process(pid: int) -> str | None:
    """Return what tells a process from a later one with its number; None if there is none.

    That is when it was started, and the space of process numbers it is in: containers of one
    machine have several.
    """
    try:
        space = Path("/proc/self/ns/pid").readlink()
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return f"{space}/{fields[19]}"


def is_dead(pid: int, process: str) -> bool:
    """Tell whether a process of this space of numbers is proven to be gone.

    What cannot be read proves nothing: with `hidepid` only their owner sees processes in /proc.
    """
    name = name_process(pid)
    if name is not None:
        return name != process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is there, and another user's
    return False


class Lease:
    """The lease of this process in one database, from `open` to `end`."""

    def __init__(self, address: str, lease_s: float = LEASE_S) -> None:
        self._address = address
        self._lease_s = lease_s
        self._until = 0.0
        self._is_lost = False
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.number: int = 0
        self.is_ended: bool = False
        self.renewals: int = 0

    def open(self, connection: psycopg.Connection) -> None:
        """Take a lease, and renew it from now on."""
        before, boot = boot_seconds(), read_boot_time()
        pid = os.getpid()
        row = connection.execute(
            f"""INSERT INTO seven.lease (host, pid, process, boot_id, expires_at)
                VALUES (%s, %s, %s, %s, {NOW} + %s) RETURNING id""".encode(),
            (
                socket.gethostname(),
                pid,
                name_process(pid) or "",
                None if boot is None else boot.boot_id,
                self._lease_s,
            ),
        ).fetchone()
        assert row is not None  # noqa: S101 - an INSERT returns its row
        self.number = row[0]
        self._until = before + self._lease_s
        self._thread = threading.Thread(target=self._renew, name="seven-lease", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise `LeaseLostError` unless what leaves now leaves within the lease."""
        if self._is_lost or boot_seconds() >= self._until - _MARGIN_S:
            self._is_lost = True
            raise LeaseLostError(
                f"this process could not renew its lease in the database for {self._lease_s:g} s, "
                f"and sends nothing more; what was not sent is sent by the next run"
            )

    def stop(self) -> None:
        """Renew it no longer."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_MARGIN_S)

    def end(self, connection: psycopg.Connection) -> None:
        """Tell that nothing more leaves with it. Only when that is so."""
        self.stop()
        connection.execute(
            f"UPDATE seven.lease SET ended_at = {NOW} WHERE id = %s".encode(), (self.number,)
        )
        self.is_ended = True

    def _renew(self) -> None:
        connection: psycopg.Connection | None = None
        while not self._stopping.wait(self._lease_s / _PARTS) and not self._is_lost:
            try:
                if connection is None or connection.closed:
                    connection = connect(self._address)
                self._renew_once(connection)
            except (psycopg.Error, OSError, JournalError) as error:
                if connection is not None:
                    leave_if_read_only(connection, error)
                continue  # until it is over
        if connection is not None:
            connection.close()

    def _renew_once(self, connection: psycopg.Connection) -> None:
        before = boot_seconds()
        renewed = connection.execute(
            f"""UPDATE seven.lease SET expires_at = {NOW} + %s
                WHERE id = %s AND expires_at > {NOW} AND ended_at IS NULL""".encode(),
            (self._lease_s, self.number),
        )
        if renewed.rowcount:
            self.renewals += 1
            self._until = before + self._lease_s
        else:
            self._is_lost = True


def end_dead_leases(connection: psycopg.Connection) -> int:
    """Note the leases whose processes are proven to be dead; return how many.

    That can be told on the machine that they ran on, in the same space of process numbers. Nothing
    of them leaves any more.
    """
    boot, own = read_boot_time(), name_process(os.getpid())
    if boot is None or own is None:
        return 0
    space = own.partition("/")[0]
    rows = connection.execute(
        """SELECT id, pid, process FROM seven.lease
           WHERE ended_at IS NULL AND boot_id = %s AND starts_with(process, %s)""",
        (boot.boot_id, f"{space}/"),
    ).fetchall()
    dead = [number for number, pid, process in rows if is_dead(pid, process)]
    if dead:
        connection.execute(
            f"UPDATE seven.lease SET ended_at = {NOW} WHERE id = ANY(%s)".encode(), (dead,)
        )
    return len(dead)
