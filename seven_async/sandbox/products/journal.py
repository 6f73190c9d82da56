"""`/journal/…`: what was sent and received, newest first, 100 rows at most."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, TypeVar

from seven_async.sandbox.core.accounts import Inbound
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_date, local_millis, local_text
from seven_async.sandbox.core.ledger import LedgerEntry
from seven_async.sandbox.core.recipients import number_or_text
from seven_async.sandbox.core.routes import operation, register_choice
from seven_async.sandbox.core.wire import Answer, Json, json_answer

T = TypeVar("T")

MOST_ROWS: Final = 100
MESSAGES: Final = frozenset({"SMS", "RCS", "WA"})
UNDERWAY: Final = frozenset({"ringing", "in-progress"})


@operation("GET", "/journal/outbound")
def outbound(call: Call) -> Answer:
    """Answer with messages of all written channels; those still scheduled are not in it."""
    return json_answer([_message_row(call, entry) for entry in _page(call, _outbound(call))])


def _page(call: Call, rows: Iterator[T]) -> Iterator[T]:
    limit = call.params.integer("limit", MOST_ROWS, least=1, most=MOST_ROWS)
    offset = call.params.integer("offset", 0)
    return islice(rows, offset, offset + limit)


def _outbound(call: Call) -> Iterator[LedgerEntry]:
    to = call.params.text_if_set("to")
    state = call.params.text_if_set("state").lower()
    entries = call.state.ledger.newest_first(number_or_text(to) if to else None)
    for entry in _in_range(call, entries):
        if entry.channel in MESSAGES and state in ("", _status(call, entry)):
            yield entry


def _in_range(call: Call, entries: Iterator[LedgerEntry]) -> Iterator[LedgerEntry]:
    params = call.params
    entry_id, account = params.text_if_set("id"), call.account.id
    start, end = params.text_if_set("date_from"), params.text_if_set("date_to")
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


def _message_row(call: Call, entry: LedgerEntry) -> dict[str, str | None]:
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
    """Answer with calls; `status` is empty and `duration` null while they go on."""
    return json_answer([_call_row(call, entry) for entry in _page(call, _calls(call))])


def _calls(call: Call) -> Iterator[LedgerEntry]:
    to, state = call.params.text_if_set("to"), call.params.text_if_set("state").lower()
    entries = call.state.ledger.newest_first(number_or_text(to) if to else None)
    for entry in _in_range(call, entries):
        if entry.channel == "VOICE" and state in ("", _status(call, entry)):
            yield entry


def _call_row(call: Call, entry: LedgerEntry) -> Json:
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
    """Answer with what came in to the account's numbers; prices are text."""
    rows = _page(call, _inbound_messages(call))
    return json_answer([{**_inbound_row(row), "price": "0.0000"} for row in rows])


@operation("GET", "/journal/replies")
def replies(call: Call) -> Answer:
    """Answer with inbound messages that reply to the account's; prices are numbers here."""
    answers = (message for message in _inbound_messages(call) if message.reply_to)
    return json_answer([{**_inbound_row(row), "price": 0} for row in _page(call, answers)])


def _inbound_messages(call: Call, *, is_call: bool = False) -> Iterator[Inbound]:
    params = call.params
    wanted, to = params.text_if_set("id"), params.text_if_set("to")
    start, end = params.text_if_set("date_from"), params.text_if_set("date_to")
    for message in reversed(call.account.inbound):
        fits = wanted in ("", message.id) and (not to or number_or_text(to) == message.to)
        fits = fits and (message.channel == "VOICE") == is_call
        if fits and _is_between(local_date(message.time), start, end):
            yield message


def _inbound_row(message: Inbound) -> Json:
    return {
        "id": message.id,
        "from": message.from_,
        "to": message.to,
        "text": message.text,
        "timestamp": local_text(message.time),
        "reply_to_message_id": message.reply_to,
    }


def legacy_inbound(call: Call) -> Answer:
    """Answer the old form of the inbound journal, which names the columns as webhooks do."""
    return json_answer(
        [
            {
                "id": row.id,
                "sender": row.from_,
                "system": row.to,
                "text": row.text,
                "time": local_text(row.time),
                "price": "0.0000",
            }
            for row in _page(call, _inbound_messages(call))
        ]
    )


def inbound_calls(call: Call) -> Answer:
    """Answer with the calls that came in, with the columns of their webhook."""
    rows = _page(call, _inbound_messages(call, is_call=True))
    return json_answer(
        [
            {"id": row.id, "caller": row.from_, "system": row.to, "time": local_text(row.time)}
            for row in rows
        ]
    )


register_choice(
    ["GET /journal"],
    "type",
    {
        "outbound": outbound,
        "inbound": legacy_inbound,
        "replies": replies,
        "voice": voice,
        "voice_call": inbound_calls,
    },
)
