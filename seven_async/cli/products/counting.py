"""`seven segments`: how many SMS a text takes, counted offline.

In: a text. Out: its encoding, its segments, and what makes it expensive. No I/O but lines.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Annotated, Final

import attrs
import typer

from seven_async import segments
from seven_async.cli.products.arguments import read_text
from seven_async.cli.products.commands import AsJson
from seven_async.cli.products.output import BlockOutput, JsonOutput
from seven_async.cli.products.rows import parse_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seven_async import Segments

_COLUMNS: Final = (
    "encoding, segments, characters_left, forcing_unicode=needs Unicode, suggestion=as GSM text"
)


@attrs.frozen(kw_only=True)
class Forcing:
    """A character that GSM-7 does not have: what it is, and where it stands (from 1)."""

    character: str
    name: str
    places: list[int]

    def __str__(self) -> str:
        shown = f"{self.character} " if self.character.isprintable() else ""
        return f"{shown}{self.name}, at {', '.join(map(str, self.places))}"


@attrs.frozen(kw_only=True)
class SegmentCount:
    """What a text takes. `suggestion` says the same in fewer segments, if there is such a text."""

    encoding: str
    segments: int
    characters: int
    characters_left: int
    forcing_unicode: list[Forcing]
    suggestion: str | None

    def to_json(self) -> str:
        """Return all of it as JSON in one line."""
        return json.dumps(attrs.asdict(self), ensure_ascii=False)


def count(
    text: Annotated[
        str, typer.Argument(help="The text; - takes it from standard input.", metavar="TEXT")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Count the segments of a text, each of which is billed. Nothing leaves the machine.

    One character that the GSM alphabet does not have makes the whole text Unicode, with 70
    characters in a segment in place of 160 (67 and 153 where there are several segments). Of
    `^ { } [ ] ~ | €` and the backslash each takes two.

    For example: seven segments 'Your table is ready – see you at 8'
    """
    counted = to_segment_count(segments(read_text("TEXT", None) if text == "-" else text))
    output = JsonOutput() if as_json else BlockOutput(parse_columns(_COLUMNS))
    output.write([counted])


def to_segment_count(counted: Segments) -> SegmentCount:
    """Return the segments of a text as they are shown."""
    return SegmentCount(
        encoding="Unicode (UCS-2)" if counted.encoding == "ucs2" else "GSM-7",
        segments=counted.count,
        characters=counted.units,
        characters_left=counted.units_left,
        forcing_unicode=[
            _to_forcing(each.character, each.indices) for each in counted.characters_forcing_ucs2
        ],
        suggestion=counted.suggestion,
    )


def _to_forcing(character: str, indices: Iterable[int]) -> Forcing:
    return Forcing(
        character=character,
        name=f"{unicodedata.name(character, '')} (U+{ord(character):04X})".strip(),
        places=[index + 1 for index in indices],
    )
