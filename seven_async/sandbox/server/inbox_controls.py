"""`/_sandbox/…`: what was sent and what came in, for pages and for tests in any language."""

from __future__ import annotations

import json
from typing import Final

from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.wire import Answer, json_answer
from seven_async.sandbox.inbox.messages import entry_json
from seven_async.sandbox.inbox.waiting import read_search, read_wait_s
from seven_async.sandbox.server.control import ControlError, Controllable, control

WAIT_PATH: Final = "/messages/wait"
STREAM_PATH: Final = "/stream"
STREAM_TYPE: Final = "text/event-stream"


@control("GET", "/ledger")
def ledger(sandbox: Controllable, params: Params) -> object:
    """Show what was accepted, oldest first; `to`, `channel` narrow it, `limit` keeps the last."""
    gateway = sandbox.gateway
    with gateway.lock:
        kept = gateway.state.ledger
        entries = kept.find(params.optional("to"), params.optional("channel"))
    limit = params.integer("limit", len(entries))
    return {
        "accepted": kept.accepted,
        "entries": [entry_json(entry) for entry in entries[max(0, len(entries) - limit) :]],
    }


@control("GET", "/overview")
def overview(sandbox: Controllable, _: Params) -> object:
    """Show the time, the credit, labels, hooks and senders."""
    return sandbox.inbox.overview(sandbox.api_key)


@control("GET", "/conversations")
def conversations(sandbox: Controllable, params: Params) -> object:
    """List conversations by recipient, the one with the newest message first, in parts."""
    return sandbox.inbox.conversations(params)


@control("GET", "/messages")
def messages(sandbox: Controllable, params: Params) -> object:
    """List messages, newest first, in parts; with `to`, those of one conversation."""
    return sandbox.inbox.messages(params)


@control("DELETE", "/messages")
def clear_messages(sandbox: Controllable, _: Params) -> object:
    """Forget messages, calls and deliveries; accounts, hooks, numbers and faults stay."""
    sandbox.inbox.clear()
    return {"messages": 0}


@control("GET", WAIT_PATH)
def wait_for_message(sandbox: Controllable, params: Params) -> object:
    """Show the newest message that fits. A served sandbox waits for one, see `live.py`."""
    read_wait_s(params)
    search = read_search(params)
    with sandbox.gateway.lock:
        entry = search.find(sandbox.gateway.state.ledger, sandbox.clock())
        return search.to_json(entry, sandbox.clock()) if entry else missing_message()


def missing_message() -> Answer:
    """Build the answer to waiting in vain."""
    return json_answer({"error": "no message that fits was accepted in time"}, 404)


@control("GET", "/campaign")
def campaign(sandbox: Controllable, params: Params) -> object:
    """Add up the messages that fit a filter: states, cost, messages per second."""
    return sandbox.inbox.campaign(params)


@control("GET", "/attempts")
def attempts(sandbox: Controllable, params: Params) -> object:
    """List every webhook attempt with request and answer, oldest first; `limit` keeps the last."""
    return sandbox.inbox.attempts(params)


@control("POST", "/attempts/repeat")
def repeat_attempt(sandbox: Controllable, params: Params) -> object:
    """Deliver the event of an attempt (`id`) once more, signed anew."""
    if not sandbox.dispatch.repeat(params.integer("id", 0)):
        raise ControlError("there is no attempt with this `id` whose hook still exists")
    return {"success": True}


@control("GET", STREAM_PATH)
def stream(sandbox: Controllable, _: Params) -> object:
    """Show one server-sent event. A served sandbox goes on sending them, see `live.py`."""
    return Answer(200, STREAM_TYPE, change_event(sandbox))


def change_event(sandbox: Controllable) -> bytes:
    """Write the event that tells that there is something new to see."""
    with sandbox.gateway.lock:
        told = {"now": sandbox.clock(), "accepted": sandbox.gateway.state.ledger.accepted}
    return b"event: change\ndata: " + json.dumps(told).encode() + b"\n\n"
