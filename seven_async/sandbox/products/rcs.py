"""`/rcs/…`: messages, events and agents."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Final

from seven_async.sandbox.core import sending
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.encoding import encoding_and_parts
from seven_async.sandbox.core.params import as_text
from seven_async.sandbox.core.recipients import number_or_text
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.sending import Message, Outcome
from seven_async.sandbox.core.tariff import FREE, Destination
from seven_async.sandbox.core.wire import Answer, Json, json_answer

AGENTS: Final[tuple[Json, ...]] = (
    {
        "id": "myfancyagent",
        "display_name": "My Fancy Agent",
        "status": "launched",
        "logo_url": "https://example.com/logo.png",
        "created": "2024-03-08 09:47:12",
        "is_generic": False,
    },
    {
        "id": "generic1",
        "display_name": "Generic",
        "status": "wait",
        "logo_url": None,
        "created": "2026-05-02 05:19:21",
        "is_generic": True,
    },
)
"""The agents of an account that has set none of its own."""
EVENTS: Final = frozenset({"IS_TYPING", "READ"})
_KEPT: Final = ("ttl", "fallback", "performance_tracking")
EVENTS_KEPT: Final = 1_000
LONGEST_CONTENT: Final = 1_000_000
"""No limit is published."""


def agents_of(call: Call) -> list[Json]:
    """Return the account's agents."""
    return call.account.agents or [dict(agent) for agent in AGENTS]


@operation("GET", "/rcs/agents")
def agents(call: Call) -> Answer:
    """Answer with the senders that RCS messages may come from."""
    return json_answer({"agents": agents_of(call)})


@operation("POST", "/rcs/messages")
def send(call: Call) -> Answer:
    """Send, with the SMS answer with `channel`, no total price and no parts, as recorded."""
    code = _refusal(call)
    if code:
        return call.code(code)
    message = _message(call)
    outcomes = sending.send(call, message)
    fallback = call.params.raw("fallback")
    rows = [_row(call, message, outcome, fallback) for outcome in outcomes]
    return sending.receipt(call, outcomes, rows, total_price=None)


def _refusal(call: Call) -> int:
    code = sending.text_refusal(call, _content(call), LONGEST_CONTENT)
    sender = call.params.text("from")
    if not code and sender and sender not in [agent["id"] for agent in agents_of(call)]:
        return 201
    return code or sending.tag_refusal(call)


def _content(call: Call) -> str:
    """Return the text, or the content object as JSON text."""
    content = call.params.raw("text")
    return json.dumps(content) if isinstance(content, dict) else as_text(content)


def _message(call: Call) -> Message:
    def price(_: Destination) -> Decimal:
        return FREE

    params = call.params
    text = _content(call)
    kept = {name: params.raw(name) for name in _KEPT if params.has(name)}
    sender = params.text("from") or str(agents_of(call)[0]["id"])
    return sending.Message("RCS", sender, text, encoding_and_parts(text)[0], 0, price, kept)


def _row(call: Call, message: Message, outcome: Outcome, fallback: object) -> Json:
    text = json.dumps(fallback) if isinstance(fallback, dict) else as_text(fallback)
    return sending.message_row(
        call, message, outcome, price=0, channel="RCS", fallback=text or None
    )


@operation("DELETE", "/rcs/messages/{id}")
def delete(call: Call) -> Answer:
    """Cancel what is scheduled, revoke what was sent without a fallback."""
    message_id = call.path[0]
    if call.state.cancel(message_id, "RCS", call.account, call.now):
        return json_answer({"success": True})
    entry = call.state.entry(message_id, call.account)
    revocable = entry is not None and entry.channel == "RCS" and not entry.cancelled
    if entry is None or not revocable or entry.fields.get("fallback"):
        return json_answer({"success": False})
    entry.cancelled = True
    return json_answer({"success": True})


@operation("POST", "/rcs/events")
def event(call: Call) -> Answer:
    """Take a typing or read mark towards a number, or about a message."""
    params = call.params
    names = ("event", "to", "msg_id", "from")
    noted: Json = {name: params.text(name) for name in names if params.has(name)}
    if not (params.text_if_set("to") or params.text_if_set("msg_id")):
        # To the last message that came in, as openapi.json says.
        last = [message for message in call.account.inbound if message.channel == "RCS"][-1:]
        noted.update({"to": last[0].from_, "msg_id": last[0].id} if last else {})
    if params.text("event") not in EVENTS or not (noted.get("to") or noted.get("msg_id")):
        return json_answer({"success": False})
    note_event(call, "RCS", noted)
    return json_answer({"success": True})


def note_event(call: Call, channel: str, noted: Json) -> None:
    """Keep an event for tests to look at."""
    if "to" in noted:
        noted["to"] = number_or_text(str(noted["to"]))
    call.state.changes += 1
    call.account.events.append({"channel": channel, "time": call.now, **noted})
    del call.account.events[:-EVENTS_KEPT]
