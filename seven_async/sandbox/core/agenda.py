"""What a sandbox still has to do: status reports that come in, events on their way to hooks."""

from __future__ import annotations

from attrs import define, field, frozen

from seven_async.sandbox.core.wire import Json


@frozen
class Event:
    """An event that hooks are notified of."""

    kind: str
    """`sms_mo`, `dlr`, `rcs`, `tracking`, `voice_call`, `voice_status`, `voice_dtmf`, `wa_mo`."""
    content: Json = field(repr=False)
    moment: float
    number: str = field(default="", repr=False)
    """The own number or agent it concerns, which a hook's filter compares."""


@define(eq=False)
class HookDelivery:
    """One event on its way to one hook. Its repr shows no target, which may hold a secret."""

    account: str
    hook: int
    event: Event = field(repr=False)
    attempt: int = 1
    first: float = 0.0
    """When the first attempt was due, on the sandbox's clock."""
    is_repeat: bool = False
    """True if somebody asked for it once more: then it is tried once, whatever becomes of it."""


@frozen
class ReportDue:
    """A status report of a message that comes in at its time."""

    entry: str


Task = ReportDue | HookDelivery
"""What can be on the agenda."""
