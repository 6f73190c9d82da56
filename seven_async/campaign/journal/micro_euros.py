"""Money as a journal keeps it: whole millionths of a euro, which sum up exactly. No I/O."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

MICRO: Final = 1_000_000


@lru_cache(maxsize=256)  # there are few prices
def micro(price: Decimal | None) -> int | None:
    """Convert a price to millionths of a euro; None for what is no price of a message.

    No message costs a million, and a sum of such prices would not fit SQLite's 64 bits.
    """
    return None if price is None or abs(price) >= MICRO else int(price * MICRO)
