"""What a row of a table becomes: one message, or the reason why not.

In: the options of `read_csv` and a row. Out: a request, a `Fallback` of several, or a `RowError`.
No I/O.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final, NoReturn

from attrs import evolve, frozen

from seven_async.campaign.inputs.csv_dialect import Layout
from seven_async.campaign.inputs.message import (
    Fallback,
    Message,
    Sendable,
    channel_of,
    check_channels,
)
from seven_async.campaign.inputs.message_template import MessageTemplate
from seven_async.campaign.inputs.template import Fill, Template, ValueCompiler
from seven_async.errors import InvalidRequestError
from seven_async.flow.values.alike import Alike
from seven_async.recipients.errors import RecipientError
from seven_async.recipients.recipient import Recipient, check_country, recipient_of

_COMPONENTS: Final = "components, "
_parts_of_name: Final = re.compile(r"[^\W_]+")


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
    channel: str = "sms"
    """A call reaches landlines, too; a call with another form has to reach mobiles."""

    def recipient(self, text: str) -> Recipient:
        """Return the recipient in a field; raises `RowError`."""
        try:
            recipient = recipient_of(
                text,
                self.default_country,
                allow_names=self.allow_names,
                in_file=True,
                channel=self.channel,
            )
        except RecipientError as refused:
            raise RowError(self.column, refused.reason) from None
        against = self.reason_against(recipient.key) if self.reason_against else None
        if against:
            raise RowError(self.column, against)
        return recipient


@frozen
class FormMapper:
    """One form of the messages of a table, before it is filled with a row.

    `filled` are the fields that differ from row to row, `fixed` those that do not. `texts` are the
    templates, by the names that errors have for them.
    """

    request: type[Sendable]
    filled: Mapping[str, Fill]
    fixed: Mapping[str, Any]
    texts: Mapping[str, Template]
    alike: Alike

    @classmethod
    def of(cls, template: MessageTemplate, columns: Sequence[str]) -> FormMapper:
        """Return the mapper; raises `InvalidRequestError` for whatever no row could make good."""
        filled, fixed, texts = dict[str, Fill](), dict[str, Any](), dict[str, Template]()
        for name, value in template.fields.items():
            option = name.rstrip("_")
            compiler = ValueCompiler(columns)
            try:
                fill = compiler.compile(value, option)
            except InvalidRequestError as refused:
                # The parts of a WhatsApp template are given without what holds them together.
                raise InvalidRequestError(str(refused).removeprefix(_COMPONENTS)) from None
            except RecursionError:
                raise InvalidRequestError(
                    f"{option}: a value holds itself, or is nested too deeply"
                ) from None
            changing = {each: text for each, text in compiler.texts.items() if not text.is_constant}
            if changing:
                filled[name] = fill
                texts |= changing
            else:
                fixed[name] = fill(())
        if fixed.get("foreign_id") is not None:
            raise InvalidRequestError(
                "foreign_id: every message needs its own; put a {column} in it, or leave it out"
            )
        mapper = cls(template.request, filled, fixed, texts, Alike(("to", *filled)))
        mapper._check_fixed(["0"] * len(columns))
        return mapper

    def _check_fixed(self, row: Sequence[str]) -> None:
        """Refuse a fixed value that would make every row impossible; `row` has any values."""
        try:
            self._build("0", {name: fill(row) for name, fill in self.filled.items()})
        except InvalidRequestError as refused:
            named = re.match(r"\w+", str(refused))
            if named is not None and {named[0], f"{named[0]}_"} & self.fixed.keys():
                raise

    @property
    def columns(self) -> Iterator[str]:
        """The columns whose values stand in it."""
        return (name for template in self.texts.values() for name in template.columns)

    def message(self, to: str, row: Sequence[str]) -> Sendable:
        """Return the form for a recipient.

        Raises `InvalidRequestError` whose text begins with the name of a field.
        """
        filled: dict[str, Any] = {name: fill(row) for name, fill in self.filled.items()}
        text = filled.get("text")
        if isinstance(text, str) and text.isspace():
            raise InvalidRequestError("text: is empty")
        return self._build(to, filled)

    def _build(self, to: str, filled: Mapping[str, Any]) -> Sendable:
        message: Sendable = self.alike.build(self.request, {"to": to, **filled}, self.fixed)
        return message

    def column_of(self, option: str) -> str | None:
        """Return the column that filled what an error names: `text`, or `body, place 2`."""
        field = option.partition(",")[0]
        names = [name for name in self.texts if name.partition(",")[0] == field]
        if not names:
            return None
        # Errors spell places in their own way: `button 1`, where the field is called `buttons`.
        best = max(names, key=lambda name: _likeness(option, name))
        return self.texts[best].columns[0]


def _likeness(option: str, name: str) -> tuple[int, int]:
    """Return how many words two names of a place share, and how many of their numbers."""
    words, numbers = zip(*map(_words_and_numbers, (option, name)), strict=True)
    is_same = map(operator.eq, *numbers)
    return len(words[0] & words[1]), sum(takewhile(bool, is_same))


def _words_and_numbers(name: str) -> tuple[set[str], list[str]]:
    parts = _parts_of_name.findall(name)
    return {part.removesuffix("s") for part in parts if not part.isdecimal()}, [
        part for part in parts if part.isdecimal()
    ]


@frozen
class RowMapper:
    """The message of a table, before it is filled with a row.

    `forms` has more than one where the messages are a `Fallback`, and `rule` has the keywords of
    that. `required` has places of columns, `recipient_at` and `last_used` are such places.
    """

    columns: tuple[str, ...]
    recipient_column: RecipientColumn
    required: Mapping[str, int]
    forms: tuple[FormMapper, ...]
    rule: Mapping[str, Any]
    recipient_at: int
    last_used: int

    @classmethod
    def of(
        cls,
        layout: Layout,
        recipient_column: RecipientColumn,
        *,
        required: Iterable[str],
        templates: Sequence[MessageTemplate],
        rule: Mapping[str, Any],
    ) -> RowMapper:
        """Return the mapper; raises `InvalidRequestError` for whatever no row could make good."""
        check_country(recipient_column.default_country)
        columns = layout.columns
        forms = tuple(FormMapper.of(template, columns) for template in templates)
        check_channels(form.request for form in forms)
        if len(forms) == 1:
            recipient_column = evolve(recipient_column, channel=channel_of(forms[0].request).name)
        names = [layout.known_column(name, "required") for name in required]
        placeholders = [
            layout.known_column(name, option.partition(",")[0])
            for form in forms
            for option, template in form.texts.items()
            for name in template.columns
        ]
        at = columns.index
        return cls(
            columns=columns,
            recipient_column=recipient_column,
            required={name: at(name) for name in names},
            forms=forms,
            rule=rule,
            recipient_at=at(recipient_column.column),
            last_used=max(map(at, (recipient_column.column, *names, *placeholders))),
        )

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns whose values stand in messages, each once."""
        return tuple(dict.fromkeys(name for form in self.forms for name in form.columns))

    def message(self, row: list[str]) -> tuple[Recipient, Message]:
        """Return the recipient and the message of a row; raises `RowError`."""
        if len(row) != len(self.columns):
            self._check_length(row)
        for name, place in self.required.items():
            if not row[place].strip():
                raise RowError(name, "the value is required, and empty")
        recipient = self.recipient_column.recipient(row[self.recipient_at])
        forms: list[Sendable] = []
        for form in self.forms:
            try:
                forms.append(form.message(recipient.to, row))
            except InvalidRequestError as refused:
                self._refuse(form, str(refused))
        if len(forms) == 1:
            return recipient, forms[0]
        return recipient, Fallback(*forms, **self.rule)

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

    def _refuse(self, form: FormMapper, sentence: str) -> NoReturn:
        """Raise for the column whose value made a field impossible (`text: has 1600 …`)."""
        column = form.column_of(sentence.partition(":")[0]) or self.recipient_column.column
        reason = sentence.removeprefix(_COMPONENTS)
        if len(self.forms) > 1:
            reason = f"{channel_of(form.request).name}: {reason}"
        raise RowError(column, reason) from None
