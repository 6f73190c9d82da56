"""What became of one message of a campaign, as it is handed to the caller. No I/O."""

from __future__ import annotations

from enum import StrEnum

import attrs

from seven_async.api.receipt import Receipt
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


@attrs.frozen(kw_only=True)
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
    receipt: Receipt | None = None
    error: SevenError | None = None
    foreign_id: str | None = None
    line: int | None = None
    reason: str | None = None
