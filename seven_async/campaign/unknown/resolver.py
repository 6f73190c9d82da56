"""A message whose answer was lost is resolved while its lock still holds.

In: messages with an unknown outcome. Out: better results where the gateway's journal, or its
refusal of a duplicate, proves one. I/O: the gateway's journal, and at most one repetition each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio
import attrs

from seven_async.api.replies.receipt import Message
from seven_async.campaign.inputs.message import OutgoingMessage, departure_of
from seven_async.campaign.results import SendResult, State, is_duplicate
from seven_async.campaign.unknown.policy import LOCK_S, Rules, may_send_again
from seven_async.errors import SevenError
from seven_async.finder import Doubt, Finder, Finding, Sight, digits_of
from seven_async.flow.values.gateway_time import GatewayTime, proven_ages_s

_ARRIVAL_S: Final = 20.0
"""For what may be wrong with an age by `Date` headers, and for the way to the gateway."""

Send = Callable[[OutgoingMessage], Awaitable[SendResult]]


@attrs.frozen(eq=False)
class UnknownResolver:
    """Resolves what is unknown: what is there is accepted; an SMS that is not is sent once more."""

    finder: Finder
    rules: Rules
    gateway: GatewayTime

    async def resolve(
        self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult], send: Send
    ) -> list[SendResult]:
        """Return the results, those that were unknown replaced where something is known now."""
        state = State.UNKNOWN
        unknown = [
            message
            for message, result in zip(batch, results, strict=True)
            if result.state is state and message.foreign_id is not None
        ]
        if not unknown:
            return list(results)
        numbers = (digits_of(message.to) for message in batch)
        beside = frozenset(number for number in numbers if number is not None)
        try:
            findings = await self.finder.find([self._build_doubt(each, beside) for each in unknown])
        except SevenError:
            return list(results)  # what cannot be looked up stays unknown
        better = {
            id(message): await self._find_better(message, findings[message.key], send)
            for message in unknown
        }
        return [
            better.get(id(message)) or result
            for message, result in zip(batch, results, strict=True)
        ]

    async def _find_better(
        self, message: OutgoingMessage, finding: Finding, send: Send
    ) -> SendResult | None:
        if finding.sight is Sight.PRESENT:
            return result_of_finding(finding)
        if finding.sight is Sight.UNCLEAR:
            return None
        now = self.gateway.clock.read()
        ages_s = proven_ages_s(departure_of(message, self.gateway), now, self.gateway)
        if not may_send_again(message.channel.name, message.due_at, ages_s, self.rules):
            return None
        return await send_under_lock(message, send, ages_s)

    def _build_doubt(self, message: OutgoingMessage, beside: frozenset[str]) -> Doubt:
        departure = departure_of(message, self.gateway)
        reading = departure.reading
        return Doubt(
            key=message.key,
            to=message.to,
            channel=message.channel.name,
            reference=message.foreign_id,
            is_own_reference=message.is_own_reference,
            text_mark=message.text_mark,
            claimed_s=None if reading is None else reading.now_s,
            departure=departure,
            beside=beside,
        )


async def send_under_lock(
    message: OutgoingMessage, send: Send, ages_s: Sequence[float]
) -> SendResult | None:
    """Send a message in doubt again, as long as the reload lock of its first attempt holds.

    None if it could not leave in time: a limiter may hold it up. Cut off, it stays in doubt.
    """
    with anyio.move_on_after(LOCK_S - _ARRIVAL_S - max(ages_s)):
        return as_repetition(await send(message))
    return None


def result_of_finding(finding: Finding) -> SendResult:
    """Return the result of a message that the gateway's journal has."""
    entry = finding.entries[0]
    message = Message(id=entry.id, price=entry.price, success=True)
    return SendResult(state=State.ACCEPTED, message=message)


def as_repetition(result: SendResult) -> SendResult:
    """Return the result of a repetition: a refusal as a duplicate proves the first was accepted."""
    return SendResult(state=State.ACCEPTED) if is_duplicate(result) else still_in_doubt(result)


def still_in_doubt(result: SendResult) -> SendResult:
    """Return the result of a message in doubt whose repetition did not leave: the first may have.

    Told as not sent, it would be sent by the next run without a look at the first.
    """
    if not result.again:
        return result
    return attrs.evolve(result, state=State.UNKNOWN, reason="in doubt", again=False)
