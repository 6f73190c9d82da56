"""`/_sandbox/…`: the sandbox watched and steered over HTTP, for tests in other languages.

Answers only on loopback unless the sandbox was told otherwise. Every control answers JSON; one
that makes no sense answers HTTP 400 with `error`.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from attrs import asdict

from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.snapshots import SnapshotError
from seven_async.sandbox.core.wire import (
    Answer,
    Json,
    json_answer,
    page_not_found,
    read_params,
    split_url,
)
from seven_async.sandbox.server.rules import RuleError, rule_from
from seven_async.sandbox.simulate import Outside, UnknownIdError

if TYPE_CHECKING:
    from seven_async.sandbox.core.ledger import LedgerEntry
    from seven_async.sandbox.sandbox import Sandbox

PREFIX: Final = "/_sandbox"
SETTLE_S: Final = 10.0
_WAITING: Final = ("POST", PREFIX + "/advance")

Control = Callable[["Sandbox", Params], object]
CONTROLS: Final[dict[tuple[str, str], Control]] = {}


class ControlError(ValueError):
    """A control call that makes no sense; its text says why."""


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
    if path.endswith("/snapshot") and body:
        params = Params({"snapshot": body.decode(errors="replace")})
    else:
        params = Params(read_params(query, content_type, body))
    try:
        return json_answer(found(sandbox, params))
    except (ControlError, RuleError, SnapshotError, UnknownIdError) as error:
        return json_answer({"error": str(error)}, 400)


def is_loopback(client: str) -> bool:
    """Whether the address is this machine's own."""
    try:
        return ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False


def waits(method: str, url: str) -> bool:
    """Whether the control waits for hooks, and so must not hold up other calls."""
    return method == "POST" and PREFIX in url and (method, split_url(url)[0]) == _WAITING


def is_for_a_page(url: str, headers: Mapping[str, str]) -> bool:
    """Whether a web page from elsewhere may be behind a control call.

    Pages can send to loopback, too: then their `Origin` is foreign, or, where DNS makes their own
    name point here, the `Host` is.
    """
    if PREFIX not in url or not split_url(url)[0].startswith(PREFIX):
        return False
    origin = headers.get("origin", "//localhost").rpartition("//")[2]
    return not (_is_own_name(origin) and _is_own_name(headers.get("host", "localhost")))


def _is_own_name(address: str) -> bool:
    try:
        name = urlsplit(f"//{address}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


@control("GET", "/ledger")
def ledger(sandbox: Sandbox, params: Params) -> object:
    """What was accepted, oldest first; `to` and `channel` narrow it, `limit` keeps the last."""
    entries = sandbox.sent(params.optional("to"), channel=params.optional("channel"))
    limit = params.integer("limit", len(entries))
    return {
        "accepted": sandbox.ledger.accepted,
        "entries": [as_json(entry) for entry in entries[max(0, len(entries) - limit) :]],
    }


def as_json(entry: LedgerEntry) -> Json:
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


@control("GET", "/identity")
def identity(sandbox: Sandbox, _: Params) -> object:
    """Which sandbox this is: clients keep a record of where they sent what."""
    return {"sandbox": sandbox.id}


@control("GET", "/operations")
def operations(_: Sandbox, __: Params) -> object:
    """Every published operation, as `METHOD /path`."""
    from seven_async.sandbox.core.routes import OPERATIONS  # noqa: PLC0415 - filled by then

    return sorted(f"{method} {path}" for method, path in OPERATIONS)


@control("POST", "/faults")
def add_fault(sandbox: Sandbox, params: Params) -> object:
    """A rule, by the keywords of :meth:`Sandbox.fault` or as `rule` in the command line's form."""
    rule_from(sandbox, params)
    return {"rules": len(sandbox.faults)}


@control("GET", "/faults")
def list_faults(sandbox: Sandbox, _: Params) -> object:
    """The rules with how often they fitted and hit."""
    return [
        {
            "method": fault.method,
            "path": fault.path,
            "recipient": fault.recipient,
            "calls": fault.calls,
            "hits": fault.hits,
        }
        for fault in sandbox.faults
    ]


@control("DELETE", "/faults")
def clear_faults(sandbox: Sandbox, _: Params) -> object:
    """No rule holds any more."""
    sandbox.clear_faults()
    return {"rules": 0}


@control("POST", "/advance")
def advance(sandbox: Sandbox, params: Params) -> object:
    """Moves the clock `seconds` forward, and waits until hooks were told what is due."""
    seconds = params.amount("seconds")
    if seconds is None or seconds < 0:
        raise ControlError("`seconds` must be a number that is not negative")
    sandbox.advance(float(seconds))
    # No lock is held meanwhile: whoever is told may call back.
    return {"now": sandbox.clock(), "settled": sandbox.settle(SETTLE_S)}


@control("POST", "/reset")
def reset(sandbox: Sandbox, _: Params) -> object:
    """Everything as it was at the start, without faults."""
    sandbox.reset()
    return {"now": sandbox.clock()}


@control("GET", "/snapshot")
def snapshot(sandbox: Sandbox, _: Params) -> object:
    """The whole state."""
    return cast("object", json.loads(sandbox.snapshot()))


@control("PUT", "/snapshot")
def restore(sandbox: Sandbox, params: Params) -> object:
    """The state of a snapshot that `GET /_sandbox/snapshot` gave."""
    sandbox.restore(params.text("snapshot").encode())
    return {"accepted": sandbox.ledger.accepted}


@control("GET", "/attempts")
def attempts(sandbox: Sandbox, _: Params) -> object:
    """Every webhook attempt with its status."""
    return [asdict(attempt) for attempt in sandbox.attempts]


@control("GET", "/events")
def events(sandbox: Sandbox, _: Params) -> object:
    """Typing, read and reaction events that the main account sent."""
    return sandbox.gateway.state.main.events


def _outside(sandbox: Sandbox, params: Params) -> Outside:
    account = params.given("account")
    return sandbox.outside.of(account) if account else sandbox.outside


def _needed(params: Params, *names: str) -> list[str]:
    missing = [name for name in names if not params.text(name)]
    if missing:
        raise ControlError(f"`{missing[0]}` is missing")
    return [params.text(name) for name in names]


def _own(params: Params) -> str | None:
    return params.optional("to")


@control("POST", "/inbound/sms")
def inbound_sms(sandbox: Sandbox, params: Params) -> object:
    """Somebody writes an SMS: `from`, `text`, and `to` (one of the account's numbers)."""
    sender, text = _needed(params, "from", "text")
    to = _own(params)
    outside = _outside(sandbox, params)
    return {"id": (outside.sms(sender, text, to) if to else outside.sms(sender, text)).id}


@control("POST", "/inbound/rcs")
def inbound_rcs(sandbox: Sandbox, params: Params) -> object:
    """Somebody writes over RCS: `from` and `text`, or `content` with its `content_type`."""
    (sender,) = _needed(params, "from")
    content = params.raw("content")
    found = cast("Json", content) if isinstance(content, dict) else None
    if found is None:
        _needed(params, "text")
    outside, text = _outside(sandbox, params), params.text("text")
    return {"id": outside.rcs(sender, text, agent=params.text("to"), content=found).id}


@control("POST", "/inbound/whatsapp")
def inbound_whatsapp(sandbox: Sandbox, params: Params) -> object:
    """Somebody writes on WhatsApp: `from`, `to` (the account's sender), `text` or `message`."""
    sender, to = _needed(params, "from", "to")
    message = params.raw("message")
    found = cast("Json", message) if isinstance(message, dict) else None
    outside, text = _outside(sandbox, params), params.text("text")
    return {"id": outside.whatsapp(sender, text, to, message=found).id}


@control("POST", "/inbound/call")
def inbound_call(sandbox: Sandbox, params: Params) -> object:
    """Somebody calls: `from`, and `to` (one of the account's numbers)."""
    (caller,) = _needed(params, "from")
    to = _own(params)
    outside = _outside(sandbox, params)
    return {"id": outside.call(caller, to) if to else outside.call(caller)}


@control("POST", "/inbound/dtmf")
def inbound_dtmf(sandbox: Sandbox, params: Params) -> object:
    """Somebody who was called presses a key: `call_id`, `key`."""
    call_id, key = _needed(params, "call_id", "key")
    _outside(sandbox, params).press(call_id, key)
    return {"success": True}


@control("POST", "/click")
def click(sandbox: Sandbox, params: Params) -> object:
    """Somebody opens a tracked link: `id`, `url`, and `kind` (click or view)."""
    message_id, target = _needed(params, "id", "url")
    outside = _outside(sandbox, params)
    outside.click(message_id, target, kind=params.text("kind") or "click")
    return {"success": True}


@control("POST", "/report")
def report(sandbox: Sandbox, params: Params) -> object:
    """A status report comes in: `id`, `status`."""
    message_id, status = _needed(params, "id", "status")
    _outside(sandbox, params).report(message_id, status)
    return {"success": True}


@control("POST", "/confirm")
def confirm(sandbox: Sandbox, params: Params) -> object:
    """The owner of a `number` types the code of /validate_for_voice."""
    (number,) = _needed(params, "number")
    sandbox.outside.confirm(number)
    return {"success": True}


@control("POST", "/keys")
def add_key(sandbox: Sandbox, params: Params) -> object:
    """Another API key: `key`, and what it may: `scopes`, `ips`, `test`, `signing_required`."""
    (secret,) = _needed(params, "key")
    sandbox.add_key(
        secret,
        scopes=params.texts("scopes") if params.has("scopes") else None,
        ips=params.texts("ips") if params.has("ips") else None,
        is_test=params.flag("test"),
        signing_required=params.flag("signing_required"),
    )
    return {"success": True}
