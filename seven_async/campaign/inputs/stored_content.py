"""What a journal needs to send a message without the file it came from.

In: a message. Out: JSON, and the message again for one recipient. No I/O.

The recipient is not part of it: the journal has that in a column of its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache, lru_cache
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, Final, NamedTuple, cast

import attrs

from seven_async.api.table import endpoints
from seven_async.campaign.inputs.message import (
    DeliveryRule,
    Fallback,
    Message,
    Sendable,
    channel_of,
)
from seven_async.errors import InvalidRequestError
from seven_async.flow.wire import plain
from seven_async.texts import to_encodable


class StoreTexts(StrEnum):
    """How long a journal keeps what messages say.

    `until_served`: what is needed to send them, erased as soon as the gateway has taken a message.
    """

    NEVER = "never"
    UNTIL_SERVED = "until-served"
    ALWAYS = "always"


#: How the JSON of a message begins that may be needed after it was served: its next form is sent
#: when the delivery fails.
KEPT_WHEN_SERVED: Final = '{"rule":'


def text_of(message: object) -> str | None:
    """Return the text of a message; of rich content its JSON."""
    text: object = getattr(message, "text", None)
    if text is None or isinstance(text, str):
        return text
    return to_encodable(json.dumps(plain(text), ensure_ascii=False, default=str))


def write_content(forms: Sequence[Sendable], rule: DeliveryRule | None) -> str:
    """Return all of a message but its recipient, as JSON."""
    written = ",".join([_write_form(form) for form in forms])
    begin = "{" if rule is None else f"{KEPT_WHEN_SERVED}{_ENCODER.encode(attrs.asdict(rule))},"
    return f'{begin}"forms":[{written}]}}'


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class _StoredFields(NamedTuple):
    """What is written of a request: how its JSON begins, names of fields as JSON, their values."""

    begin: str
    names: tuple[str, ...]
    values: Callable[[object], tuple[object, ...]]


@cache
def _stored_fields(request: Any) -> _StoredFields:
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(request)
    names = [field.name for field in fields if field.init and field.name != "to"]
    begin = f'{{"row":{_ENCODER.encode(channel_of(request).row.name)}'
    # Two at least: of one name alone `attrgetter` returns no tuple. Every message has those.
    return _StoredFields(
        begin, tuple(f",{_ENCODER.encode(name)}:" for name in names), attrgetter(*names)
    )


def _write_form(form: Sendable) -> str:
    """Return one message as JSON.

    Put together from its members: an encoder of a whole object takes three times as long, and each
    message of a campaign may have a text of its own.
    """
    fields = _stored_fields(type(form))
    members = [
        name + (encode_basestring(value) if type(value) is str else _ENCODER.encode(plain(value)))
        for name, value in zip(fields.names, fields.values(form), strict=True)
        if value is not None
    ]
    return f"{fields.begin}{''.join(members)}}}"


@cache
def _requests_by_row() -> Mapping[str, type[Any]]:
    return {endpoint.row.name: endpoint.request for endpoint in endpoints()}


@lru_cache(maxsize=64)  # most messages of a campaign have one of few contents
def _parse(content: str) -> Any:
    return json.loads(content)


def read_content(content: str, recipient: str) -> Message:
    """Return the message for a recipient.

    Raises:
        InvalidRequestError: It cannot be sent any more: its `delay` has passed, say.
    """
    try:
        return _build_message(_parse(content), recipient)
    except InvalidRequestError:
        raise
    except _UNREADABLE as error:
        raise InvalidRequestError(
            "the journal's content of this message cannot be read; send its file again"
        ) from error


# Of a later version, or damaged. One such row must not end what sends all others.
_UNREADABLE: Final = (AttributeError, KeyError, RecursionError, TypeError, ValueError)


def _build_message(whole: Any, recipient: str) -> Message:
    forms = [_read_form(form, recipient) for form in whole["forms"]]
    rule: Mapping[str, object] | None = whole.get("rule")
    if len(forms) == 1:
        return forms[0]
    if rule is None:
        return Fallback(*forms)
    after_s = cast("float | None", rule["after_silence_s"])
    return Fallback(*forms, on_failed_delivery=True, undelivered_after_s=after_s)


def read_form_texts(content: str) -> list[str]:
    """Return the texts of the SMS among the forms of a message; none of what cannot be read."""
    try:
        forms = _parse(content)["forms"]
        return [str(form["text"]) for form in forms if form["row"] == "sms.send" and "text" in form]
    except _UNREADABLE:
        return []


def _read_form(form: Mapping[str, object], recipient: str) -> Sendable:
    fields = dict(form)
    request = _requests_by_row()[str(fields.pop("row"))]
    sendable: Sendable = request(to=recipient, **fields)
    return sendable
