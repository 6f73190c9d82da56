"""Whether too many of the last messages failed to go on. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from seven_async.campaign.entry import State
from seven_async.campaign.sending.outcomes import Verdict


class Trouble:
    """The last outcomes, and how many of them may be failures."""

    def __init__(self, most: float | None, window: int) -> None:
        self._most = most
        self._latest: deque[bool] = deque(maxlen=window)
        self._failed = 0

    def count_all(self, verdicts: Sequence[Verdict]) -> None:
        """Outcomes of one request."""
        if not self._failed and all(one.state is State.ACCEPTED for one in verdicts):
            self._latest.extend([False] * len(verdicts))
            return
        for verdict in verdicts:
            self.count(verdict)

    def count(self, verdict: Verdict) -> None:
        """One more outcome; what was not tried in this run (skipped, in doubt before) is none."""
        has_failed = verdict.state is not State.ACCEPTED
        if has_failed and (verdict.error is None or verdict.state is State.REFUSED):
            return
        if len(self._latest) == self._latest.maxlen:
            self._failed -= self._latest[0]
        self._latest.append(has_failed)
        self._failed += has_failed

    @property
    def is_too_much(self) -> bool:
        """Whether more of a full window failed than may."""
        is_full = len(self._latest) == self._latest.maxlen
        return self._most is not None and is_full and self._failed > self._most * len(self._latest)

    def __str__(self) -> str:
        return f"{self._failed} of the last {len(self._latest)}"
