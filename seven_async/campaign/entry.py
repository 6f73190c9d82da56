"""What became of one message of a campaign, as it is handed to the caller. No I/O."""

from __future__ import annotations

from enum import StrEnum

import attrs

from seven_async.api.receipt import Message, Receipt
from seven_async.errors import SevenError
from seven_async.masking import masked_number, without_numbers


class State(StrEnum):
    """What is known of one recipient at the end."""

    ACCEPTED = "accepted"
    """The gateway took the message."""

    REJECTED = "rejected"
    """The gateway refused the message; `error` says why."""

    UNKNOWN = "unknown"
    """It may have been sent, and nobody can say; it is not repeated by itself."""

    SKIPPED = "skipped"
    """Nothing was sent, by decision or for want of a connection or credit; `reason` says why."""

    REFUSED = "refused"
    """It cannot be sent at all (a row without a number, say); nothing was tried."""


def _masked(key: object) -> str:
    return without_numbers(str(key))


@attrs.frozen(kw_only=True, slots=False)
class Entry:
    """What became of one recipient of a campaign.

    `key` is what the campaign knows the message by, `channel` the group that sends it (`sms`,
    `rcs`, `waba`, `voice`). `receipt` has this recipient's message alone. `error` is what went
    wrong, `reason` says in a few words why an entry is not accepted. `line` is the line in the
    file, for messages of `read_csv`.
    """

    key: str = attrs.field(repr=_masked)
    recipient: str = attrs.field(repr=masked_number)
    channel: str
    state: State
    _receipt: Receipt | None = attrs.field(default=None, repr=False, alias="receipt")
    error: SevenError | None = None
    foreign_id: str | None = None
    line: int | None = None
    reason: str | None = None
    _message: Message | None = attrs.field(default=None, repr=False, alias="message")

    @property
    def receipt(self) -> Receipt | None:
        """What the gateway answered about this recipient; None if it answered nothing."""
        whole, message = self._receipt, self._message
        if whole is None or message is None or len(whole.messages) == 1:
            return whole
        # Made when asked for: of a batch of a hundred, mostly none is.
        return Receipt(
            code=100 if message.success else 101,
            total_price=message.price,
            balance=whole.balance,
            debug=whole.debug,
            sms_type=whole.sms_type,
            messages=(message,),
            extra=whole.extra,
        )
