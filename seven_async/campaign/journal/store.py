"""A journal that is open for writing: operations go to disk in groups, a commit for each group.

In: functions over a connection. Out: their results, once they are on disk. I/O: the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.schema import connected, explained

Operation: TypeAlias = Callable[[sqlite3.Connection], Any]


class Store:
    """The file of a campaign. Used by one thread at a time."""

    def __init__(self, path: Path, *, name: str, gateway: str, now_s: float) -> None:
        self.path = path
        self.database = connected(path)
        try:
            self.apply([lambda database: _belongs(database, path, name, gateway, now_s)])
        except BaseException:
            self.close()
            raise

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """The results of operations that are on disk now, all of them; raises `JournalError`."""
        with explained(self.path):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                results = [operation(self.database) for operation in operations]
                self.database.execute("COMMIT")
            except BaseException:
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                raise
            return results

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _belongs(
    database: sqlite3.Connection, path: Path, name: str, gateway: str, now_s: float
) -> None:
    """Refuse the journal of another campaign, or of another gateway: a test run is no send."""
    found = database.execute("SELECT name, gateway FROM campaign").fetchone()
    if found is None:
        database.execute("INSERT INTO campaign VALUES (?, ?, ?)", (name, gateway, now_s))
    elif found[0] != name:
        raise JournalError(
            f"{path} is the journal of the campaign {found[0]!r}, not of {name!r}; "
            f"give another file, or that name"
        )
    elif found[1] != gateway:
        raise JournalError(
            f"{path} has what was sent through {found[1]}, not through {gateway}; "
            f"give another file, since what is in it would count as served"
        )
