"""Delivery reports on their way into the journal of one campaign.

In: reports, in whatever order and as often as they come. Out: delivery states of messages. I/O: the
journal's file, with one commit for all reports that wait.

A report may arrive before the sending process has written the result of its message down. Then
there is no row with its message id yet. Such a report is kept in a table of its own, and a trigger
joins it when the result is written, by whatever process and version does that.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from seven_async.campaign.journal.delivery_order import DeliveryChange, DeliveryNews
from seven_async.campaign.journal.rows import KEPT
from seven_async.campaign.journal.sqlite.delivery_states import (
    define_advance,
    update_deliveries,
)
from seven_async.campaign.journal.sqlite.schema import connect, explain_failures
from seven_async.sqlite_sharing import identity_of, transaction

_KEEP_S: Final = 7 * 86_400.0
"""The gateway repeats a delivery for three and a half days; a result comes long before."""

_PRUNE_S: Final = 600.0

# An older version ignores these, so they are no part of the schema's version. A message that got
# another id was sent again: the state of the one before says nothing of it.
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS early_report (
    message_id  TEXT PRIMARY KEY,
    state       TEXT NOT NULL,
    at          REAL,
    received_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS message_by_reference ON message (foreign_id)
    WHERE message_id IS NULL AND foreign_id IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS join_early_report AFTER UPDATE OF message_id ON message
WHEN NEW.message_id IS NOT OLD.message_id AND (
    OLD.delivery IS NOT NULL
    OR EXISTS (SELECT 1 FROM early_report WHERE message_id = NEW.message_id))
BEGIN
    UPDATE message SET
        delivery = (SELECT state FROM early_report WHERE message_id = NEW.message_id),
        delivery_at = (SELECT at FROM early_report WHERE message_id = NEW.message_id)
        WHERE key = NEW.key;
    DELETE FROM early_report WHERE message_id = NEW.message_id;
END;
"""

# A reference that was made here is on one request. So a report that carries it proves that the
# gateway took the message, if one member of the request alone is still without an id.
_CLAIM_BY_REFERENCE: Final = f"""
UPDATE message SET message_id = ?1, result_at = coalesce(result_at, ?3),
       state = CASE WHEN state IN ('intent', 'unknown', 'planned') THEN 'accepted' ELSE state END,
       content = CASE WHEN state IN ('intent', 'unknown', 'planned') THEN {KEPT} ELSE content END
WHERE foreign_id = ?2 AND message_id IS NULL AND (is_own_reference = 1 OR state = 'accepted')
  AND 1 = (SELECT count(*) FROM message WHERE foreign_id = ?2 AND message_id IS NULL)
"""  # noqa: S608 - our own words

_KEEP: Final = """
INSERT INTO early_report VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (message_id) DO UPDATE SET state = excluded.state, at = excluded.at
    WHERE advanced(state, excluded.state) IS NOT state
"""


class ReportFile:
    """A journal as reports are written into it. One thread at a time calls `write`."""

    def __init__(self, path: Path, now: Callable[[], float]) -> None:
        self.path = path
        self._now = now
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._pruned_at = 0.0
        self._ended: tuple[tuple[int, float], bool] | None = None

    def write(self, news: Sequence[DeliveryNews]) -> Sequence[bool]:
        """Write reports down; return for each whether it changed a message, or is kept for one.

        Raises `JournalError`. A journal that is not there yet has no message to report on.
        """
        with explain_failures(self.path):
            database = self._open()
            if database is None:
                return [False] * len(news)
            with transaction(database):
                results = [self._write_one(database, each) for each in news]
                self._prune(database)
            return results

    def close(self) -> None:
        """Close the file; the next report opens it again."""
        if self._database is not None:
            self._database.close()
        self._database = self._identity = None

    def _open(self) -> sqlite3.Connection | None:
        """Return the open journal; None as long as there is none."""
        identity = identity_of(self.path) if self.path.exists() else None
        if self._database is not None and identity == self._identity:
            return self._database
        self.close()
        if identity is None:
            return None
        database = connect(self.path)
        weakref.finalize(self, database.close)
        define_advance(database)
        database.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}COMMIT")
        self._database, self._identity = database, identity
        return database

    def _write_one(self, database: sqlite3.Connection, news: DeliveryNews) -> bool:
        delivery = DeliveryChange(news.state, news.at_s, None, news.message_id)
        if _is_listed(database, news.message_id):
            return update_deliveries(database, [delivery]) > 0
        if news.foreign_id:
            row = (news.message_id, news.foreign_id, self._now())
            if database.execute(_CLAIM_BY_REFERENCE, row).rowcount:
                return update_deliveries(database, [delivery]) > 0
        if not self._may_get_results(database):
            return False
        database.execute(_KEEP, (news.message_id, news.state, news.at_s, self._now()))
        return True

    def _may_get_results(self, database: sqlite3.Connection) -> bool:
        """Return whether a message may still get its id: otherwise the report is of another sender.

        The account's other messages are reported on as well, and must not fill the journal up.
        """
        latest = database.execute("SELECT id, ended_at FROM run ORDER BY id DESC LIMIT 1")
        run, ended_at = latest.fetchone() or (0, 0.0)
        if ended_at is None:
            return True
        # The whole table is looked through, once for each run that has ended.
        if self._ended is None or self._ended[0] != (run, ended_at):
            query = "SELECT 1 FROM message WHERE state IN ('intent', 'unknown') LIMIT 1"
            has_open = database.execute(query).fetchone() is not None
            self._ended = ((run, ended_at), has_open)
            if not has_open:
                database.execute("DELETE FROM early_report")
        return self._ended[1]

    def _prune(self, database: sqlite3.Connection) -> None:
        now_s = self._now()
        if now_s - self._pruned_at > _PRUNE_S:
            self._pruned_at = now_s
            database.execute("DELETE FROM early_report WHERE received_at < ?", (now_s - _KEEP_S,))


def _is_listed(database: sqlite3.Connection, message_id: str) -> bool:
    query = "SELECT 1 FROM message WHERE message_id = ? LIMIT 1"
    return database.execute(query, (message_id,)).fetchone() is not None
