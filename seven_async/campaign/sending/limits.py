"""What holds a run back: budget, failures, and how fast it goes. No I/O of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import attrs

from seven_async.campaign.inputs.message import OutgoingMessage
from seven_async.campaign.prices import NOTHING, Tariff
from seven_async.campaign.results import PausedError, Reason, SendResult, State
from seven_async.campaign.sending.queues import Waiters
from seven_async.campaign.sending.settings import Settings
from seven_async.flow.clock import Clock
from seven_async.segments import segments


class Budget:
    """A line in EUR that is not crossed: what is in flight counts with the dearest network's price.

    SMS are reckoned by the price list. Other channels have none there: they count with the highest
    price that was seen in their channel, and before that with the price of one SMS segment.
    """

    def __init__(self, limit: Decimal, tariff: Tariff, spent: Decimal) -> None:
        self._limit = limit
        self._tariff = tariff
        self._spent = spent
        self._reserved: dict[int, Decimal] = {}
        self._in_flight = NOTHING
        self._seen: dict[str, Decimal] = {}
        self._settled = Waiters()

    async def reserve(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        """The first of a batch that can be paid for whatever comes, reserved; perhaps none.

        What is in flight may turn out cheaper, so nobody is turned away before it has.
        """
        while True:
            fitting = self._fitting(batch)
            if len(fitting) == len(batch) or not self._reserved:
                for one in fitting:
                    self._reserve(one)
                return fitting
            await self._settled.wait()

    def settle(self, one: OutgoingMessage, result: SendResult) -> None:
        """Replace a reservation by what became of it; what is unknown may have cost it all."""
        reserved = self._reserved.pop(id(one), None)
        if reserved is None:
            return
        self._in_flight -= reserved
        price = result.message.price if result.message is not None else None
        if result.state is State.UNKNOWN:
            self._spent += reserved
        elif result.state is State.ACCEPTED:
            self._spent += reserved if price is None else price
            channel = one.channel.name
            self._seen[channel] = max(self._seen.get(channel, NOTHING), price or NOTHING)
        self._settled.wake()

    def _fitting(self, batch: Sequence[OutgoingMessage]) -> list[OutgoingMessage]:
        left = self._limit - self._spent - self._in_flight
        fitting: list[OutgoingMessage] = []
        for one in batch:
            left -= self._estimate(one)
            if left < 0:
                break
            fitting.append(one)
        return fitting

    def _reserve(self, one: OutgoingMessage) -> None:
        estimate = self._estimate(one)
        self._reserved[id(one)] = estimate
        self._in_flight += estimate

    def _estimate(self, one: OutgoingMessage) -> Decimal:
        per_segment = self._tariff.price(one.digits).highest
        if one.channel.name != "sms":
            return self._seen.get(one.channel.name, per_segment)
        message: Any = one.message
        return per_segment * segments(message.text).count


class ErrorRateBreaker:
    """The last outcomes, and how many of them may be failures."""

    def __init__(self, most: float | None, window: int) -> None:
        self._most = most
        self._latest: deque[bool] = deque(maxlen=window)
        self._failed = 0

    def count_all(self, results: Sequence[SendResult]) -> None:
        """Outcomes of one request."""
        if not self._failed and all(one.state is State.ACCEPTED for one in results):
            self._latest.extend([False] * len(results))
            return
        for result in results:
            self.count(result)

    def count(self, result: SendResult) -> None:
        """One more outcome; what was not tried in this run (skipped, in doubt before) is none."""
        has_failed = result.state is not State.ACCEPTED
        if has_failed and (result.error is None or result.state is State.REFUSED):
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


_WINDOW_S: Final = 10


class Speedometer:
    """The rate over the last ten seconds."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, int]] = deque()
        self._begun_s: float | None = None

    def count(self, now_s: float, count: int) -> None:
        """So many more, now."""
        if self._begun_s is None:
            self._begun_s = now_s
        second = int(now_s)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + count)
        else:
            self._seconds.append((second, count))
            self._forget(second)

    def per_s(self, now_s: float) -> float:
        """How many per second there were lately."""
        if self._begun_s is None:
            return 0.0
        self._forget(int(now_s))
        span_s = min(float(_WINDOW_S), max(1.0, now_s - self._begun_s))
        return sum(count for _, count in self._seconds) / span_s

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - _WINDOW_S:
            self._seconds.popleft()


@attrs.define(eq=False)
class Limits:
    """The controls of one run."""

    clock: Clock
    budget: Budget | None
    error_rate: ErrorRateBreaker
    speed: Speedometer = attrs.field(factory=Speedometer)

    @classmethod
    def of(cls, settings: Settings, clock: Clock, budget: Budget | None) -> Limits:
        """The controls that some settings ask for."""
        return cls(
            clock,
            budget,
            ErrorRateBreaker(settings.max_error_rate, settings.error_window),
        )

    def count(self, served: Sequence[tuple[OutgoingMessage, SendResult]]) -> PausedError | None:
        """Take outcomes in; the pause that they call for, if they do."""
        self.speed.count(self.clock.monotonic(), len(served))
        if self.budget is not None:
            for one, result in served:
                self.budget.settle(one, result)
        self.error_rate.count_all([result for _, result in served])
        return (
            PausedError(Reason.ERRORS, str(self.error_rate))
            if self.error_rate.is_too_much
            else None
        )
