"""Times as people write them on a command line.

In: the words of an option. Out: values of Python, or a refusal that names the option. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

from seven_async.errors import InvalidRequestError

_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_span: Final = re.compile(rf"([0-9]+(?:\.[0-9]+)?) *({'|'.join(_UNITS_S)})")


def parse_seconds(option: str, text: str) -> float:
    """Return the seconds of a span such as `2h` or `90 min`."""
    match = _span.fullmatch(text.strip().lower())
    if match is None or not float(match[1]):
        raise InvalidRequestError(f"{option} takes a time such as 90m, 2h or 1d, not {text!r}")
    return float(match[1]) * _UNITS_S[match[2]]
