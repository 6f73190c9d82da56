"""How far a campaign is, for whoever watches. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import attrs


@attrs.frozen(kw_only=True)
class Progress:
    """A moment of a campaign.

    `done` of `total` messages have an outcome in this run (`total` and `eta_s` are None where the
    number of messages is not known), `per_s` is the rate of the last ten seconds, `cost` is in EUR,
    `failures` counts reasons.
    """

    done: int
    total: int | None
    per_s: float
    cost: Decimal
    failures: Mapping[str, int]

    @property
    def eta_s(self) -> float | None:
        """Seconds until the end at this rate."""
        if self.total is None or not self.per_s:
            return None
        return max(0, self.total - self.done) / self.per_s
