"""What a campaign comes to, in numbers that add up. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs

from seven_async.campaign.entry import State
from seven_async.campaign.tally import Tally


@attrs.frozen(kw_only=True)
class Report:
    """The counts of a campaign: `given = accepted + rejected + unknown + skipped + refused`.

    `reasons` counts why entries are not accepted, `cost` is in EUR and counts what was accepted.
    `ending` says how the last run ended (None while it goes on or after a crash), `total` how many
    messages it was to have, as far as that is known. `deliveries` counts accepted messages by their
    delivery state (`none` as long as there is no report).
    """

    name: str
    accepted: int = 0
    rejected: int = 0
    unknown: int = 0
    skipped: int = 0
    refused: int = 0
    segments: int = 0
    cost: Decimal = Decimal(0)
    reasons: Mapping[str, int] = attrs.field(factory=dict[str, int])
    ending: str | None = None
    total: int | None = None
    deliveries: Mapping[str, int] = attrs.field(factory=dict[str, int])

    @property
    def given(self) -> int:
        """All messages, each counted once."""
        return self.accepted + self.rejected + self.unknown + self.skipped + self.refused

    @classmethod
    def of(cls, name: str, tally: Tally) -> Report:
        """The report of what was counted."""
        states = tally.states
        return cls(
            name=name,
            accepted=states[State.ACCEPTED],
            rejected=states[State.REJECTED],
            unknown=states[State.UNKNOWN],
            skipped=states[State.SKIPPED],
            refused=states[State.REFUSED],
            segments=tally.segments,
            cost=tally.cost,
            reasons=dict(tally.reasons.most_common()),
        )

    def __str__(self) -> str:
        """One line: `spring-sale: 1000 given = 988 accepted + … ; 74.1000 EUR`."""
        parts = " + ".join(f"{getattr(self, state.value)} {state.value}" for state in State)
        return f"{self.name}: {self.given} given = {parts}; {self.cost} EUR"
