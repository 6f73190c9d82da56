"""Bytes of a webhook become fields, and fields an event.

In: method, headers, query and body of a request. Out: an event; `MalformedWebhookError` for what
cannot be read. No I/O, nothing is verified.

How a delivery by form or query is written is not published (webhooks.md section 1). So three forms
are read: the envelope (`data`, `webhook_event`, `webhook_timestamp`), flat fields, and brackets
(`data[msg_id]`). The event's name decides what it is; without one its fields do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn, TypeAlias, cast
from urllib.parse import parse_qsl

import attrs

from seven_async.flow.values.converter import build_value
from seven_async.flow.values.moment import moment
from seven_async.flow.values.scalars import UnreadableError
from seven_async.flow.values.shapes import is_object
from seven_async.webhooks.errors import MalformedWebhookError
from seven_async.webhooks.events import (
    CallerIdValidation,
    DeliveryReport,
    DtmfInput,
    Event,
    InboundCall,
    InboundSms,
    InboundWhatsApp,
    LinkTracking,
    RcsFile,
    RcsLocation,
    RcsStatus,
    RcsSuggestion,
    RcsText,
    UnknownEvent,
    VoiceStatus,
    WebhookEvent,
    WhatsAppReport,
)

Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]
Query: TypeAlias = str | bytes | Mapping[str, str]
Fields: TypeAlias = Mapping[str, Any]

MAX_BODY_BYTES: Final = 1 << 20
"""Far above any event: the largest published one has under a kilobyte."""

_MAX_FIELDS: Final = 1_000
_MAX_DEPTH: Final = 16


def parse_event(
    *,
    method: str = "POST",
    headers: Headers = (),
    query: Query = "",
    body: bytes = b"",
) -> Event:
    """Return the event of a request, without asking who sent it.

    Use `WebhookVerifier.verify` for what comes from outside. An event of an unknown kind or shape
    is an `UnknownEvent`. Raises `MalformedWebhookError` where body or query cannot be read.

    ```python
    parse_event(method="GET", query="msg_id=77149843739&status=DELIVERED")
    ```
    """
    raw = _read_query(query) if method.upper() == "GET" else _read_body(headers, body)
    if not raw:
        raise MalformedWebhookError("the webhook is empty: it has no field")
    return build_event(raw)


def build_event(raw: Fields) -> Event:
    """Return the event that decoded fields describe."""
    name, fields = _open_envelope(raw)
    kind = _BY_NAME.get(name or "", _find_kind)(fields)
    if kind is not None:
        try:
            event = cast("Event", build_value(_flatten(kind, fields), kind))
        except UnreadableError:
            pass  # a known kind in an unknown shape: everything is kept, nothing is guessed
        else:
            return _complete(event, raw)
    event = cast("UnknownEvent", build_value(fields, UnknownEvent))
    return _complete(attrs.evolve(event, name=name), raw)


def _complete(event: Event, raw: Fields) -> Event:
    """Add what came, and the envelope's time for an event that has none of its own."""
    reported_at = event.reported_at or moment(raw.get("webhook_timestamp") or "")
    return attrs.evolve(
        event, raw=raw, reported_at=reported_at, occurred_at=event.occurred_at or reported_at
    )


# Reading bytes


def _read_body(headers: Headers, body: bytes) -> Fields:
    if len(body) > MAX_BODY_BYTES:
        raise MalformedWebhookError(f"the body has more than {MAX_BODY_BYTES:,} bytes")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedWebhookError(f"the body is not UTF-8: byte {error.start}") from None
    # By the first character: the gateway's own content types are not reliable (seven-api.md 0).
    if text.lstrip().startswith(("{", "[")) or "json" in content_type_of(headers):
        return _read_json(text)
    return _read_form(text)


def content_type_of(headers: Headers) -> str:
    """Return the content type in lower case; an empty text if there is none."""
    pairs = cast("Mapping[str, str]", headers).items() if is_object(headers) else headers
    for name, value in cast("Iterable[tuple[str | bytes, str | bytes]]", pairs):
        if to_text(name).lower() == "content-type":
            return to_text(value).lower()
    return ""


def to_text(value: str | bytes) -> str:
    """Return a header's name or value as text; ASGI gives bytes, in Latin-1."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _read_json(text: str) -> Fields:
    try:
        decoded = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        # A RecursionError is thousands of brackets; a ValueError may quote the text: not repeated.
        raise MalformedWebhookError("the body is not JSON") from None
    if not is_object(decoded):
        raise MalformedWebhookError("the body is JSON, but no object")
    _check_depth(decoded, _MAX_DEPTH)
    return decoded


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _check_depth(value: object, left: int) -> None:
    if left < 0:
        raise MalformedWebhookError("the body is nested too deep")
    members: Iterable[object] = ()
    if is_object(value):
        members = value.values()
    elif isinstance(value, list):
        members = cast("list[object]", value)
    for member in members:
        _check_depth(member, left - 1)


def _read_query(query: Query) -> Fields:
    if is_object(query):
        return _nest(list(query.items()))
    return _read_form(to_text(cast("str | bytes", query)).removeprefix("?"))


def _read_form(text: str) -> Fields:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except (ValueError, UnicodeDecodeError):
        raise MalformedWebhookError("the fields are no form in UTF-8") from None
    if not pairs or "=" not in text:
        raise MalformedWebhookError("the webhook is empty, or neither JSON nor a form")
    return _nest(pairs)


_key = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def _nest(pairs: list[tuple[str, str]]) -> Fields:
    """Return bracketed names as objects: `data[msg_id]=1` as `{"data": {"msg_id": "1"}}`.

    The last value of a name counts, as in PHP. A name with odd brackets stays as it is.
    """
    fields: dict[str, Any] = {}
    for name, value in pairs:
        match = _key.fullmatch(name)
        steps = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])] if match else [name]
        if len(steps) > _MAX_DEPTH:
            raise MalformedWebhookError("the fields are nested too deep")
        inner = fields
        for step in steps[:-1]:
            below = inner.get(step)
            if not isinstance(below, dict):
                below = inner[step] = dict[str, Any]()
            inner = cast("dict[str, Any]", below)
        # `data[]=…` of a list, which no published event has: each member under its place.
        inner[steps[-1] or str(len(inner))] = value
    return fields


# From fields to a kind


def _open_envelope(raw: Fields) -> tuple[str | None, Fields]:
    """Return the event's name and its fields, whether there is an envelope or not."""
    # `event` is how WhatsApp's inbound event is published, without an envelope.
    name = raw.get("webhook_event") or raw.get("event")
    fields: object = raw.get("data")
    if isinstance(fields, str) and fields.lstrip().startswith("{"):
        fields = _read_json(fields)
    if not is_object(fields):
        fields = {key: value for key, value in raw.items() if key not in _ENVELOPE}
    own_name = fields.get("event")
    name = name if isinstance(name, str) else own_name if isinstance(own_name, str) else None
    return name, {key: value for key, value in fields.items() if key != "event"}


_ENVELOPE: Final = frozenset({"webhook_event", "webhook_timestamp"})


def _find_rcs(fields: Fields) -> type[WebhookEvent] | None:
    """Return the kind of an RCS event: one name stands for five shapes."""
    content = fields.get("content_type")
    if is_object(fields.get("user_file")) or content in ("user_file", "file", "image"):
        return RcsFile
    if is_object(fields.get("suggestion_response")):
        return RcsSuggestion
    if is_object(fields.get("location")):
        return RcsLocation
    if "status" in fields:
        return RcsStatus
    return RcsText if "text" in fields else None


def _find_whatsapp(fields: Fields) -> type[WebhookEvent] | None:
    return WhatsAppReport if "status" in fields else InboundWhatsApp


def _find_report(fields: Fields) -> type[WebhookEvent] | None:
    # The name of WhatsApp's reports is not published; they may share this one.
    return WhatsAppReport if _is_lower(fields.get("status")) else DeliveryReport


def _is_lower(value: object) -> bool:
    """Tell whether a state is written as WhatsApp's are (`delivered`), not as those of SMS."""
    return isinstance(value, str) and value.islower()


# The first row whose fields are all there decides. Order matters: the special ones come first.
_BY_FIELDS: Final[tuple[tuple[frozenset[str], type[WebhookEvent]], ...]] = tuple(
    (frozenset(names.split()), kind)
    for names, kind in (
        ("formatted_output", CallerIdValidation),
        ("dtmf_digit", DtmfInput),
        ("tracking_url", LinkTracking),
        ("callerId status", VoiceStatus),
        ("caller system", InboundCall),
        ("message from", InboundWhatsApp),
        ("sender text", InboundSms),
        ("msg_id status", DeliveryReport),
    )
)


def _find_kind(fields: Fields) -> type[WebhookEvent] | None:
    """Return the kind of an event that has no name, or one that is not known."""
    if "agent_id" in fields or fields.get("message_type") == "RCS":
        return _find_rcs(fields)
    if "msg_id" in fields and _is_lower(fields.get("status")):
        return WhatsAppReport
    return next((kind for names, kind in _BY_FIELDS if names <= fields.keys()), None)


def _always(kind: type[WebhookEvent]) -> Callable[[Fields], type[WebhookEvent] | None]:
    return lambda _: kind


_BY_NAME: Final[Mapping[str, Callable[[Fields], type[WebhookEvent] | None]]] = {
    "sms_mo": _always(InboundSms),
    "dlr": _find_report,
    "tracking": _always(LinkTracking),
    "voice_status": _always(VoiceStatus),
    "voice_call": _always(InboundCall),
    "voice_dtmf": _always(DtmfInput),
    "rcs": _find_rcs,
    "rcs_mo": _find_rcs,
    "rcs_dlr": _always(RcsStatus),
    "wa_mo": _find_whatsapp,
    # The names of WhatsApp's reports are not published; these would follow the others.
    "wa_dlr": _always(WhatsAppReport),
    "wa_status": _always(WhatsAppReport),
}


def _flatten(kind: type[WebhookEvent], fields: Fields) -> Fields:
    """Return the fields with the one object, that has what matters, opened."""
    inner: object = None
    outer = dict(fields)
    if kind is RcsFile:
        inner = outer.pop("user_file", None)
    elif kind is RcsSuggestion:
        inner = outer.pop("suggestion_response", None)
    elif kind is RcsLocation:
        inner = outer.pop("location", None)
    elif kind is InboundWhatsApp:
        inner = outer.pop("message", None)
        if isinstance(inner, str):
            inner = {"text": inner}
    return {**outer, **inner} if is_object(inner) else fields
