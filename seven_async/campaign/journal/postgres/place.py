"""The journal of a campaign that is in a PostgreSQL database.

In: an address and the name of a campaign. Out: connections to it, and what a campaign writes it by.
I/O: the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs
import psycopg
from anyio.lowlevel import current_token

from seven_async.campaign.journal.delivery_order import DeliveryChange
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.postgres.connection import (
    CampaignTables,
    StreamedTables,
    connect,
    explain_failures,
    find_database,
)
from seven_async.campaign.journal.postgres.delivery_states import update_deliveries
from seven_async.campaign.journal.postgres.doubt_table import PostgresDoubtTable
from seven_async.campaign.journal.postgres.forgetting import forget_recipient
from seven_async.campaign.journal.postgres.lease import LEASE_S, Lease, check_grace
from seven_async.campaign.journal.postgres.loading import load_messages, write_block
from seven_async.campaign.journal.postgres.report_table import join_reports
from seven_async.campaign.journal.postgres.run_journal import PostgresRunJournal
from seven_async.campaign.journal.postgres.schema import migrate, read_version
from seven_async.campaign.journal.postgres.sender import (
    has_workers,
    is_running,
    is_sending,
    steer,
    take_sending,
)
from seven_async.campaign.journal.postgres.spending import (
    count_committed,
    reserve_open,
    wait_for_claims,
)
from seven_async.campaign.journal.postgres.store import PostgresStore
from seven_async.campaign.journal.rows import PlannedRow
from seven_async.campaign.journal.statements.database import Database
from seven_async.campaign.journal.writer import Writer
from seven_async.errors import ConfigurationError
from seven_async.masking import masked_address

_MOST_NAMED: Final = 10
"""Campaigns of a database that an error names."""


@attrs.frozen
class PostgresPlace:
    """A campaign in a database (`JournalPlace`); of one without a name it is the only one."""

    address: str = attrs.field(repr=masked_address)
    name: str | None

    def __str__(self) -> str:
        place = masked_address(self.address)
        return place if self.name is None else f"{place} (campaign {self.name!r})"

    @property
    def files(self) -> tuple[Path, ...]:
        """No file."""
        return ()

    def exists(self) -> bool:
        """Tell whether the campaign is in the database."""
        with closing(connect(self.address)) as connection, explain_failures(self.address):
            names = _read_names(connection)
        return self.name in names if self.name else bool(names)

    def is_held(self) -> bool:
        """Tell whether a process is sending."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return is_sending(tables) or has_workers(tables)

    def is_paused(self) -> bool:
        """Tell whether the campaign was paused or cancelled for all."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return not is_running(tables)

    def steer(self, what: str, value: float | None, now_s: float) -> bool:
        """Ask all who send the campaign, now and later."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return steer(tables, what, value, now_s)

    def is_beside(self, address: str | None) -> bool:
        """Tell whether an address names the same database; its user may be another one."""
        return address is not None and find_database(address) == find_database(self.address)

    @contextmanager
    def open_snapshot(self) -> Generator[Database]:
        """Open a connection that sees the journal as it is at one moment."""
        with self._open(StreamedTables) as tables, tables.transaction():
            yield tables

    @contextmanager
    def open_for_change(self) -> Generator[Database]:
        """Open a connection for one transaction."""
        with self._open(CampaignTables) as tables, tables.transaction():
            yield tables

    def join_reports(self) -> int:
        """Write delivery reports that are kept to their messages; return how many changed."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return join_reports(tables)

    def record_deliveries(self, deliveries: Iterable[DeliveryChange]) -> int:
        """Write delivery states; return how many messages changed. Raises `JournalError`."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return update_deliveries(tables, deliveries)

    def forget(self, digits: str, now_s: float) -> int:  # noqa: ARG002 - the database's clock
        """Erase a recipient; return how many messages it had."""
        with self._open(CampaignTables) as tables, tables.transaction():
            return forget_recipient(tables, digits)

    def build_backend(self, grace_s: float, deadline_s: float) -> PostgresBackend:
        """Return what a campaign writes the journal by; raises `ConfigurationError`."""
        check_grace(grace_s, LEASE_S, deadline_s)
        return PostgresBackend(self, grace_s)

    @contextmanager
    def _open(self, kind: type[CampaignTables]) -> Generator[CampaignTables]:
        with closing(connect(self.address)) as connection, explain_failures(self.address):
            yield kind(connection, self._find(connection))

    def _find(self, connection: psycopg.Connection) -> int:
        names = _read_names(connection)
        if self.name is not None and self.name in names:
            return names[self.name]
        if self.name is None and len(names) == 1:
            return next(iter(names.values()))
        place = masked_address(self.address)
        known = ", ".join(repr(name) for name in list(names)[:_MOST_NAMED])
        if self.name is None and names:
            raise ConfigurationError(
                f"{place} has several campaigns ({known}); name the one you mean"
            )
        wanted = "no campaign" if self.name is None else f"no campaign {self.name!r}"
        raise JournalError(f"{place} has {wanted}{f', but {known}' if known else ''}")


def _read_names(connection: psycopg.Connection) -> dict[str, int]:
    """Return the campaigns of a database, the latest first."""
    if not read_version(connection):
        return {}
    migrate(connection)
    return dict(connection.execute("SELECT name, id FROM seven.campaign ORDER BY id DESC"))


class PostgresBackend:
    """A database that a campaign writes to (`Backend`)."""

    journal_class = PostgresRunJournal
    keeps_reserved = True

    def __init__(self, place: PostgresPlace, grace_s: float) -> None:
        self._place = place
        self._grace_s = grace_s
        self._store: PostgresStore | None = None

    def __str__(self) -> str:
        return str(self._place)

    def check_event_loop(self) -> None:
        """Raise `ConfigurationError` on another event loop than asyncio's."""
        if not isinstance(current_token().native_token, asyncio.AbstractEventLoop):
            raise ConfigurationError(
                "a journal in PostgreSQL runs on asyncio only; on trio give the path of a file"
            )

    def open_store(self, *, name: str, gateway: str, now_s: float) -> PostgresStore:  # noqa: ARG002
        """Connect; make the tables and the campaign if there are none."""
        self._store = PostgresStore(
            self._place.address, name=name, gateway=gateway, grace_s=self._grace_s
        )
        return self._store

    def check_lease(self) -> None:
        """Raise `LeaseLostError` unless what leaves now leaves within the lease."""
        self._require_lease().check()

    def lock(self, now_s: float) -> None:  # noqa: ARG002 - the database's clock
        """Take the right to send a campaign with an input of its own."""
        store = self._require_store()
        store.apply([lambda tables: take_sending(tables, store.lease.number)])

    def unlock(self) -> None:
        """Do nothing: the right ends with the lease, and that with the store."""

    def build_doubts(self, writer: Writer, run: int) -> PostgresDoubtTable:
        """Return the messages in doubt, for a search in a run."""
        return PostgresDoubtTable(writer, run, self._require_lease().number, self._grace_s)

    def join_reports(self, database: Any) -> int:
        """Write delivery reports that are kept to their messages; return how many changed."""
        return join_reports(database)

    def wait_for_claims(self, database: Any) -> None:
        """Return when no worker is writing a claim that does not know of this process."""
        wait_for_claims(database)

    def reserve_open(self, database: Any, estimate: Callable[[str, str | None], int]) -> None:
        """Reserve what was claimed before the campaign had a limit, and is still open."""
        reserve_open(database, estimate)

    def count_spent(self, database: Any) -> int:
        """Return what was spent, and what is reserved for what is in flight or in doubt."""
        return count_committed(database)

    def prepare_load(self, planned: Sequence[PlannedRow]) -> Callable[[Any], int]:
        """Return what writes messages down that are to be sent later; it tells how many are new."""
        return partial(
            load_messages, block=write_block(self._require_store().tables.campaign, planned)
        )

    def _require_store(self) -> PostgresStore:
        assert self._store is not None, "the journal is not open"  # noqa: S101
        return self._store

    def _require_lease(self) -> Lease:
        return self._require_store().lease
