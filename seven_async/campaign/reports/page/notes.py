"""What the journal notes of the campaign itself: its sender, its text before values are filled in.

In: a connection to a journal. Out: texts by name. I/O: the journal is read.
"""

from __future__ import annotations

import json

from seven_async.campaign.journal.statements.database import Database


def read_text_notes(database: Database) -> dict[str, str]:
    """Return the notes that are texts."""
    values = {
        name: json.loads(value) for name, value in database.execute("SELECT name, value FROM note")
    }
    return {name: value for name, value in values.items() if isinstance(value, str) and value}
