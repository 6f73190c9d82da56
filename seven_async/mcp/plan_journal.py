"""What became of plans, on disk: written before anything leaves, never carried out twice.

In: ids and fingerprints of plans. Out: what became of each. I/O: one SQLite file, readable by its
owner only. It has no number and no text.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Final

import attrs

from seven_async.errors import Outcome, SevenError
from seven_async.sqlite_sharing import close_all, transaction

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS plan (
    id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,     -- of method, recipients and content
    method TEXT NOT NULL,
    foreign_id TEXT,
    begun_at REAL NOT NULL,        -- Unix seconds
    outcome TEXT,                  -- NULL while it is under way, or was cut off
    detail TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS plan_content ON plan (fingerprint);
CREATE TABLE IF NOT EXISTS plan_key (id INTEGER PRIMARY KEY CHECK (id = 1), key BLOB NOT NULL);
"""
_APPLICATION_ID: Final = 0x374D4350  # "7MCP"
_BUSY_S: Final = 30.0
_COLUMNS: Final = "id, method, foreign_id, begun_at, outcome, detail"


class PlanJournalError(SevenError):
    """The journal of plans cannot be used; nothing was done."""

    outcome = Outcome.NOT_SENT


class PlanOutcome(StrEnum):
    """What became of a plan that was carried out."""

    DONE = "done"
    REFUSED = "refused"
    """Surely without an effect; plan it anew to try again."""

    UNKNOWN = "unknown"
    """It may have had its effect. It is never repeated."""


@attrs.frozen
class RecordedPlan:
    """A plan that was begun, and what became of it."""

    id: str
    method: str
    foreign_id: str | None
    begun_at: float
    outcome: PlanOutcome
    detail: str


def _to_recorded(row: tuple[str, str, str | None, float, str | None, str | None]) -> RecordedPlan:
    plan_id, method, foreign_id, begun_at, outcome, detail = row
    # Without an outcome it was cut off, or is under way: the effect may be there.
    known = PlanOutcome.UNKNOWN if outcome is None else PlanOutcome(outcome)
    return RecordedPlan(plan_id, method, foreign_id, begun_at, known, detail or "")


class PlanJournal:
    """The plans that were begun; in memory without a path, where a restart forgets them."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self._path = None if path is None else Path(path)
        self._lock = threading.Lock()
        with self._explain():
            if self._path is not None:
                os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            self._database = sqlite3.connect(
                self._path or ":memory:",
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY_S,
            )
            self._finalizer = weakref.finalize(self, close_all, self._database)
            try:
                self._key = self._prepare()
            except BaseException:
                self._finalizer()
                raise

    def __repr__(self) -> str:
        return f"<PlanJournal {os.fspath(self._path or ':memory:')!r}>"

    def _prepare(self) -> bytes:
        mark = self._database.execute("PRAGMA application_id").fetchone()[0]
        tables = self._database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and mark != _APPLICATION_ID:
            raise PlanJournalError(f"{self._path} is a database of something else")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)
        self._database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        with transaction(self._database):
            self._database.execute(
                "INSERT OR IGNORE INTO plan_key VALUES (1, ?)", (token_bytes(32),)
            )
        row: tuple[bytes] = self._database.execute("SELECT key FROM plan_key").fetchone()
        return row[0]

    def fingerprint(self, content: bytes) -> str:
        """Return what tells contents apart, and says nothing without this file."""
        return blake2b(content, digest_size=16, key=self._key).hexdigest()

    def find(self, plan_id: str) -> RecordedPlan | None:
        """Return what became of a plan; None if it was not begun."""
        with self._lock, self._explain():
            row = self._database.execute(
                f"SELECT {_COLUMNS} FROM plan WHERE id = ?",  # noqa: S608 - a constant
                (plan_id,),
            ).fetchone()
        return None if row is None else _to_recorded(row)

    def find_same(self, fingerprint: str) -> RecordedPlan | None:
        """Return the latest plan of the same content that had, or may have had, its effect."""
        with self._lock, self._explain():
            row = self._database.execute(
                f"SELECT {_COLUMNS} FROM plan WHERE fingerprint = ?"  # noqa: S608 - a constant
                " AND outcome IS NOT ? ORDER BY outcome IN ('done'), begun_at DESC LIMIT 1",
                (fingerprint, PlanOutcome.REFUSED.value),
            ).fetchone()
        return None if row is None else _to_recorded(row)

    def begin(
        self, plan: RecordedPlan, fingerprint: str, *, is_repeatable: bool
    ) -> RecordedPlan | None:
        """Note that a plan is about to be carried out, in one step with the look at what was.

        Return what stands against it: itself, if it was begun before, or unless it `is_repeatable`
        the same content with an outcome that is unknown. None if it may be carried out.
        """
        with self._lock, self._explain(), transaction(self._database):
            row = self._database.execute(
                f"SELECT {_COLUMNS} FROM plan WHERE id = ?"  # noqa: S608 - a constant
                " OR (? AND fingerprint = ? AND (outcome IS NULL OR outcome = ?))"
                " ORDER BY id = ? DESC LIMIT 1",
                (plan.id, not is_repeatable, fingerprint, PlanOutcome.UNKNOWN.value, plan.id),
            ).fetchone()
            if row is not None:
                return _to_recorded(row)
            self._database.execute(
                "INSERT INTO plan (id, fingerprint, method, foreign_id, begun_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (plan.id, fingerprint, plan.method, plan.foreign_id, plan.begun_at),
            )
            return None

    def finish(self, plan_id: str, outcome: PlanOutcome, detail: str) -> None:
        """Note what became of a plan."""
        with self._lock, self._explain(), transaction(self._database):
            self._database.execute(
                "UPDATE plan SET outcome = ?, detail = ? WHERE id = ?",
                (outcome.value, detail, plan_id),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._finalizer()

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise PlanJournalError(f"the journal of plans cannot be used: {error}") from error
