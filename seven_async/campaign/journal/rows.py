"""What is written into a journal and read from it, one function for each thing that happens.

In: a connection within a transaction, and values. Out: rows. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

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


Plain: TypeAlias = tuple[Any, ...]
"""The values of an `Intent` or `Result`."""


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


def claimed(database: sqlite3.Connection, intents: Sequence[Plain]) -> list[Standing | None]:
    """What stood in the journal before, for each; None for those that are new and now in it.

    A key that is there twice among the new ones stands in its own way the second time. Those that
    were there are marked as seen in this run, so that the next of the same key is a duplicate.
    """
    found: list[Standing | None] = []
    for begin in range(0, len(intents), MOST_ROWS):
        chunk = intents[begin : begin + MOST_ROWS]
        try:
            _insert(database, chunk)
        except sqlite3.IntegrityError:
            found += _sorted_out(database, [Intent(*values) for values in chunk])
        else:
            found += [None] * len(chunk)
    return found


def _insert(database: sqlite3.Connection, intents: Sequence[Plain]) -> None:
    columns = ", ".join(Intent._fields)
    for values, chunk in in_chunks(intents):
        database.execute(f"INSERT INTO message ({columns}) VALUES {values}", chunk)  # noqa: S608


def _sorted_out(database: sqlite3.Connection, intents: Sequence[Intent]) -> list[Standing | None]:
    """The same where some are known, or come twice."""
    before = standings(database, [intent.key for intent in intents])
    fresh: dict[str, Intent] = {}
    found: list[Standing | None] = []
    for intent in intents:
        standing = before.get(intent.key)
        if standing is None and intent.key in fresh:
            standing = _of(fresh[intent.key])
        elif standing is None:
            fresh[intent.key] = intent
        else:
            before[intent.key] = standing._replace(run=intent.run)
        found.append(standing)
    _insert(database, list(fresh.values()))
    _see(database, intents, found)
    return found


def _of(intent: Intent) -> Standing:
    return Standing(**{name: getattr(intent, name) for name in Standing._fields})


def _see(
    database: sqlite3.Connection, intents: Sequence[Intent], found: Sequence[Standing | None]
) -> None:
    seen: list[tuple[int, int | None, str]] = []
    duplicates: Counter[int] = Counter()
    for intent, standing in zip(intents, found, strict=True):
        if standing is not None and standing.run == intent.run:
            duplicates[intent.run] += 1
        elif standing is not None:
            seen.append((intent.run, intent.line, intent.key))
    for values, chunk in in_chunks(seen):
        database.execute(
            f"""WITH new (run, line, key) AS (VALUES {values})
                UPDATE message SET run = new.run, line = new.line
                FROM new WHERE message.key = new.key""",  # noqa: S608 - question marks
            chunk,
        )
    for run, count in duplicates.items():
        database.execute("UPDATE run SET duplicates = duplicates + ? WHERE id = ?", (count, run))


MOST_ROWS: Final = 64
"""Rows in one statement. Compiled statements are kept, and each takes a few kilobytes."""


def in_chunks(rows: Sequence[Plain]) -> Iterator[tuple[str, list[Any]]]:
    """Rows as question marks and values, many to a statement.

    SQLite gives the interpreter up at every step of a statement, and taking it back from a busy
    event loop holds both up: a statement for each row would be many times as slow.
    """
    for begin in range(0, len(rows), MOST_ROWS):
        chunk = rows[begin : begin + MOST_ROWS]
        one = f"({', '.join('?' * len(chunk[0]))})"
        yield ", ".join([one] * len(chunk)), list(chain.from_iterable(chunk))


def intended(database: sqlite3.Connection, intents: Iterable[Plain]) -> None:
    """Messages that were in the journal are about to leave again, or in another form."""
    database.executemany(
        """UPDATE message SET recipient = ?2, channel = ?3, state = ?4, foreign_id = ?5,
           digest = ?6, step = ?7, line = ?8, run = ?9, intent_at = ?10, due_at = ?11,
           reason = ?12, text = ?13, result_at = NULL, code = NULL, error = NULL WHERE key = ?1""",
        intents,
    )


def resulted(database: sqlite3.Connection, results: Sequence[Plain]) -> None:
    """What became of messages."""
    for values, chunk in in_chunks(results):
        database.execute(
            f"""WITH new ({", ".join(Result._fields)}) AS (VALUES {values})
                UPDATE message SET state = new.state, result_at = new.result_at,
                message_id = coalesce(new.message_id, message.message_id),
                segments = coalesce(new.segments, message.segments),
                price_micro_eur = coalesce(new.price_micro_eur, message.price_micro_eur),
                code = new.code, reason = new.reason, error = new.error,
                foreign_id = new.foreign_id
                FROM new WHERE message.key = new.key""",  # noqa: S608 - question marks
            chunk,
        )


def refused(
    database: sqlite3.Connection, run: int, line: int | None, recipient: str, reason: str
) -> None:
    """A row of the input that cannot be sent."""
    database.execute("INSERT INTO refused VALUES (?, ?, ?, ?)", (run, line, recipient, reason))


def standings(database: sqlite3.Connection, keys: Sequence[str]) -> dict[str, Standing]:
    """What the journal knows of some keys."""
    found: dict[str, Standing] = {}
    for values, chunk in in_chunks([(key,) for key in keys]):
        query = f"SELECT {_STANDING} FROM message WHERE key IN (VALUES {values})"  # noqa: S608
        for row in database.execute(query, chunk):
            found[row[0]] = Standing(*row)
    return found


def cost_micro_eur(database: sqlite3.Connection) -> int:
    """What has been spent, in millionths of a euro."""
    query = "SELECT coalesce(sum(price_micro_eur), 0) FROM message WHERE state = 'accepted'"
    cost: int = database.execute(query).fetchone()[0]
    return cost
