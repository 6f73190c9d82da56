"""`/_sandbox/…`: the sandbox watched and steered over HTTP, for tests in other languages.

Answers only on loopback unless `remote_control` is set. Every control answers JSON; one
that makes no sense answers HTTP 400 with `error`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, Protocol, cast

from seven_async.sandbox.core.access import IncomingRequest
from seven_async.sandbox.core.accounts import Key
from seven_async.sandbox.core.clock import Clock
from seven_async.sandbox.core.gateway import Gateway
from seven_async.sandbox.core.params import Params
from seven_async.sandbox.core.routes import OPERATIONS
from seven_async.sandbox.core.snapshots import SnapshotError
from seven_async.sandbox.core.state import MAIN_ACCOUNT
from seven_async.sandbox.core.wire import Answer, Json, json_answer, page_not_found
from seven_async.sandbox.faults import Fault
from seven_async.sandbox.inbox.inbox import Inbox
from seven_async.sandbox.inbox.messages import FilterError
from seven_async.sandbox.server.rules import RuleError, add_rule, add_rule_of, format_rule
from seven_async.sandbox.simulate import Simulator, UnknownIdError
from seven_async.sandbox.webhooks.dispatch import Dispatch

PREFIX: Final = "/_sandbox"
PAGE: Final = "/"
SETTLE_S: Final = 10.0
_SLOW: Final = frozenset(
    {
        ("POST", PREFIX + "/advance"),
        ("GET", PREFIX + "/conversations"),
        ("GET", PREFIX + "/messages"),
        ("GET", PREFIX + "/campaign"),
    }
)
"""What waits for hooks, which may call back, or looks through all messages."""


class Controllable(Protocol):
    """What the server and the controls need of a sandbox; `Sandbox` documents its members.

    A protocol, because `Sandbox.serve()` imports the server, which must not import it in turn.
    """

    gateway: Gateway
    dispatch: Dispatch
    clock: Clock
    simulate: Simulator
    inbox: Inbox
    api_key: str
    latency_s: float
    remote_control: bool

    def answer(self, request: IncomingRequest, /) -> Answer:
        """Answer one call."""
        ...

    @property
    def fault(self) -> Callable[..., Fault]:
        """What adds a fault rule."""
        ...

    def advance(self, seconds: float, /) -> None:
        """Move the clock forward."""

    def snapshot(self) -> bytes:
        """Write the state as JSON."""
        ...

    def restore(self, snapshot: bytes, /) -> None:
        """Go back to the state of a snapshot."""

    def reset(self) -> None:
        """Go back to the start."""


Control = Callable[[Controllable, Params], object]
CONTROLS: Final[dict[tuple[str, str], Control]] = {}


class ControlError(ValueError):
    """A control call that makes no sense; its text says why."""


def control(method: str, path: str) -> Callable[[Control], Control]:
    """Register a control; what it returns is answered as JSON."""

    def register(function: Control) -> Control:
        CONTROLS[method, path] = function
        return function

    return register


def answer(sandbox: Controllable, request: IncomingRequest) -> Answer:
    """Answer a control call."""
    control_function = CONTROLS.get((request.method, request.path.removeprefix(PREFIX)))
    if control_function is None:
        return page_not_found()
    if request.path.endswith("/snapshot") and request.body:
        params = Params({"snapshot": request.body.decode(errors="replace")})
    else:
        params = request.params()
    try:
        content = control_function(sandbox, params)
    except (ControlError, FilterError, RuleError, SnapshotError, UnknownIdError) as error:
        return json_answer({"error": str(error)}, 400)
    return content if isinstance(content, Answer) else json_answer(content)


def is_control(request: IncomingRequest) -> bool:
    """Return True if the request is for `/_sandbox` or the page, and not for the gateway."""
    return request.path.startswith(PREFIX) or request.path == PAGE


def is_slow(request: IncomingRequest) -> bool:
    """Return True if a control takes its time, and so must not hold up other calls."""
    return (request.method, request.path) in _SLOW


@control("GET", "/identity")
def identity(sandbox: Controllable, _: Params) -> object:
    """Show which sandbox this is: clients keep a record of where they sent what."""
    return {"sandbox": sandbox.gateway.state.identity}


@control("GET", "/operations")
def operations(_: Controllable, __: Params) -> object:
    """List every published operation, as `METHOD /path`."""
    return sorted(f"{method} {path}" for method, path in OPERATIONS)


@control("POST", "/faults")
def add_fault(sandbox: Controllable, params: Params) -> object:
    """Add a rule, by the keywords of :meth:`Sandbox.fault` or as `rule` in one line."""
    if params.has("rule"):
        add_rule(sandbox.fault, params.text("rule"))
    else:
        add_rule_of(sandbox.fault, params)
    return {"rules": len(sandbox.gateway.faults.active)}


@control("GET", "/faults")
def list_faults(sandbox: Controllable, _: Params) -> object:
    """List the rules with what they do, and how often they fitted and hit."""
    return [
        {
            "method": fault.method,
            "path": fault.path,
            "recipient": fault.recipient,
            "calls": fault.calls,
            "hits": fault.hits,
            "rule": format_rule(fault),
        }
        for fault in sandbox.gateway.faults.active
    ]


@control("DELETE", "/faults")
def clear_faults(sandbox: Controllable, _: Params) -> object:
    """End all rules."""
    sandbox.gateway.faults.clear()
    return {"rules": 0}


@control("POST", "/advance")
def advance(sandbox: Controllable, params: Params) -> object:
    """Move the clock `seconds` forward, and wait until hooks were called."""
    seconds = params.amount("seconds")
    if seconds is None or seconds < 0:
        raise ControlError("`seconds` must be a number that is not negative")
    sandbox.advance(float(seconds))
    # No lock is held meanwhile: the receiver of a webhook may call back.
    return {"now": sandbox.clock(), "settled": sandbox.dispatch.wait_idle(SETTLE_S)}


@control("POST", "/reset")
def reset(sandbox: Controllable, _: Params) -> object:
    """Go back to the start, without faults."""
    sandbox.reset()
    return {"now": sandbox.clock()}


@control("GET", "/snapshot")
def snapshot(sandbox: Controllable, _: Params) -> object:
    """Show the whole state."""
    return cast("object", json.loads(sandbox.snapshot()))


@control("PUT", "/snapshot")
def restore(sandbox: Controllable, params: Params) -> object:
    """Go back to the state of a snapshot that `GET /_sandbox/snapshot` gave."""
    sandbox.restore(params.text("snapshot").encode())
    return {"accepted": sandbox.gateway.state.ledger.accepted}


@control("GET", "/events")
def events(sandbox: Controllable, _: Params) -> object:
    """List typing, read and reaction events that the main account sent."""
    return sandbox.gateway.state.main.events


Act = Callable[[Simulator, Params], object]


def simulation(path: str, *names: str) -> Callable[[Act], Act]:
    """Register a control that acts for people beyond the gateway; it needs these parameters."""

    def register(act: Act) -> Act:
        def run(sandbox: Controllable, params: Params) -> object:
            _require(params, *names)
            account = params.text_if_set("account")
            acted = act(sandbox.simulate.for_account(account), params)
            return {"success": True} if acted is None else {"id": acted}

        CONTROLS["POST", path] = run
        return act

    return register


def _require(params: Params, *names: str) -> None:
    for name in names:
        if not params.text(name):
            raise ControlError(f"`{name}` is missing")


def _structure(params: Params, name: str) -> Json | None:
    value = params.raw(name)
    return cast("Json", value) if isinstance(value, dict) else None


@simulation("/inbound/sms", "from", "text")
def inbound_sms(simulate: Simulator, params: Params) -> object:
    """Let an SMS come in: `from`, `text`, and `to` (one of the account's numbers)."""
    return simulate.sms(params.text("from"), params.text("text"), params.text("to")).id


@simulation("/inbound/rcs", "from")
def inbound_rcs(simulate: Simulator, params: Params) -> object:
    """Let an RCS message come in: `from` and `text`, or `content` with its `content_type`."""
    content = _structure(params, "content")
    if content is None:
        _require(params, "text")
    sender, text, agent = params.text("from"), params.text("text"), params.text("to")
    return simulate.rcs(sender, text, agent=agent, content=content).id


@simulation("/inbound/whatsapp", "from", "to")
def inbound_whatsapp(simulate: Simulator, params: Params) -> object:
    """Let a WhatsApp message come in: `from`, `to` (the sender), `text` or `message`."""
    sender, text, to = params.text("from"), params.text("text"), params.text("to")
    return simulate.whatsapp(sender, text, to, message=_structure(params, "message")).id


@simulation("/inbound/call", "from")
def inbound_call(simulate: Simulator, params: Params) -> object:
    """Let a call come in: `from`, and `to` (one of the account's numbers)."""
    return simulate.call(params.text("from"), params.text("to"))


@simulation("/inbound/dtmf", "call_id", "key")
def inbound_dtmf(simulate: Simulator, params: Params) -> None:
    """Press a key in a call: `call_id`, `key`."""
    simulate.press(params.text("call_id"), params.text("key"))


@simulation("/inbound/choice", "id", "choice")
def inbound_choice(simulate: Simulator, params: Params) -> object:
    """Press a button or pick a row of a message: its `id`, `choice` (id or text of the button)."""
    return simulate.choose(params.text("id"), params.text("choice")).id


@simulation("/click", "id", "url")
def click(simulate: Simulator, params: Params) -> None:
    """Open a tracked link: `id`, `url`, and `kind` (click or view)."""
    simulate.click(params.text("id"), params.text("url"), kind=params.text("kind") or "click")


@simulation("/report", "id", "status")
def report(simulate: Simulator, params: Params) -> None:
    """Let a status report come in: `id`, `status`."""
    simulate.report(params.text("id"), params.text("status"))


@simulation("/confirm", "number")
def confirm(simulate: Simulator, params: Params) -> None:
    """Type the code of /validate_for_voice, as the owner of a `number` does."""
    simulate.confirm(params.text("number"))


@simulation("/account", "reload_lock")
def set_account(simulate: Simulator, params: Params) -> None:
    """Change the settings of an account: `reload_lock`."""
    simulate.set_reload_lock(on=params.flag("reload_lock"))


@simulation("/whatsapp/senders", "number")
def add_whatsapp_sender(simulate: Simulator, params: Params) -> None:
    """Register a `number` that WhatsApp messages may come from."""
    simulate.add_whatsapp_sender(params.text("number"))


@simulation("/whatsapp/templates", "name", "body")
def add_template(simulate: Simulator, params: Params) -> None:
    """Define a WhatsApp template: `name`, `language` (`de` unless given), `body`."""
    language = params.text("language") or "de"
    simulate.add_template(params.text("name"), params.text("body"), language=language)


@control("POST", "/keys")
def add_key(sandbox: Controllable, params: Params) -> object:
    """Add an API key: `key`, `scopes`, `ips`, `test`, `signing_required`, `reload_lock`."""
    _require(params, "key")
    secret = params.text("key")
    scopes = frozenset(params.texts("scopes")) if params.has("scopes") else None
    ips = frozenset(params.texts("ips")) if params.has("ips") else None
    is_test, signing = params.flag("test"), params.flag("signing_required")
    lock = params.flag("reload_lock") or not params.has("reload_lock")
    key = Key(secret, MAIN_ACCOUNT, scopes, ips, is_test, signing, has_reload_lock=lock)
    with sandbox.gateway.lock:
        sandbox.gateway.state.keys[secret] = key
    return {"success": True}
