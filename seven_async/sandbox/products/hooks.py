"""`/hooks`: webhook subscriptions, and the older `action=` form of them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from seven_async.sandbox.core.accounts import Hook
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_text
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.wire import Answer, Json, json_answer

FIRST_ID: Final = 2_001
METHODS: Final = ("POST", "GET", "JSON")


@operation("GET", "/hooks")
def list_hooks(call: Call) -> Answer:
    """Answer with all hooks; their ids are text here, and numbers where they are created."""
    if call.params.has("action"):
        return by_action(call)
    rows = [_to_json(hook) for hook in call.account.hooks.values()]
    return json_answer({"success": True, "code": None, "hooks": rows})


def _to_json(hook: Hook) -> Json:
    return {
        "id": str(hook.id),
        "target_url": hook.target_url,
        "headers": hook.headers,
        "event_type": hook.event_type,
        "event_filter": hook.event_filter,
        "request_method": hook.request_method,
        "enabled": hook.enabled,
        "created": local_text(hook.created),
    }


def _error_answer(reason: str) -> Answer:
    return json_answer({"success": False, "code": None, "error_message": reason})


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and text.isprintable()
    except ValueError:
        return False


@operation("POST", "/hooks")
def create(call: Call) -> Answer:
    """Create a hook; the answer has its id as a number."""
    params = call.params
    if params.has("action"):
        return by_action(call)
    method = (params.text_if_set("request_method") or "POST").upper()
    if not _is_web_address(params.text("target_url")):
        return _error_answer("Invalid URL")
    if not params.text_if_set("event_type"):
        return _error_answer("Invalid event type")
    if method not in METHODS:
        return _error_answer("Invalid request method")
    hook = Hook(
        call.state.next_id("hook", FIRST_ID),
        call.now,
        params.text("target_url"),
        params.text_if_set("event_type"),
        params.text_if_set("event_filter") or None,
        method,
        params.text("headers"),
    )
    call.account.hooks[hook.id] = hook
    return json_answer({"success": True, "code": None, "id": hook.id})


@operation("DELETE", "/hooks")
def delete(call: Call) -> Answer:
    """Delete a hook: by `id`, or by target, event and method; in query or body."""
    hook = _find(call)
    if hook is None:
        return _error_answer("Hook not found")
    del call.account.hooks[hook.id]
    return json_answer({"success": True, "code": None})


def _find(call: Call) -> Hook | None:
    params = call.params
    wanted = params.text_if_set("id")
    if wanted:
        return call.account.hooks.get(params.integer("id", -1))
    for hook in call.account.hooks.values():
        method = params.text_if_set("request_method").upper() or hook.request_method
        asked = (params.text("target_url"), params.text_if_set("event_type"), method)
        if asked == (hook.target_url, hook.event_type, hook.request_method):
            return hook
    return None


def by_action(call: Call) -> Answer:
    """Answer the old form: `action=read|subscribe|unsubscribe` with GET or POST."""
    action = call.params.text("action")
    steps = {"read": list_hooks, "subscribe": create, "unsubscribe": delete}
    if action not in steps:
        return call.code(400)
    call.params.drop("action")
    return steps[action](call)
