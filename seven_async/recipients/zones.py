"""Which time zones a number may be in, by the package phonenumbers.

In: digits of E.164. Out: names of IANA zones. No I/O. Importing this module needs the extra
`phone`.
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers.timezone import time_zones_for_geographical_number, time_zones_for_number

_UNKNOWN = "Etc/Unknown"


@lru_cache(maxsize=1024)
def zones_of(digits: str) -> tuple[str, ...]:
    """Return all zones that a number may be in; none if they are not known.

    A number that its plan does not have gets the zones of what it begins with.
    """
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return ()
    zones = tuple(time_zones_for_number(number))
    if zones == (_UNKNOWN,):
        zones = tuple(time_zones_for_geographical_number(number))
    return tuple(zone for zone in zones if zone != _UNKNOWN)
