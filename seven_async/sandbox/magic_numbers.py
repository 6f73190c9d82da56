"""Recipients that ask for a failure by their number, for tests in any language.

All of them start with `+49 15550 00`; the four digits after that say what happens. The table is in
docs/sandbox.md, "Magic recipients".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from seven_async.sandbox.core.ledger import ORDINARY_REPORTS
from seven_async.sandbox.faults import Effect

PREFIX: Final = "491555000"
_LENGTH: Final = len(PREFIX) + 4
HOUR_S: Final = 3600.0

_CONNECTION: Final = {
    1: Effect(drop="before"),
    2: Effect(drop="after"),
    3: Effect(drop="within"),
    4: Effect(drop="after", reset=True),
    5: Effect(truncate=True),
    6: Effect(garble=True),
}

_ON_THE_WAY: Final = ORDINARY_REPORTS[:2]
_REPORTS: Final = {
    1: (*_ON_THE_WAY, (4.0, "NOTDELIVERED")),
    2: (*_ON_THE_WAY, (4.0, "EXPIRED")),
    3: (*_ON_THE_WAY, (4.0, "REJECTED")),
    4: (*_ON_THE_WAY, (4.0, "FAILED")),
    5: (*_ON_THE_WAY, (4.0, "BUFFERED"), (HOUR_S, "DELIVERED")),
    6: (*_ON_THE_WAY, (4.0, "UNKNOWN")),
    7: ORDINARY_REPORTS[:1],
    8: (),
}


def magic_digits(digits: str) -> int | None:
    """Return the four digits a magic recipient ends in, None for any other number."""
    if digits.startswith(PREFIX) and len(digits) == _LENGTH:
        return int(digits[len(PREFIX) :])
    return None


def failure(digits: str) -> int | None:
    """Return the gateway code this recipient fails with."""
    wished = magic_digits(digits)
    if wished == 7001:
        return 7002001
    return wished if wished and wished < 1000 and wished != 100 else None


def reports(digits: str) -> tuple[tuple[float, str], ...]:
    """Return the status reports a message to this recipient gets."""
    wished = magic_digits(digits)
    return ORDINARY_REPORTS if wished is None else _REPORTS.get(wished - 1000, ORDINARY_REPORTS)


@lru_cache(maxsize=256)
def effect(digits: str) -> Effect | None:
    """Return what happens to the whole call that names this recipient."""
    wished = magic_digits(digits) or 0
    kind, rest = divmod(wished, 1000)
    if kind == 2:
        return Effect(delay_s=rest / 10)
    if kind == 3:
        return _CONNECTION.get(rest)
    if kind in (8, 9) and 400 <= rest <= 599:
        wait = "1" if rest == 429 else None
        return Effect(status=rest, retry_after=wait, processed=kind == 8)
    return None
