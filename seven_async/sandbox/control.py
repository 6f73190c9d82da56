"""`/_sandbox/…`: the sandbox watched and steered over HTTP, for tests in other languages.

Answers only on loopback unless the sandbox was told otherwise.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from seven_async.sandbox.params import Params
from seven_async.sandbox.wire import Answer, json_answer, page_not_found, read_params

if TYPE_CHECKING:
    from seven_async.sandbox.ledger import Entry
    from seven_async.sandbox.sandbox import Sandbox

PREFIX: Final = "/_sandbox"

Control = Callable[["Sandbox", Params], object]
CONTROLS: Final[dict[tuple[str, str], Control]] = {}


def control(method: str, path: str) -> Callable[[Control], Control]:
    """Registers a control; what it returns is answered as JSON."""

    def register(function: Control) -> Control:
        CONTROLS[method, path] = function
        return function

    return register


def answer(
    sandbox: Sandbox, method: str, target: tuple[str, str], content_type: str, body: bytes
) -> Answer:
    """The answer to a control call; `target` is path and query."""
    path, query = target
    found = CONTROLS.get((method, path.removeprefix(PREFIX)))
    if found is None:
        return page_not_found()
    params = Params(read_params(query, content_type, body))
    try:
        return json_answer(found(sandbox, params))
    except ControlError as error:
        return json_answer({"error": str(error)}, 400)


class ControlError(ValueError):
    """A control call that makes no sense; its text says why."""


def is_loopback(client: str) -> bool:
    """Whether the address is this machine's own."""
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


@control("GET", "/ledger")
def ledger(sandbox: Sandbox, params: Params) -> object:
    """What was accepted, oldest first; `to` and `channel` narrow it, `limit` keeps the last."""
    entries = sandbox.sent(params.optional("to"), channel=params.optional("channel"))
    limit = params.integer("limit", len(entries))
    return {
        "accepted": sandbox.ledger.accepted,
        "entries": [as_json(entry) for entry in entries[len(entries) - limit :]],
    }


def as_json(entry: Entry) -> dict[str, object]:
    """An entry as the control API shows it; times in epoch seconds, prices as text."""
    return {
        "id": entry.id,
        "channel": entry.channel,
        "to": entry.to,
        "from": entry.from_,
        "text": entry.text,
        "time": entry.time,
        "due": entry.due,
        "price": str(entry.price),
        "segments": entry.segments,
        "encoding": entry.encoding,
        "label": entry.label,
        "foreign_id": entry.foreign_id,
        "account": entry.account,
        "fields": entry.fields,
    }
