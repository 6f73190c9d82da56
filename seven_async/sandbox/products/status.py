"""`/status`: the latest report of messages by id."""

from __future__ import annotations

from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_millis
from seven_async.sandbox.core.routes import legacy, operation
from seven_async.sandbox.core.wire import Answer, json_answer, text_answer

KEPT_S = 30 * 86400.0
"""A status can be asked for 30 days after sending."""


@legacy("POST", "/status")
@operation("GET", "/status")
def get(call: Call) -> Answer:
    """Answer with a list in JSON; two lines for the first id in text, `600` if unknown.

    Who asks for no id in JSON gets no row, as the vendor's JavaScript test expects.
    """
    asked = call.params.texts("msg_id")
    if not asked and call.wants_json:
        return json_answer([])
    known = [row for row in (_row(call, message_id) for message_id in asked) if row]
    if not known:
        return call.code(600)
    if call.wants_json:
        return json_answer(known)
    return text_answer(f"{known[0]['status'] or ''}\n{known[0]['status_time'] or ''}")


def _row(call: Call, message_id: str) -> dict[str, str | None] | None:
    entry = call.state.entry(message_id, call.account)
    if entry is None or call.now - entry.due > KEPT_S:
        return None
    report = entry.report(call.now)
    status, moment = report or (None, None)
    time = None if moment is None else local_millis(moment)
    return {"id": entry.id, "status": status, "status_time": time}
