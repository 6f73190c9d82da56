"""`/sms`: sending, and cancelling what is scheduled."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, cast

from seven_async.sandbox.core import sending
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.encoding import LONGEST_TEXT, encoding_and_parts
from seven_async.sandbox.core.params import as_text
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.sending import Message, Outcome
from seven_async.sandbox.core.tariff import Destination
from seven_async.sandbox.core.wire import Answer, Json, json_answer, text_answer

DEFAULT_SENDER: Final = "SMS"
FIRST_FILE: Final = 0xA0_00_01
"""Links have the length of the real ones' (`svn.me/` and a few letters), for the segments' sake."""
_NUMERIC = re.compile(r"\+?\d{1,16}", re.ASCII)
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9/.\-@_!()+$,& ]{1,11}")
_KEPT: Final = ("flash", "ttl", "udh", "is_binary", "performance_tracking", "get_replies", "files")


@legacy("GET", "/sms")
@operation("POST", "/sms")
def send(call: Call) -> Answer:
    """Send, with one `messages[]` entry per recipient; bare codes for what is wrong with all."""
    text = call.params.text("text")
    code = sending.text_refusal(call, text, LONGEST_TEXT) or _sender_refusal(call)
    code = code or sending.tag_refusal(call)
    if code:
        return call.code(code)
    message = _message(call)
    outcomes = sending.send(call, message)
    # The one refusal seen as a bare code though it is about recipients.
    if sending.overall_code(outcomes) == 402:
        return call.code(402)
    if not call.wants_json:
        return _legacy_text(call, message, outcomes)
    rows = [sending.message_row(call, message, outcome) for outcome in outcomes]
    return sending.receipt(call, outcomes, rows)


def _sender_refusal(call: Call) -> int:
    sender = call.params.text("from")
    is_good = not sender or _NUMERIC.fullmatch(sender) or _ALPHANUMERIC.fullmatch(sender)
    return 0 if is_good else 201


def _message(call: Call) -> Message:
    params = call.params
    text = _link_files(call)
    encoding, parts = encoding_and_parts(text)

    def price(leads_to: Destination) -> Decimal:
        return leads_to.price * parts

    kept: Json = {name: params.raw(name) for name in _KEPT if params.has(name)}
    sender = params.text("from") or DEFAULT_SENDER
    return sending.Message("SMS", sender, text, encoding, parts, price, kept)


def _link_files(call: Call) -> str:
    """Return the text with a short link in the place of each `[[name]]` of a file."""
    text, files = call.params.text("text"), call.params.raw("files")
    for file in cast("list[object]", files) if isinstance(files, list) else []:
        name = as_text(cast("Json", file).get("name")) if isinstance(file, dict) else ""
        if name and f"[[{name}]]" in text:
            number = call.state.next_id("file", FIRST_FILE)
            text = text.replace(f"[[{name}]]", f"https://svn.me/{number:x}")
    return text


def _legacy_text(call: Call, message: Message, outcomes: list[Outcome]) -> Answer:
    lines = [str(sending.overall_code(outcomes))]
    if call.params.flag("return_msg_id"):
        lines += [outcome.entry.id for outcome in outcomes if outcome.entry]
    details = _details(call, message, outcomes) if call.params.flag("details") else ""
    return text_answer("\n".join(lines) + details)


def _details(call: Call, message: Message, outcomes: list[Outcome]) -> str:
    lines = {
        "Verbucht": "0" if call.is_test else str(len(outcomes)),
        "Preis": sending.total_price(outcomes),
        "Guthaben": call.account.balance,
        "Text": message.text,
        "SMS-Typ": "direct",
        "Flash SMS": str(call.params.flag("flash")).lower(),
        "Encoding": message.encoding,
        "GSM0338": str(message.encoding == "gsm").lower(),
        "Debug": str(call.is_test).lower(),
    }
    return "".join(f"\n{name}: {value}" for name, value in lines.items()) + "\n"


@operation("DELETE", "/sms")
def delete(call: Call) -> Answer:
    """Cancel scheduled messages; `deleted` has the ids that were, null if none were.

    Without ids it is empty, as the vendor's JavaScript test has it; null was recorded with ids.
    """
    asked = call.params.texts("ids")
    cancel, account, now = call.state.cancel, call.account, call.now
    deleted = [message_id for message_id in asked if cancel(message_id, "SMS", account, now)]
    return json_answer({"success": bool(deleted), "deleted": deleted or (None if asked else [])})
