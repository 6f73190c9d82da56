"""References by which a request can be found in the gateway's journal. No I/O."""

from __future__ import annotations

import itertools
import secrets


class References:
    """References that no other run has, and none of which comes twice: 32 hexadecimal digits.

    Counted from a random beginning, since asking the system for randomness each time lets another
    thread in, and that costs more than all the rest.
    """

    def __init__(self) -> None:
        self._prefix = secrets.token_hex(11)
        self._numbers = itertools.count(1)

    def new(self) -> str:
        """One more."""
        return f"{self._prefix}{next(self._numbers):010x}"
