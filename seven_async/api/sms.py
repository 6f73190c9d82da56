"""SMS: sending, and deleting what is still scheduled. Source: seven-api.md section 11."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from seven_async.api.fields.converters import one_or_many, recipients
from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.senders import valid_sender
from seven_async.api.fields.validators import (
    between,
    flag,
    hexadecimal,
    reference,
    sending_time,
    text_of,
    to_wire,
    valid_ids,
    valid_recipients,
)
from seven_async.api.replies.deletion import Deletion
from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.errors import InvalidRequestError
from seven_async.flow.row import Repeat
from seven_async.flow.values.shapes import is_object, is_sequence
from seven_async.flow.wire import join_values, list_values, on_wire, plain
from seven_async.masking import brief, masked_number, masked_secret, masked_sender, masked_text

__all__ = [
    "DeleteSms",
    "File",
    "SendSms",
]

_FILE_KEYS: Final = frozenset({"name", "contents", "validity", "validity_days", "password"})


def _check_files(_: object, attribute: Argument, files: object) -> None:
    if files is None:
        return
    if not is_sequence(files):
        raise refusal(attribute.name, f"takes a list of files, not {type(files).__name__}")
    for place, file in enumerate(files, 1):
        _check_file(f"{attribute.name}: file {place}", to_wire(attribute.name, file))


def _refused_file(where: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{where} {why}")


def _check_file(where: str, file: object) -> None:
    if not is_object(file) or not (file.get("name") and file.get("contents")):
        raise _refused_file(where, "needs a name and base64 contents")
    unknown = [brief(key) for key in file if key not in _FILE_KEYS]
    if unknown:
        raise _refused_file(where, f"has {', '.join(sorted(_FILE_KEYS))}, not {', '.join(unknown)}")
    for key in ("name", "contents", "password"):
        if not isinstance(file.get(key, ""), str | None):
            raise _refused_file(
                where, f"has a {key} that must be a text, not {type(file[key]).__name__}"
            )
    days = file.get("validity", file.get("validity_days"))
    is_number = isinstance(days, int) and not isinstance(days, bool)
    if days is not None and not (is_number and 0 < days <= _MOST_DAYS):
        raise _refused_file(where, f"is there for a whole number of days, not {brief(days)}")


_MOST_DAYS: Final = 100_000


def _file_to_wire(file: object) -> object:
    parts = plain(file)
    if not is_object(parts):
        return parts
    # In a mapping the days may have the name that they have in the class.
    named = {"validity" if key == "validity_days" else key: part for key, part in parts.items()}
    return {key: part for key, part in named.items() if part is not None}


def _files_to_wire(files: Iterable[object]) -> list[object]:
    return [_file_to_wire(file) for file in files]


@attrs.frozen(kw_only=True)
class File:
    """A file behind a short link that replaces `[[name]]` in the text.

    `contents` is base64; `validity_days` says how long the link works, `password` protects it.
    """

    name: str
    contents: str = attrs.field(repr=masked_text)
    validity_days: int | None = attrs.field(default=None, metadata=on_wire("validity"))
    password: str | None = attrs.field(default=None, repr=masked_secret)


def _files_or_none(
    files: Sequence[File | Mapping[str, object]] | None,
) -> tuple[File | Mapping[str, object], ...] | None:
    # What is no list of files stays as it is: the validator says so.
    kept: Any = tuple(files) if is_sequence(files) else files
    return kept or None


@attrs.frozen(kw_only=True, slots=False)
class SendSms:
    """Send an SMS to one or several recipients.

    Never repeated unless it provably did not leave. Code 101 (some recipients refused) is a
    receipt with `failed`.

    Example:
        receipt = await seven.sms.send("+491711234567", "Your code is 1234.", from_="Acme")
        print(receipt.messages[0].id, receipt.total_price)

    Args:
        to: A number in any notation, or the name of a contact or group; several as a list. No
            maximum is published; names must not hold a comma.
        text: At most 1520 characters; longer texts are refused here. `[[name]]` places a file.
        from_: The sender: at most 11 letters and digits, or 16 digits. The account's default
            unless given.
        delay: Send at this time: an aware datetime, Unix seconds, or the gateway's own form
            `2026-02-10 09:00:00` (Europe/Berlin). One that has passed is refused.
        flash: Show the message at once, without storing it.
        udh: The user data header in hex, for binary messages.
        is_binary: The text is hex and goes out as 8-bit data.
        ttl: Minutes in which the networks try to deliver; 2880 unless given.
        label: Up to 100 of `A-Z a-z 0-9 . _ @ -`, for statistics.
        foreign_id: Your reference, up to 64 of the same characters; made up unless given, so that
            the message can be looked up.
        performance_tracking: Shorten links and count clicks; the account needs a custom domain.
        get_replies: Assign replies for 48 h; replaces the sender.
        files: Files behind short links.

    Raises:
        InvalidRequestError: A value was refused before anything was sent.
        InsufficientCreditError: The account is out of credit (code 500).
        DuplicateMessageError: The same message was accepted within the last 180 s (code 402).
        DailyLimitError: The recipient's daily limit is used up (code 403).
        OutcomeUnknownError: The answer was lost; the message may have been sent.
    """

    to: str | tuple[str, ...] = attrs.field(
        kw_only=False,
        converter=recipients,
        validator=valid_recipients,
        metadata=on_wire(write=join_values),
        repr=masked_number,
    )
    text: str = attrs.field(kw_only=False, validator=text_of(1520), repr=masked_text)
    from_: str | None = attrs.field(default=None, validator=valid_sender, repr=masked_sender)
    delay: datetime | int | str | None = attrs.field(default=None, validator=sending_time)
    flash: bool | None = attrs.field(default=None, validator=flag)
    udh: str | None = attrs.field(default=None, validator=hexadecimal)
    is_binary: bool | None = attrs.field(default=None, validator=flag)
    ttl: int | None = attrs.field(default=None, validator=between(1, None, "minutes"))
    label: str | None = attrs.field(default=None, validator=reference(100))
    foreign_id: str | None = attrs.field(default=None, validator=reference(64))
    performance_tracking: bool | None = attrs.field(default=None, validator=flag)
    get_replies: bool | None = attrs.field(default=None, validator=flag)
    files: tuple[File | Mapping[str, object], ...] | None = attrs.field(
        default=None,
        converter=_files_or_none,
        validator=_check_files,
        hash=False,
        repr=masked_text,
        metadata=on_wire(write=_files_to_wire),
    )


@attrs.frozen(kw_only=True)
class DeleteSms:
    """Delete scheduled messages.

    Only messages that are not sent yet (`delay`) can be deleted; others leave `success` false.

    Example:
        deletion = await seven.sms.delete(["77214945865"])
        print(deletion.deleted)

    Args:
        ids: One message id or several.
    """

    ids: str | int | tuple[str | int, ...] = attrs.field(
        kw_only=False,
        converter=one_or_many,
        validator=valid_ids,
        metadata=on_wire(write=list_values),
    )


class Sms(Endpoints[M]):
    """Text messages."""

    send: Final = Route("POST", "/sms", SendSms, Receipt, repeat=Repeat.NEVER)
    delete: Final = Route("DELETE", "/sms", DeleteSms, Deletion)
