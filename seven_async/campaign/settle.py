"""A message whose answer was lost, settled while its lock still holds.

In: messages with an unknown outcome. Out: better verdicts where the gateway's journal, or its
refusal of a duplicate, proves one. I/O: the gateway's journal, and at most one repetition each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import attrs

from seven_async.api.receipt import Message
from seven_async.campaign.entry import State
from seven_async.campaign.lookup import Doubt, Lookup, Trace
from seven_async.campaign.outgoing import Outgoing, is_e164
from seven_async.campaign.resume import LOCK_S, Rules, may_send_again
from seven_async.campaign.verdict import Verdict, is_duplicate
from seven_async.errors import SevenError

Send = Callable[[Outgoing], Awaitable[Verdict]]


@attrs.frozen(eq=False)
class Settler:
    """Settles what is unknown: found is accepted; an SMS that is not there is sent once more."""

    lookup: Lookup
    rules: Rules
    now: Callable[[], float]

    async def settled(
        self, batch: Sequence[Outgoing], verdicts: Sequence[Verdict], send: Send
    ) -> list[Verdict]:
        """The verdicts, those that were unknown replaced where something is known now."""
        state = State.UNKNOWN
        unknown = [
            one
            for one, verdict in zip(batch, verdicts, strict=True)
            if verdict.state is state and one.foreign_id is not None
        ]
        if not unknown:
            return list(verdicts)
        try:
            traces = await self.lookup.traces([doubt_of(one) for one in unknown])
        except SevenError:
            return list(verdicts)  # whatever keeps us from looking, the messages stay unknown
        better = {id(one): await self._better(one, traces.get(one.key), send) for one in unknown}
        return [
            better.get(id(one)) or verdict for one, verdict in zip(batch, verdicts, strict=True)
        ]

    async def _better(self, one: Outgoing, trace: Trace | None, send: Send) -> Verdict | None:
        if trace is not None:
            return accepted_by(trace)
        channel, intent_at = one.kind.channel, one.intent_at
        if intent_at is None or not may_send_again(
            channel, intent_at, one.due_at, self.now(), self.rules
        ):
            return None
        return as_repetition(await send(one))

    def is_locked(self, intent_at: float) -> bool:
        """Whether the gateway would still refuse what left then as a duplicate."""
        return self.now() - intent_at < LOCK_S


def accepted_by(trace: Trace) -> Verdict:
    """The verdict on a message that the gateway's journal has."""
    message = Message(id=trace.message_id, price=trace.price, success=True)
    return Verdict(state=State.ACCEPTED, message=message)


def as_repetition(verdict: Verdict) -> Verdict:
    """A refusal as a duplicate proves that the first was accepted."""
    return Verdict(state=State.ACCEPTED) if is_duplicate(verdict) else verdict


def doubt_of(one: Outgoing) -> Doubt:
    """What is to be looked up for a message of this run."""
    return Doubt(
        key=one.key,
        to=one.to,
        digits=one.digits if is_e164(one.digits) else None,
        channel=one.kind.channel,
        foreign_id=one.foreign_id,
        intent_at=one.intent_at or 0.0,
    )
