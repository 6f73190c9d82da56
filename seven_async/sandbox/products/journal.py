"""`/journal/…`: what was sent and received, newest first, 100 rows at most."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from seven_async.sandbox.core.clock import local_date, local_millis, local_text
from seven_async.sandbox.core.recipients import comparable
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.wire import Answer, Json, json_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seven_async.sandbox.core.accounts import Inbound
    from seven_async.sandbox.core.call import Call
    from seven_async.sandbox.core.ledger import LedgerEntry

T = TypeVar("T")

MOST_ROWS: Final = 100
MESSAGES: Final = frozenset({"SMS", "RCS", "WA"})
UNDERWAY: Final = frozenset({"ringing", "in-progress"})


@operation("GET", "/journal/outbound")
def outbound(call: Call) -> Answer:
    """Messages of all written channels; those still scheduled are not in it."""
    return json_answer([_written(call, entry) for entry in _page(call, _outbound(call))])


def _page(call: Call, found: Iterator[T]) -> Iterator[T]:
    limit = call.params.integer("limit", MOST_ROWS, least=1, most=MOST_ROWS)
    offset = call.params.integer("offset", 0)
    return islice(found, offset, offset + limit)


def _outbound(call: Call) -> Iterator[LedgerEntry]:
    to = call.params.given("to")
    state = call.params.given("state").lower()
    for entry in _in_range(call, call.state.ledger.newest_first(comparable(to) if to else None)):
        if entry.channel in MESSAGES and state in ("", _status(call, entry)):
            yield entry


def _in_range(call: Call, entries: Iterator[LedgerEntry]) -> Iterator[LedgerEntry]:
    params = call.params
    entry_id, account = params.given("id"), call.account.id
    start, end = params.given("date_from"), params.given("date_to")
    for entry in entries:
        if entry.account != account or entry.cancelled:
            continue
        if entry.due + call.rules.journal_lag_s > call.now:
            continue
        if entry_id and entry.id != entry_id:
            continue
        if (start or end) and not _is_between(local_date(entry.due), start, end):
            continue
        yield entry


def _is_between(date: str, start: str, end: str) -> bool:
    return (not start or date >= start[:10]) and (not end or date <= end[:10])


def _status(call: Call, entry: LedgerEntry) -> str | None:
    report = entry.report(call.now)
    return report[0].lower() if report else None


def _written(call: Call, entry: LedgerEntry) -> dict[str, str | None]:
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


@operation("GET", "/journal/voice")
def voice(call: Call) -> Answer:
    """Calls; `status` is empty and `duration` null while they go on."""
    return json_answer([_spoken(call, entry) for entry in _page(call, _calls(call))])


def _calls(call: Call) -> Iterator[LedgerEntry]:
    to, state = call.params.given("to"), call.params.given("state").lower()
    for entry in _in_range(call, call.state.ledger.newest_first(comparable(to) if to else None)):
        if entry.channel == "VOICE" and state in ("", _status(call, entry)):
            yield entry


def _spoken(call: Call, entry: LedgerEntry) -> Json:
    report = entry.report(call.now)
    is_over = report is not None and report[0] not in UNDERWAY
    return {
        "id": entry.id,
        "from": entry.from_,
        "to": entry.to,
        "text": entry.text,
        "timestamp": local_text(entry.due),
        "price": f"{entry.price.normalize():f}" if is_over else None,
        "duration": str(int(report[1] - entry.due)) if report and is_over else None,
        "error": "",
        "status": report[0] if report and is_over else "",
        "xml": False,
    }


@operation("GET", "/journal/inbound")
def inbound(call: Call) -> Answer:
    """What others sent to the account's numbers; prices are text."""
    rows = _page(call, _received(call))
    return json_answer([{**_arrived(one), "price": "0.0000"} for one in rows])


@operation("GET", "/journal/replies")
def replies(call: Call) -> Answer:
    """Inbound messages that answer one of the account's; prices are numbers here."""
    answers = (one for one in _received(call) if one.reply_to)
    return json_answer([{**_arrived(one), "price": 0} for one in _page(call, answers)])


def _received(call: Call) -> Iterator[Inbound]:
    params = call.params
    wanted, to = params.given("id"), params.given("to")
    start, end = params.given("date_from"), params.given("date_to")
    for one in reversed(call.account.inbound):
        fits = wanted in ("", one.id) and (not to or comparable(to) == one.to)
        if fits and _is_between(local_date(one.time), start, end):
            yield one


def _arrived(one: Inbound) -> Json:
    return {
        "id": one.id,
        "from": one.from_,
        "to": one.to,
        "text": one.text,
        "timestamp": local_text(one.time),
        "reply_to_message_id": one.reply_to,
    }


_TYPES: Final = {
    "outbound": outbound,
    "inbound": inbound,
    "replies": replies,
    "voice": voice,
    "voice_call": voice,
}


@legacy("GET", "/journal")
def by_type(call: Call) -> Answer:
    """The old form: `type=` names the journal."""
    journal = _TYPES.get(call.params.text("type"))
    return journal(call) if journal else call.code(400)
