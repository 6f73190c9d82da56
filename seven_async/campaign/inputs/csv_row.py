"""What becomes of a row of a table: a message, or the reason why there is none. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias

import attrs

from seven_async.campaign.inputs.message import Message
from seven_async.masking import masked_number

if TYPE_CHECKING:
    # Checkers know it without the package: a default, so that a bare CsvMessages means any message.
    from typing_extensions import TypeVar

    MessageT_co = TypeVar("MessageT_co", bound=Message, covariant=True, default=Message)
else:
    from typing import TypeVar

    MessageT_co = TypeVar("MessageT_co", bound=Message, covariant=True)


@attrs.frozen
class Refused:
    """A row that cannot be sent.

    `line` is the line in the file it starts at (from 1), `column` the one to look at, `reason`
    why, `recipient` what stands in the recipient's column. `row` has the original values.
    """

    line: int
    column: str
    reason: str
    recipient: str = attrs.field(repr=masked_number)
    _columns: tuple[str, ...] = attrs.field(repr=False)
    _values: tuple[str, ...] = attrs.field(repr=False)

    @property
    def row(self) -> dict[str, str]:
        """The values by column; a missing column is missing, a surplus one is `column 5`."""
        return by_column(self._columns, self._values)


class CsvRow(NamedTuple, Generic[MessageT_co]):
    """A row that can be sent: the line it starts at, its original values, and its message."""

    line: int
    row: Mapping[str, str]
    message: MessageT_co

    def __repr__(self) -> str:
        return f"CsvRow(line={self.line}, row=<{len(self.row)} values>, message={self.message!r})"


OnRow: TypeAlias = Callable[[CsvRow[Any]], None]


def by_column(columns: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """Return the values of a row by the names of their columns."""
    names = [*columns, *(f"column {place}" for place in range(len(columns) + 1, len(values) + 1))]
    return dict(zip(names, values, strict=False))
