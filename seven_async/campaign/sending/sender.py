"""A run with a journal: the intent is on disk before a message leaves, the result right after.

In: batches. Out: entries, each after its result is on disk. I/O through the client and the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple, TypeVar

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from seven_async.campaign.entry import Entry, State
from seven_async.campaign.inputs.message import Outgoing
from seven_async.campaign.interrupts import protected
from seven_async.campaign.journal.doubts import departure_of
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.sqlite.run_journal import Keeper
from seven_async.campaign.journal.sqlite.statements import Standing
from seven_async.campaign.sending.outcomes import Verdict
from seven_async.campaign.sending.ready import Ready
from seven_async.campaign.sending.runner import Run, Serve, pass_ticket, skipped
from seven_async.campaign.unknown.policy import (
    LOCK_S,
    Action,
    Decision,
    Looked,
    decided,
    is_younger,
)
from seven_async.campaign.unknown.resolver import as_repetition, send_under_lock, still_in_doubt
from seven_async.flow.gateway_time import proven_ages_s

T = TypeVar("T")

_CLAIMERS: Final = 3
"""While one waits for the disk, the others collect what the next commit takes."""


class Job(NamedTuple):
    """Messages whose intents are on disk, and how they are served."""

    batch: list[Outgoing]
    serve: Serve


class JournalledRun(Run[T]):
    """The sending of one input, of which the journal knows what was served before.

    `looked` says what is known of the messages in doubt that were looked up and not found.
    """

    keeper: Keeper
    looked: dict[str, Looked]

    def _start(self, tasks: TaskGroup) -> None:
        """Some claim, others send: so nobody who could send waits for the disk."""
        self._ready: Ready[Job] = Ready(self._settings.concurrency // 2 + 1)
        self._together = self._settings.concurrency // 4 + 1
        self._claiming = _CLAIMERS
        for _ in range(_CLAIMERS):
            tasks.start_soon(protected(), self._claim_all)
        for _ in range(self._settings.concurrency):
            tasks.start_soon(protected(), self._send_all)

    async def _wind_up(self) -> None:
        for job in self._ready.left():
            self._give_back(job.batch)
            self._cut_off(job.batch)
        try:
            await self.keeper.end(self.ending)
        except JournalError as error:
            self.failure = self.failure or error

    async def _claim_all(self) -> None:
        try:
            while (batches := await self._several()) is not None:
                with anyio.CancelScope(shield=True):
                    await self._claim(batches)
        finally:
            self._claiming -= 1
            if not self._claiming:
                self._ready.close()

    async def _several(self) -> list[list[Outgoing]] | None:
        """As many batches as can be had at once, so that they are written down together."""
        await self.outbox.room()
        await self._ready.room()
        batch = await self._taken()
        if batch is None:
            return None
        try:
            batches = [await self._affordable(batch)]
        except BaseException:
            self._give_back(batch)
            raise
        if not batches[0]:
            self._give_back(batch)
        if self.controls.is_free and not self._limiter.is_paced:
            while len(batches) < self._together and (more := self.intake.take_at_once()):
                batches.append(more)
        return [batch for batch in batches if batch]

    async def _send_all(self) -> None:
        while (job := await self._ready.take()) is not None:
            try:
                await self._to_the_end(job.serve, job.batch)
            finally:
                self._give_back(job.batch)

    def refuse(self, entry: Entry, verdict: Verdict) -> None:
        """Tell of something that cannot be sent, once that is written down."""

        def done() -> None:
            super(JournalledRun, self).refuse(entry, verdict)

        self.keeper.refuse(entry.line, entry.recipient, verdict.reason or "", done)

    async def _claim(self, batches: list[list[Outgoing]]) -> None:
        """Write intents for batches, and line up what is to leave."""
        if not batches:
            await checkpoint()
            return
        everybody: list[Outgoing] = []
        for batch in batches:
            self._refer(batch)
            digest = batch[0].digest
            for one in batch[1:]:
                one.share_digest(digest)
            everybody += batch
        try:
            standings = iter(await self.keeper.claim(everybody))
            for batch in batches:
                await self._line_up(batch, list(islice(standings, len(batch))))
        except JournalError as error:
            # Whatever is not an intent on the disk did not leave.
            self.halt(error)
            self._give_back(everybody)
            self._publish([(one, _unwritten(error)) for one in everybody if not one.is_told])

    async def _line_up(self, batch: list[Outgoing], standings: Sequence[Standing | None]) -> None:
        fresh: list[Outgoing] = []
        once_more: list[Outgoing] = []
        again: list[Job] = []
        for one, standing in zip(batch, standings, strict=True):
            if standing is None:
                self._sort_fresh(one, fresh)
                continue
            decision = self._decided(one, standing)
            if decision.action is Action.SEND:
                once_more.append(one)
            elif decision.action is Action.SEND_AGAIN:
                one.is_in_doubt = True
                again.append(Job([one], partial(self._repeat, standing=standing)))
            else:
                self._pass_over(one, decision)
        if once_more:
            await self.keeper.intend(once_more)
        leaving = pass_ticket(batch, fresh + once_more)
        if not leaving:
            self._give_back(batch)
        jobs = [Job(leaving, self._send), *again]
        self._ready.put([job for job in jobs if job.batch])

    def _sort_fresh(self, one: Outgoing, fresh: list[Outgoing]) -> None:
        if one.hold is None:
            fresh.append(one)
        else:
            self._publish([(one, skipped(one.hold))])

    def _decided(self, one: Outgoing, standing: Standing) -> Decision:
        if 0 < standing.step < len(one.forms) and standing.state != "accepted":
            one.turn_to(standing.step)
            self._refer([one])
        if one.hold is not None and not standing.is_in_doubt:
            return Decision(Action.SKIP, one.hold)
        decision = decided(
            standing,
            run=self.keeper.run,
            change=one.change_since(standing.digest),
            ages_s=self._ages_s(standing),
            looked=self.looked.get(one.key),
            rules=self._settings.rules,
        )
        is_sent = decision.action in (Action.SEND, Action.SEND_AGAIN)
        return Decision(Action.UNKNOWN, one.hold) if one.hold and is_sent else decision

    def _pass_over(self, one: Outgoing, decision: Decision) -> None:
        """Tell of what is not sent now; the journal keeps what it has."""
        state = State.UNKNOWN if decision.action is Action.UNKNOWN else State.SKIPPED
        self._publish([(one, Verdict(state=state, reason=decision.reason))])

    async def _send(self, batch: list[Outgoing]) -> None:
        try:
            await super()._send(batch)
        except JournalError as error:
            self.halt(error)
            self._publish([(one, _unwritten(error)) for one in batch if not one.is_told])

    async def _repeat(self, batch: list[Outgoing], standing: Standing) -> None:
        """Send a message in doubt again; the reload lock answers if the first was accepted."""
        (one,) = batch
        if standing.foreign_id:
            one.foreign_id = standing.foreign_id
            one.is_own_reference = bool(standing.is_own_reference)
        one.group = None
        ages_s = self._ages_s(standing)
        is_locked = one.may_have_left = is_younger(ages_s, LOCK_S)
        if is_locked:
            one.attempts, one.departure = standing.attempts + 1, departure_of(standing)
        try:
            verdict = await self._repeated(one, standing, ages_s, is_locked=is_locked)
            (settled,) = await self._settler.settled([one], [verdict], self._repeat_alone)
        except JournalError as error:
            self.halt(error)
            self._cut_off(batch)
            return
        self._tell([(one, settled)])

    async def _repeated(
        self, one: Outgoing, standing: Standing, ages_s: list[float], *, is_locked: bool
    ) -> Verdict:
        """The verdict on a message in doubt that is sent again."""
        rules = self._settings.rules
        in_doubt = Verdict(state=State.UNKNOWN, reason="in doubt")
        if rules.resend_unknown:
            await self.keeper.intend([one])
            verdict = await self._tried_alone(one)
            is_same = is_locked and one.change_since(standing.digest) is None
            return as_repetition(verdict) if is_same else still_in_doubt(verdict)
        # Asked once more: it has waited for its turn since it was decided.
        if not is_younger(ages_s, rules.lock_s):
            return in_doubt
        await self.keeper.intend([one])
        return await send_under_lock(one, self._tried_alone, ages_s) or in_doubt

    def _ages_s(self, standing: Standing) -> list[float]:
        """How long ago a message of an earlier run was about to leave, by each proof."""
        gateway = self._client.gateway_time
        return proven_ages_s(departure_of(standing), gateway.clock.read(), gateway)

    async def _repeat_alone(self, one: Outgoing) -> Verdict:
        one.attempts += 1
        await self.keeper.intend([one])
        return await self._tried_alone(one)

    async def _turn(self, one: Outgoing) -> None:
        await super()._turn(one)
        await self.keeper.intend([one])

    async def _write_intents(self, batch: Sequence[Outgoing]) -> None:
        await self.keeper.intend(batch)

    def _tell(self, served: Sequence[tuple[Outgoing, Verdict]]) -> None:
        for one, _ in served:
            one.is_told = True

        def done() -> None:
            self._publish(served)

        self.keeper.record(served, done)


def _unwritten(error: JournalError) -> Verdict:
    return Verdict(state=State.SKIPPED, error=error, reason="JournalError", again=True)
