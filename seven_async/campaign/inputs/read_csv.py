"""What `read_csv` is told: which column has the recipients, and what is sent to each.

In: a path and options. Out: `CsvMessages`, or what is wrong with an option. I/O: reads the first
lines of the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack, overload

from seven_async.api.sms import File, SendSms
from seven_async.campaign.inputs.csv_dialect import Layout
from seven_async.campaign.inputs.csv_file import CsvMessages
from seven_async.campaign.inputs.message import Fallback, Sendable, build_rule
from seven_async.campaign.inputs.message_template import MessageTemplate, SendableT_co
from seven_async.campaign.inputs.row_mapper import RecipientColumn, RowMapper
from seven_async.errors import InvalidRequestError
from seven_async.flow.values.shapes import is_sequence
from seven_async.recipients.recipient import plan_check


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
