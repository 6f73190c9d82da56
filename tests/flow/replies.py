"""Replies to rows of the table, without a client.

In: the name of a row and a body. Out: what the flow makes of it. No I/O.
"""

from __future__ import annotations

import json
from typing import Any

from seven_async.api.table import rows
from seven_async.flow.reply import read_reply
from seven_async.flow.request import RawReply

ROWS = {row.name: row for row in rows()}
NOW_S = 1_700_000_000.0


def read(name: str, body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    """What a row reads in a body given as a JSON value; raises what it stands for."""
    return read_text(name, json.dumps(body), status=status, headers=headers)


def read_text(
    name: str, text: str | bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> Any:
    """The same for a body given as text or bytes."""
    content = text if isinstance(text, bytes) else text.encode()
    return read_reply(
        ROWS[name], RawReply(status=status, headers=headers or {}, body=content), NOW_S
    )
