"""Cells as lines that fit a terminal: columns, or a block for each row where columns do not fit.

In: rows of cells, and the width of the terminal; None where there is none, and lines may be of any
length. Out: lines. No I/O.
"""

from __future__ import annotations

from itertools import zip_longest
from math import ceil
from typing import TYPE_CHECKING, Final

import attrs
from rich.cells import cell_len

from seven_async.cli.folding import fold, to_plain_blanks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP: Final = 2
_MOST_LINES: Final = 3
"""A column is not made so narrow that a cell takes more; blocks are read more easily."""

_LEAST: Final = 8
"""What a block has for a value, however narrow the terminal."""


@attrs.frozen
class TableLayout:
    """Where the cells of rows stand, for all rows of a listing.

    `widths` are the columns'; None where each row is a block of lines.
    """

    headings: Sequence[str]
    widths: Sequence[int] | None
    is_number: Sequence[bool]
    width: int | None

    def head(self) -> list[str]:
        """Return the line of headings; none for blocks."""
        if self.widths is None:
            return []
        return list(self._lines([heading.upper() for heading in self.headings], self.widths))

    def row(self, cells: Sequence[str]) -> list[str]:
        """Return the lines of a row; a block begins with its first cell, and ends with a blank."""
        if self.widths is not None:
            return list(self._lines(cells, self.widths))
        return [*block(self.headings, cells, self.width), ""]

    def _lines(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
        # Without a terminal nothing is folded, so that a row stays a line.
        folded = [
            [cell] if self.width is None else fold(cell, width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        for parts in zip_longest(*folded, fillvalue=""):
            padded = map(_pad, parts, widths, self.is_number)
            yield to_plain_blanks((" " * _GAP).join(padded).rstrip())


def build_layout(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    is_number: Sequence[bool],
    width: int | None,
) -> TableLayout:
    """Return a layout for some rows, and for those that come later.

    Columns are made narrower where their words allow it; where that is not enough, rows are blocks.
    """
    columns = list(zip(headings, *rows, strict=True))
    widths = [max(map(cell_len, cells)) for cells in columns]
    if width is None:
        return TableLayout(headings, widths, is_number, width)
    room = width - _GAP * (len(widths) - 1)
    least = [_least_width(cells, broad) for cells, broad in zip(columns, widths, strict=True)]
    if sum(least) > room:
        return TableLayout(headings, None, is_number, width)
    while sum(widths) > room:
        spare = [broad - narrow for broad, narrow in zip(widths, least, strict=True)]
        widest = max(range(len(widths)), key=lambda place: (spare[place] > 0, widths[place]))
        widths[widest] -= 1
    return TableLayout(headings, widths, is_number, width)


def _least_width(cells: Sequence[str], broad: int) -> int:
    longest_word = max((cell_len(word) for cell in cells for word in cell.split(" ")), default=0)
    return max(longest_word, ceil(broad / _MOST_LINES))


def block(names: Sequence[str], cells: Sequence[str], width: int | None) -> Iterator[str]:
    """Yield a line for each cell that is not empty: its name, and what it says."""
    broad = max(map(cell_len, names), default=0) + 1
    for name, cell in zip(names, cells, strict=True):
        room = None if width is None else max(width - broad - 1, _LEAST)
        lines = [cell] if room is None else fold(cell, room)
        for place, line in enumerate(lines if cell else ()):
            yield to_plain_blanks(f"{_pad('' if place else f'{name}:', broad)} {line}")


def _pad(text: str, width: int, is_number: bool = False) -> str:  # noqa: FBT002 - for map()
    blanks = " " * (width - cell_len(text))
    return blanks + text if is_number else text + blanks
