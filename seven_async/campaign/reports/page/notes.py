"""What the journal notes of the campaign itself: its sender, its text before values are filled in.

In: a connection to a journal. Out: texts by name. I/O: the journal is read.
"""

from __future__ import annotations

import json
from sqlite3 import Connection


def read_text_notes(database: Connection) -> dict[str, str]:
    """Return the notes that are texts; none where the journal has no notes."""
    query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'note'"
    if not database.execute(query).fetchone()[0]:
        return {}
    values = {
        name: json.loads(value) for name, value in database.execute("SELECT name, value FROM note")
    }
    return {name: value for name, value in values.items() if isinstance(value, str) and value}
