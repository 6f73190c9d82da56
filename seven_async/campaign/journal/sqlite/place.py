"""A journal that is a file.

In: its path. Out: connections to it, and what a campaign writes it by. I/O: the file.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import attrs

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.sqlite.lock import is_held
from seven_async.campaign.journal.sqlite.schema import connect, explain_failures, open_snapshot
from seven_async.campaign.journal.statements.runs import ask, cancel, reopen, take_back
from seven_async.sqlite_sharing import transaction
from seven_async.start.first_use import load

if TYPE_CHECKING:
    from seven_async.campaign.journal.delivery_order import DeliveryChange
    from seven_async.campaign.journal.sqlite.store import SqliteBackend
    from seven_async.campaign.journal.statements.database import Database


@attrs.frozen
class SqlitePlace:
    """A journal in a SQLite file (`JournalPlace`)."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.path,)

    def exists(self) -> bool:
        """Tell whether there is a file."""
        return self.path.exists()

    def is_held(self) -> bool:
        """Tell whether a process is sending."""
        return is_held(self.path)

    def is_paused(self) -> bool:
        """Return False: only a run is paused, and it says so in its status."""
        return False

    def steer(self, what: str, value: float | None, now_s: float) -> bool:
        """Ask the process that sends; raises `JournalError` if there is none.

        A campaign is cancelled and reopened also where nobody sends it.
        """
        if what in ("cancel", "reopen"):
            return self._cancel(now_s) if what == "cancel" else self._reopen()
        if not self.is_held():
            raise JournalError(f"no process is sending {self.path} just now")
        with self.open_for_change() as database:
            if what == "unpause":
                return take_back(database, "pause")
            ask(database, what, value, now_s)
            return True

    def _cancel(self, now_s: float) -> bool:
        with self.open_for_change() as database:
            is_new = cancel(database)
        if self.is_held():
            with self.open_for_change() as database:
                ask(database, "stop", None, now_s)
        return is_new

    def _reopen(self) -> bool:
        with self.open_for_change() as database:
            return reopen(database)

    def is_beside(self, address: str | None) -> bool:  # noqa: ARG002 - of the protocol
        """Return False: a file is in no database of another address."""
        return False

    def open_snapshot(self) -> AbstractContextManager[Database]:
        """Open a connection that sees the journal as it is at one moment."""
        return open_snapshot(self.path)

    @contextmanager
    def open_for_change(self) -> Generator[Database]:
        """Open a connection for one transaction."""
        database = connect(self.path)
        with closing(database), explain_failures(self.path), transaction(database):
            yield database

    def join_reports(self) -> int:
        """Do nothing: in a file they are joined as they come."""
        return 0

    def record_deliveries(self, deliveries: Iterable[DeliveryChange]) -> int:
        """Write delivery states; return how many messages changed. Raises `JournalError`."""
        record = load("seven_async.campaign.journal.sqlite.delivery_states:record_deliveries")
        return cast("int", record(self.path, deliveries))

    def forget(self, digits: str, now_s: float) -> int:
        """Erase a recipient; return how many messages it had."""
        erase = load("seven_async.campaign.journal.sqlite.forgetting:erase_recipient")
        return cast("int", erase(self.path, digits, now_s))

    def build_backend(self, grace_s: float, deadline_s: float) -> SqliteBackend:  # noqa: ARG002
        """Return what a campaign writes the journal by."""
        backend = load("seven_async.campaign.journal.sqlite.store:SqliteBackend")
        return cast("SqliteBackend", backend(self.path))
