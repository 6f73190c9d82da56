"""What a run counts, and what holds it back: budget, failures, and how fast it goes.

In: messages and their results. Out: counts, and the pause that they call for. No I/O of its own.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from decimal import Decimal
from math import ceil
from typing import Any, Final, Protocol

import anyio
import attrs

from seven_async.campaign.inputs.message import OutgoingMessage, channel_of
from seven_async.campaign.inputs.stored_content import read_form_texts
from seven_async.campaign.journal.statements.database import MICRO
from seven_async.campaign.prices import NOTHING, Tariff
from seven_async.campaign.results import PausedError, Reason, Report, SendResult, State
from seven_async.campaign.sending.batcher import Waiters
from seven_async.campaign.sending.settings import Settings
from seven_async.finder import digits_of
from seven_async.flow.clock import Clock
from seven_async.sms_segments import segments


class CostLimit(Protocol):
    """A limit in EUR, as a run asks for it."""

    async def reserve(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Reserve what the first of a batch may cost; return those that can be paid for."""
        ...

    def settle(self, message: OutgoingMessage, result: SendResult) -> None:
        """Replace a reservation by what became of it."""
        ...


class CostEstimates:
    """The most that messages may cost: with the dearest network's price.

    SMS are reckoned by the price list. Other channels have none there: they count with the highest
    price that was seen in their channel, and before that with the price of one SMS segment.
    """

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._seen: dict[str, Decimal] = {}

    def estimate(self, message: OutgoingMessage) -> Decimal:
        """Return the most that a message may cost; of its forms only one is taken in a run."""
        if message.hold is not None:
            return NOTHING
        per_segment = self._tariff.price(message.digits).highest
        if not message.has_next:
            return self._estimate_form(message.message, message.channel.name, per_segment)
        return max(
            self._estimate_form(form, channel_of(type(form)).name, per_segment)
            for form in message.forms[message.step :]
        )

    def estimate_stored(self, recipient: str, content: str | None) -> int:
        """Return the same of a journal's row, in millionths of a euro.

        Without its content it counts as one segment.
        """
        per_segment = self._tariff.price(digits_of(recipient) or "").highest
        forms = () if content is None else read_form_texts(content)
        most = max((segments(text).count for text in forms), default=1)
        return ceil(per_segment * most * MICRO)

    def note(self, message: OutgoingMessage, result: SendResult) -> None:
        """Note what an accepted message has cost."""
        price = result.message.price if result.message is not None else None
        if price and result.state is State.ACCEPTED:
            channel = message.channel.name
            self._seen[channel] = max(self._seen.get(channel, NOTHING), price)

    def _estimate_form(self, form: Any, channel: str, per_segment: Decimal) -> Decimal:
        if channel != "sms":
            return self._seen.get(channel, per_segment)
        return per_segment * segments(form.text).count


class Budget:
    """A limit in EUR that one process keeps: what is in flight counts with the highest price.

    `spent` is what the campaign has cost before. `count` counts all that it has cost by now, where
    the journal can tell that: what others had in flight may have turned out cheaper.
    """

    def __init__(
        self,
        limit: Decimal,
        tariff: Tariff,
        spent: Decimal,
        count: Callable[[], Awaitable[Decimal]] | None = None,
    ) -> None:
        self._count = count
        self._turn = anyio.Lock(fast_acquire=True)
        self._limit = limit
        self._estimates = CostEstimates(tariff)
        self._spent = spent
        self._reserved: dict[int, Decimal] = {}
        self._in_flight = NOTHING
        self._settled = Waiters()

    async def reserve(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """Reserve the first of a batch that can be paid for in any case; return them.

        What is in flight may turn out cheaper, so it is waited for before a message is held back.
        """
        async with self._turn:
            fitting = self._find_affordable(batch)
            while len(fitting) < len(batch) and self._reserved:
                await self._settled.wait()
                fitting = self._find_affordable(batch)
            if len(fitting) < len(batch) and self._count is not None:
                # Nothing is reserved here, and nothing is meanwhile: the journal has it all.
                self._spent = await self._count()
                fitting = self._find_affordable(batch)
            for message in fitting:
                self._reserve(message)
            return fitting

    def settle(self, message: OutgoingMessage, result: SendResult) -> None:
        """Replace a reservation by what became of it; what is unknown may have cost it all."""
        reserved = self._reserved.pop(id(message), None)
        if reserved is None:
            return
        self._in_flight -= reserved
        price = result.message.price if result.message is not None else None
        if result.state is State.UNKNOWN:
            self._spent += reserved
        elif result.state is State.ACCEPTED:
            self._spent += reserved if price is None else price
            self._estimates.note(message, result)
        self._settled.wake()

    def _find_affordable(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        left = self._limit - self._spent - self._in_flight
        fitting: list[OutgoingMessage] = []
        for message in batch:
            left -= self._estimates.estimate(message)
            if left < 0:
                break
            fitting.append(message)
        return fitting

    def _reserve(self, message: OutgoingMessage) -> None:
        estimate = self._estimates.estimate(message)
        self._reserved[id(message)] = estimate
        self._in_flight += estimate
        message.reserved_micro_eur = ceil(estimate * MICRO)


@attrs.define
class Tally:
    """How many entries there were of each state, why, and what they cost in EUR.

    `put_back` counts those that wait for another run: the journal has no result of them.
    """

    states: Counter[State] = attrs.field(factory=Counter[State])
    reasons: Counter[str] = attrs.field(factory=Counter[str])
    segments: int = 0
    cost: Decimal = NOTHING
    put_back: int = 0

    @property
    def given(self) -> int:
        """All entries."""
        return self.states.total()

    def add(self, results: Iterable[SendResult]) -> int:
        """Count the results of recipients; return how many were accepted."""
        accepted, taken = 0, State.ACCEPTED
        for result in results:
            # Accepted is what nearly all are; an enum's hash is slow, and so is its name.
            if result.state is not taken:
                self.states[result.state] += 1
                self.reasons[result.reason or result.state.value] += 1
                self.put_back += result.again
                continue
            accepted += 1
            message = result.message
            if message is not None:
                self.segments += message.parts or 0
                self.cost += message.price or 0
        self.states[taken] += accepted
        return accepted

    def merge(self, other: Tally) -> None:
        """Take over what another has counted."""
        self.states += other.states
        self.reasons += other.reasons
        self.segments += other.segments
        self.cost += other.cost
        self.put_back += other.put_back

    def to_report(self, name: str) -> Report:
        """Return the report of a campaign that was counted."""
        states = self.states
        return Report(
            name=name,
            accepted=states[State.ACCEPTED],
            rejected=states[State.REJECTED],
            unknown=states[State.UNKNOWN],
            skipped=states[State.SKIPPED],
            refused=states[State.REFUSED],
            segments=self.segments,
            cost=self.cost,
            reasons=dict(self.reasons.most_common()),
        )


class ErrorRateBreaker:
    """The last outcomes, and how many of them may be failures."""

    def __init__(self, most: float | None, window: int) -> None:
        self._most = most
        self._latest: deque[bool] = deque(maxlen=window)
        self._failed = 0

    def count(self, results: Sequence[SendResult], accepted: int) -> bool:
        """Count the outcomes of a request; return True if too many of the last ones failed.

        `accepted` is how many of them were accepted.
        """
        if accepted == len(results):
            self._add([False] * accepted)
        else:
            self._add(
                [result.state is not State.ACCEPTED for result in results if _is_tried(result)]
            )
        return self.is_open

    @property
    def is_open(self) -> bool:
        """True if too many of the last messages failed."""
        is_full = len(self._latest) == self._latest.maxlen
        return self._most is not None and is_full and self._failed > self._most * len(self._latest)

    def _add(self, outcomes: Sequence[bool]) -> None:
        """Add outcomes, True for each that has failed."""
        if not self._failed and True not in outcomes:
            self._latest.extend(outcomes)
            return
        for has_failed in outcomes:
            if len(self._latest) == self._latest.maxlen:
                self._failed -= self._latest[0]
            self._latest.append(has_failed)
            self._failed += has_failed

    def __str__(self) -> str:
        return f"{self._failed} of the last {len(self._latest)}"


def _is_tried(result: SendResult) -> bool:
    """Tell whether a request was made; it was not for what is skipped, or was in doubt before."""
    if result.state is State.ACCEPTED:
        return True
    return result.error is not None and result.state is not State.REFUSED


_WINDOW_S: Final = 10


class Speedometer:
    """The rate over the last ten seconds."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()
        self._begun_s: float | None = None

    def count(self, now_s: float, count: int) -> None:
        """Count so many more, now."""
        if self._begun_s is None:
            self._begun_s = now_s
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + count)
        else:
            self._seconds.append((second, count))
            self._forget(second)

    def per_s(self, now_s: float) -> float:
        """Return how many per second there were lately."""
        if self._begun_s is None:
            return 0.0
        self._forget(int(now_s))
        span_s = min(float(_WINDOW_S), max(1.0, now_s - self._begun_s))
        return sum(count for _, count in self._seconds) / span_s

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - _WINDOW_S:
            self._seconds.popleft()


class Limits:
    """The counts of one run, and what they hold back."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        budget: CostLimit | None,
        error_rate: ErrorRateBreaker | None = None,
    ) -> None:
        self._clock = clock
        self.budget = budget
        self.tally: Tally = Tally()
        self._error_rate = error_rate or ErrorRateBreaker(
            settings.max_error_rate, settings.error_window
        )
        self._speed = Speedometer()

    @property
    def per_s(self) -> float:
        """Messages per second of the last ten seconds."""
        return self._speed.per_s(self._clock.monotonic())

    def count(
        self, batch: Sequence[OutgoingMessage], results: Sequence[SendResult]
    ) -> PausedError | None:
        """Count the results of a batch; return the pause that they call for, if they do."""
        accepted = self.tally.add(results)
        self._speed.count(self._clock.monotonic(), len(results))
        if self.budget is not None:
            for message, result in zip(batch, results, strict=True):
                self.budget.settle(message, result)
        if self._error_rate.count(results, accepted):
            return PausedError(Reason.ERRORS, str(self._error_rate))
        return None
