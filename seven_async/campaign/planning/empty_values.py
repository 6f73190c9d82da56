"""Values that programs write where there is none: `nan`, `NULL`, `#N/A`. They would go out as text.

In: rows of a file. Out: which such values stand in which column. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from seven_async.campaign.planning.plan import EmptyValue

_MOST_FINDINGS: Final = 20

#: Of pandas, databases, JavaScript, Python. Some are names of people, too: nothing is refused.
_WORDS: Final = frozenset(
    ("nan", "nat", "null", "none", "nil", "n/a", "<na>", "<null>", "(null)", "\\n", "undefined",
     "[object object]")
)  # fmt: skip
#: Errors of spreadsheets in any language (#REF!, #BEZUG!, #NV), and a column that was too narrow.
_error: Final = re.compile(r"#(?:[A-ZÀ-Þ0/]+[!?]?|#+)")


def is_empty_value(value: str) -> bool:
    """Tell whether a program writes this for no value."""
    return value.casefold() in _WORDS or (value[:1] == "#" and bool(_error.fullmatch(value)))


@attrs.define
class EmptyValues:
    """Counts them in the columns that stand in messages."""

    columns: Sequence[str] = ()
    _counts: dict[tuple[str, str], list[int]] = attrs.field(
        init=False, factory=dict[tuple[str, str], list[int]]
    )

    def add(self, line: int, row: Mapping[str, str]) -> None:
        """Look at a row that will be sent."""
        for column in self.columns:
            value = row.get(column, "").strip()
            if is_empty_value(value):
                self._counts.setdefault((column, value), [line, 0])[1] += 1

    def findings(self) -> tuple[EmptyValue, ...]:
        """Return them, the most frequent first."""
        ranked = sorted(self._counts.items(), key=lambda counted: counted[1][1], reverse=True)
        return tuple(
            EmptyValue(column=column, value=value, line=line, rows=rows)
            for (column, value), (line, rows) in ranked[:_MOST_FINDINGS]
        )
