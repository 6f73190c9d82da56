"""A CSV file as a stream of messages that can be read as often as needed.

In: a path and what to send. Out: requests, or `Fallback`s of them, with their lines, and the rows
that cannot be sent. I/O: reads the file, a line at a time, and writes nothing.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypedDict, Unpack, overload

import attrs

from seven_async.api.sms import File, SendSms
from seven_async.campaign.inputs.csv_dialect import CsvError, Layout
from seven_async.campaign.inputs.csv_encoding import prove_encoding
from seven_async.campaign.inputs.csv_footer import FOOTER, footer_lines
from seven_async.campaign.inputs.csv_headings import is_header
from seven_async.campaign.inputs.csv_row import CsvRow, MessageT_co, OnRow, Refused, by_column
from seven_async.campaign.inputs.csv_rows import rows_of
from seven_async.campaign.inputs.duplicates import DuplicateIndex
from seven_async.campaign.inputs.message import Fallback, Sendable, build_rule
from seven_async.campaign.inputs.message_template import MessageTemplate, SendableT_co
from seven_async.campaign.inputs.row_mapper import RecipientColumn, RowError, RowMapper
from seven_async.errors import InvalidRequestError
from seven_async.flow.values.shapes import is_sequence
from seven_async.recipients.recipient import plan_check


class CsvMessages(Generic[MessageT_co]):
    """The messages of a CSV file: each `iter()` streams the file again, in constant memory.

    Before the first message, one pass over the whole file finds every row that cannot be sent
    (`refused`) and every error of the file itself, so that nothing is sent from a broken file.
    That pass keeps 16 to 40 bytes a row, to find the same number in two spellings, and the refused
    rows. All of this reads a file: in an event loop, call `check` in a thread first.
    """

    def __init__(self, layout: Layout, mapper: RowMapper) -> None:
        self._layout = layout
        self._mapper = mapper
        self._stamp = _stamp(layout.path)
        self._refused: tuple[Refused, ...] | None = None
        self._sendable = 0

    def __repr__(self) -> str:
        return f"<CsvMessages {os.fspath(self._layout.path)!r}>"

    @property
    def path(self) -> Path:
        """The file."""
        return self._layout.path

    def __iter__(self) -> Iterator[MessageT_co]:
        return (row.message for row in self.rows())

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header row."""
        return self._layout.columns

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns whose values stand in the messages."""
        return self._mapper.placeholders

    @property
    def refused(self) -> tuple[Refused, ...]:
        """The rows that cannot be sent, in the order of the file; raises `CsvError`."""
        return self._check_all()

    @property
    def sendable(self) -> int:
        """The number of messages that iterating gives; raises `CsvError`."""
        self._check_all()
        return self._sendable

    def check(self) -> None:
        """Read the file through once, unless that is done; raises `CsvError` if it is broken.

        Example:
            await anyio.to_thread.run_sync(messages.check)
        """
        self._check_all()

    def rows(self) -> Iterator[CsvRow[MessageT_co]]:
        """Yield the rows that can be sent, with line and original values; raises `CsvError`.

        Example:
            for row in messages.rows():
                print(row.line, row.row["first_name"])
        """
        skipped = iter(array("Q", (row.line for row in self._check_all())))
        skip = next(skipped, None)
        for line, values in rows_of(self._layout):
            # Asked for every row: campaigns take hours, and what is written meanwhile is unchecked.
            self._check_unchanged()
            if line == skip:
                skip = next(skipped, None)
                continue
            message: Any = self._mapper.message(values)[1]
            yield CsvRow(line, by_column(self.columns, values), message)

    def survey(self, on_row: Callable[[CsvRow[MessageT_co]], None]) -> tuple[Refused, ...]:
        """Call `on_row` for each row that can be sent; return the others. Raises `CsvError`.

        A file that was not read through yet is read once for all of this.

        Example:
            refused = messages.survey(lambda row: print(row.line))
        """
        if self._refused is None:
            return self._check_all(on_row)
        for row in self.rows():
            on_row(row)
        return self._refused

    def _check_all(self, on_row: OnRow | None = None) -> tuple[Refused, ...]:
        if self._refused is None:
            self._check_unchanged()
            self._layout = prove_encoding(self._layout)
            self._sendable, self._refused = self._sort_rows(on_row)
        return self._refused

    def _sort_rows(self, on_row: OnRow | None) -> tuple[int, tuple[Refused, ...]]:
        seen, refused, rows = DuplicateIndex(), list[Refused](), 0
        for line, values in rows_of(self._layout):
            rows += 1
            try:
                message = self._check_row(line, values, seen)
            except RowError as error:
                self._check_is_row(line, values)
                refused.append(self._refusal(line, values, error))
            else:
                if on_row is not None:
                    on_row(CsvRow(line, by_column(self.columns, values), message))
        return rows - len(refused), tuple(self._with_footers(refused))

    def _check_is_row(self, line: int, values: list[str]) -> None:
        """Refuse the file where another table begins: its columns may stand in another order."""
        if is_header(values, self.columns):
            raise CsvError(
                "a second header row with other columns: two tables were joined; "
                "send each by itself",
                line=line,
            )

    def _with_footers(self, refused: Sequence[Refused]) -> Iterator[Refused]:
        lines = footer_lines((row.line, tuple(row.row.values())) for row in refused)
        return (attrs.evolve(row, reason=FOOTER) if row.line in lines else row for row in refused)

    def _check_row(self, line: int, values: list[str], seen: DuplicateIndex) -> Any:
        recipient, message = self._mapper.message(values)
        earlier = seen.earlier(recipient.key, line)
        if earlier is not None:
            raise RowError(self._mapper.recipient_column.column, f"duplicate of line {earlier}")
        return message

    def _refusal(self, line: int, values: list[str], error: RowError) -> Refused:
        given = by_column(self.columns, values).get(self._mapper.recipient_column.column, "")
        return Refused(line, error.column, error.reason, given, self.columns, tuple(values))

    def _check_unchanged(self) -> None:
        if _stamp(self._layout.path) != self._stamp:
            raise CsvError(f"{self._layout.path} has changed while it was used; read it again")


class _TableOptions(TypedDict, total=False):
    """The keywords of `read_csv` that say how the file is read."""

    recipient: str | None
    default_country: str | None
    allow_names: bool
    strict_numbers: bool
    required: Iterable[str]
    encoding: str | None
    delimiter: str | None


class _SmsOptions(_TableOptions, total=False):
    """Those, and the fields of an SMS beside its text."""

    from_: str | None
    label: str | None
    foreign_id: str | None
    delay: datetime | int | str | None
    flash: bool | None
    ttl: int | None
    performance_tracking: bool | None
    get_replies: bool | None
    files: Sequence[File | Mapping[str, Any]] | None


@overload
def read_csv(
    path: str | os.PathLike[str], *, text: str, **options: Unpack[_SmsOptions]
) -> CsvMessages[SendSms]: ...
@overload
def read_csv(
    path: str | os.PathLike[str],
    *,
    message: MessageTemplate[SendableT_co],
    **options: Unpack[_TableOptions],
) -> CsvMessages[SendableT_co]: ...
@overload
def read_csv(
    path: str | os.PathLike[str],
    *,
    text: str,
    then: Sequence[MessageTemplate[Sendable]],
    on_failed_delivery: bool = False,
    undelivered_after_s: float | None = None,
    **options: Unpack[_SmsOptions],
) -> CsvMessages[Fallback]: ...
@overload
def read_csv(
    path: str | os.PathLike[str],
    *,
    message: MessageTemplate[Sendable],
    then: Sequence[MessageTemplate[Sendable]],
    on_failed_delivery: bool = False,
    undelivered_after_s: float | None = None,
    **options: Unpack[_TableOptions],
) -> CsvMessages[Fallback]: ...
def read_csv(
    path: str | os.PathLike[str],
    *,
    text: str | None = None,
    message: MessageTemplate[Sendable] | None = None,
    then: Sequence[MessageTemplate[Sendable]] | None = None,
    on_failed_delivery: bool = False,
    undelivered_after_s: float | None = None,
    from_: str | None = None,
    label: str | None = None,
    foreign_id: str | None = None,
    recipient: str | None = None,
    default_country: str | None = None,
    allow_names: bool = False,
    strict_numbers: bool = False,
    required: Iterable[str] = (),
    encoding: str | None = None,
    delimiter: str | None = None,
    delay: datetime | int | str | None = None,
    flash: bool | None = None,
    ttl: int | None = None,
    performance_tracking: bool | None = None,
    get_replies: bool | None = None,
    files: Sequence[File | Mapping[str, Any]] | None = None,
) -> CsvMessages[Any]:
    """Return the messages of a CSV file with a header row, and the rows that cannot be sent.

    Example:
        messages = read_csv("people.csv", text="Hi {first_name}", from_="Acme")
        for row in messages.refused:
            print(row.line, row.column, row.reason)

    Args:
        path: The file, of any size; it is streamed.
        text: The text of an SMS; `{column}` is the row's value, `{{` and `}}` are braces. An empty
            value fills in nothing, `{column|default}` the default; `required` refuses its row.
        message: What to send instead of an SMS: a `MessageTemplate`, which has all the fields.
        then: What to send when that is refused, a `MessageTemplate` or several, of other
            channels: each message is a `Fallback`.
        on_failed_delivery: As for `Fallback`; so is `undelivered_after_s`.
        from_: The sender; may have placeholders.
        label: For statistics; may have placeholders.
        foreign_id: Your reference, with a placeholder that makes it each row's own.
        recipient: The column with the recipients; unless given, the one named phone, mobile, to …
        default_country: The country of numbers without `+` and `00` (`DE` or `49`), needs the
            extra `phone`; `international` if they all begin with their calling code. Without it
            rows with such numbers are refused.
        allow_names: Take names of contacts and groups as recipients, too.
        strict_numbers: Refuse numbers outside their country's plan; needs the extra `phone`.
        required: Columns that may not be empty.
        encoding: UTF-8, UTF-16 with a mark and Windows-1252 (Latin-1) are recognised.
        delimiter: Comma, semicolon, tab and `|` are recognised.
        delay: As in `sms.send`; so are `flash`, `ttl`, `performance_tracking`, `get_replies` and
            `files`.

    Raises:
        CsvError: There is no such file, it has no header row or no column of recipients; later,
            before the first message: a line cannot be read.
        InvalidRequestError: A placeholder asks for a column that is not there, or an option is
            impossible for every row.
    """
    of_sms = {
        "text": text,
        "from_": from_,
        "label": label,
        "foreign_id": foreign_id,
        "delay": delay,
        "flash": flash,
        "ttl": ttl,
        "performance_tracking": performance_tracking,
        "get_replies": get_replies,
        "files": files,
    }
    first = _first_form(message, {name: each for name, each in of_sms.items() if each is not None})
    rule = {"on_failed_delivery": on_failed_delivery, "undelivered_after_s": undelivered_after_s}
    forms = (first, *_further_forms(then, has_rule=build_rule(*rule.values()) is not None))
    layout = Layout.of(Path(path), encoding=encoding, delimiter=delimiter)
    column = layout.recipient_column(recipient)
    check = plan_check() if strict_numbers else None
    numbers = RecipientColumn(column, default_country, allow_names, check)
    mapper = RowMapper.of(layout, numbers, required=required, templates=forms, rule=rule)
    return CsvMessages(layout, mapper)


def _first_form(
    message: MessageTemplate[Sendable] | None, of_sms: Mapping[str, Any]
) -> MessageTemplate[Sendable]:
    """Return the one form that was given: `message`, or the fields of an SMS."""
    if message is None:
        if "text" not in of_sms:
            raise InvalidRequestError("read_csv needs text=, or message=MessageTemplate(…)")
        return MessageTemplate(SendSms, **of_sms)
    _check_is_template("message", message)
    if of_sms:
        raise InvalidRequestError(
            f"{next(iter(of_sms)).rstrip('_')}: is for an SMS without message=; "
            f"it stands in MessageTemplate(…) otherwise"
        )
    return message


def _further_forms(
    then: Sequence[MessageTemplate[Sendable]] | None, *, has_rule: bool
) -> Sequence[MessageTemplate[Sendable]]:
    if then is None:
        if has_rule:
            raise InvalidRequestError("on_failed_delivery needs then=[MessageTemplate(…)]")
        return ()
    if not is_sequence(then) or not then:
        raise InvalidRequestError("then: takes a list of MessageTemplate, with one at least")
    for template in then:
        _check_is_template("then", template)
    return then


def _check_is_template(option: str, given: object) -> None:
    if not isinstance(given, MessageTemplate):
        raise InvalidRequestError(
            f"{option}: takes a MessageTemplate(SendRcs, …), not {type(given).__name__}"
        )


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file is written; None if it is gone."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
