"""What is written into a journal and read from it, one function for each thing that happens.

In: a connection within a transaction, and values. Out: rows. I/O: the database.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, Final

from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import KEPT, Intent, Plain, Result, find_varying, to_stored
from seven_async.campaign.journal.statements.queries import find_messages


def claim_messages(
    database: sqlite3.Connection, intents: Sequence[Plain]
) -> list[StoredMessage | None]:
    """Write intents for new messages; return what was in the journal before, None for what was not.

    Of a key that comes twice only the first is new. Messages that were there are marked as seen in
    this run, so that the next one of the same key is a duplicate.
    """
    stored: list[StoredMessage | None] = []
    for begin in range(0, len(intents), MOST_ROWS):
        chunk = intents[begin : begin + MOST_ROWS]
        # Mostly all are new. Whether they are is found out by writing them: `key` is unique, and a
        # statement that fails writes nothing.
        try:
            _insert(database, chunk)
        except sqlite3.IntegrityError:
            stored += _claim_new_ones(database, [Intent(*values) for values in chunk])
        else:
            stored += [None] * len(chunk)
    return stored


def _insert(database: sqlite3.Connection, intents: Sequence[Plain]) -> None:
    columns = ", ".join(Intent._fields)
    written = 0
    for table, values in in_chunks(intents, Intent._fields):
        written += database.execute(f"INSERT INTO message ({columns}) {table}", values).rowcount
    _check_written(written, len(intents))


def _check_written(written: int, count: int) -> None:
    """Raise if an intent is not there: its message must not leave."""
    if written != count:
        raise sqlite3.DatabaseError(f"{written} of {count} intents were written")


def _claim_new_ones(
    database: sqlite3.Connection, intents: Sequence[Intent]
) -> list[StoredMessage | None]:
    """Do as `claim_messages` where some are known, or come twice."""
    before = find_messages(database, [intent.key for intent in intents])
    fresh: dict[str, Intent] = {}
    loaded: list[Intent] = []
    all_stored: list[StoredMessage | None] = []
    for intent in intents:
        stored = before.get(intent.key)
        if stored is None and intent.key in fresh:
            stored = to_stored(fresh[intent.key])
        elif stored is None:
            fresh[intent.key] = intent
        elif stored.was_loaded:
            loaded.append(intent)
            before[intent.key], stored = to_stored(intent), None
        else:
            before[intent.key] = stored._replace(run=intent.run)
        all_stored.append(stored)
    _insert(database, list(fresh.values()))
    update_intents(database, loaded)
    _mark_seen(database, intents, all_stored)
    return all_stored


def _mark_seen(
    database: sqlite3.Connection,
    intents: Sequence[Intent],
    all_stored: Sequence[StoredMessage | None],
) -> None:
    seen: list[tuple[int, int | None, str]] = []
    duplicates: Counter[int] = Counter()
    for intent, stored in zip(intents, all_stored, strict=True):
        if stored is not None and stored.run == intent.run:
            duplicates[intent.run] += 1
        elif stored is not None:
            seen.append((intent.run, intent.line, intent.key))
    for table, values in in_chunks(seen, ("run", "line", "key")):
        database.execute(
            f"""WITH new (run, line, key) AS ({table})
                UPDATE message SET run = new.run, line = new.line
                FROM new WHERE message.key = new.key""",  # noqa: S608 - question marks
            values,
        )
    for run, count in duplicates.items():
        database.execute("UPDATE run SET duplicates = duplicates + ? WHERE id = ?", (count, run))


_SIZES: Final = (1, 8, 64, 128, 256, 512)
"""Rows in one statement. Compiled statements are kept, so there should be few different ones."""

MOST_ROWS: Final = _SIZES[-1]


def in_chunks(rows: Sequence[Plain], columns: tuple[str, ...]) -> Iterator[tuple[str, list[Any]]]:
    """Give rows as a table of question marks and its values, many to a statement.

    SQLite gives the interpreter up at every step of a statement, and a busy event loop keeps it for
    5 ms before it hands it back: a statement for each row would wait far longer than it works.
    To hand over a value takes the interpreter from the event loop, too. So a column that is the
    same in all rows of a chunk is handed over once, beside the table:

        in_chunks([("a", 7), ("b", 7)], ("key", "run"))
        # SELECT column1, ?2 FROM (VALUES (?3), (?4)) LIMIT ?1 with the values [2, 7, "a", "b"]

    Yields:
        The SELECT and its values, for at most `MOST_ROWS` rows each.
    """
    for begin in range(0, len(rows), MOST_ROWS):
        chunk = rows[begin : begin + MOST_ROWS]
        by_column = list(zip(*chunk, strict=True))
        varying = find_varying(columns, by_column)
        size = next(size for size in _SIZES if size >= len(chunk))
        values: list[Any] = [len(chunk)]
        values += [column[0] for place, column in enumerate(by_column) if place not in varying]
        values += chain.from_iterable(zip(*(by_column[place] for place in varying), strict=True))
        values += [None] * (len(varying) * (size - len(chunk)))
        yield _build_table(len(columns), varying, size), values


@lru_cache(maxsize=128)
def _build_table(width: int, varying: tuple[int, ...], size: int) -> str:
    """Return a SELECT of `width` columns, some of them the same in all rows.

    It has room for `size` rows, and `?1` says how many of them there are.
    """
    shared = iter(range(2, width + 2))
    shown = [
        f"column{varying.index(place) + 1}" if place in varying else f"?{next(shared)}"
        for place in range(width)
    ]
    each, first = len(varying), width - len(varying) + 2
    rows = ", ".join(
        f"({', '.join(f'?{first + row * each + place}' for place in range(each))})"
        for row in range(size)
    )
    # The rows that fill up come last. They cannot be told by a NULL: a key that is one by mistake
    # has to fail, or its message would leave without a trace.
    return f"SELECT {', '.join(shown)} FROM (VALUES {rows}) LIMIT ?1"  # noqa: S608


def update_intents(database: sqlite3.Connection, intents: Sequence[Plain]) -> None:
    """Note that messages of the journal are about to leave again, or in another form.

    What is known of a delivery stays only where it is the same form of the same content.
    """
    columns = [name for name in Intent._fields if name not in ("key", "content")]
    changes = ", ".join(f"{name} = new.{name}" for name in columns)
    is_same = "message.step = new.step AND message.digest = new.digest"
    written = 0
    for table, values in in_chunks(intents, Intent._fields):
        database.execute(
            f"""WITH new ({", ".join(Intent._fields)}) AS ({table})
                UPDATE message SET {changes},
                absent_at = NULL, looked_run = NULL, result_at = NULL, code = NULL, error = NULL,
                content = CASE WHEN new.state = 'skipped' THEN new.content
                               ELSE coalesce(new.content, message.content) END,
                message_id = CASE WHEN {is_same} THEN message.message_id END,
                delivery = CASE WHEN {is_same} THEN message.delivery END
                FROM new WHERE message.key = new.key""",  # noqa: S608 - question marks
            values,
        )
        # Not `rowcount`: before Python 3.12 there is none of a statement that begins with WITH.
        written += database.execute("SELECT changes()").fetchone()[0]
    _check_written(written, len(intents))


def write_results(database: sqlite3.Connection, results: Sequence[Plain]) -> None:
    """Note what became of messages.

    A result that says nothing of price or segments leaves what an earlier one said. A message whose
    answer was lost stays accepted where a delivery report has said so meanwhile (`JournalSink`).
    """
    # Only a report can have accepted it: its intent, written before, has taken that state away.
    is_known = "new.state = 'unknown' AND message.state = 'accepted'"
    for table, values in in_chunks(results, Result._fields):
        database.execute(
            f"""WITH new ({", ".join(Result._fields)}) AS ({table})
                UPDATE message SET result_at = new.result_at,
                state = CASE WHEN {is_known} THEN message.state ELSE new.state END,
                content = CASE WHEN new.state = 'accepted' THEN {KEPT} ELSE message.content END,
                message_id = coalesce(new.message_id, message.message_id),
                segments = coalesce(new.segments, message.segments),
                price_micro_eur = coalesce(new.price_micro_eur, message.price_micro_eur),
                code = new.code, error = new.error,
                reason = CASE WHEN {is_known} THEN message.reason ELSE new.reason END,
                foreign_id = new.foreign_id,
                gateway_at = coalesce(new.gateway_at, message.gateway_at)
                FROM new WHERE message.key = new.key""",  # noqa: S608 - question marks
            values,
        )
