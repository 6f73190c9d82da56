"""What a campaign was told, as far as its journal has it: sender, text, channel.

In: a connection to a journal. Out: texts by name. I/O: the journal is read.
"""

from __future__ import annotations

import json
from sqlite3 import Connection


def read_told(database: Connection) -> dict[str, str]:
    """Return what is a text of what the campaign was told; nothing for an older journal."""
    query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'told'"
    if not database.execute(query).fetchone()[0]:
        return {}
    values = {
        name: json.loads(value) for name, value in database.execute("SELECT name, value FROM told")
    }
    return {name: value for name, value in values.items() if isinstance(value, str) and value}
