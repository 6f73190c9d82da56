"""A list of people who must not be written to that changes while campaigns go out.

In: opt-outs and opt-ins, each with its reason and time. Out: who is listed now. I/O: one SQLite
file, readable by its owner only, that any number of processes share.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import attrs

from seven_async.campaign.inputs.suppression import comparable_key
from seven_async.errors import InvalidRequestError, Outcome, SevenError
from seven_async.masking import masked_number
from seven_async.recipients.errors import RecipientError
from seven_async.sqlite_sharing import close_all, identity_of, transaction

_OWNER_ONLY: Final = 0o600
_BUSY_S: Final = 30.0

# `suppression` follows from `change`, and has the names by which `Suppression.read` finds a list.
_SCHEMA: Final = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS change (
    id          INTEGER PRIMARY KEY,
    recipient   TEXT NOT NULL,
    is_listed   INTEGER NOT NULL,
    at          REAL NOT NULL,
    recorded_at REAL NOT NULL,
    reason      TEXT NOT NULL,
    source      TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS change_by_recipient ON change (recipient, at);
CREATE TABLE IF NOT EXISTS suppression (
    recipient TEXT PRIMARY KEY,
    since     REAL NOT NULL,
    reason    TEXT NOT NULL
) WITHOUT ROWID;
COMMIT;
"""


class OptOutError(SevenError):
    """The list of opt-outs cannot be read or written. Nothing is sent as long as that is so."""

    outcome = Outcome.NOT_SENT


@attrs.frozen(kw_only=True)
class OptOutChange:
    """One change of the list: a recipient was listed or taken off, when, and why.

    `at` is when the recipient said so, `recorded_at` when it was written down.
    """

    recipient: str = attrs.field(repr=masked_number)
    is_listed: bool
    at: datetime
    recorded_at: datetime
    reason: str


class OptOutList:
    """People who must not be written to, in a file that webhooks change and campaigns ask.

    ```python
    opt_outs = OptOutList("opt-outs.db")
    app = WebhookApp(verifier, sinks=[OptOutSink(opt_outs)])  # replies such as STOP
    campaign = Campaign(seven, "spring", journal="spring.db", suppress=opt_outs)
    ```

    A campaign asks it before each message leaves, so a STOP counts at once, also for rows that were
    read days ago and in other processes. The latest word of a recipient counts, whatever order
    messages arrive in; of two of the same second the opt-out does.

    Args:
        path: The file; made if there is none.
        default_country: The country of numbers without `+`, as for `Suppression`.
        now: Unix seconds; for tests.

    Raises:
        OptOutError: The file cannot be used, or is something else.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        default_country: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.path: Path = Path(path)
        self._default_country = default_country
        self._now = now
        self._lock = threading.Lock()
        with self._explain():
            # Two connections: SQLite tells the reading one when anything else has written.
            self._writing = self._open()
            self._reading = self._connect()
            self._identity = identity_of(self.path)
        weakref.finalize(self, close_all, self._writing, self._reading)

    def __repr__(self) -> str:
        return f"<OptOutList {os.fspath(self.path)!r}>"

    def __len__(self) -> int:
        with self._lock, self._explain():
            count: int = self._reading.execute("SELECT count(*) FROM suppression").fetchone()[0]
            return count

    def __contains__(self, recipient: str) -> bool:
        """Tell whether a recipient is listed.

        Raises `InvalidRequestError` for a number that cannot be compared.
        """
        with self._lock, self._explain():
            if self._reading.execute("SELECT 1 FROM suppression LIMIT 1").fetchone() is None:
                return False
        try:
            key = comparable_key(recipient, self._default_country, allow_names=True)
        except RecipientError:
            if any(character.isdecimal() for character in recipient):
                raise
            return False
        query = "SELECT 1 FROM suppression WHERE recipient = ?"
        with self._lock, self._explain():
            return self._reading.execute(query, (f"+{key}",)).fetchone() is not None

    @property
    def is_current(self) -> bool:
        """True: the file itself is asked each time."""
        return True

    def refresh(self) -> None:
        """Do nothing: the file itself is asked each time."""

    @property
    def version(self) -> Hashable:
        """What is another value when the list may have changed.

        Raises `OptOutError` when the file is gone or is another one: opt-outs would be missed.
        """
        self._check_file()
        with self._lock, self._explain():
            version: int = self._reading.execute("PRAGMA data_version").fetchone()[0]
            return version

    def add(
        self, recipient: str, *, reason: str, at: datetime | None = None, source: str | None = None
    ) -> bool:
        """List a recipient; return whether that changed anything.

        Args:
            recipient: A number in any usual spelling.
            reason: Why, for the record.
            at: When the recipient said so; now, unless given.
            source: A name of the event, by which a second record of it is none.

        Raises:
            InvalidRequestError: It is no number, or a national one without `default_country`.
        """
        return self._change(recipient, True, reason, at, source)  # noqa: FBT003

    def remove(
        self, recipient: str, *, reason: str, at: datetime | None = None, source: str | None = None
    ) -> bool:
        """Take a recipient off the list; return whether that changed anything. See `add`."""
        return self._change(recipient, False, reason, at, source)  # noqa: FBT003

    def history(self, recipient: str) -> list[OptOutChange]:
        """Return what was recorded of a recipient, oldest first."""
        query = """SELECT is_listed, at, recorded_at, reason FROM change
                   WHERE recipient = ? ORDER BY at, id"""
        spelled = self._spell(recipient)
        with self._lock, self._explain():
            rows = self._reading.execute(query, (spelled,)).fetchall()
        return [
            OptOutChange(
                recipient=spelled,
                is_listed=bool(is_listed),
                at=datetime.fromtimestamp(at, UTC),
                recorded_at=datetime.fromtimestamp(recorded_at, UTC),
                reason=reason,
            )
            for is_listed, at, recorded_at, reason in rows
        ]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            close_all(self._writing, self._reading)

    def _check_file(self) -> None:
        with self._explain():
            if identity_of(self.path) != self._identity:
                raise OptOutError(f"{self.path} was replaced while it was in use; open it anew")

    def _spell(self, recipient: str) -> str:
        key = comparable_key(recipient, self._default_country)
        if not key.isdecimal():
            raise InvalidRequestError("an opt-out is of a number, not of a contact or group")
        return f"+{key}"

    def _change(
        self,
        recipient: str,
        is_listed: bool,
        reason: str,
        at: datetime | None,
        source: str | None,
    ) -> bool:
        spelled, now_s = self._spell(recipient), self._now()
        # A time in the future would outlast every later word of the recipient.
        at_s = now_s if at is None else min(at.timestamp(), now_s)
        row = (spelled, is_listed, at_s, now_s, reason, source)
        with self._lock, self._explain(), transaction(self._writing):
            before = self._writing.total_changes
            self._writing.execute(
                "INSERT OR IGNORE INTO change (recipient, is_listed, at, recorded_at, reason,"
                " source) VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            if self._writing.total_changes == before:
                return False  # the same event was recorded before
            return _apply(self._writing, spelled)

    def _open(self) -> sqlite3.Connection:
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
        database = self._connect()
        try:
            self._refuse_others(database)
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(_SCHEMA)
        except BaseException:
            database.close()
            raise
        return database

    def _refuse_others(self, database: sqlite3.Connection) -> None:
        """Refuse a database of something else, before a byte of it is changed."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        tables = {name for (name,) in database.execute(query)}
        if tables and not tables >= {"change", "suppression"}:
            raise OptOutError(f"{self.path} is a database of something else, no opt-out list")

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
        )

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise OptOutError(f"the opt-out list {self.path} cannot be used: {error}") from error


def _apply(database: sqlite3.Connection, recipient: str) -> bool:
    """List a recipient or not, as its latest word says; return whether that changed anything."""
    is_listed, at_s, reason = database.execute(
        "SELECT is_listed, at, reason FROM change WHERE recipient = ?"
        " ORDER BY at DESC, is_listed DESC, id DESC LIMIT 1",
        (recipient,),
    ).fetchone()
    if is_listed:
        statement = "INSERT OR IGNORE INTO suppression VALUES (?, ?, ?)"
        return database.execute(statement, (recipient, at_s, reason)).rowcount > 0
    statement = "DELETE FROM suppression WHERE recipient = ?"
    return database.execute(statement, (recipient,)).rowcount > 0
