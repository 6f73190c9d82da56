"""Numbers read per second of one process's CPU time, by how they are written.

    python benchmarks/numbers_bench.py

Numbers are random and all different. National ones are read by the package phonenumbers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from seven_async.campaign import RecipientError, recipient_of

COUNT = 20_000
#: How a number begins, how many digits follow, and the country of the file.
SPELLINGS = (
    ("+49171", 7, "DE"),
    ("+49 171 ", 7, "DE"),
    ("+1212555", 4, "US"),
    ("+52 1 55 ", 8, "MX"),
    ("0171 ", 7, "DE"),
    ("171", 7, "DE"),
    ("49171", 7, "DE"),
    ("07911 ", 6, "GB"),
    ("212555", 4, "US"),
    ("119", 8, "BR"),
)


def texts(beginning: str, digits: int) -> Iterator[str]:
    """Random numbers of one spelling."""
    rng = random.Random(1)
    for _ in range(COUNT):
        yield beginning + "".join(rng.choices("0123456789", k=digits))


def main() -> None:
    """Print a line for each spelling."""
    for beginning, digits, country in SPELLINGS:
        fields = list(texts(beginning, digits))
        refused, begun_s = 0, time.process_time()
        for field in fields:
            try:
                recipient_of(field, country, in_file=True)
            except RecipientError:
                refused += 1
        per_s = COUNT / (time.process_time() - begun_s)
        print(
            f"{beginning + '#' * digits:<18} {country}: {per_s:>9,.0f} a second, {refused} refused"
        )


if __name__ == "__main__":
    main()
