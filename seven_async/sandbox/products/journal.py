"""`/journal/…`: what was sent and received, newest first, 100 rows at most."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from seven_async.sandbox.clock import local_date, local_millis
from seven_async.sandbox.recipients import comparable
from seven_async.sandbox.routes import operation
from seven_async.sandbox.wire import Answer, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seven_async.sandbox.call import Call
    from seven_async.sandbox.ledger import Entry

MOST_ROWS: Final = 100
MESSAGES: Final = frozenset({"SMS", "RCS", "WA"})


@operation("GET", "/journal/outbound")
def outbound(call: Call) -> Answer:
    """Messages of all written channels; those still scheduled are not in it."""
    return json_answer([_written(call, entry) for entry in _page(call, _outbound(call))])


def _page(call: Call, found: Iterator[Entry]) -> Iterator[Entry]:
    limit = call.params.integer("limit", MOST_ROWS, least=1, most=MOST_ROWS)
    offset = call.params.integer("offset", 0)
    return islice(found, offset, offset + limit)


def _outbound(call: Call) -> Iterator[Entry]:
    to = call.params.given("to")
    state = call.params.given("state").upper()
    for entry in _in_range(call, call.state.ledger.newest_first(comparable(to) if to else None)):
        if entry.channel in MESSAGES and (not state or _status(call, entry) == state):
            yield entry


def _in_range(call: Call, entries: Iterator[Entry]) -> Iterator[Entry]:
    params = call.params
    entry_id, account = params.given("id"), call.account.id
    start, end = params.given("date_from"), params.given("date_to")
    for entry in entries:
        if entry.account != account or entry.due > call.now or entry.cancelled:
            continue
        if entry_id and entry.id != entry_id:
            continue
        if (start or end) and not _is_between(local_date(entry.due), start, end):
            continue
        yield entry


def _is_between(date: str, start: str, end: str) -> bool:
    return (not start or date >= start[:10]) and (not end or date <= end[:10])


def _status(call: Call, entry: Entry) -> str | None:
    report = entry.report(call.now)
    return report[0] if report else None


def _written(call: Call, entry: Entry) -> dict[str, str | None]:
    report = entry.report(call.now)
    status, moment = report or (None, None)
    return {
        "id": entry.id,
        "to": entry.to,
        "from": entry.from_,
        "text": entry.text,
        "timestamp": local_millis(entry.due),
        "price": f"{entry.price:.4f}",
        "dlr": status,
        "dlr_timestamp": None if moment is None else local_millis(moment),
        "mccmnc": entry.mccmnc,
        "latency": None if moment is None else f"{moment - entry.due:.4f}",
        "type": "direct",
        "channel": entry.channel,
        "connection": entry.connection,
        "label": entry.label,
        "foreign_id": entry.foreign_id,
    }
