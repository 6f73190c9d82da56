"""What holds a run back: budget and trouble. Made for each run. No I/O of its own."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from seven_async.campaign.inputs.message import Outgoing
from seven_async.campaign.pauses import PausedError, Reason
from seven_async.campaign.sending.budget import Budget
from seven_async.campaign.sending.outcomes import Verdict
from seven_async.campaign.sending.settings import Settings
from seven_async.campaign.sending.speed import Speedometer
from seven_async.campaign.sending.trouble import Trouble
from seven_async.flow.clock import Clock


@attrs.define(eq=False)
class Controls:
    """The controls of one run."""

    clock: Clock
    budget: Budget | None
    trouble: Trouble
    speed: Speedometer = attrs.field(factory=Speedometer)

    @classmethod
    def of(cls, settings: Settings, clock: Clock, budget: Budget | None) -> Controls:
        """The controls that some settings ask for."""
        return cls(
            clock,
            budget,
            Trouble(settings.max_error_rate, settings.error_window),
        )

    @property
    def is_free(self) -> bool:
        """Whether nothing asks to look at every batch before it leaves."""
        return self.budget is None

    def heed(self, served: Sequence[tuple[Outgoing, Verdict]]) -> PausedError | None:
        """Take outcomes in; the pause that they call for, if they do."""
        self.speed.count(self.clock.monotonic(), len(served))
        if self.budget is not None:
            for one, verdict in served:
                self.budget.settle(one, verdict)
        self.trouble.count_all([verdict for _, verdict in served])
        return PausedError(Reason.ERRORS, str(self.trouble)) if self.trouble.is_too_much else None
