"""One rate for all processes that name the same database: a row for each account.

In: how many messages are about to leave. Out: seconds until they may. I/O: one statement a request,
on a thread. Needs the extra `postgres`.

The row says when the next message may leave. Who asks takes the time of its messages off it, and
leaves when that time has come: evenly, without a burst, whatever process asks.
"""

from __future__ import annotations

import logging
import threading
import weakref
from hashlib import blake2b
from importlib import import_module
from typing import Any, Final

from anyio import to_thread

from seven_async.errors import ConfigurationError

logger: Final = logging.getLogger("seven_async")

_CONNECTING_S: Final = 5
_NOW: Final = "extract(epoch FROM clock_timestamp())::float8"
_MAKE: Final = """
CREATE SCHEMA IF NOT EXISTS seven;
CREATE TABLE IF NOT EXISTS seven.pace (
    account text NOT NULL PRIMARY KEY,
    next_at float8 NOT NULL
);
"""

# Lost with the machine it costs a moment of the rate, and no message: so nobody waits for the disk.
_TAKE: Final = f"""
WITH taken AS (
    INSERT INTO seven.pace AS pace VALUES (%(account)s, {_NOW} + %(cost_s)s)
    ON CONFLICT (account) DO UPDATE SET next_at = greatest(pace.next_at, {_NOW}) + %(cost_s)s
    RETURNING next_at
), lasting AS (SELECT set_config('synchronous_commit', 'off', true))
SELECT next_at - %(cost_s)s - {_NOW} FROM taken, lasting
"""  # noqa: S608 - our own names


class SharedPace:
    """The pace of an account, as a database keeps it for all who ask.

    Raises `ConfigurationError` where the extra `postgres` is missing.
    """

    def __init__(self, address: str, account: str) -> None:
        self._address = address
        # The account is told by its key, of which nothing can be read from this.
        self._account = blake2b(account.encode(), digest_size=16).hexdigest()
        self._turn = threading.Lock()
        self._open: list[Any] = []
        weakref.finalize(self, _close, self._open)
        self._has_warned = False
        try:
            self._library: Any = import_module("psycopg")
        except ImportError as error:
            raise ConfigurationError(
                "a rate that processes share needs the extra `postgres`: "
                "pip install 'seven-async[postgres]'"
            ) from error

    async def take(self, messages: int, message_s: float) -> float:
        """Return after how many seconds some messages may leave, each `message_s` after another.

        Zero where the database is away: then the rate of this process is all there is.
        """
        return await to_thread.run_sync(self._take, messages * message_s)

    def _take(self, cost_s: float) -> float:
        values = {"account": self._account, "cost_s": cost_s}
        with self._turn:
            try:
                row = self._connect().execute(_TAKE.encode(), values).fetchone()
            except (self._library.Error, OSError) as error:
                self._warn(error)
                return 0.0
        self._has_warned = False
        return max(0.0, float(row[0]))

    def _connect(self) -> Any:
        if self._open and self._open[0].closed:
            self._open.clear()
        if not self._open:
            connection = self._library.connect(
                self._address,
                autocommit=True,
                connect_timeout=_CONNECTING_S,
                application_name="seven-async pace",
            )
            self._open.append(connection)
            connection.execute(_MAKE.encode())
        return self._open[0]

    def _warn(self, error: Exception) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "the database of a shared rate is away (%s); each process keeps the rate by itself",
                type(error).__name__,
            )


def _close(connections: list[Any]) -> None:
    for connection in connections:
        connection.close()
