"""Pieces of HTML that the sections share: everything that is put in is escaped.

In: words and numbers. Out: HTML. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import attrs

# What is there can be seen, also one message of a million.
_NARROWEST: Final = 0.6


@attrs.frozen
class Share:
    """A part of a whole: its word, how many, and the name of its colour (see `style.py`)."""

    word: str
    count: int
    color: str


def section(identity: str, title: str, *content: str) -> str:
    """Return a section under a heading of its own."""
    return (
        f'<section aria-labelledby="{identity}"><h2 id="{identity}">{escape(title)}</h2>'
        f"{''.join(content)}</section>"
    )


def paragraph(text: str, kind: str = "note") -> str:
    """Return a paragraph."""
    return f'<p class="{kind}">{escape(text)}</p>'


def table(
    caption: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    total: Sequence[str] | None = None,
) -> str:
    """Return a table. Cells are HTML; the first of a row is its heading, the others are numbers."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(_row(cells) for cells in rows)
    foot = "" if total is None else f"<tfoot>{_row(total)}</tfoot>"
    return (
        f'<table><caption class="unseen">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>{foot}</table>"
    )


def _row(cells: Sequence[str]) -> str:
    first, *rest = cells
    numbers = "".join(f"<td>{cell}</td>" for cell in rest)
    return f'<tr><th scope="row">{first}</th>{numbers}</tr>'


def build_label(word: str, meaning: str, color: str) -> str:
    """Return a word with its colour, and what it means below."""
    small = f"<small>{escape(meaning)}</small>" if meaning else ""
    return f'{swatch(color)}<span class="word">{escape(word)}{small}</span>'


def swatch(color: str) -> str:
    """Return a spot of a colour."""
    # An SVG: backgrounds are left out when a page is printed.
    return (
        f'<svg class="swatch" width="12" height="12" aria-hidden="true">'
        f'<rect class="{color}" width="12" height="12" rx="3"/></svg>'
    )


def stacked_bar(shares: Sequence[Share], description: str) -> str:
    """Return one bar of all parts."""
    whole = sum(share.count for share in shares) or 1
    seen = [share for share in shares if share.count]
    widths = [max(100 * share.count / whole, _NARROWEST) for share in seen]
    left, rects = 0.0, ""
    for share, width in zip(seen, widths, strict=True):
        part = 100 * width / sum(widths)
        rects += f'<rect class="{share.color}" x="{left:.2f}%" width="{part:.2f}%" height="100%"/>'
        left += part
    return (
        f'<svg class="bar" width="100%" height="18" role="img" '
        f'aria-label="{escape(description)}">{rects}</svg>'
    )


def meter(share: float, color: str) -> str:
    """Return a thin bar for a share of 0 to 1; what it shows is told in numbers beside it."""
    width = max(100 * share, _NARROWEST)
    return (
        f'<svg class="meter" width="100%" height="6" aria-hidden="true">'
        f'<rect class="track" width="100%" height="6" rx="3"/>'
        f'<rect class="{color}" width="{width:.1f}%" height="6" rx="3"/></svg>'
    )
