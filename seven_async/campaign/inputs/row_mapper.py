"""What a row of a table becomes: one message, or the reason why not.

In: the options of `read_csv` and a row. Out: a `SendSms`, or a `RowError`. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

from attrs import frozen

from seven_async.api.sms import SendSms
from seven_async.campaign.inputs.csv_dialect import Layout
from seven_async.campaign.inputs.numbers import Recipient, check_country, recipient_of
from seven_async.campaign.inputs.phone.errors import RecipientError
from seven_async.campaign.inputs.template import Template
from seven_async.errors import InvalidRequestError


class RowError(Exception):
    """A row that cannot be sent: the column to look at and the reason, without its values."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@frozen
class RecipientColumn:
    """Where the recipient of a row is, and how it is read."""

    column: str
    default_country: str | None = None
    allow_names: bool = False
    reason_against: Callable[[str], str | None] | None = None

    def recipient(self, text: str) -> Recipient:
        """Return the recipient in a field; raises `RowError`."""
        try:
            recipient = recipient_of(
                text, self.default_country, allow_names=self.allow_names, in_file=True
            )
        except RecipientError as refused:
            raise RowError(self.column, refused.reason) from None
        against = self.reason_against(recipient.key) if self.reason_against else None
        if against:
            raise RowError(self.column, against)
        return recipient


@frozen
class RowMapper:
    """The message of a table, before it is filled with a row.

    `templates` are the options that differ from row to row, `fixed` those that do not. `required`
    has places of columns, `recipient_at` and `last_used` are such places.
    """

    columns: tuple[str, ...]
    recipient_column: RecipientColumn
    required: Mapping[str, int]
    templates: Mapping[str, Template]
    fixed: Mapping[str, Any]
    recipient_at: int
    last_used: int

    @classmethod
    def of(
        cls,
        layout: Layout,
        recipient_column: RecipientColumn,
        *,
        required: Iterable[str],
        filled: Mapping[str, str | None],
        fixed: Mapping[str, Any],
    ) -> RowMapper:
        """Return the mapper; raises `InvalidRequestError` for whatever no row could make good."""
        check_country(recipient_column.default_country)
        columns = layout.columns
        compiled = {
            option: Template.compile(source, columns, option=option.rstrip("_"))
            for option, source in filled.items()
            if source is not None
        }
        templates = {name: each for name, each in compiled.items() if not each.is_constant}
        constants = {name: each.fill(()) for name, each in compiled.items() if each.is_constant}
        if "foreign_id" in constants:
            raise InvalidRequestError(
                "foreign_id: every message needs its own; put a {column} in it, or leave it out"
            )
        options: dict[str, Any] = {**constants, **fixed}
        sample: dict[str, Any] = {"to": "0", "text": "0", **options}
        SendSms(**sample)  # refuses what would make every row impossible
        names = [layout.known_column(name, "required") for name in required]
        placeholders = [
            layout.known_column(name, option.rstrip("_"))
            for option, template in templates.items()
            for name in template.columns
        ]
        at = columns.index
        return cls(
            columns=columns,
            recipient_column=recipient_column,
            required={name: at(name) for name in names},
            templates=templates,
            fixed=options,
            recipient_at=at(recipient_column.column),
            last_used=max(map(at, (recipient_column.column, *names, *placeholders))),
        )

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns whose values stand in messages, each once."""
        names = (name for template in self.templates.values() for name in template.columns)
        return tuple(dict.fromkeys(names))

    def message(self, row: list[str]) -> tuple[Recipient, SendSms]:
        """Return the recipient and the message of a row; raises `RowError`."""
        if len(row) != len(self.columns):
            self._check_length(row)
        for name, place in self.required.items():
            if not row[place].strip():
                raise RowError(name, "the value is required, and empty")
        recipient = self.recipient_column.recipient(row[self.recipient_at])
        filled: dict[str, Any] = {name: each.fill(row) for name, each in self.templates.items()}
        if filled.get("text", "text").isspace():
            raise RowError(self._column_of("text"), "text: is empty")
        try:
            return recipient, SendSms(recipient.to, **filled, **self.fixed)
        except InvalidRequestError as refused:
            self._refuse(str(refused))

    def _check_length(self, row: list[str]) -> None:
        """Refuse a row whose values may stand in other columns than the header says.

        Columns that are not used may be missing. A surplus value may come from a delimiter in any
        value before it that is not quoted: a number in its place proves that up to there none is.
        """
        if len(row) <= self.last_used:
            used = (self.recipient_at, *self.required.values(), *self._placeholders_at())
            missing = min(place for place in used if place >= len(row))
            raise RowError(self.columns[missing], "the column is missing in this row")
        is_proved = self.last_used == self.recipient_at and not self.recipient_column.allow_names
        if any(row[len(self.columns) :]) and not is_proved:
            surplus = f"column {len(self.columns) + 1}"
            raise RowError(surplus, "the row has more columns than the header")

    def _placeholders_at(self) -> Iterator[int]:
        return map(self.columns.index, self.placeholders)

    def _refuse(self, sentence: str) -> NoReturn:
        """Raise for the column whose value made an option impossible (`text: has 1600 …`)."""
        option = sentence.partition(":")[0]
        raise RowError(self._column_of(option), sentence) from None

    def _column_of(self, option: str) -> str:
        template = self.templates.get(option) or self.templates.get(f"{option}_")
        return template.columns[0] if template else self.recipient_column.column
