"""The journal in PostgreSQL as one run uses it.

In: the messages of a run and their results. Out: what was in the journal before. I/O: its writer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final, Protocol

import attrs

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.journal.postgres.lease import LeaseLostError
from seven_async.campaign.journal.postgres.spending import CostClaim, claim_within_limit
from seven_async.campaign.journal.postgres.statements import Claimed, ClaimTerms
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import Plain
from seven_async.campaign.journal.writer import Claim, Renewal
from seven_async.campaign.journal.writing_journal import WritingJournal
from seven_async.campaign.results import TAKEN, TOO_DEAR, SendResult

HELD: Final = "campaign paused"
"""Why a message was not claimed: the campaign was paused or cancelled."""


@attrs.frozen
class ClaimedRow:
    """The row of a message as this process has seen it; `is_mine` if it wrote the intent."""

    n: int
    attempt: int
    is_mine: bool
    step: int = 0


_NO_RUN: Final = 0  # numbers of runs begin at 1
_NONE: Final = ClaimedRow(0, 0, is_mine=False)


def row_of(message: OutgoingMessage) -> ClaimedRow:
    """Return the row of a message; one that is nobody's if it has none yet."""
    return message.row if isinstance(message.row, ClaimedRow) else _NONE


class PostgresRunJournal(WritingJournal):
    """A journal that several processes may write (`RunJournal`)."""

    async def _claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        self.check_lease()
        claims: list[Claimed | None] = await self._writer.do(Claim(self._new_intents(batch)))
        stored: list[StoredMessage | None] = []
        for message, claim in zip(batch, claims, strict=True):
            if claim is None:
                self.check_lease()  # if that is why
                message.hold = message.hold or HELD
                stored.append(None)
                continue
            # A duplicate has the row of the first one, whose result is not its own.
            message.row = ClaimedRow(claim.n, claim.attempt, is_mine=claim.stored is None)
            stored.append(claim.stored)
        return stored

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Write intents for what is in the journal and leaves (again, or in another form)."""
        self.check_lease()
        written: set[int] = await self._writer.do(Renewal(self._placed_intents(batch)))
        return self._take(batch, written)

    def _new_intents(self, batch: Sequence[OutgoingMessage]) -> list[Plain]:
        return [
            (*values, message.reserved_micro_eur)
            for values, message in zip(self._rows.build_intents(batch), batch, strict=True)
        ]

    def _placed_intents(self, batch: Sequence[OutgoingMessage]) -> list[Plain]:
        return [
            (*values, row_of(message).n, row_of(message).attempt)
            for values, message in zip(self._new_intents(batch), batch, strict=True)
        ]

    def _take(
        self, batch: Sequence[OutgoingMessage], written: Collection[int]
    ) -> list[OutgoingMessage]:
        """Return what is this process's now; raises `LeaseLostError` where that was lost."""
        leaving: list[OutgoingMessage] = []
        for message in batch:
            row = row_of(message)
            if row.n in written:
                message.row = ClaimedRow(row.n, row.attempt + 1, is_mine=True)
                leaving.append(message)
            elif row.is_mine:
                raise LeaseLostError(
                    "another process has taken over what this one was sending; it sends nothing "
                    "more"
                )
        return leaving

    def _build_results(
        self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]
    ) -> list[Plain]:
        rows = [row_of(message) for message in batch]
        written = zip(super()._build_results(batch, results), rows, strict=True)
        return [(*values, row.n, row.attempt) for values, row in written if row.is_mine]


class LookJournal(PostgresRunJournal):
    """The same for what a process has looked up that others have left in doubt."""

    async def end(self, ending: str) -> None:  # noqa: ARG002 - of the protocol
        """Wait until all results are committed; the run itself goes on."""
        await self._writer.do(lambda _: None)


class CostKeeper(Protocol):
    """What a claim asks of a limit of cost."""

    limit_micro_eur: int
    terms: ClaimTerms

    def estimate(self, message: OutgoingMessage) -> int:
        """Return the most that a message may cost, in millionths of a euro."""
        ...

    async def wait(self, since_s: float) -> bool:
        """Wait for requests in flight to be settled; return False if that has taken too long."""
        ...


def _without_own_run(stored: StoredMessage | None) -> StoredMessage | None:
    """Return what was held up as of no run: a worker's run goes on, and takes it up again.

    With the number of the run it would count as a duplicate of that.
    """
    if stored is None or stored.state != "planned":
        return stored
    return stored._replace(run=_NO_RUN)


class ChunkJournal(LookJournal):
    """The same for a range of messages that were loaded: their rows were read with them."""

    cost: CostKeeper | None = None

    async def _claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        """Take what is still as it was read; hold back what another process has taken.

        A message that was at a later form goes the way of all runs: the form before it may have
        been accepted.
        """
        later = [message for message in batch if row_of(message).step]
        first = [message for message in batch if not row_of(message).step] if later else batch
        stored: dict[int, StoredMessage | None] = {}
        if later:
            before = map(_without_own_run, await super()._claim(later))
            stored = dict(zip(map(id, later), before, strict=True))
        leaving = await self.write_intents(first) if first else []
        if len(leaving) < len(first):
            mine = {id(message) for message in leaving}
            for message in first:
                if id(message) not in mine:
                    message.hold = message.hold or TAKEN
        return [stored.get(id(message)) for message in batch]

    async def write_intents(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Write intents; what leaves for the first time has to fit the limit of cost.

        What does not is held back: the run ends before it.
        """
        if self.cost is None or any(row_of(message).is_mine for message in batch):
            return await super().write_intents(batch)
        claim = await self._claim_within_limit(batch, self.cost)
        for message in batch[claim.fitting :]:
            message.hold = TOO_DEAR
        return self._take(batch, claim.written)

    async def _claim_within_limit(
        self, batch: Sequence[OutgoingMessage], cost: CostKeeper
    ) -> CostClaim:
        since_s, may_wait = self._clock.monotonic(), True
        while True:
            self.check_lease()
            for message in batch:
                message.reserved_micro_eur = cost.estimate(message)
            operation = partial(
                claim_within_limit,
                intents=self._placed_intents(batch),
                terms=cost.terms,
                limit_micro_eur=cost.limit_micro_eur,
                may_wait=may_wait,
            )
            claim: CostClaim = await self._writer.do(operation)
            if not claim.waits:
                return claim
            may_wait = await cost.wait(since_s)
