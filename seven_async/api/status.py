"""Delivery states by message id. Source: seven-api.md section 12."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from seven_async.api.fields.converters import one_or_many
from seven_async.api.fields.validators import valid_ids
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.values.model import Model, OpenEnum
from seven_async.flow.wire import join_values, on_wire

__all__ = [
    "DeliveryState",
    "GetStatus",
    "MessageStatus",
]


class DeliveryState(OpenEnum):
    """The delivery state of a message (messaging-facts.md section 8); other words are kept."""

    DELIVERED = "DELIVERED"
    NOTDELIVERED = "NOTDELIVERED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"
    BUFFERED = "BUFFERED"
    TRANSMITTED = "TRANSMITTED"
    ACCEPTED = "ACCEPTED"
    READ = "READ"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"

    @property
    def is_final(self) -> bool:
        """True if no further report is to be expected."""
        return self in _FINAL

    @property
    def rank(self) -> int:
        """How far along the way a state is, from 0 (nothing is known) to 6 (read)."""
        return _RANKS.get(self, 0)

    def advance(self, later: "DeliveryState") -> "DeliveryState":
        """Return the state after one more report: this one, if the report is late or repeated.

        Reports come twice and out of order. A final state stays, except that `READ` follows
        `DELIVERED`; otherwise the higher rank wins.
        """
        if later.rank <= self.rank:
            return self
        is_read = later is DeliveryState.READ and self is DeliveryState.DELIVERED
        return self if self.is_final and not is_read else later


_FINAL: Final = frozenset(
    {
        DeliveryState.DELIVERED,
        DeliveryState.NOTDELIVERED,
        DeliveryState.EXPIRED,
        DeliveryState.REJECTED,
        DeliveryState.FAILED,
        DeliveryState.READ,
    }
)


# The order in which a message gets on. All ends have one rank: the first of them counts.
_RANKS: Final[Mapping[DeliveryState, int]] = {
    DeliveryState.UNKNOWN: 0,
    DeliveryState.ACCEPTED: 1,
    DeliveryState.SENT: 2,
    DeliveryState.TRANSMITTED: 3,
    DeliveryState.BUFFERED: 4,
    **dict.fromkeys(_FINAL, 5),
    DeliveryState.READ: 6,
}


@attrs.frozen(kw_only=True, slots=False)
class MessageStatus(Model):
    """The last delivery report of a message; `status` is None while there is none."""

    id: str | None = None
    status: DeliveryState | None = None
    status_time: datetime | None = None


@attrs.frozen(kw_only=True)
class GetStatus:
    """Get the delivery states of messages, up to 30 days after sending.

    The gateway calls this endpoint deprecated; `journal.outbound(id=…)` gives the same and more.

    Example:
        for message in await seven.status.get(["77214067982", "77214067599"]):
            print(message.id, message.status)

    Args:
        ids: One message id or several.

    Raises:
        GatewayError: No such message (code 600).
        InvalidParameterError: An id that is none (code 901, which means something else elsewhere).
    """

    ids: str | int | tuple[str | int, ...] = attrs.field(
        kw_only=False,
        converter=one_or_many,
        validator=valid_ids,
        metadata=on_wire("msg_id", write=join_values),
    )


class Status(Endpoints[M]):
    """Delivery states."""

    get: Final = Route("GET", "/status", GetStatus, list[MessageStatus])
