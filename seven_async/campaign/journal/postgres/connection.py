"""Connections to PostgreSQL, and one campaign's tables as they are seen through them.

In: an address. Out: connections; what the server says as `JournalError`. I/O: the server.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import Diagnostic

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.statements.queries import COUNTS
from seven_async.masking import masked_address
from seven_async.option_checks import check_address
from seven_async.texts import to_encodable, without_nul

_CONNECTING_S: Final = 10
_MISSING_RIGHT: Final = (
    "; its role needs the right to create schemas (GRANT CREATE ON DATABASE … TO …), and to use "
    "those that another role has made"
)
_WAITS_FOR_REPLICA: Final = "SyncRepWaitForLSN"
"""What warns in the server, since version 9.1, that a commit has not waited for its replica."""

_STREAMED: Final = 2_000
"""Rows that a server-side cursor brings at a time."""


def find_database(address: str) -> tuple[object, ...]:
    """Return what tells a database from others: hosts, ports and name, as an address has them.

    Of several hosts the order makes no difference.
    """
    given = conninfo_to_dict(address)
    hosts, more, ports = (
        str(given.get(name) or "").split(",") for name in ("host", "hostaddr", "port")
    )
    count = max(len(hosts), len(more))
    servers = [each * count if len(each) == 1 else each for each in (hosts, more, ports)]
    return frozenset(zip(*servers, strict=False)), given.get("dbname")


def connect(address: str) -> psycopg.Connection:
    """Connect; transactions are begun where they are wanted.

    Raises:
        JournalError: The database cannot be used.
        ConfigurationError: The address cannot be read.
    """
    check_address(address)
    with explain_failures(address):
        return psycopg.connect(
            address,
            autocommit=True,
            connect_timeout=_CONNECTING_S,
            application_name="seven-async",
            # A pooler gives each transaction to another session, which has not prepared it.
            prepare_threshold=None,
        )


def to_journal_error(address: str, error: Exception) -> JournalError:
    """Return the error for what the server says; details may have numbers, and are left out."""
    said = str(error).strip().partition("\n")[0]
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        said += _MISSING_RIGHT
    return JournalError(f"the journal {masked_address(address)} cannot be used: {said}")


def connect_to_primary(address: str) -> psycopg.Connection:
    """Connect to a server that takes writes; raises `JournalError` where the one there does not."""
    connection = connect(address)
    with explain_failures(address):
        row = connection.execute("SHOW transaction_read_only").fetchone()
    if row == ("off",):
        return connection
    connection.close()
    raise JournalError(
        f"the journal {masked_address(address)} cannot be written: the server is a replica, or "
        f"read-only. An address with several hosts and target_session_attrs=read-write finds the "
        f"one that is not"
    )


def leave_if_read_only(connection: psycopg.Connection, error: Exception) -> None:
    """Close a connection to a server that takes no writes any more: another one does, or will."""
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        connection.close()


@contextmanager
def explain_failures(address: str) -> Generator[None]:
    """Turn what the server says into a `JournalError`."""
    try:
        yield
    except psycopg.Error as error:
        raise to_journal_error(address, error) from error


_TALLIES: Final = """
SELECT state, nullif(reason, ''), nullif(delivery, ''), has_content, sum(n), sum(segments),
    sum(micro_eur)
FROM seven.tally WHERE campaign = %s GROUP BY 1, 2, 3, 4 HAVING sum(n) > 0
"""
"""What `COUNTS` asks for, as it is kept here."""


@lru_cache(maxsize=256)
def _translate(query: str) -> bytes:
    """Write `?` as psycopg wants it."""
    return query.replace("%", "%%").replace("?", "%s").encode()


def to_storable(value: Any) -> Any:
    """Return a value as PostgreSQL can keep it: a text without NUL and half of a surrogate pair.

    A reply may have both, and one of them would keep a whole group from being written.
    """
    if not isinstance(value, str):
        return value
    return without_nul(to_encodable(value))


CLAIMS: Final = 7_707_003
"""The advisory locks under which workers claim, shared, one for each campaign."""


class CampaignTables:
    """The tables of one campaign (`Database`), within a transaction that was begun by `begin`.

    Transactions `of_worker` can be waited for (`wait_for_claims`).
    """

    def __init__(
        self, connection: psycopg.Connection, campaign: int, *, of_worker: bool = False
    ) -> None:
        self.connection = connection
        self.campaign = campaign
        self._is_on_replica = True
        connection.add_notice_handler(self._read_notice)
        # A plan that is made once for all values does not know how many rows are handed over, and
        # compares all with all: 85 ms for 500 rows instead of 2.
        self._begin = (
            # What others have committed counts at once, whatever the server's default is.
            f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL search_path = seven_campaign; "
            f"SET LOCAL plan_cache_mode = force_custom_plan; "
            f"SET LOCAL seven.campaign = '{campaign}'"
            + (f"; SELECT pg_advisory_xact_lock_shared({CLAIMS}, {campaign})" if of_worker else "")
        ).encode()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Write what the block does in one commit; undo it when the block ends with an error."""
        # Set for the transaction only: a pooler gives each to any of its connections.
        self.connection.execute(self._begin)
        self._is_on_replica = True
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if not self.connection.broken:
                self.connection.execute("ROLLBACK")
            raise
        if not self._is_on_replica:
            raise JournalError(
                "a commit was told not to wait for the synchronous replica, which may not have it; "
                "nothing leaves by it"
            )

    def _read_notice(self, notice: Diagnostic) -> None:
        # The server commits all the same, and says so by a warning only. Its words are translated.
        if notice.source_function == _WAITS_FOR_REPLICA:
            self._is_on_replica = False

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Cursor[Any]:
        """Execute a statement with `?` for its values."""
        if query is COUNTS:
            return self.connection.execute(_TALLIES.encode(), (self.campaign,))
        return self.connection.execute(_translate(query), [to_storable(each) for each in values])


class StreamedTables(CampaignTables):
    """The same for reading: rows of large results come some at a time, by server-side cursors."""

    def __init__(self, connection: psycopg.Connection, campaign: int) -> None:
        super().__init__(connection, campaign)
        self._streams: list[Cursor[Any]] = []

    @contextmanager
    def transaction(self) -> Generator[None]:
        """See the tables at one moment, that of the first query."""
        with super().transaction():
            self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                for stream in self._streams:
                    stream.close()

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Cursor[Any]:
        """Execute a query; one that goes through all messages in their order is streamed."""
        if not query.endswith("ORDER BY rowid"):
            return super().execute(query, values)
        stream = self.connection.cursor(f"seven_rows_{len(self._streams)}")
        stream.itersize = _STREAMED
        self._streams.append(stream)
        return stream.execute(_translate(query), values)
