"""In which order the delivery states of a message come. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from seven_async.api.status import DeliveryState
from seven_async.webhooks.events import CallState


class DeliveryChange(NamedTuple):
    """One report: the state a message has since a moment (Unix seconds), and its price if known."""

    state: str
    at_s: float | None
    price_micro_eur: int | None
    message_id: str


class DeliveryNews(NamedTuple):
    """What a report says of one message; `at_s` in Unix seconds."""

    message_id: str
    state: str
    at_s: float | None
    foreign_id: str | None


_CALL_RANKS: Final[Mapping[str, int]] = {
    CallState.RINGING.value: 1,
    CallState.IN_PROGRESS.value: 2,
    **{state.value: 3 for state in CallState if state.is_final},
}


def advance(before: str | None, after: str) -> str:
    """Return the state of a message after one more report; late and repeated ones change nothing.

    The order is that of `DeliveryState.advance`; calls have words and an order of their own.
    """
    if before is None:
        return after
    if before in _CALL_RANKS or after in _CALL_RANKS:
        return after if _CALL_RANKS.get(after, 0) > _CALL_RANKS.get(before, 0) else before
    return DeliveryState(before).advance(DeliveryState(after)).value
