"""What a journal keeps beside the messages: the notes of whoever sends, and what is asked of a run.

In: a connection within a transaction, and values. Out: the same. I/O: the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from seven_async.campaign.journal.statements.database import Database

SETTINGS: Final = "(settings)"
"""The note that has the settings of a campaign, for workers."""


def write_notes(database: Database, notes: Mapping[str, Any]) -> None:
    """Keep notes; those of the same name are replaced."""
    for name, value in notes.items():
        database.execute("DELETE FROM note WHERE name = ?", (name,))
        database.execute(
            "INSERT INTO note VALUES (?, ?)", (name, json.dumps(value, ensure_ascii=False))
        )


def read_notes(database: Database) -> dict[str, Any]:
    """Return all notes."""
    notes = database.execute("SELECT name, value FROM note")
    # What begins with a bracket is the journal's own.
    return {name: json.loads(value) for name, value in notes if not name.startswith("(")}
