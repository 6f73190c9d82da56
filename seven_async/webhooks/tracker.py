"""Delivery states that only go forward, whatever order reports come in. No I/O.

Reports come late, twice and out of order. The rule is `DeliveryState.advance`: a state of higher
rank replaces one of lower rank, and a final state stays, except that `READ` follows `DELIVERED`.
"""

from __future__ import annotations

from collections import OrderedDict

from seven_async.api.status import DeliveryState
from seven_async.webhooks.events import (
    DeliveryReport,
    RcsState,
    RcsStatus,
    WhatsAppReport,
    WhatsAppState,
)

Report = DeliveryReport | RcsStatus | WhatsAppReport

_RCS = {RcsState.REVOKED: DeliveryState.REJECTED}
_WHATSAPP = {
    WhatsAppState.SENT: DeliveryState.SENT,
    WhatsAppState.DELIVERED: DeliveryState.DELIVERED,
    WhatsAppState.READ: DeliveryState.READ,
    WhatsAppState.FAILED: DeliveryState.FAILED,
}


def delivery_state(report: Report) -> DeliveryState | None:
    """Return the state of a report in the words of SMS; None if it says nothing of a delivery."""
    match report:
        case DeliveryReport():
            return report.state
        case RcsStatus():
            if report.state is RcsState.IS_TYPING:
                return None
            return _RCS.get(report.state) or DeliveryState(str(report.state))
        case WhatsAppReport():
            return _WHATSAPP.get(report.state) or DeliveryState(str(report.state).upper())


class DeliveryTracker:
    """The delivery states of messages, by message id; at most `max_messages`, oldest dropped first.

    ```python
    tracker = DeliveryTracker()
    if tracker.update(report):
        print(tracker.state(report.message_id), tracker.is_final(report.message_id))
    ```
    """

    def __init__(self, *, max_messages: int = 1_000_000) -> None:
        self._max_messages = max_messages
        self._states: OrderedDict[str, DeliveryState] = OrderedDict()

    def __len__(self) -> int:
        return len(self._states)

    def update(self, report: Report) -> bool:
        """Take a report in; return whether the state of its message changed.

        Late, repeated and out-of-order reports change nothing.
        """
        state, message_id = delivery_state(report), report.message_id
        if state is None or message_id is None:
            return False
        before = self._states.get(message_id)
        after = state if before is None else before.advance(state)
        if after is before:
            return False
        self._states[message_id] = after
        while len(self._states) > self._max_messages:
            self._states.popitem(last=False)
        return True

    def state(self, message_id: str) -> DeliveryState | None:
        """Return the state of a message; None while there was no report."""
        return self._states.get(message_id)

    def is_final(self, message_id: str) -> bool:
        """Return whether no further report on a message is to be expected."""
        state = self._states.get(message_id)
        return state is not None and state.is_final
