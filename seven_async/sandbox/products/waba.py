"""`/waba/…`: WhatsApp, whose errors have real HTTP statuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, cast

from seven_async.sandbox.core import sending
from seven_async.sandbox.core.call import Call, error_text
from seven_async.sandbox.core.encoding import encoding_and_parts
from seven_async.sandbox.core.params import as_text
from seven_async.sandbox.core.recipients import parse_number
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.sending import Message
from seven_async.sandbox.core.tariff import WHATSAPP_REPLY, WHATSAPP_TEMPLATE, Destination
from seven_async.sandbox.core.wire import Answer, Json, json_answer, page_not_found
from seven_async.sandbox.products.rcs import note_event

WINDOW_S: Final = 86_400.0
"""Free messages may be sent for 24 h after the customer's last one."""
NO_CONVERSATION: Final = 7002001
BAD_SENDER: Final = "Invalid WhatsApp sender number"
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "template": ("template", "language"),
    "text": ("text",),
    "image": ("url",),
    "video": ("url",),
    "audio": ("url",),
    "document": ("url", "filename"),
    "sticker": ("url",),
    "location": ("latitude", "longitude"),
    "contacts": ("contacts",),
    "interactive": ("interactive_type", "body"),
}
"""What each type cannot do without; also the list of types."""
_INTERACTIVE: Final = {"button": ("buttons",), "list": ("button_text", "sections")}
_COMMON: Final = frozenset(
    {"from", "to", "type", "delay", "ttl", "label", "foreign_id", "performance_tracking", "p"}
)
BUTTONS_LEAST: Final = 2
BUTTONS_MOST: Final = 3
LONGEST_TITLE: Final = 20
REPORTS: Final = {
    "ACCEPTED": "sent",
    "TRANSMITTED": "sent",
    "DELIVERED": "delivered",
    "NOTDELIVERED": "failed",
    "EXPIRED": "failed",
    "REJECTED": "failed",
    "FAILED": "failed",
}


def error_answer(code: int, text: str, **more: object) -> Answer:
    """Build an HTTP 400 with `error_code` and `error_message`."""
    return json_answer({**more, "error_code": code, "error_message": text}, 400)


@operation("POST", "/waba/messages")
def send(call: Call) -> Answer:
    """Send, with the SMS answer with `WA` for channel and type, all refusals at HTTP 400."""
    kind = call.params.text("type") or "text"
    problem = _problem(call, kind)
    if problem:
        return error_answer(400, problem)
    recipient = parse_number(call.params.text("to"))
    if recipient is None:
        # The published page knows 400 for a bad request, and no 202.
        return error_answer(400, error_text(202))
    if kind != "template" and not _is_open(call, recipient):
        return error_answer(NO_CONVERSATION, error_text(NO_CONVERSATION))
    message = _message(call, kind)
    outcomes = sending.send(call, message)
    if outcomes[0].code:
        return error_answer(outcomes[0].code, error_text(outcomes[0].code))
    rows = [sending.message_row(call, message, outcomes[0], channel="WA")]
    return sending.receipt(call, outcomes, rows, sms_type="WA")


def _problem(call: Call, kind: str) -> str:
    """Describe what is wrong with the request, empty if nothing is."""
    if not _is_sender(call):
        return BAD_SENDER
    if kind not in REQUIRED:
        return f"Invalid type {kind[:40]}"
    missing = _build_missing(call, REQUIRED[kind])
    if missing:
        return missing
    if sending.tag_refusal(call):
        return "Invalid label or foreign_id"
    if kind == "location":
        return _location_problem(call)
    return _interactive_problem(call) if kind == "interactive" else ""


def _is_sender(call: Call) -> bool:
    return parse_number(call.params.text("from")) in call.account.whatsapp_senders


def _build_missing(call: Call, names: Sequence[str]) -> str:
    missing = [name for name in names if call.params.raw(name) in (None, "", [], {})]
    return f"Missing parameter {missing[0]}" if missing else ""


def _location_problem(call: Call) -> str:
    for name, most in (("latitude", 90), ("longitude", 180)):
        degrees = call.params.amount(name)
        if degrees is None or abs(degrees) > most:
            return f"Invalid {name}"
    return ""


def _interactive_problem(call: Call) -> str:
    kind = call.params.text("interactive_type")
    if kind not in _INTERACTIVE:
        return "Invalid interactive_type"
    problem = _build_missing(call, _INTERACTIVE[kind])
    return problem or (_button_problem(call.params.raw("buttons")) if kind == "button" else "")


def _button_problem(given: object) -> str:
    buttons = cast("list[object]", given) if isinstance(given, list) else []
    if not BUTTONS_LEAST <= len(buttons) <= BUTTONS_MOST:
        return "2 to 3 buttons are required"
    for button in buttons:
        title = cast("Json", button).get("title") if isinstance(button, dict) else None
        if not isinstance(title, str) or not 0 < len(title) <= LONGEST_TITLE:
            return "A button needs a title of at most 20 characters"
    return ""


def conversation(sender: str, customer: str) -> str:
    """Name the conversation between a WhatsApp sender and a customer."""
    return f"{parse_number(sender) or sender}>{customer}"


def _is_open(call: Call, recipient: str) -> bool:
    name = conversation(call.params.text("from"), recipient)
    written = call.account.conversations.get(name)
    return written is not None and call.now - written < WINDOW_S


def _message(call: Call, kind: str) -> Message:
    def price(_: Destination) -> Decimal:
        return WHATSAPP_TEMPLATE if kind == "template" else WHATSAPP_REPLY

    params = call.params
    given = {name: value for name, value in params.fields.items() if name not in _COMMON}
    text = params.text("text") if kind == "text" else _content_text(call, kind, given)
    encoding, _ = encoding_and_parts(text)
    sender = parse_number(params.text("from")) or ""
    return sending.Message(
        "WA", sender, text, encoding, 1, price, {"type": kind, **given}, reports=REPORTS
    )


def _content_text(call: Call, kind: str, given: Json) -> str:
    """Write what is no text as compact JSON, as the published page shows it."""
    content: Json = {"type": kind, **given}
    if kind == "template":
        name = f"{call.params.text('template')} {call.params.text('language')}"
        body = call.account.templates.get(name, call.params.text("template"))
        content["rendered"] = {"body": _render(body, given.get("components"))}
    return json.dumps(content, separators=(",", ":"))


def _render(body: str, components: object) -> str:
    """Put the parameters of the body in the place of `{{1}}`, `{{2}}` and so on."""
    given = cast("Json", components).get("body") if isinstance(components, dict) else None
    for index, value in enumerate(cast("list[object]", given) if isinstance(given, list) else []):
        body = body.replace(f"{{{{{index + 1}}}}}", as_text(value))
    return body


@operation("DELETE", "/waba/messages/{id}")
def delete(call: Call) -> Answer:
    """Cancel what is scheduled; WhatsApp cannot revoke what was sent."""
    message_id = call.path[0]
    if call.state.cancel(message_id, "WA", call.account, call.now):
        return json_answer({"success": True})
    entry = call.state.entry(message_id, call.account)
    if entry is None or entry.channel != "WA":
        return page_not_found()
    if entry.cancelled:
        return error_answer(400, "Message already cancelled.")
    return error_answer(400, "Message already sent. WhatsApp does not support message revocation.")


@operation("POST", "/waba/events")
def event(call: Call) -> Answer:
    """Take a read mark, a typing mark or a reaction to a message."""
    params = call.params
    kind = params.text("event")
    message_id = params.text_if_set("msg_id") or params.text_if_set("message_id")
    if kind == "reaction":
        # An empty emoji takes the reaction back, none at all is a mistake.
        given = {"msg_id": bool(message_id), "emoji": params.has("emoji")}
        missing = [name for name, is_given in given.items() if not is_given]
        problem = f"Missing parameter {missing[0]}" if missing else ""
    elif kind in ("read", "is_typing"):
        problem = _event_problem(call, message_id)
    else:
        problem = "Invalid event"
    if problem:
        return error_answer(400, problem, success=False)
    names = ("event", "from", "to", "emoji")
    noted: Json = {name: params.text(name) for name in names if params.has(name)}
    note_event(call, "WA", {**noted, "msg_id": message_id or None})
    return json_answer({"success": True})


def _event_problem(call: Call, message_id: str) -> str:
    if not _is_sender(call):
        return BAD_SENDER
    return "" if message_id or call.params.text_if_set("to") else "Missing parameter to"
