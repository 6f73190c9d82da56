"""A journal of an earlier schema becomes one of today's, step by step, after it was copied.

In: an open connection and the path of its file. Out: the same file with the new columns and tables,
or a view of them where the file may not be written. I/O: the file, and its copy beside it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

import attrs

from seven_async.recipients.e164 import to_current, to_key
from seven_async.texts import text_mark

_OWNER_ONLY: Final = 0o600

# Schema 1 did not say whose a reference is. Those of its campaigns are 22 random hex digits and a
# number of ten that counts from 1, so its first four are zeros in the first 16 million requests.
_IS_OWN: Final = """
coalesce(length(foreign_id) = 32 AND foreign_id NOT GLOB '*[^0-9a-f]*'
         AND substr(foreign_id, 23, 4) = '0000', 0)
"""

#: Keys by calling codes whose old numbers have become others (recipients/e164.py).
_RENUMBERED: Final = " OR ".join(f"key GLOB '{code}*/*'" for code in (52, 54, 55, 225, 229))
_NOT_LEFT: Final = ("planned", "skipped")


@attrs.frozen(kw_only=True)
class _Step:
    """What one schema has that the one before had not.

    `columns` are those of `message`, each a name and a type; they come after the earlier ones, in
    this order. `tables` are names and what stands in brackets after `CREATE TABLE NAME`.
    """

    columns: tuple[tuple[str, str], ...] = ()
    tables: tuple[tuple[str, str], ...] = ()
    fill: Callable[[sqlite3.Connection], None] | None = None


def _fill_schema_2(database: sqlite3.Connection) -> None:
    database.create_function("text_mark", 1, text_mark, deterministic=True)
    database.execute(
        f"UPDATE message SET is_own_reference = {_IS_OWN}, text_mark = text_mark(text)"  # noqa: S608
    )
    _renew_keys(database)


def _fill_schema_3(database: sqlite3.Connection) -> None:
    # Earlier journals keep no texts: what an unfinished run had not read is not in them.
    database.execute(
        """INSERT INTO note SELECT '(loading)', 'true' FROM run
           WHERE id = (SELECT max(id) FROM run) AND ending IS NOT 'complete'"""
    )


# Whatever is added here stands in `_TABLES` (schema.py) too, in the same order.
_STEPS: Final[Mapping[int, _Step]] = {
    2: _Step(
        columns=(
            ("is_own_reference", "INTEGER"),
            ("text_mark", "TEXT"),
            ("attempts", "INTEGER NOT NULL DEFAULT 1"),
            ("boot_id", "TEXT"),
            ("boot_s", "REAL"),
            ("gateway_at", "REAL"),
            ("absent_at", "REAL"),
        ),
        fill=_fill_schema_2,
    ),
    3: _Step(
        columns=(
            ("looked_run", "INTEGER"),
            ("looked_absent", "INTEGER"),
            ("looked_age_s", "REAL"),
            ("looked_due_s", "REAL"),
            ("content", "TEXT"),
        ),
        tables=(
            ("note", "name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL"),
            ("control", "name TEXT NOT NULL PRIMARY KEY, value REAL, asked_at REAL NOT NULL"),
            ("moment", "run INTEGER NOT NULL PRIMARY KEY, at REAL NOT NULL, value TEXT NOT NULL"),
            ("forgotten", "fingerprint BLOB NOT NULL PRIMARY KEY, forgotten_at REAL NOT NULL"),
        ),
        fill=_fill_schema_3,
    ),
}

VERSION: Final = max(_STEPS)
"""The schema of today."""


def migrate(database: sqlite3.Connection, path: Path) -> None:
    """Copy a journal of an earlier schema beside itself, then give it the tables of today."""
    copy_beside(database, path)
    database.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have done it while this one waited for the lock.
        for step in _steps_after(_version(database)):
            for name, kind in step.columns:
                database.execute(f"ALTER TABLE message ADD COLUMN {name} {kind}")
            for name, columns in step.tables:
                database.execute(f"CREATE TABLE {name} ({columns})")
            if step.fill is not None:
                step.fill(database)
        database.execute(f"PRAGMA user_version = {VERSION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


def _steps_after(version: int) -> Iterator[_Step]:
    return (_STEPS[after] for after in sorted(_STEPS) if after > version)


def _renew_keys(database: sqlite3.Connection) -> None:
    """Give the people whose number was read in two spellings the key that they have today.

    Without it `+52 1 55…`, served under `52155…`, would be served again under `5255…`.
    """
    query = f"SELECT key, channel, state FROM message WHERE {_RENUMBERED}"  # noqa: S608
    for key, channel, state in database.execute(query).fetchall():
        digits = key.removesuffix(f"/{channel}")
        today = f"{to_key(to_current(digits))}/{channel}"
        if today == key or not digits.isdecimal():
            continue
        if state not in _NOT_LEFT:
            # Of two spellings in one file, the one that was served counts.
            database.execute(
                f"DELETE FROM message WHERE key = ? AND state IN {_NOT_LEFT}",  # noqa: S608
                (today,),
            )
        database.execute("UPDATE OR IGNORE message SET key = ? WHERE key = ?", (today, key))


def copy_beside(database: sqlite3.Connection, path: Path) -> Path:
    """Copy a journal to `NAME.schema-1` beside it, readable by its owner only; return the copy.

    The 1 is the schema that it has. A file of that name is left, and the copy gets a number.
    """
    copy = _new_file(path.with_name(f"{path.name}.schema-{_version(database)}"))
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            database.backup(target)
            # In one file: a copy in WAL mode would have two more beside it.
            target.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        copy.unlink()
        raise
    return copy


def show_as_current(database: sqlite3.Connection) -> None:
    """Let a connection that may not write read a journal of an earlier schema as one of today's."""
    steps = list(_steps_after(_version(database)))
    added = ", ".join(
        f"{'1' if 'NOT NULL' in kind else 'NULL'} AS {name}"
        for step in steps
        for name, kind in step.columns
    )
    # A temporary view is not in the file, and comes before the table of the same name.
    database.execute(f"CREATE TEMP VIEW message AS SELECT *, {added} FROM main.message")  # noqa: S608
    for step in steps:
        for name, columns in step.tables:
            database.execute(f"CREATE TEMP TABLE {name} ({columns})")
    _fill_schema_3(database)


def _new_file(wanted: Path) -> Path:
    for number in count(1):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}.{number}")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, _OWNER_ONLY))
        except FileExistsError:
            continue
        return path
    raise AssertionError  # the numbers do not end
