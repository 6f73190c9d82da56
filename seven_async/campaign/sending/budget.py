"""How much a campaign may still spend.

In: what is about to leave, and what it cost in the end. Out: how much of it may leave. No I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from seven_async.campaign.entry import State
from seven_async.campaign.inputs.message import Outgoing
from seven_async.campaign.prices import NOTHING, Tariff
from seven_async.campaign.sending.outcomes import Verdict
from seven_async.campaign.sending.waiters import Waiters
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

    async def affordable(self, batch: Sequence[Outgoing]) -> list[Outgoing]:
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

    def settle(self, one: Outgoing, verdict: Verdict) -> None:
        """Replace a reservation by what became of it; what is unknown may have cost it all."""
        reserved = self._reserved.pop(id(one), None)
        if reserved is None:
            return
        self._in_flight -= reserved
        price = verdict.message.price if verdict.message is not None else None
        if verdict.state is State.UNKNOWN:
            self._spent += reserved
        elif verdict.state is State.ACCEPTED:
            self._spent += reserved if price is None else price
            channel = one.kind.channel
            self._seen[channel] = max(self._seen.get(channel, NOTHING), price or NOTHING)
        self._settled.wake()

    def _fitting(self, batch: Sequence[Outgoing]) -> list[Outgoing]:
        left = self._limit - self._spent - self._in_flight
        fitting: list[Outgoing] = []
        for one in batch:
            left -= self._estimate(one)
            if left < 0:
                break
            fitting.append(one)
        return fitting

    def _reserve(self, one: Outgoing) -> None:
        estimate = self._estimate(one)
        self._reserved[id(one)] = estimate
        self._in_flight += estimate

    def _estimate(self, one: Outgoing) -> Decimal:
        per_segment = self._tariff.price(one.digits).highest
        if one.kind.channel != "sms":
            return self._seen.get(one.kind.channel, per_segment)
        message: Any = one.message
        return per_segment * segments(message.text).count
