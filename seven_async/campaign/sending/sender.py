"""The way of one batch: claim → request → outcome → record.

In: messages for recipients. Out: their results, each after the journal has it. I/O: the journal,
then the gateway, then the journal.

The order is the promise. An intent is on disk before a message leaves, and a result is on disk
before the caller hears of it. So whatever ends the process, the next run knows what may have left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from math import inf
from typing import Final, Protocol

import anyio

from seven_async.api.replies.receipt import Receipt
from seven_async.campaign.inputs.csv_dialect import CsvError
from seven_async.campaign.inputs.message import OutgoingMessage, build_request
from seven_async.campaign.inputs.opt_out_store import OptOutError
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.protocol import RunJournal, StoredMessage
from seven_async.campaign.results import (
    FATAL,
    TAKEN,
    TOO_DEAR,
    TOO_LATE,
    PausedError,
    Reason,
    SendResult,
    State,
    TooLateError,
)
from seven_async.campaign.sending.batcher import References
from seven_async.campaign.sending.outcomes import (
    goes_alone_after,
    result_of_error,
    result_of_unwritten,
    results_of_receipt,
    skip,
)
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.suppressing import CurrentSuppression
from seven_async.campaign.unknown.policy import LOCK_S, Action, Decision, decide, is_younger
from seven_async.campaign.unknown.resolver import (
    UnknownResolver,
    as_repetition,
    send_under_lock,
    still_in_doubt,
)
from seven_async.client import AsyncSeven
from seven_async.errors import InsufficientCreditError, SevenError
from seven_async.finder import Finder
from seven_async.flow.limit import Ticket
from seven_async.flow.values.gateway_time import Departure, proven_ages_s, read_departure

_FRESH_S: Final = 2.0
"""So old may an intent be when its message leaves; `build_rules` allows for a larger margin."""


class RunControl(Protocol):
    """What a sender asks and tells of its run."""

    held_back: str | None
    """Why nothing more may leave; None while messages may."""

    def halt(self, error: SevenError) -> None:
        """Let nothing more leave."""
        ...

    def pause_for_cost(self) -> None:
        """Take no more messages: the next one may cost too much."""
        ...

    def publish(self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]) -> None:
        """Count results, and hand their entries to the caller."""
        ...


class Sender:
    """Sends batches for one run."""

    def __init__(
        self, client: AsyncSeven, settings: Settings, journal: RunJournal, run: RunControl
    ) -> None:
        self._client = client
        self._gateway = client.gateway_time
        self._rules = settings.rules
        self._journal = journal
        self._run = run
        self._references = References()
        finder = Finder(client.journal, client.gateway_time)
        self._resolver = UnknownResolver(finder, settings.rules, client.gateway_time)
        listed, until = settings.suppress, settings.not_after
        self._suppression = None if listed is None else CurrentSuppression(listed)
        self.not_after_s: float = inf if until is None else until.timestamp()
        self._requests = anyio.Semaphore(settings.concurrency, fast_acquire=True)

    async def serve(self, batch: list[OutgoingMessage]) -> None:
        """Send what is to be sent of a batch; record and publish what became of each message."""
        self._references.add(batch)
        try:
            await self._hold_back(batch)
            stored = await self._journal.claim(batch)
            leaving, again = await self._sort(batch, stored)
            if not leaving:
                # What is sent again gets places of its own, and would wait behind this one.
                self.give_back_ticket(batch)
            async with self._requests:
                await self._send(leaving)
                for message, before in again:
                    await self._repeat(message, before)
        except (JournalError, OptOutError, CsvError) as error:
            # Whatever is not an intent on the disk did not leave.
            self._run.halt(error)
            untold = [message for message in batch if not message.is_told]
            self._run.publish(untold, [result_of_unwritten(message, error) for message in untold])

    def record(self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]) -> None:
        """Have results written down, and published when they are on disk."""
        for message in batch:
            message.is_told = True
        self._journal.record_results(batch, results, partial(self._run.publish, batch, results))

    def hold_late(self, batch: Iterable[OutgoingMessage]) -> None:
        """Hold back what is too late by now, so that it need not wait for the rate."""
        if self._is_too_late():
            for message in batch:
                message.hold = message.hold or TOO_LATE

    def _is_too_late(self) -> bool:
        return self._gateway.clock.now() > self.not_after_s

    def give_back_ticket(self, batch: Sequence[OutgoingMessage]) -> None:
        """Give back the place in the account's line that a batch did not use."""
        for message in batch:
            if message.ticket is not None:
                self._client.limiter.step_out(message.ticket)
                message.ticket = None

    # Claim

    async def _hold_back(self, batch: list[OutgoingMessage]) -> None:
        """Hold back whose recipient was listed since the messages were read."""
        if self._suppression is not None:
            await self._suppression.hold_back(batch)

    async def _sort(
        self, batch: list[OutgoingMessage], stored: Sequence[StoredMessage | None]
    ) -> tuple[list[OutgoingMessage], list[tuple[OutgoingMessage, StoredMessage]]]:
        """Return what leaves now, and what is sent again under the rules for what is in doubt.

        The rest is told of here. What has no row of an earlier run was claimed, and leaves.
        """
        fresh = [
            message
            for message, before in zip(batch, stored, strict=True)
            if before is None and message.hold is None
        ]
        if len(fresh) == len(batch):  # as it mostly is
            return fresh, []
        known: list[OutgoingMessage] = []
        again: list[tuple[OutgoingMessage, StoredMessage]] = []
        for message, before in zip(batch, stored, strict=True):
            if before is not None:
                report_at = await self._latest_report(message)
                self._sort_known(message, before, report_at, known, again)
            elif message.hold is not None:
                self._tell_not_claimed(message, message.hold)
        leaving = await self._journal.write_intents(known) if known else known
        if len(leaving) < len(known):
            for message in known:
                if message not in leaving:
                    self._tell_not_claimed(message, message.hold or TAKEN)
        return pass_ticket(batch, fresh + leaving), again

    def _tell_not_claimed(self, message: OutgoingMessage, reason: str) -> None:
        if reason == TOO_DEAR:  # it has no entry: the run ends before it
            self._run.pause_for_cost()
        else:
            self._run.publish([message], [skip(reason)])

    def _sort_known(
        self,
        message: OutgoingMessage,
        before: StoredMessage,
        latest_report_at: float | None,
        known: list[OutgoingMessage],
        again: list[tuple[OutgoingMessage, StoredMessage]],
    ) -> None:
        decision = self._decide(message, before, latest_report_at)
        if decision.action is Action.SEND_NEXT:
            message.turn_to(before.step + 1)
            self._references.add([message])
            known.append(message)
        elif decision.action is Action.SEND:
            known.append(message)
        elif decision.action is Action.SEND_AGAIN:
            message.is_in_doubt = True
            again.append((message, before))
        else:
            # The journal keeps what it has.
            state = State.UNKNOWN if decision.action is Action.UNKNOWN else State.SKIPPED
            self._run.publish([message], [SendResult(state=state, reason=decision.reason)])

    async def _latest_report(self, message: OutgoingMessage) -> float | None:
        has_rule = message.delivery_rule is not None
        return await self._journal.latest_report_at() if has_rule else None

    def _decide(
        self, message: OutgoingMessage, before: StoredMessage, latest_report_at: float | None
    ) -> Decision:
        if 0 < before.step < len(message.forms) and before.state != "accepted":
            message.turn_to(before.step)
            self._references.add([message])
        hold = message.hold
        if hold is not None and hold != TOO_LATE and not before.is_in_doubt:
            return Decision(Action.SKIP, hold)
        ages_s = self._ages_s(before)
        # Of several proofs the highest: setting a clock changes none. Without a proof the clock.
        left_at = before.intent_at or self._gateway.clock.now()
        age_s = max(ages_s) if ages_s else self._gateway.clock.now() - left_at
        decision = decide(
            before,
            run=self._journal.run,
            change=message.change_since(before.digest, before.step),
            ages_s=ages_s,
            rules=self._rules,
            delivery_rule=message.rule_after(before.step),
            age_s=age_s,
            latest_report_at=latest_report_at,
        )
        if hold is None or decision.action in (Action.SKIP, Action.UNKNOWN):
            return decision
        return Decision(Action.UNKNOWN if before.is_in_doubt else Action.SKIP, hold)

    # Request and outcome

    async def _send(self, batch: list[OutgoingMessage]) -> None:
        if batch:
            self.record(batch, await self._send_forms(batch))

    async def _send_forms(self, batch: list[OutgoingMessage]) -> list[SendResult]:
        """Return the results of a batch; what was refused goes on to its next form."""
        results = await self._request(batch)
        states = [result.state for result in results]
        if State.UNKNOWN in states:
            results = await self._resolver.resolve(batch, results, self._repeat_alone)
            states = [result.state for result in results]
        if State.REJECTED in states:
            for place, message in enumerate(batch):
                if results[place].state is not State.REJECTED or not message.has_next:
                    continue
                # A request may take a minute, in which the recipient may have opted out.
                await self._hold_back([message])
                if message.hold is None:
                    await self._turn_to_next(message)
                    results[place] = (await self._send_forms([message]))[0]
        return results

    async def _turn_to_next(self, message: OutgoingMessage) -> None:
        """Turn to the next form of a message, and write down that it leaves."""
        message.turn_to(message.step + 1)
        self._references.add([message])
        message.departure = read_departure(self._gateway)
        await self._journal.write_intents([message])

    async def _request_alone(self, message: OutgoingMessage) -> SendResult:
        return (await self._request([message]))[0]

    async def _request(self, batch: list[OutgoingMessage]) -> list[SendResult]:
        """Return the results of a request, or of several if one recipient made it fail."""
        try:
            if self._run.held_back is not None:
                return [skip(self._run.held_back, again=True)] * len(batch)
            return await self._call(batch)
        except TooLateError:
            return [skip(TOO_LATE, again=True)] * len(batch)
        except SevenError as error:
            self._stop_for(error)
            if not goes_alone_after(error, batch):
                return [result_of_error(error)] * len(batch)
            for message in batch:
                message.may_have_left = False
        return [await self._request_alone(message) for message in batch]

    async def _call(self, batch: list[OutgoingMessage]) -> list[SendResult]:
        first = batch[0]
        row, ticket = first.channel.row, first.ticket or Ticket()
        first.ticket = None
        ticket.messages = len(batch)
        ticket.before_leaving = partial(self._renew_intents, batch)
        receipt: Receipt = await self._client.call(row, build_request(batch), ticket=ticket)
        return results_of_receipt(receipt, batch, row.line)

    async def _renew_intents(self, batch: Sequence[OutgoingMessage]) -> None:
        """Date the intents of what leaves now, where they had to wait for it.

        How long a message in doubt may have been with the gateway is counted from its intent.
        Raises `TooLateError` where waiting took too long for it to leave at all.
        """
        if self._is_too_late():
            raise TooLateError(TOO_LATE)
        now_s = self._gateway.clock.monotonic()
        late: list[OutgoingMessage] = []
        departure, is_late = None, False
        for message in batch:
            if message.departure is not departure:  # which all of a batch mostly share
                departure, is_late = message.departure, _is_late(message.departure, now_s)
            if is_late and not message.may_have_left:
                late.append(message)
        if late:
            leaving = read_departure(self._gateway)
            for message in late:
                message.departure = leaving
            await self._journal.write_intents(late)
        self._journal.check_lease()
        for message in batch:
            message.may_have_left = True

    def _stop_for(self, error: SevenError) -> None:
        """Stop the run for an error that the next message would meet as well."""
        if isinstance(error, FATAL):
            self._run.halt(error)
        elif isinstance(error, InsufficientCreditError):
            self._run.halt(PausedError(Reason.CREDIT))

    # What an earlier run left in doubt

    async def _repeat(self, message: OutgoingMessage, before: StoredMessage) -> None:
        """Send a message in doubt again; the reload lock answers if the first was accepted."""
        if before.foreign_id:
            message.foreign_id = before.foreign_id
            message.is_own_reference = bool(before.is_own_reference)
        message.group = None
        ages_s = self._ages_s(before)
        is_locked = message.may_have_left = is_younger(ages_s, LOCK_S)
        if is_locked:
            message.attempts, message.departure = before.attempts + 1, before.departure
        result = await self._send_again(message, before, ages_s, is_locked=is_locked)
        (result,) = await self._resolver.resolve([message], [result], self._repeat_alone)
        self.record([message], [result])

    async def _send_again(
        self,
        message: OutgoingMessage,
        before: StoredMessage,
        ages_s: list[float],
        *,
        is_locked: bool,
    ) -> SendResult:
        in_doubt = SendResult(state=State.UNKNOWN, reason="in doubt")
        if self._rules.resend_unknown:
            if not await self._journal.write_intents([message]):
                return in_doubt
            result = await self._request_alone(message)
            is_same = is_locked and message.change_since(before.digest) is None
            return as_repetition(result) if is_same else still_in_doubt(result)
        # Asked once more: it has waited for its turn since it was decided.
        if not is_younger(ages_s, self._rules.lock_s):
            return in_doubt
        if not await self._journal.write_intents([message]):
            return in_doubt
        return await send_under_lock(message, self._request_alone, ages_s) or in_doubt

    async def _repeat_alone(self, message: OutgoingMessage) -> SendResult:
        """Send a message whose answer was lost in this run once more."""
        message.attempts += 1
        await self._journal.write_intents([message])
        return await self._request_alone(message)

    def _ages_s(self, before: StoredMessage) -> list[float]:
        """Return how long ago a message of an earlier run was about to leave, by each proof."""
        return proven_ages_s(before.departure, self._gateway.clock.read(), self._gateway)


def pass_ticket(
    taken: Sequence[OutgoingMessage], leaving: list[OutgoingMessage]
) -> list[OutgoingMessage]:
    """Give what leaves of a batch the batch's place in the line; return what leaves."""
    if leaving and taken[0] is not leaving[0]:
        leaving[0].ticket, taken[0].ticket = taken[0].ticket, None
    return leaving


def _is_late(departure: Departure | None, now_s: float) -> bool:
    """Tell whether an intent is older than what leaves now, by the clock that cannot be set."""
    intent = departure.reading if departure is not None else None
    return intent is not None and now_s - intent.monotonic_s > _FRESH_S
