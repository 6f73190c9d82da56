"""One rate for all processes that name the same database: a row for each account.

In: how many messages are about to leave. Out: seconds until they may. I/O: one statement for each
slice of the rate, on a thread. Needs the extra `postgres`.

The row says when the next message may leave, and until when none may since the gateway has asked
for that. Who asks takes the time of a slice of messages off it, some hundredths of a second, and
lets them leave one after another when that time has come: evenly, whatever process asks.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from hashlib import blake2b
from importlib import import_module
from typing import Any, Final, NamedTuple

from anyio import to_thread

from seven_async.errors import ConfigurationError
from seven_async.masking import masked_address

logger: Final = logging.getLogger("seven_async")

_CONNECTING_S: Final = 5
_AWAY_S: Final = 1.0
"""So long a database that is away is not asked again: to connect may take seconds each time."""

_WARN_S: Final = 60.0
"""Between two warnings of one that stays away, as with a wrong password."""

_SLICE_S: Final = 0.05
"""So much of the rate one statement takes, or more where a request has more messages. As much is
caught up on by those who ask late, or each late answer of the database would slow all down."""

_ROUNDING_S: Final = 1e-6

_NOW: Final = "extract(epoch FROM clock_timestamp())::float8"
_IS_THERE: Final = "SELECT to_regclass('seven.pace') IS NOT NULL"
# The lock first: of two that make a schema at the same time one would fail.
_MAKE: Final = """
SELECT pg_advisory_xact_lock(7707003);
CREATE SCHEMA IF NOT EXISTS seven;
CREATE TABLE IF NOT EXISTS seven.pace (
    account text NOT NULL PRIMARY KEY,
    next_at float8 NOT NULL,
    paused_until float8 NOT NULL DEFAULT 0
);
"""

# Lost with the machine it costs a moment of the rate, and no message: so nobody waits for the disk.
_LASTING: Final = "lasting AS (SELECT set_config('synchronous_commit', 'off', true))"
_TAKE: Final = f"""
WITH taken AS (
    INSERT INTO seven.pace AS pace (account, next_at) VALUES (%(account)s, {_NOW} + %(cost_s)s)
    ON CONFLICT (account) DO UPDATE
    SET next_at = greatest(pace.next_at, {_NOW} - %(slice_s)s) + %(cost_s)s
    WHERE pace.paused_until <= {_NOW}
    RETURNING next_at
), {_LASTING}
SELECT (SELECT next_at - %(cost_s)s - {_NOW} FROM taken),
    (SELECT paused_until - {_NOW} FROM seven.pace WHERE account = %(account)s) FROM lasting
"""  # noqa: S608 - our own names
_PAUSE: Final = f"""
WITH {_LASTING}
INSERT INTO seven.pace AS pace (account, next_at, paused_until)
SELECT %(account)s, {_NOW}, {_NOW} + %(pause_s)s FROM lasting
ON CONFLICT (account) DO UPDATE
SET paused_until = greatest(pace.paused_until, excluded.paused_until)
"""  # noqa: S608
_LOOK: Final = f"SELECT paused_until - {_NOW} FROM seven.pace WHERE account = %(account)s"  # noqa: S608


class Turn(NamedTuple):
    """When messages may leave: in `wait_s`, unless nothing may for `paused_s` and they ask anew."""

    wait_s: float
    paused_s: float = 0.0


class SharedPace:
    """The pace of an account, as a database keeps it for all who ask.

    Raises `ConfigurationError` where the extra `postgres` is missing.
    """

    def __init__(self, address: str, account: str) -> None:
        self._address = address
        # The account is told by its key, of which nothing can be read from this.
        self._account = blake2b(account.encode(), digest_size=16).hexdigest()
        self._lock = threading.Lock()
        self._open: list[Any] = []
        weakref.finalize(self, _close, self._open)
        self._begins_at = 0.0
        self._ends_at = 0.0
        self.is_away: bool = False
        self._tries_at = 0.0
        self._warned_at = 0.0
        try:
            self._library: Any = import_module("psycopg")
        except ImportError as error:
            raise ConfigurationError(
                "a rate that processes share needs the extra `postgres`: "
                "pip install 'seven-async[postgres]'"
            ) from error

    async def take(self, messages: int, message_s: float, now: Callable[[], float]) -> Turn:
        """Return when some messages may leave, each `message_s` after another.

        `now` is monotonic time. At once where the database is away: then the rate of this process
        is all there is.
        """
        cost_s = messages * message_s
        if self._lock.acquire(blocking=False):
            try:
                wait_s = self._take_of_slice(cost_s, now())
            finally:
                self._lock.release()
            if wait_s is not None:
                return Turn(wait_s)
        return await to_thread.run_sync(self._take, cost_s, message_s, now)

    async def pause(self, seconds: float) -> None:
        """Let nobody who shares the pace take of it for some seconds."""
        await to_thread.run_sync(self._execute, _PAUSE, {"pause_s": seconds})

    async def look(self) -> float:
        """Return for how many seconds nothing may leave; zero or less for none."""
        row = await to_thread.run_sync(self._execute, _LOOK, dict[str, float]())
        return float(row[0]) if row else 0.0

    def _take(self, cost_s: float, message_s: float, now: Callable[[], float]) -> Turn:
        with self._lock:
            wait_s = self._take_of_slice(cost_s, now())
            if wait_s is not None:  # another thread has taken a slice meanwhile
                return Turn(wait_s)
            whole_s = max(cost_s, _SLICE_S // message_s * message_s)
            row = self._execute_locked(_TAKE, {"cost_s": whole_s, "slice_s": _SLICE_S})
            if row is None:
                return Turn(0.0)
            if row[0] is None:
                return Turn(0.0, max(0.0, float(row[1] or 0.0)))
            self._begins_at = now() + float(row[0])
            self._ends_at = self._begins_at + whole_s
            return Turn(self._take_of_slice(cost_s, now()) or 0.0)

    def _take_of_slice(self, cost_s: float, now_s: float) -> float | None:
        """Return the seconds until some messages may leave; None where the slice has no room.

        What is late leaves at once, and takes nothing of those after it.
        """
        begins_at = self._begins_at
        if begins_at + cost_s > self._ends_at + _ROUNDING_S or now_s > self._ends_at + _SLICE_S:
            return None
        self._begins_at += cost_s
        return max(0.0, begins_at - now_s)

    def _execute(self, query: str, values: dict[str, float]) -> Any:
        with self._lock:
            return self._execute_locked(query, values)

    def _execute_locked(self, query: str, values: dict[str, float]) -> Any:
        """Return the row that a statement gives; None for none, or for a database that is away."""
        if self.is_away and time.monotonic() < self._tries_at:
            return None
        try:
            cursor = self._connect().execute(query.encode(), {"account": self._account, **values})
            row = cursor.fetchone() if cursor.description else None
        except (self._library.Error, OSError) as error:
            self._warn(error, time.monotonic())
            self.is_away = True
            _close(self._open)  # it may have become a replica, and the primary is elsewhere
            self._tries_at = time.monotonic() + _AWAY_S
            return None
        self.is_away = False
        return row

    def _warn(self, error: Exception, now_s: float) -> None:
        if not self.is_away or now_s > self._warned_at + _WARN_S:
            self._warned_at = now_s
            logger.warning(
                "the rate shared in %s is kept by this process alone, since that database cannot "
                "be used: %s",
                masked_address(self._address),
                str(error).strip().partition("\n")[0],
            )

    def _connect(self) -> Any:
        if self._open and self._open[0].closed:
            _close(self._open)
        if not self._open:
            connection = self._library.connect(
                self._address,
                autocommit=True,
                connect_timeout=_CONNECTING_S,
                prepare_threshold=None,  # a pooler may have other sessions each time
                application_name="seven-async pace",
            )
            self._open.append(connection)
            if not connection.execute(_IS_THERE.encode()).fetchone()[0]:
                connection.execute(_MAKE.encode())
        return self._open[0]


def _close(connections: list[Any]) -> None:
    for connection in connections:
        connection.close()
    connections.clear()
