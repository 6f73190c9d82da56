"""The journal of a campaign in PostgreSQL, open for writing: a group of operations is one commit.

In: operations. Out: their results, once the server has committed them. I/O: the database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import chain, islice
from typing import Any, Final

import psycopg

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.gateway import LOCAL, refuse_other_gateway
from seven_async.campaign.journal.postgres import statements as rows
from seven_async.campaign.journal.postgres.connection import (
    CampaignTables,
    connect_to_primary,
    explain_failures,
    leave_if_read_only,
    to_journal_error,
)
from seven_async.campaign.journal.postgres.lease import LEASE_S, Lease, end_dead_leases
from seven_async.campaign.journal.postgres.schema import migrate
from seven_async.campaign.journal.writer import Claim, Operation, Record, Renewal
from seven_async.masking import masked_address

_PATIENCE_S: Final = 20.0
"""How long results are kept for a server that is away: it may be starting anew."""

_PAUSE_S: Final = 0.25
_ATTEMPTS: Final = 5
"""How often a group is written anew that met another process at the same rows."""

# The last two where the server gives a statement, or its waiting for a row, a time only.
_WRITTEN_ANEW: Final = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
)


class PostgresStore:
    """The tables of a campaign, and the lease by which this process writes to them.

    After the connection was lost nothing is claimed any more; results are still written. A store
    `of_worker` is without the right to send that one process has, and claims beside others.
    """

    def __init__(
        self,
        address: str,
        *,
        name: str,
        gateway: str,
        grace_s: float,
        lease_s: float = LEASE_S,
        of_worker: bool = False,
    ) -> None:
        self._address = address
        self._of_worker = of_worker
        self.grace_s = grace_s
        self.keeps_cost: bool = False
        self.asks_opt_outs: bool = False
        self.lease: Lease = Lease(address, lease_s)
        self._turn = threading.Lock()
        self.groups_written: int = 0
        self._is_cut_off = False
        connection = connect_to_primary(address)
        try:
            with explain_failures(address):
                migrate(connection)
                campaign = _open_campaign(connection, address, name, gateway)
                end_dead_leases(connection)
                self.lease.open(connection)
        except BaseException:
            connection.close()
            raise
        self.tables: CampaignTables = CampaignTables(connection, campaign, of_worker=of_worker)

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """Write operations; return their results once the server has committed them.

        Raises `JournalError`; then nothing of the group may leave, though it may be written.
        """
        with self._turn:
            if self.tables.connection.closed:
                self._connect_again()
            if self._is_cut_off:
                operations = _only_results(operations, self._address)
            try:
                results = self._write(operations)
            except (psycopg.Error, OSError) as error:
                leave_if_read_only(self.tables.connection, error)
                self._is_cut_off |= self.tables.connection.closed
                raise to_journal_error(self._address, error) from error
            self.groups_written += 1
            return results

    def _write(self, operations: Sequence[Operation]) -> list[Any]:
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.tables.transaction():
                    return self._execute(operations)
            except _WRITTEN_ANEW:
                continue
        with self.tables.transaction():
            return self._execute(operations)

    @property
    def terms(self) -> rows.ClaimTerms:
        """What claims need beside their messages."""
        return rows.ClaimTerms(
            self.lease.number,
            self.grace_s,
            self.asks_opt_outs,
            knows_no_limit=self._of_worker and not self.keeps_cost,
        )

    def count_written(self) -> int:
        """Return the number of groups that are committed, after the one that is being written."""
        with self._turn:
            return self.groups_written

    def close(self) -> None:
        """End the lease, after what is being written; nothing leaves any more by it."""
        with self._turn:
            try:
                if not (self.tables.connection.broken or self.tables.connection.closed):
                    self.lease.end(self.tables.connection)
            except psycopg.Error:
                pass  # it ends by itself
            finally:
                self.lease.stop()
                self.tables.connection.close()

    def _connect_again(self) -> None:
        """Connect anew, for results that nobody else has; wait for a server that comes back."""
        until = time.monotonic() + _PATIENCE_S
        while True:
            try:
                connection = connect_to_primary(self._address)
            except JournalError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_S)  # in the writer's own thread, which has nothing else to do
            else:
                campaign = self.tables.campaign
                self.tables = CampaignTables(connection, campaign, of_worker=self._of_worker)
                return

    def _execute(self, operations: Sequence[Operation]) -> list[Any]:
        """Return the results of a group, in its order.

        Claims, renewals and records are a few statements each. Their order among each other makes
        no difference: a result is only ever recorded for what was claimed in an earlier group.
        """
        tables, lease = self.tables, self.lease.number
        records = [each.results for each in operations if isinstance(each, Record)]
        if records:
            results_of_all = list(chain.from_iterable(records))
            rows.write_results(tables, results_of_all, lease, keeps_cost=self.keeps_cost)
        claims = [each.intents for each in operations if isinstance(each, Claim)]
        intents = list(chain.from_iterable(claims))
        claimed = iter(rows.claim_messages(tables, intents, lease) if intents else ())
        renewals = [each.intents for each in operations if isinstance(each, Renewal)]
        renewed = iter(rows.update_renewals(tables, renewals, self.terms))
        results: list[Any] = []
        for operation in operations:
            if isinstance(operation, Claim):
                results.append(list(islice(claimed, len(operation.intents))))
            elif isinstance(operation, Renewal):
                results.append(next(renewed))
            else:
                results.append(None if isinstance(operation, Record) else operation(tables))
        return results


def _only_results(operations: Sequence[Operation], address: str) -> Sequence[Operation]:
    if all(isinstance(each, Record) for each in operations):
        return operations
    raise JournalError(
        f"the connection to the journal {masked_address(address)} was lost; nothing more is sent "
        f"by this run. Send the same messages with the same journal to go on"
    )


def _open_campaign(connection: psycopg.Connection, address: str, name: str, gateway: str) -> int:
    """Return the number of a campaign, which is new or was sent through the same gateway."""
    connection.execute(
        """INSERT INTO seven.campaign (name, gateway) VALUES (%s, %s)
           ON CONFLICT (name) DO NOTHING""",
        (name, gateway),
    )
    row = connection.execute(
        "SELECT id, gateway FROM seven.campaign WHERE name = %s", (name,)
    ).fetchone()
    if row is None:
        raise JournalError(f"the campaign {name!r} was deleted meanwhile; begin it again")
    number, written = int(row[0]), str(row[1])
    refuse_other_gateway(f"{masked_address(address)}, campaign {name!r}", written, gateway)
    if written == LOCAL != gateway:
        # It was not known then which one that is, and it is none that really sends.
        connection.execute(
            "UPDATE seven.campaign SET gateway = %s WHERE id = %s", (gateway, number)
        )
    return number
