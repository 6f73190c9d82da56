"""Limits that all workers of a campaign keep together: what it costs, and how many fail.

In: messages and their results. Out: estimates, and outcomes for the database. No I/O of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil
from typing import Final

import anyio

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.journal.postgres.statements import ClaimTerms
from seven_async.campaign.journal.statements.database import MICRO
from seven_async.campaign.prices import Tariff
from seven_async.campaign.results import TAKEN, SendResult, State
from seven_async.campaign.sending.batcher import Waiters
from seven_async.campaign.sending.limits import CostEstimates, ErrorRateBreaker, Tally
from seven_async.flow.clock import Clock

_LOOK_S: Final = 0.5
"""Between two looks at what other processes have in flight."""


def count_own(tally: Tally) -> Counter[State]:
    """Return the results of this process.

    What another one has taken is the result of that; what is put back, as at a stop, has none yet.
    """
    own = tally.states.copy()
    own[State.SKIPPED] -= tally.reasons[TAKEN] + tally.put_back
    return own


class SharedBudget:
    """A limit in EUR for all processes; the claim reserves what messages may cost."""

    def __init__(
        self,
        limit_micro_eur: int,
        tariff: Tariff,
        terms: ClaimTerms,
        *,
        clock: Clock,
        longest_s: float,
    ) -> None:
        self.limit_micro_eur = limit_micro_eur
        self.terms = terms
        self._estimates = CostEstimates(tariff)
        self._settled = Waiters()
        self._clock = clock
        self._longest_s = longest_s

    async def reserve(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Return the batch: the claim reserves."""
        return list(batch)

    def settle(self, message: OutgoingMessage, result: SendResult) -> None:
        """Note what a message has cost; its result has replaced the reservation."""
        self._estimates.note(message, result)
        self._settled.wake()

    def estimate(self, message: OutgoingMessage) -> int:
        """Return the most that a message may cost, in millionths of a euro, rounded up."""
        return ceil(self._estimates.estimate(message) * MICRO)

    async def wait(self, since_s: float) -> bool:
        """Wait for something in flight to be settled; False once no call can be in flight so long.

        `since_s` is when the waiting began, by the clock that cannot be set.
        """
        with anyio.move_on_after(_LOOK_S):
            await self._settled.wait()
        return self._clock.monotonic() - since_s < self._longest_s


class SharedErrorRate(ErrorRateBreaker):
    """The last outcomes of all workers, as far as this one was told.

    `untold` are those of this worker since the last exchange; `has_failed` is set with a failure.
    """

    def __init__(self, most: float | None, window: int) -> None:
        super().__init__(most, window)
        self.window = window
        self.untold: str = ""
        self.has_failed: anyio.Event = anyio.Event()

    def _add(self, outcomes: Sequence[bool]) -> None:
        super()._add(outcomes)
        if self._most is not None:
            self.untold = (self.untold + "".join("01"[each] for each in outcomes))[-self.window :]
            if True in outcomes:
                self.has_failed.set()

    def take_untold(self) -> str:
        """Return what was not told yet; from now on it is."""
        untold, self.untold = self.untold, ""
        if self.has_failed.is_set():  # else somebody waits for this one, and would not hear of it
            self.has_failed = anyio.Event()
        return untold

    def replace(self, outcomes: str) -> None:
        """Take over the last outcomes of all; what this worker has not told comes after them."""
        self._latest.clear()
        self._failed = 0
        super()._add([each == "1" for each in outcomes + self.untold])
