"""Lists cut into pages with the gateway's `pagingMetadata`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.wire import Answer, Json, json_answer

T = TypeVar("T")


def page(
    params: Params, rows: Sequence[T], shown: Callable[[T], Json], *, limit: int, most: int
) -> Answer:
    """One page of the rows: `limit` and `offset` as asked for, within bounds."""
    limit = params.integer("limit", limit, least=1, most=most)
    offset = params.integer("offset", 0)
    chosen = rows[offset : offset + limit]
    metadata = {
        "offset": offset,
        "count": len(chosen),
        "total": len(rows),
        "limit": limit,
        "has_more": offset + len(chosen) < len(rows),
    }
    return json_answer({"pagingMetadata": metadata, "data": [shown(row) for row in chosen]})
