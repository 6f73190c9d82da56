"""What to do with a message that is in the journal already: one pure function.

In: what the journal and the gateway's journal know of it. Out: an `Action` and why. No I/O.

The promise is "never twice". A message in doubt is sent again only where that cannot serve anybody
twice. Either within the reload lock, in which the gateway refuses the same SMS a second time, if
the caller has declared that the account has it. Or when the gateway's journal still does not have
it after so long that it will not any more. WhatsApp and voice have neither lock nor a dependable
journal, so absence proves nothing there.

Both need to know how long ago it left, and a clock can be wrong in either direction. One that
jumped back makes an old message look young: the lock is over. One that jumped forward makes a young
one look old: the gateway's journal may not list it yet, or it is still on its way. So only proven
ages count: of several proofs the highest for the lock, the lowest for the grace period.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final, NamedTuple

import attrs

from seven_async.api.status import DeliveryState
from seven_async.campaign.inputs.message import DeliveryRule
from seven_async.campaign.journal.protocol import Looked, StoredMessage
from seven_async.campaign.results import DUPLICATE, FORGOTTEN, SERVED_BEFORE
from seven_async.option_checks import flag

LOCK_S: Final = 180.0
"""How long the gateway refuses the same SMS to the same recipient (errors.md section 5)."""

NO_REPORTS: Final = "no delivery reports arrive"
"""Why a message without a report does not take its next form: silence says nothing then."""

FAILED_DELIVERIES: Final = frozenset(
    {
        DeliveryState.NOTDELIVERED,
        DeliveryState.EXPIRED,
        DeliveryState.REJECTED,
        DeliveryState.FAILED,
    }
)
"""Final states of a message that did not arrive."""

_LOCKED: Final = frozenset({"sms"})
_JOURNAL_TELLS: Final = frozenset({"sms", "rcs"})


class Action(Enum):
    """What to do with a message."""

    SEND = "send"
    """As if for the first time."""

    SEND_AGAIN = "send again"
    """Alone, with the reference it had; a refusal as a duplicate proves the first was accepted."""

    SEND_NEXT = "send next"
    """In its next form: the one that was accepted was not delivered."""

    SKIP = "skip"
    UNKNOWN = "unknown"


class Decision(NamedTuple):
    """What to do, and for what reason if nothing is sent."""

    action: Action
    reason: str = ""


@attrs.frozen(kw_only=True)
class Rules:
    """How long what may be relied on, in seconds, and what the caller asked for.

    `lock_s` is how long after the intent a message may be sent again under the reload lock; 0
    where nobody declared that the account has it.
    """

    lock_s: float
    grace_s: float
    resend_unknown: bool = attrs.field(default=False, validator=flag)
    resend_changed: bool = attrs.field(default=False, validator=flag)


def decide(
    stored: StoredMessage,
    *,
    run: int,
    change: str | None,
    ages_s: Sequence[float],
    rules: Rules,
    delivery_rule: DeliveryRule | None = None,
    age_s: float = 0.0,
    latest_report_at: float | None = None,
) -> Decision:
    """Return what to do with a message that has a row in the journal.

    `change` names what of its content is another than in the journal, None if nothing is.
    `ages_s` are the proven ages of its latest intent now. `delivery_rule` is None where no form
    comes after the one in the journal, or where only a refusal leads to it; `age_s` is how long ago
    that one left, as far as is known.
    """
    is_changed = change is not None
    if stored.state == FORGOTTEN or stored.run == run:
        return Decision(Action.SKIP, FORGOTTEN if stored.state == FORGOTTEN else DUPLICATE)
    if stored.is_in_doubt:
        return _decide_in_doubt(stored, is_changed, ages_s, stored.looked_in(run), rules)
    if stored.state == "accepted":
        if is_changed and rules.resend_changed:
            return Decision(Action.SEND)
        return _decide_undelivered(stored, delivery_rule, age_s, latest_report_at) or Decision(
            Action.SKIP, change or SERVED_BEFORE
        )
    if stored.state == "rejected" and not is_changed:
        return Decision(Action.SKIP, "rejected before")
    return Decision(Action.SEND)


def _decide_undelivered(
    stored: StoredMessage,
    rule: DeliveryRule | None,
    age_s: float,
    latest_report_at: float | None,
) -> Decision | None:
    """Return what to do about an accepted message that was not delivered; None for nothing."""
    if rule is None:
        return None
    state = None if stored.delivery is None else DeliveryState(stored.delivery)
    if state is not None and state in FAILED_DELIVERIES:
        return Decision(Action.SEND_NEXT)
    is_silent = (
        rule.after_silence_s is not None
        and (state is None or not state.is_final)
        and stored.due_at is None  # a scheduled message is silent for as long as it waits
        and age_s >= rule.after_silence_s
    )
    if not is_silent:
        return None
    has_heard = latest_report_at is not None and latest_report_at >= (stored.intent_at or 0.0)
    # Without a working webhook every message is silent.
    return Decision(Action.SEND_NEXT) if has_heard else Decision(Action.SKIP, NO_REPORTS)


def _decide_in_doubt(
    stored: StoredMessage,
    is_changed: bool,
    ages_s: Sequence[float],
    looked: Looked | None,
    rules: Rules,
) -> Decision:
    if rules.resend_unknown:
        return Decision(Action.SEND if is_changed else Action.SEND_AGAIN)
    if looked is None:
        return Decision(Action.UNKNOWN, "not looked up")
    if not looked.is_absent:
        return Decision(Action.UNKNOWN, "similar message found")
    channel, due_at = stored.channel, stored.due_at
    if channel in _JOURNAL_TELLS and _is_past(rules.grace_s, stored, looked):
        return Decision(Action.SEND)
    if not is_changed and may_send_again(channel, due_at, ages_s, rules):
        return Decision(Action.SEND_AGAIN)
    return Decision(Action.UNKNOWN, "in doubt")


def _is_past(grace_s: float, stored: StoredMessage, looked: Looked) -> bool:
    """Tell whether the gateway's journal would have it, if it had been accepted."""
    # The age is that of the first attempt; those under the reload lock came up to so much later.
    later_s = LOCK_S if stored.attempts > 1 else 0.0
    if looked.age_s is None or looked.age_s < grace_s + later_s:
        return False
    return stored.due_at is None or (looked.due_s is not None and looked.due_s >= grace_s)


def may_send_again(
    channel: str, due_at: float | None, ages_s: Sequence[float], rules: Rules
) -> bool:
    """Tell whether the reload lock guards a repetition now. Scheduled messages are left alone."""
    return channel in _LOCKED and due_at is None and is_younger(ages_s, rules.lock_s)


def is_younger(ages_s: Sequence[float], limit_s: float) -> bool:
    """Tell whether every proof says that something was less than so long ago, and there is one."""
    return bool(ages_s) and 0 <= max(ages_s) < limit_s
