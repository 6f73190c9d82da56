"""References by which requests are found in the gateway's journal. No I/O."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence

from seven_async.campaign.inputs.message import OutgoingMessage


class References:
    """References that no other run has, and none of which comes twice: 32 hexadecimal digits.

    Counted from a random beginning, since asking the system for randomness each time lets another
    thread in, and that costs more than all the rest.
    """

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(11)
        self._numbers = itertools.count(1)

    def add(self, batch: Sequence[OutgoingMessage]) -> None:
        """Give a batch a reference by which it can be found, unless its messages have one."""
        first = batch[0]
        if first.channel.has_reference and first.foreign_id is None:
            reference = f"{self._prefix}{next(self._numbers):010x}"
            for message in batch:
                message.foreign_id, message.is_own_reference = reference, True
