"""The counts of a run, kept while it goes on. No I/O."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import attrs

from seven_async.campaign.entry import State
from seven_async.campaign.verdict import Verdict


@attrs.define
class Tally:
    """How many entries there were of each state, why, and what they cost in EUR."""

    states: Counter[State] = attrs.field(factory=Counter[State])
    reasons: Counter[str] = attrs.field(factory=Counter[str])
    segments: int = 0
    cost: Decimal = Decimal(0)

    @property
    def given(self) -> int:
        """All entries."""
        return self.states.total()

    def add(self, verdict: Verdict) -> None:
        """Count one recipient."""
        self.states[verdict.state] += 1
        if verdict.reason is not None:
            self.reasons[verdict.reason] += 1
        message = verdict.message
        if message is None or verdict.state is not State.ACCEPTED:
            return
        self.segments += message.parts or 0
        self.cost += message.price or 0
