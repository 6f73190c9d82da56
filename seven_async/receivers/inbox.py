"""Events on disk: what was answered with success is not lost, and not taken twice.

In: verified requests. Out: those whose handlers have not finished. I/O: one SQLite file, readable
by its owner only.

The nonce and the event are one row, so that a crash leaves both or neither. The content is erased
when its handlers have finished; the nonce stays until the gateway cannot repeat it any more.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from seven_async.errors import Outcome, SevenError
from seven_async.sqlite_sharing import close_all, transaction
from seven_async.webhooks.nonces import NonceState

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS webhook (
    id INTEGER PRIMARY KEY,
    nonce TEXT NOT NULL UNIQUE,
    expires_at REAL NOT NULL,      -- Unix seconds: after that the nonce may be forgotten
    received_at REAL NOT NULL,
    method TEXT, content_type TEXT, query TEXT, body BLOB,  -- NULL once handled
    attempts INTEGER NOT NULL DEFAULT 0,
    handled_at REAL                -- NULL while a handler has not finished
);
CREATE INDEX IF NOT EXISTS waiting ON webhook (id) WHERE handled_at IS NULL;
CREATE INDEX IF NOT EXISTS expiring ON webhook (expires_at);
"""
# What no handler has finished stays, however old its nonce is.
_FORGET: Final = "DELETE FROM webhook WHERE expires_at < ? AND handled_at IS NOT NULL"
_BUSY_S: Final = 30.0
_APPLICATION_ID: Final = 0x37494E42  # "7INB": tells an inbox from other SQLite files


class InboxError(SevenError):
    """The inbox cannot be read or written. The gateway is told to come again."""

    outcome = Outcome.NOT_SENT


class StoredWebhook(NamedTuple):
    """A request as it was verified; `id` is None for one that is not in an inbox."""

    method: str
    content_type: str
    query: str
    body: bytes
    nonce: str = ""
    expires_at: float = 0.0
    id: int | None = None

    def __repr__(self) -> str:
        return f"StoredWebhook(id={self.id!r}, body=<{len(self.body)} bytes>)"


class Inbox:
    """The file in which a receiver keeps events. Threads share it; processes may, too."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = Path(path)
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._arrivals = self._open()
        # What was handled may be handled again after a crash, so that needs no wait for the disk.
        # And reading by another connection does not wait for what the first one writes.
        self._handling = self._connect("NORMAL")
        # A receiver that was given a path is never closed, and Python 3.13 warns of open databases.
        self._finalizer = weakref.finalize(self, close_all, self._arrivals, self._handling)

    def __repr__(self) -> str:
        return f"<Inbox {os.fspath(self.path)!r}>"

    def _open(self) -> sqlite3.Connection:
        with self._explain():
            # Before SQLite makes it, which would let others read it.
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            database = self._connect("FULL")
            try:
                self._check(database)
                database.execute("PRAGMA journal_mode = WAL")
                database.executescript(_SCHEMA)
                database.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            except BaseException:
                database.close()
                raise
            return database

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY_S
        )
        database.execute(f"PRAGMA synchronous = {synchronous}")
        database.execute("PRAGMA secure_delete = ON")
        return database

    def _check(self, database: sqlite3.Connection) -> None:
        """Refuse a database that is none of ours, before a byte of it is changed."""
        mark = database.execute("PRAGMA application_id").fetchone()[0]
        tables = database.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if tables and mark != _APPLICATION_ID:
            raise InboxError(f"{self.path} is a database of something else, no inbox")

    def add(self, webhooks: Sequence[StoredWebhook], *, now_s: float) -> list[int | None]:
        """Write requests down, all with one commit.

        Return their ids, None for those whose nonce is there already.
        """
        ids: list[int | None] = []
        with self._writing, self._explain(), transaction(self._arrivals):
            self._arrivals.execute(_FORGET, (now_s,))
            for webhook in webhooks:
                cursor = self._arrivals.execute(
                    "INSERT OR IGNORE INTO webhook"
                    " (nonce, expires_at, received_at, method, content_type, query, body)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        webhook.nonce,
                        webhook.expires_at,
                        now_s,
                        webhook.method,
                        webhook.content_type,
                        webhook.query,
                        webhook.body,
                    ),
                )
                ids.append(cursor.lastrowid if cursor.rowcount else None)
        return ids

    def find_waiting(self, *, limit: int = 1_000) -> list[StoredWebhook]:
        """Return what no handler has finished, oldest first."""
        with self._lock, self._explain():
            rows = self._handling.execute(
                "SELECT method, content_type, query, body, nonce, expires_at, id FROM webhook"
                " WHERE handled_at IS NULL ORDER BY id LIMIT ?",
                (limit,),
            )
            return [StoredWebhook(*row) for row in rows]

    def finish(self, webhook_ids: Sequence[int], *, now_s: float) -> None:
        """Note that events were handled, and erase their content, all with one commit."""
        with self._writing, self._lock, self._explain(), transaction(self._handling):
            self._handling.executemany(
                "UPDATE webhook SET handled_at = ?, method = NULL, content_type = NULL,"
                " query = NULL, body = NULL WHERE id = ?",
                [(now_s, webhook_id) for webhook_id in webhook_ids],
            )

    def fail(self, webhook_id: int) -> None:
        """Note that a handler failed; the event waits for the next `redeliver`."""
        with self._writing, self._lock, self._explain():
            self._handling.execute(
                "UPDATE webhook SET attempts = attempts + 1 WHERE id = ?", (webhook_id,)
            )

    def state(self, nonce: str, *, now_s: float) -> NonceState:
        """Return what is known of a nonce: an event that is here was answered with success."""
        with self._lock, self._explain():
            row = self._handling.execute(
                "SELECT 1 FROM webhook WHERE nonce = ? AND expires_at >= ?", (nonce, now_s)
            ).fetchone()
        return NonceState.NEW if row is None else NonceState.DONE

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._lock:
            self._finalizer()

    @contextmanager
    def _explain(self) -> Generator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise InboxError(f"the inbox {self.path} cannot be used: {error}") from error


class InboxNonces:
    """The nonces of an inbox, as a verifier asks for them; `Inbox.add` writes them."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def reserve(self, nonce: str, *, now_s: float, expires_at: float) -> NonceState:  # noqa: ARG002
        """Return the state of a nonce. Nothing is written before the event is."""
        return self._inbox.state(nonce, now_s=now_s)

    def find(self, nonce: str, *, now_s: float) -> NonceState:
        """Return the state of a nonce."""
        return self._inbox.state(nonce, now_s=now_s)

    def finish(self, nonce: str, *, expires_at: float) -> None:
        """Do nothing: `Inbox.add` has written the nonce."""
