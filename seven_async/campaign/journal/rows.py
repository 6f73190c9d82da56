"""What is written into a journal and read from it, one function for each thing that happens.

In: a connection within a transaction, and values. Out: rows. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

MICRO: Final = 1_000_000


class Standing(NamedTuple):
    """What the journal knows of a message. Times are Unix seconds."""

    key: str
    recipient: str
    channel: str
    state: str
    foreign_id: str | None
    digest: str
    step: int
    run: int
    intent_at: float | None
    due_at: float | None

    @property
    def is_in_doubt(self) -> bool:
        """Whether it may have left without a result."""
        return self.state in ("intent", "unknown")


_STANDING: Final = ", ".join(Standing._fields)


class Intent(NamedTuple):
    """A message that is about to leave; `state` is `skipped` for one that shall not."""

    key: str
    recipient: str
    channel: str
    state: str
    foreign_id: str | None
    digest: str
    step: int
    line: int | None
    run: int
    intent_at: float
    due_at: float | None
    reason: str | None
    text: str | None


class Result(NamedTuple):
    """What became of a message that left."""

    state: str
    result_at: float
    message_id: str | None
    segments: int | None
    price_micro_eur: int | None
    code: int | None
    reason: str | None
    error: str | None
    foreign_id: str | None
    key: str


def micro(price: Decimal | None) -> int | None:
    """A price in millionths of a euro."""
    return None if price is None else int(price * MICRO)


def begun(
    database: sqlite3.Connection, now_s: float, host: str, pid: int, total: int | None
) -> int:
    """The number of a new run."""
    row = (now_s, host, pid, total)
    run = database.execute(
        "INSERT INTO run (started_at, host, pid, total) VALUES (?, ?, ?, ?)", row
    ).lastrowid
    assert run is not None  # noqa: S101 - an INSERT has a row id
    return run


def ended(database: sqlite3.Connection, run: int, now_s: float, ending: str) -> None:
    """Note how and when a run ended."""
    database.execute("UPDATE run SET ended_at = ?, ending = ? WHERE id = ?", (now_s, ending, run))


def in_doubt(database: sqlite3.Connection) -> list[Standing]:
    """All messages that may have left without a result."""
    found = database.execute(
        f"SELECT {_STANDING} FROM message WHERE state IN ('intent', 'unknown')"  # noqa: S608
    )
    return [Standing(*row) for row in found]


def claimed(
    database: sqlite3.Connection, run: int, intents: Sequence[Intent]
) -> list[Standing | None]:
    """What stood in the journal before, for each; None for those that are new and now in it.

    A key that is there twice among the new ones stands in its own way the second time. Those that
    were there are marked as seen in this run, so that the next of the same key is a duplicate.
    """
    places = ", ".join("?" * len(intents))
    keys = [intent.key for intent in intents]
    query = f"SELECT {_STANDING} FROM message WHERE key IN ({places})"  # noqa: S608 - question marks
    before = {row[0]: Standing(*row) for row in database.execute(query, keys)}
    fresh: dict[str, Intent] = {}
    standings: list[Standing | None] = []
    for intent in intents:
        standing = before.get(intent.key)
        if standing is None and intent.key in fresh:
            standing = _of(fresh[intent.key])
        elif standing is None:
            fresh[intent.key] = intent
        else:
            before[intent.key] = standing._replace(run=run)
        standings.append(standing)
    _insert(database, fresh.values())
    _see(database, run, intents, standings)
    return standings


def _of(intent: Intent) -> Standing:
    return Standing(**{name: getattr(intent, name) for name in Standing._fields})


def _insert(database: sqlite3.Connection, intents: Iterable[Intent]) -> None:
    database.executemany(_INSERT, intents)


_INSERT: Final = (
    f"INSERT INTO message ({', '.join(Intent._fields)}) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(Intent._fields))})"
)


def _see(
    database: sqlite3.Connection,
    run: int,
    intents: Sequence[Intent],
    standings: Sequence[Standing | None],
) -> None:
    seen = [
        (run, intent.line, intent.key)
        for intent, standing in zip(intents, standings, strict=True)
        if standing is not None and standing.run != run
    ]
    if seen:
        database.executemany("UPDATE message SET run = ?, line = ? WHERE key = ?", seen)
    twice = sum(standing is not None and standing.run == run for standing in standings)
    if twice:
        database.execute("UPDATE run SET duplicates = duplicates + ? WHERE id = ?", (twice, run))


def intended(database: sqlite3.Connection, intents: Iterable[Intent]) -> None:
    """Messages that were in the journal are about to leave again, or in another form."""
    database.executemany(
        """UPDATE message SET recipient = ?2, channel = ?3, state = ?4, foreign_id = ?5,
           digest = ?6, step = ?7, line = ?8, run = ?9, intent_at = ?10, due_at = ?11,
           reason = ?12, text = ?13, result_at = NULL, code = NULL, error = NULL WHERE key = ?1""",
        intents,
    )


def resulted(database: sqlite3.Connection, results: Iterable[Result]) -> None:
    """What became of messages."""
    database.executemany(
        """UPDATE message SET state = ?, result_at = ?, message_id = coalesce(?, message_id),
           segments = coalesce(?, segments), price_micro_eur = coalesce(?, price_micro_eur),
           code = ?, reason = ?, error = ?, foreign_id = ? WHERE key = ?""",
        results,
    )


def refused(
    database: sqlite3.Connection, run: int, line: int | None, recipient: str, reason: str
) -> None:
    """A row of the input that cannot be sent."""
    database.execute("INSERT INTO refused VALUES (?, ?, ?, ?)", (run, line, recipient, reason))


def standings(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Standing]:
    """What the journal knows of some keys."""
    places = ", ".join("?" * len(keys))
    query = f"SELECT {_STANDING} FROM message WHERE key IN ({places})"  # noqa: S608 - question marks
    return {row[0]: Standing(*row) for row in database.execute(query, keys)}


def cost_micro_eur(database: sqlite3.Connection) -> int:
    """What has been spent, in millionths of a euro."""
    query = "SELECT coalesce(sum(price_micro_eur), 0) FROM message WHERE state = 'accepted'"
    cost: int = database.execute(query).fetchone()[0]
    return cost
