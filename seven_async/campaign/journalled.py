"""A run with a journal: the intent is on disk before a message leaves, the result right after.

In: batches. Out: entries, each after its result is on disk. I/O through the client and the writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from seven_async.campaign.entry import Entry, State
from seven_async.campaign.journal.errors import JournalError
from seven_async.campaign.journal.keeper import Keeper
from seven_async.campaign.journal.rows import Standing
from seven_async.campaign.outgoing import Outgoing
from seven_async.campaign.resume import LOCK_S, Action, Decision, decided
from seven_async.campaign.run import Run, skipped
from seven_async.campaign.settle import as_repetition
from seven_async.campaign.verdict import Verdict

T = TypeVar("T")


class JournalledRun(Run[T]):
    """The sending of one input, of which the journal knows what was served before.

    `absent` has the messages in doubt that the gateway's journal does not have, and when that was.
    """

    keeper: Keeper
    absent: dict[str, float]

    @property
    def spare_workers(self) -> int:
        """As many again, so that claims are on disk before it is their turn to leave."""
        return self._settings.concurrency

    async def _wind_up(self) -> None:
        try:
            await self.keeper.end(self.ending)
        except JournalError as error:
            self.failure = self.failure or error

    def refuse(self, entry: Entry, verdict: Verdict) -> None:
        """Tell of something that cannot be sent, once that is written down."""

        def done() -> None:
            super(JournalledRun, self).refuse(entry, verdict)

        self.keeper.refuse(entry.line, entry.recipient, verdict.reason or "", done)

    async def _serve(self, batch: list[Outgoing]) -> None:
        self._refer(batch)
        digest = batch[0].digest
        for one in batch[1:]:
            one.share(digest)
        try:
            await self._serve_claimed(batch, await self.keeper.claim(batch))
        except JournalError as error:
            # Whatever is not an intent on the disk did not leave.
            self.halt(error)
            self._publish([(one, _unwritten(error)) for one in batch if not one.is_told])

    async def _serve_claimed(
        self, batch: list[Outgoing], standings: Sequence[Standing | None]
    ) -> None:
        fresh: list[Outgoing] = []
        once_more: list[Outgoing] = []
        again: list[tuple[Outgoing, Standing]] = []
        for one, standing in zip(batch, standings, strict=True):
            if standing is None:
                self._sort_fresh(one, fresh)
                continue
            decision = self._decided(one, standing)
            if decision.action is Action.SEND:
                once_more.append(one)
            elif decision.action is Action.SEND_AGAIN:
                again.append((one, standing))
            else:
                self._pass_over(one, decision)
        if once_more:
            await self.keeper.intend(once_more)
        await self._send(fresh + once_more)
        for one, standing in again:
            await self._repeat(one, standing)

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
            digest=one.digest,
            now_s=self._now(),
            absent_at=self.absent.get(one.key),
            rules=self._settings.rules,
        )
        is_sent = decision.action in (Action.SEND, Action.SEND_AGAIN)
        return Decision(Action.UNKNOWN, one.hold) if one.hold and is_sent else decision

    def _pass_over(self, one: Outgoing, decision: Decision) -> None:
        """Tell of what is not sent now; the journal keeps what it has."""
        state = State.UNKNOWN if decision.action is Action.UNKNOWN else State.SKIPPED
        self._publish([(one, Verdict(state=state, reason=decision.reason))])

    async def _repeat(self, one: Outgoing, standing: Standing) -> None:
        """Send a message in doubt again; the reload lock answers if the first was accepted."""
        one.foreign_id = standing.foreign_id or one.foreign_id
        is_locked = self._now() - (standing.intent_at or 0.0) < LOCK_S
        one.intent_at = standing.intent_at if is_locked else None
        one.group = None
        await self.keeper.intend([one])
        verdict = await self._tried_alone(one)
        if is_locked and standing.digest == one.digest:
            verdict = as_repetition(verdict)
        (settled,) = await self._settler.settled([one], [verdict], self._tried_alone)
        self._tell([(one, settled)])

    async def _turn(self, one: Outgoing) -> None:
        await super()._turn(one)
        await self.keeper.intend([one])

    def _tell(self, served: Sequence[tuple[Outgoing, Verdict]]) -> None:
        for one, _ in served:
            one.is_told = True

        def done() -> None:
            self._publish(served)

        self.keeper.record(served, done)


def _unwritten(error: JournalError) -> Verdict:
    return Verdict(state=State.SKIPPED, error=error, reason="JournalError", again=True)
