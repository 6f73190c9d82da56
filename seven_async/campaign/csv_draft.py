"""What a row of a table becomes: one message, or the reason why not.

In: the options of `read_csv` and a row. Out: a `SendSms`, or a `RowError`. No I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from attrs import frozen

from seven_async.api.sms import SendSms
from seven_async.campaign.phone.errors import RecipientError
from seven_async.campaign.recipients import Recipient, check_country, recipient_of
from seven_async.campaign.template import Template
from seven_async.errors import InvalidRequestError


class RowError(Exception):
    """A row that cannot be sent: the column to look at and the reason, without its values."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@frozen
class Reading:
    """How the recipient of a row is read."""

    column: str
    default_country: str | None = None
    allow_names: bool = False
    reason_against: Callable[[str], str | None] | None = None

    def recipient(self, text: str) -> Recipient:
        """The recipient in a field; raises `RowError`."""
        try:
            found = recipient_of(
                text, self.default_country, allow_names=self.allow_names, in_file=True
            )
        except RecipientError as refused:
            raise RowError(self.column, refused.reason) from None
        against = self.reason_against(found.key) if self.reason_against else None
        if against:
            raise RowError(self.column, against)
        return found


@frozen
class Draft:
    """The message of a table, before it is filled with a row.

    `templates` are the options that differ from row to row, `fixed` those that do not.
    """

    columns: tuple[str, ...]
    reading: Reading
    required: tuple[str, ...]
    templates: Mapping[str, Template]
    fixed: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        columns: tuple[str, ...],
        reading: Reading,
        *,
        required: Iterable[str],
        filled: Mapping[str, str | None],
        fixed: Mapping[str, Any],
    ) -> Draft:
        """The draft; raises `InvalidRequestError` for whatever no row could make good."""
        check_country(reading.default_country)
        compiled = {
            option: Template.compiled(source, columns, option=option.rstrip("_"))
            for option, source in filled.items()
            if source is not None
        }
        templates = {name: each for name, each in compiled.items() if not each.is_constant}
        constants = {name: each.filled(()) for name, each in compiled.items() if each.is_constant}
        if "foreign_id" in constants:
            raise InvalidRequestError(
                "foreign_id: every message needs its own; put a {column} in it, or leave it out"
            )
        options: dict[str, Any] = {**constants, **fixed}
        sample: dict[str, Any] = {"to": "0", "text": "0", **options}
        SendSms(**sample)  # refuses what would make every row impossible
        names = tuple(_known(name, columns) for name in required)
        return cls(columns, reading, names, templates, options)

    def message(self, row: list[str]) -> tuple[Recipient, SendSms]:
        """The recipient and the message of a row; raises `RowError`."""
        self._check_columns(row)
        recipient = self.reading.recipient(row[self.columns.index(self.reading.column)])
        filled: dict[str, Any] = {name: each.filled(row) for name, each in self.templates.items()}
        if filled.get("text", "text").isspace():
            raise RowError(self._column_of("text"), "text: is empty")
        try:
            return recipient, SendSms(recipient.to, **filled, **self.fixed)
        except InvalidRequestError as refused:
            self._refuse(str(refused))

    def _check_columns(self, row: list[str]) -> None:
        if len(row) < len(self.columns):
            raise RowError(self.columns[len(row)], "the column is missing in this row")
        if any(row[len(self.columns) :]):
            surplus = f"column {len(self.columns) + 1}"
            raise RowError(surplus, "the row has more columns than the header")
        for name in self.required:
            if not row[self.columns.index(name)].strip():
                raise RowError(name, "the value is required, and empty")

    def _refuse(self, sentence: str) -> NoReturn:
        """Blames the column whose value made an option impossible (`text: has 1600 …`)."""
        option = sentence.partition(":")[0]
        raise RowError(self._column_of(option), sentence) from None

    def _column_of(self, option: str) -> str:
        template = self.templates.get(option) or self.templates.get(f"{option}_")
        return template.columns[0] if template else self.reading.column


def _known(name: str, columns: tuple[str, ...]) -> str:
    if name in columns:
        return name
    raise InvalidRequestError(
        f"required: there is no column {name!r}; the columns are {', '.join(columns)}"
    )
