"""The journal in PostgreSQL as one run uses it.

In: the messages of a run and their results. Out: what was in the journal before. I/O: its writer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import attrs

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.journal.postgres.lease import LeaseLostError
from seven_async.campaign.journal.postgres.statements import Claimed
from seven_async.campaign.journal.protocol import StoredMessage
from seven_async.campaign.journal.rows import Plain
from seven_async.campaign.journal.session import WritingJournal
from seven_async.campaign.journal.writer import Claim, Renewal
from seven_async.campaign.results import TAKEN, SendResult

HELD: Final = "campaign paused"
"""Why a message was not claimed: the campaign was paused or cancelled."""


@attrs.frozen
class ClaimedRow:
    """The row of a message as this process has seen it; `is_mine` if it wrote the intent."""

    n: int
    attempt: int
    is_mine: bool
    step: int = 0


_NONE: Final = ClaimedRow(0, 0, is_mine=False)


def row_of(message: OutgoingMessage) -> ClaimedRow:
    """Return the row of a message; one that is nobody's if it has none yet."""
    return message.row if isinstance(message.row, ClaimedRow) else _NONE


class PostgresRunJournal(WritingJournal):
    """A journal that several processes may write (`RunJournal`)."""

    async def _claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        self.check_lease()
        claims: list[Claimed | None] = await self._writer.do(Claim(self._rows.build_intents(batch)))
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
        intents = [
            (*values, row_of(message).n, row_of(message).attempt)
            for values, message in zip(self._rows.build_intents(batch), batch, strict=True)
        ]
        written: set[int] = await self._writer.do(Renewal(intents))
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


class ChunkJournal(LookJournal):
    """The same for a range of messages that were loaded: their rows were read with them."""

    async def _claim(self, batch: Sequence[OutgoingMessage]) -> list[StoredMessage | None]:
        """Take what is still as it was read; hold back what another process has taken.

        A message that was at a later form goes the way of all runs: the form before it may have
        been accepted.
        """
        if any(row_of(message).step for message in batch):
            return await super()._claim(batch)
        leaving = await self.write_intents(batch)
        if len(leaving) < len(batch):
            mine = {id(message) for message in leaving}
            for message in batch:
                if id(message) not in mine:
                    message.hold = TAKEN
        return [None] * len(batch)
