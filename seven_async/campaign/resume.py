"""What to do with a message that is in the journal already: one pure function.

In: what the journal and the gateway's journal know of it. Out: an `Action` and why. No I/O.

The promise is "never twice". A message in doubt is sent again only where that cannot serve anybody
twice: within the reload lock, in which the gateway refuses the same SMS a second time; or when the
gateway's journal still does not have it after so long that it will not any more. WhatsApp and voice
have neither lock nor a dependable journal, so absence proves nothing there.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

import attrs

from seven_async.campaign.journal.rows import Standing

LOCK_S: Final = 180.0
"""How long the gateway refuses the same SMS to the same recipient (errors.md section 5)."""

_LOCKED: Final = frozenset({"sms"})
_JOURNAL_TELLS: Final = frozenset({"sms", "rcs"})


class Action(Enum):
    """What to do with a message."""

    SEND = "send"
    """As if for the first time."""

    SEND_AGAIN = "send again"
    """Alone, with the reference it had; a refusal as a duplicate proves the first was accepted."""

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
    where the account has it switched off.
    """

    lock_s: float
    grace_s: float
    resend_unknown: bool = False
    resend_changed: bool = False


def decided(
    standing: Standing,
    *,
    run: int,
    digest: str,
    now_s: float,
    absent_at: float | None,
    rules: Rules,
) -> Decision:
    """What to do with a message that has a row in the journal.

    `absent_at` is when the gateway's journal was seen not to have it; None if it was not asked.
    """
    is_changed = digest != standing.digest
    if standing.run == run:
        return Decision(Action.SKIP, "duplicate")
    if standing.is_in_doubt:
        return _in_doubt(standing, is_changed, now_s, absent_at, rules)
    if standing.state == "accepted":
        if is_changed and rules.resend_changed:
            return Decision(Action.SEND)
        return Decision(Action.SKIP, "text changed" if is_changed else "served before")
    if standing.state == "rejected" and not is_changed:
        return Decision(Action.SKIP, "rejected before")
    return Decision(Action.SEND)


def _in_doubt(
    standing: Standing, is_changed: bool, now_s: float, absent_at: float | None, rules: Rules
) -> Decision:
    if rules.resend_unknown:
        return Decision(Action.SEND if is_changed else Action.SEND_AGAIN)
    if absent_at is None:
        return Decision(Action.UNKNOWN, "not looked up")
    intent_at = standing.intent_at or 0.0
    channel, last_at = standing.channel, max(intent_at, standing.due_at or 0.0)
    if channel in _JOURNAL_TELLS and absent_at - last_at >= rules.grace_s:
        return Decision(Action.SEND)
    if not is_changed and may_send_again(channel, intent_at, standing.due_at, now_s, rules):
        return Decision(Action.SEND_AGAIN)
    return Decision(Action.UNKNOWN, "in doubt")


def may_send_again(
    channel: str, intent_at: float, due_at: float | None, now_s: float, rules: Rules
) -> bool:
    """Whether the reload lock guards a repetition now. Scheduled messages are left alone."""
    is_guarded = 0 <= now_s - intent_at < rules.lock_s
    return channel in _LOCKED and due_at is None and is_guarded
