"""Where a journal is kept, and what that place offers to those who read and write there. No I/O."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from seven_async.campaign.journal.sqlite.place import SqlitePlace
from seven_async.errors import ConfigurationError
from seven_async.option_checks import build_refusal
from seven_async.start.first_use import load

if TYPE_CHECKING:
    from seven_async.campaign.journal.delivery_order import DeliveryChange
    from seven_async.campaign.journal.session import Backend
    from seven_async.campaign.journal.statements.database import Database

ADDRESSES: Final = ("postgresql://", "postgres://")
"""How the address of a server begins."""


class JournalPlace(Protocol):
    """The journal of a campaign: a file, or a part of a database."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files that nothing may be written over."""
        ...

    def exists(self) -> bool:
        """Tell whether a campaign was written there."""
        ...

    def is_held(self) -> bool:
        """Tell whether a process is sending."""
        ...

    def is_paused(self) -> bool:
        """Tell whether the campaign was paused for all who may send it."""
        ...

    def steer(self, what: str, value: float | None, now_s: float) -> bool:
        """Ask those who send to `pause`, `unpause`, `stop`, or to keep to a `rate`.

        `cancel` and `reopen` hold for all who may send it later, too. Returns whether that changed
        anything. Raises `JournalError` where nobody is sending.
        """
        ...

    def is_beside(self, address: str | None) -> bool:
        """Tell whether an address names the database that the journal is in."""
        ...

    def open_snapshot(self) -> AbstractContextManager[Database]:
        """Open a connection that sees the journal as it is at one moment."""
        ...

    def open_for_change(self) -> AbstractContextManager[Database]:
        """Open a connection for one transaction."""
        ...

    def join_reports(self) -> int:
        """Write delivery reports that are kept to their messages; return how many changed."""
        ...

    def record_deliveries(self, deliveries: Iterable[DeliveryChange]) -> int:
        """Write delivery states; return how many messages changed."""
        ...

    def forget(self, digits: str, now_s: float) -> int:
        """Erase a recipient; return how many messages it had."""
        ...

    def build_backend(self, grace_s: float, deadline_s: float) -> Backend:
        """Return what a campaign writes the journal by.

        For `grace_s` see `Campaign`; `deadline_s` is how long a call of the client may take.
        """
        ...


def is_address(journal: object) -> bool:
    """Tell whether a journal is named by the address of a server."""
    return isinstance(journal, str) and journal.startswith(ADDRESSES)


def to_place(journal: str | os.PathLike[str], campaign: str | None = None) -> JournalPlace:
    """Return the place of a journal; of a server the one of a campaign, or of its only one.

    Raises:
        ConfigurationError: It is empty, neither a path nor an address, or what an address needs is
            not installed.
    """
    given = cast("object", journal)
    if not isinstance(given, (str, os.PathLike)):
        raise build_refusal("journal", f"must be a path, not {type(given).__name__}")
    if given == "":
        raise build_refusal("journal", "is empty; leave it out to remember nothing")
    if not is_address(journal):
        if isinstance(given, str) and given.startswith(("postgresql:", "postgres:")):
            # It may hold a password, so it is not shown.
            raise build_refusal("journal", "must be a path, or an address such as postgresql://…")
        return SqlitePlace(Path(journal))
    place = load_extra("seven_async.campaign.journal.postgres.place:PostgresPlace")
    address, _, named = str(journal).partition("#")
    return cast("JournalPlace", place(address, campaign or named or None))


def load_extra(place: str) -> Any:
    """Import what needs the extra `postgres`; raises `ConfigurationError` where it is missing."""
    try:
        return load(place)
    except ImportError as error:
        raise ConfigurationError(
            "a journal in PostgreSQL needs the extra `postgres`: "
            "pip install 'seven-async[postgres]'"
        ) from error
