"""A list of opt-outs in PostgreSQL, beside the campaigns that ask it at each claim.

In: changes of the list. Out: who is listed. I/O: the database.

Who is listed is kept in memory, since each row of an input asks; what has changed is fetched by the
numbers of changes. They are written one at a time: else a change could appear behind a later one.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from typing import Final

import psycopg

from seven_async.campaign.inputs.opt_out_store import ChangeRow, OptOutError
from seven_async.masking import masked_address
from seven_async.option_checks import check_address
from seven_async.texts import without_nul

_CONNECTING_S: Final = 10
_FRESH_S: Final = 1.0
"""So old may be what `has` answers; a claim of a campaign refreshes it."""

_LOCK: Final = "SELECT pg_advisory_xact_lock(7707004)"
"""One process at a time makes the tables, or changes the list."""

_IS_THERE: Final = "SELECT to_regclass('seven.opt_out') IS NOT NULL"
# In the schema of the campaigns, whose version knows nothing of them: a list may be alone there.
# `opt_out` follows from the changes.
_MAKE: Final = """
CREATE SCHEMA IF NOT EXISTS seven;
CREATE TABLE IF NOT EXISTS seven.opt_out_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recipient   text NOT NULL,
    is_listed   bool NOT NULL,
    at          float8 NOT NULL,
    recorded_at float8 NOT NULL,
    reason      text NOT NULL,
    source      text UNIQUE
);
CREATE INDEX IF NOT EXISTS opt_out_change_of_recipient ON seven.opt_out_change (recipient, at);
CREATE TABLE IF NOT EXISTS seven.opt_out (
    recipient text PRIMARY KEY,
    since     float8 NOT NULL,
    reason    text NOT NULL
);
"""

_RECORD: Final = """
INSERT INTO seven.opt_out_change (recipient, is_listed, at, recorded_at, reason, source)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (source) DO NOTHING
"""
_LATEST: Final = """
SELECT is_listed, at, reason FROM seven.opt_out_change WHERE recipient = %s
ORDER BY at DESC, is_listed DESC, id DESC LIMIT 1
"""
_CHANGED: Final = """
SELECT id, recipient, EXISTS (SELECT 1 FROM seven.opt_out AS listed
                              WHERE listed.recipient = change.recipient)
FROM seven.opt_out_change AS change WHERE id > %s ORDER BY id
"""
_HISTORY: Final = """
SELECT is_listed, at, recorded_at, reason FROM seven.opt_out_change
WHERE recipient = %s ORDER BY at, id
"""


class OptOutTables:
    """A list in a database (`OptOutStore`)."""

    is_current = False
    """Others may have changed it at any time."""

    def __init__(self, address: str) -> None:
        self._address = address
        check_address(address)
        self._lock = threading.Lock()
        self._connections: list[psycopg.Connection] = []
        self._listed: set[str] = set()
        self._latest = 0
        self._read_at = float("-inf")
        weakref.finalize(self, _close_all, self._connections)
        with self._open() as connection:
            _make(connection)

    @property
    def version(self) -> Hashable:
        """The number of the latest change that is known here."""
        self._refresh_at_times()
        return self._latest

    def refresh(self) -> None:
        """Take over what has changed."""
        with self._open() as connection:
            begun = time.monotonic()
            for number, recipient, is_listed in connection.execute(_CHANGED, (self._latest,)):
                self._latest = number
                if is_listed:
                    self._listed.add(recipient)
                else:
                    self._listed.discard(recipient)
            self._read_at = begun

    def count(self) -> int:
        """Return how many recipients are listed."""
        self._refresh_at_times()
        return len(self._listed)

    def is_empty(self) -> bool:
        """Tell whether nobody is listed."""
        return not self.count()

    def has(self, recipient: str) -> bool:
        """Tell whether a recipient is listed."""
        self._refresh_at_times()
        return recipient in self._listed

    def record(self, row: ChangeRow) -> bool:
        """Write a change down; return whether the list has changed by it."""
        row = row._replace(
            reason=without_nul(row.reason), source=row.source and without_nul(row.source)
        )
        with self._open() as connection, connection.transaction():
            connection.execute(_LOCK)
            if not connection.execute(_RECORD, row).rowcount:
                return False  # the same event was recorded before
            has_changed = _apply(connection, row.recipient)
        self._read_at = float("-inf")
        return has_changed

    def read_history(self, recipient: str) -> list[tuple[bool, float, float, str]]:
        """Return what was recorded of a recipient, oldest first."""
        with self._open() as connection:
            return list(connection.execute(_HISTORY, (recipient,)))

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            _close_all(self._connections)

    def _refresh_at_times(self) -> None:
        if time.monotonic() - self._read_at > _FRESH_S:
            self.refresh()

    @contextmanager
    def _open(self) -> Generator[psycopg.Connection]:
        """Give the connection to one thread at a time; a new one where it was lost."""
        with self._lock:
            try:
                if not self._connections or self._connections[0].closed:
                    self._connections[:] = [_connect(self._address)]
                yield self._connections[0]
            except (psycopg.Error, OSError) as error:
                if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
                    _close_all(self._connections)  # another server takes writes, or will
                said = str(error).strip().partition("\n")[0]
                raise OptOutError(
                    f"the opt-out list in {masked_address(self._address)} cannot be used: {said}"
                ) from error


def _connect(address: str) -> psycopg.Connection:
    return psycopg.connect(
        address, autocommit=True, connect_timeout=_CONNECTING_S, application_name="seven-async"
    )


def _make(connection: psycopg.Connection) -> None:
    """Make the tables if there are none."""
    row = connection.execute(_IS_THERE).fetchone()
    if row is None or not row[0]:
        with connection.transaction():
            # The lock first: of two that make a schema at the same time one would fail.
            connection.execute(_LOCK)
            connection.execute(_MAKE)


def _close_all(connections: list[psycopg.Connection]) -> None:
    for connection in connections:
        connection.close()
    connections.clear()


def _apply(connection: psycopg.Connection, recipient: str) -> bool:
    """List a recipient or not, as its latest word says; return whether that changed anything."""
    row = connection.execute(_LATEST, (recipient,)).fetchone()
    assert row is not None  # noqa: S101 - a change of it was just written
    is_listed, at_s, reason = row
    if is_listed:
        statement = "INSERT INTO seven.opt_out VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        return connection.execute(statement, (recipient, at_s, reason)).rowcount > 0
    statement = "DELETE FROM seven.opt_out WHERE recipient = %s"
    return connection.execute(statement, (recipient,)).rowcount > 0
