"""A journal that is open for writing: operations go to disk in groups, a commit for each group.

In: functions over a connection. Out: their results, once they are on disk. I/O: the file.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.gateway import refuse_other_gateway
from seven_async.campaign.journal.sqlite import statements as rows
from seven_async.campaign.journal.sqlite.schema import connected, explained
from seven_async.campaign.journal.sqlite.watched import WatchedFiles


@attrs.frozen(eq=False)
class Claim:
    """Messages that want to leave; what stood in the journal before is the result."""

    intents: Sequence[rows.Plain] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Record:
    """What became of messages."""

    results: Sequence[rows.Plain] = attrs.field(repr=False)


@attrs.frozen(eq=False)
class Renewal:
    """Messages that are in the journal and leave again."""

    intents: Sequence[rows.Plain] = attrs.field(repr=False)

    def __call__(self, database: sqlite3.Connection) -> None:
        """Write them down as about to leave."""
        rows.update_intents(database, self.intents)


Operation: TypeAlias = Claim | Record | Callable[[sqlite3.Connection], Any]


class Store:
    """The file of a campaign. One thread at a time writes, the others wait."""

    def __init__(self, path: Path, *, name: str, gateway: str, now_s: float) -> None:
        self.path = path
        self.database = connected(path)
        self._files = WatchedFiles()
        self._turn = threading.Lock()
        self.groups_written = 0
        try:
            self.watch(path)
            self.apply([lambda database: _belongs(database, path, name, gateway, now_s)])
            file = path.resolve()
            log = file.with_name(f"{file.name}-wal")
            if log.exists():  # not where the system has no shared memory for it
                self.watch(log)
        except BaseException:
            self.close()
            raise

    def watch(self, path: Path) -> None:
        """Notice from now on when a file is gone or is another one."""
        with explained(path):
            self._files.add(path)

    def apply(self, operations: Sequence[Operation]) -> list[Any]:
        """Write operations; their results once all of them are on disk. Raises `JournalError`.

        So it does after writing when the file is gone that a path led to: what was written can
        still be found, but nothing may leave that the next run would not know of.
        """
        with explained(self.path), self._turn:
            results = self._written(operations)
            self.groups_written += 1
            self._files.check()
            return results

    def count_written(self) -> int:
        """Return the number of groups that are on disk, after the one that is being written."""
        with self._turn:
            return self.groups_written

    def _written(self, operations: Sequence[Operation]) -> list[Any]:
        if _is_short(operations):
            return _results(self.database, operations)
        self.database.execute("BEGIN IMMEDIATE")
        try:
            results = _results(self.database, operations)
            self.database.execute("COMMIT")
        except BaseException:
            if self.database.in_transaction:
                self.database.execute("ROLLBACK")
            raise
        return results

    def close(self) -> None:
        """Close the file, after what is being written to it."""
        with self._turn:
            self.database.close()


def _is_short(operations: Sequence[Operation]) -> bool:
    """Whether a group is two statements, results and claims: then each is a transaction of its own.

    That saves two more statements, and neither needs the other to be on disk.
    """
    claims = sum(len(one.intents) for one in operations if isinstance(one, Claim))
    records = sum(len(one.results) for one in operations if isinstance(one, Record))
    has_others = any(not isinstance(one, (Claim, Record)) for one in operations)
    return not has_others and max(claims, records) <= rows.MOST_ROWS


def _results(database: sqlite3.Connection, operations: Sequence[Operation]) -> list[Any]:
    """The results of a group, in its order; claims and records as one statement each.

    Their order among each other makes no difference: a result is only ever recorded for what was
    claimed in an earlier group.
    """
    records = [one for one in operations if isinstance(one, Record)]
    rows.write_results(database, list(chain.from_iterable(one.results for one in records)))
    claims = [one for one in operations if isinstance(one, Claim)]
    found = iter(
        rows.claim_messages(database, list(chain.from_iterable(one.intents for one in claims)))
    )
    results: list[Any] = []
    for one in operations:
        if isinstance(one, Claim):
            results.append(list(islice(found, len(one.intents))))
        else:
            results.append(None if isinstance(one, Record) else one(database))
    return results


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
    else:
        refuse_other_gateway(path, found[1], gateway)
        if found[1] != gateway:
            # It was not known then which one that is, and it is none that really sends.
            database.execute("UPDATE campaign SET gateway = ?", (gateway,))
