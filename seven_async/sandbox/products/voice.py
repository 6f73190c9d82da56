"""`/voice`: calls that read a text out, and hanging up."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from seven_async.sandbox.core import sending
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.sending import Message, Outcome
from seven_async.sandbox.core.tariff import VOICE_PER_MINUTE, Destination
from seven_async.sandbox.core.wire import Answer, Json, json_answer, money, text_answer

FIRST_CALL_ID: Final = 1_000_001
TEST_CALL_ID: Final = 123456789
"""The id of every call that a test key or `debug=1` makes."""
LONGEST_TEXT: Final = 10_000
DEFAULT_SENDER: Final = "491771783130"
SHORTEST_RING_S: Final = 5
LONGEST_RING_S: Final = 60
REPORTS: Final = {
    "ACCEPTED": "ringing",
    "TRANSMITTED": "in-progress",
    "DELIVERED": "completed",
    "NOTDELIVERED": "no-answer",
    "EXPIRED": "busy",
    "REJECTED": "failed",
    "FAILED": "failed",
}
"""What a call's stages are called, where an SMS has reports."""


@operation("POST", "/voice")
def send(call: Call) -> Answer:
    """Call each recipient; ids are integers, `debug` a bool."""
    code = sending.text_refusal(call, call.params.text("text"), LONGEST_TEXT) or _refusal(call)
    if code:
        return call.code(code) if call.wants_json else _text(code, [])
    message = _message(call)
    outcomes = sending.send(call, message)
    if not call.wants_json:
        return _text(sending.overall_code(outcomes), outcomes)
    rows = [_row(call, message, outcome) for outcome in outcomes]
    return json_answer(
        {
            "success": str(sending.overall_code(outcomes)),
            "total_price": sending.total_price(outcomes),
            "balance": money(call.account.balance),
            "debug": call.is_test,
            "messages": rows,
        }
    )


def _refusal(call: Call) -> int:
    if len(call.params.text("from")) > 16:
        return 201
    ring_s = call.params.integer("ringtime", SHORTEST_RING_S)
    return 0 if SHORTEST_RING_S <= ring_s <= LONGEST_RING_S else 308


def _text(code: int, outcomes: list[Outcome]) -> Answer:
    ids = [outcome.entry.id for outcome in outcomes if outcome.entry]
    ending = "" if ids else "\n"  # the recorded error ends in a line break, the success does not
    return text_answer(f"{code}\n{','.join(ids)}\n{sending.total_price(outcomes)}{ending}")


def _message(call: Call) -> Message:
    def price(_: Destination) -> Decimal:
        return VOICE_PER_MINUTE

    params = call.params
    kept: Json = {"ringtime": params.raw("ringtime")} if params.has("ringtime") else {}
    return sending.Message(
        "VOICE", params.text("from") or DEFAULT_SENDER, params.text("text"), "", 1, price,
        kept, "call", FIRST_CALL_ID, REPORTS,
    )  # fmt: skip


def _row(call: Call, message: Message, outcome: Outcome) -> Json:
    call_id = int(outcome.entry.id) if outcome.entry else None
    if call.is_test and not outcome.code:
        call_id = TEST_CALL_ID
    error_fields = sending.error_fields(outcome)
    if error_fields["error"] is not None:
        error_fields["error"] = str(error_fields["error"])
    return {
        "id": call_id,
        "sender": message.from_,
        "recipient": outcome.recipient,
        "text": message.text,
        "price": money(outcome.price),
        **error_fields,
    }


@operation("POST", "/voice/{call_id}/hangup")
def hangup(call: Call) -> Answer:
    """End a call that is in progress; any other cannot be ended."""
    entry = call.state.entry(call.path[0], call.account)
    if entry is None or entry.channel != "VOICE":
        return json_answer({"success": False, "error": "Call not found"})
    report = entry.report(call.now)
    if not report or report[0] != "in-progress":
        return json_answer({"success": False, "error": "Call is not in progress"})
    call.state.set_report(entry, "completed", call.now)
    return json_answer({"success": True, "error": None})
