"""What a journal keeps beside the messages: the notes of whoever sends, and what is asked of a run.

In: a connection within a transaction, and values. Out: the same. I/O: the database.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from seven_async.campaign.journal.sqlite.runs import LOADING


def write_notes(database: sqlite3.Connection, notes: Mapping[str, Any]) -> None:
    """Keep notes; those of the same name are replaced."""
    database.executemany(
        "INSERT INTO note VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [(name, json.dumps(value, ensure_ascii=False)) for name, value in notes.items()],
    )


def read_notes(database: sqlite3.Connection) -> dict[str, Any]:
    """Return all notes."""
    notes = database.execute("SELECT name, value FROM note WHERE name != ?", (LOADING,))
    return {name: json.loads(value) for name, value in notes}
