"""A message whose answer was lost, settled while its lock still holds.

In: messages with an unknown outcome. Out: better verdicts where the gateway's journal, or its
refusal of a duplicate, proves one. I/O: the gateway's journal, and at most one repetition each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio
import attrs

from seven_async.api.receipt import Message
from seven_async.campaign.entry import State
from seven_async.campaign.inputs.message import Outgoing
from seven_async.campaign.sending.outcomes import Verdict, is_duplicate
from seven_async.campaign.unknown.policy import LOCK_S, Rules, may_send_again
from seven_async.errors import SevenError
from seven_async.finder import Doubt, Finder, Finding, Sight, digits_of
from seven_async.flow.gateway_time import Departure, GatewayTime, proven_ages_s

_ARRIVAL_S: Final = 20.0
"""For what may be wrong with an age by `Date` headers, and for the way to the gateway."""

Send = Callable[[Outgoing], Awaitable[Verdict]]


@attrs.frozen(eq=False)
class Settler:
    """Settles what is unknown: found is accepted; an SMS that is not there is sent once more."""

    finder: Finder
    rules: Rules
    gateway: GatewayTime

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
        numbers = (digits_of(one.to) for one in batch)
        beside = frozenset(number for number in numbers if number is not None)
        try:
            findings = await self.finder.find([self._doubt(one, beside) for one in unknown])
        except SevenError:
            return list(verdicts)  # whatever keeps us from looking, the messages stay unknown
        better = {id(one): await self._better(one, findings[one.key], send) for one in unknown}
        return [
            better.get(id(one)) or verdict for one, verdict in zip(batch, verdicts, strict=True)
        ]

    async def _better(self, one: Outgoing, finding: Finding, send: Send) -> Verdict | None:
        if finding.sight is Sight.PRESENT:
            return accepted_by(finding)
        if finding.sight is Sight.UNCLEAR:
            return None
        now = self.gateway.clock.read()
        ages_s = proven_ages_s(departure_of(one, self.gateway), now, self.gateway)
        if not may_send_again(one.kind.channel, one.due_at, ages_s, self.rules):
            return None
        return await send_under_lock(one, send, ages_s)

    def _doubt(self, one: Outgoing, beside: frozenset[str]) -> Doubt:
        departure = departure_of(one, self.gateway)
        reading = departure.reading
        return Doubt(
            key=one.key,
            to=one.to,
            channel=one.kind.channel,
            reference=one.foreign_id,
            is_own_reference=one.is_own_reference,
            text_mark=one.text_mark,
            claimed_s=None if reading is None else reading.now_s,
            departure=departure,
            beside=beside,
        )


async def send_under_lock(one: Outgoing, send: Send, ages_s: Sequence[float]) -> Verdict | None:
    """Send a message in doubt again, as long as the reload lock of its first attempt holds.

    None if it could not leave in time: a limiter may hold it up. Cut off, it stays in doubt.
    """
    with anyio.move_on_after(LOCK_S - _ARRIVAL_S - max(ages_s)):
        return as_repetition(await send(one))
    return None


def departure_of(one: Outgoing, gateway: GatewayTime) -> Departure:
    """Return when a message of this run was about to leave, with all that is known of it by now."""
    departure = one.departure or Departure()
    if departure.reading is None:  # it left in an earlier process
        return departure
    return attrs.evolve(departure, gateway_s=gateway.latest_s(departure.reading))


def accepted_by(finding: Finding) -> Verdict:
    """The verdict on a message that the gateway's journal has."""
    entry = finding.entries[0]
    message = Message(id=entry.id, price=entry.price, success=True)
    return Verdict(state=State.ACCEPTED, message=message)


def as_repetition(verdict: Verdict) -> Verdict:
    """A refusal as a duplicate proves that the first was accepted."""
    return Verdict(state=State.ACCEPTED) if is_duplicate(verdict) else still_in_doubt(verdict)


def still_in_doubt(verdict: Verdict) -> Verdict:
    """The verdict on a message in doubt whose repetition did not leave: the first may have.

    As one that was not sent, it would be sent by the next run without a look at the first.
    """
    if not verdict.again:
        return verdict
    return attrs.evolve(verdict, state=State.UNKNOWN, reason="in doubt", again=False)
