"""Which line has a number first, for a million numbers in a few dozen megabytes.

In: keys of recipients and lines. Out: the earlier line of the same key. No I/O.
"""

from __future__ import annotations

from array import array
from typing import Final

_NATIONAL: Final = 1 << 62  # set for numbers that start with 0, which an int would lose
_SPREAD: Final = 0x9E3779B97F4A7C15  # odd, near 2**64 / golden ratio: spreads neighbours apart
_FEWEST: Final = 1 << 10
_FULLEST: Final = 0.75  # probing gets slow beyond
_GROWTH: Final = 1.5


class DuplicateIndex:
    """A table from recipient to line that takes 16 to 24 bytes a number, 40 while it grows.

    A dict of int to int takes about 100. Numbers are kept in open addressing; names of contacts
    and groups, of which there are few, in a dict.
    """

    __slots__ = ("_count", "_lines", "_names", "_numbers")

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._count = 0
        self._numbers = array("Q", bytes(8 * _FEWEST))  # 0 is a free place: no number is 0
        self._lines = array("I", bytes(4 * _FEWEST))

    def __len__(self) -> int:
        return self._count + len(self._names)

    def __contains__(self, key: str) -> bool:
        if not _is_number(key):
            return key in self._names
        return self._numbers[_place(self._numbers, _as_int(key))] != 0

    @property
    def size_bytes(self) -> int:
        """The memory that the numbers take."""
        return 12 * len(self._numbers)

    def earlier(self, key: str, line: int) -> int | None:
        """Return the line that had the key before; if none had, keep this line and return None."""
        if not _is_number(key):
            first = self._names.setdefault(key, line)
            return None if first == line else first
        number, numbers = _as_int(key), self._numbers
        place = _place(numbers, number)
        if numbers[place]:
            return self._lines[place]
        numbers[place], self._lines[place] = number, line
        self._count += 1
        if self._count > _FULLEST * len(numbers):
            self._grow()
        return None

    def _grow(self) -> None:
        size = int(len(self._numbers) * _GROWTH) | 1
        numbers, lines = array("Q", bytes(8 * size)), array("I", bytes(4 * size))
        for number, line in zip(self._numbers, self._lines, strict=True):
            if number:
                place = _place(numbers, number)
                numbers[place], lines[place] = number, line
        self._numbers, self._lines = numbers, lines


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) <= 18


def _as_int(key: str) -> int:
    return int(key) | _NATIONAL if key[0] == "0" else int(key)


def _place(numbers: array[int], number: int) -> int:
    """Return where a number is, or where it would go."""
    size = len(numbers)
    place = (number * _SPREAD & 0xFFFFFFFFFFFFFFFF) % size
    while (there := numbers[place]) and there != number:
        place = place + 1 if place + 1 < size else 0
    return place
