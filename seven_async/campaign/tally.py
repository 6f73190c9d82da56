"""The counts of a run, kept while it goes on. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

import attrs

from seven_async.campaign.entry import State
from seven_async.campaign.sending.outcomes import Verdict


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

    def add(self, verdicts: Iterable[Verdict]) -> None:
        """Count recipients."""
        accepted, taken = 0, State.ACCEPTED
        for verdict in verdicts:
            # Accepted is what nearly all are; an enum's hash is slow, and so is its name.
            if verdict.state is not taken:
                self.states[verdict.state] += 1
                self.reasons[verdict.reason or verdict.state.value] += 1
                continue
            accepted += 1
            message = verdict.message
            if message is not None:
                self.segments += message.parts or 0
                self.cost += message.price or 0
        self.states[taken] += accepted

    def merge(self, other: Tally) -> None:
        """Take over what another has counted."""
        self.states += other.states
        self.reasons += other.reasons
        self.segments += other.segments
        self.cost += other.cost
