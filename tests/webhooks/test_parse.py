"""Every published form of every event becomes its class; nothing else raises but a WebhookError."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seven_async.webhooks import (
    CallerIdValidation,
    DeliveryReport,
    DtmfInput,
    InboundCall,
    InboundSms,
    InboundWhatsApp,
    LinkTracking,
    MalformedWebhookError,
    RcsFile,
    RcsLocation,
    RcsStatus,
    RcsSuggestion,
    RcsText,
    UnknownEvent,
    VoiceStatus,
    WebhookError,
    WebhookEvent,
    WhatsAppReport,
    parse_event,
)

RCS = {
    "id": 1871353,
    "sender": "4915153952979",
    "time": 1709870553,
    "message_type": "RCS",
    "agent_id": "myfancyagent",
}
FILE = {
    "fileName": "a.pdf",
    "fileSizeBytes": 1234,
    "fileUri": "https://example.com/a.pdf",
    "mimeType": "application/pdf",
}

# The published payloads (webhooks.md section 3), by event name and class.
PUBLISHED: dict[str, tuple[str, dict, type[WebhookEvent]]] = {
    "sms": (
        "sms_mo",
        {
            "id": "681590",
            "sender": "SMS",
            "system": "491771783130",
            "text": "Hello World",
            "time": "1605878104",
            "message_type": "SMS",
        },
        InboundSms,
    ),
    "report": (
        "dlr",
        {
            "msg_id": "77149843739",
            "status": "TRANSMITTED",
            "timestamp": "2021-08-24 08:08:00.000000",
        },
        DeliveryReport,
    ),
    "tracking": (
        "tracking",
        {
            "type": "click",
            "tracking_url": "https://svn.me/abc",
            "final_url": "https://example.com",
            "sms_id": "77149843739",
            "sms_label": None,
            "total_clicks": 1,
            "total_views": 1,
        },
        LinkTracking,
    ),
    "call status": (
        "voice_status",
        {
            "callerId": "491771783130",
            "duration": "8",
            "id": "1006001",
            "pricePerMinute": 0.045,
            "recipient": "49176123456789",
            "status": "completed",
            "timestamp": 1691398799,
        },
        VoiceStatus,
    ),
    "call": (
        "voice_call",
        {"id": 2, "caller": "4943160049851", "time": 1614961009, "system": "491716958038"},
        InboundCall,
    ),
    "key": (
        "voice_dtmf",
        {
            "id": 1006001,
            "callerId": "491771783130",
            "recipient": "49176123456789",
            "system": "491771783130",
            "status": "in-progress",
            "dtmf_digit": 5,
            "duration": 3,
            "pricePerMinute": 0.045,
            "total_price": 0.045,
            "timestamp": 1691398799,
        },
        DtmfInput,
    ),
    "rcs status": (
        "rcs",
        {
            "agent_id": "myfancyagent",
            "sender": "4915153952979",
            "status": "READ",
            "foreign_id": None,
            "msg_id": "77233319353",
            "timestamp": "2024-03-08 09:47:12",
        },
        RcsStatus,
    ),
    "rcs text": ("rcs", {**RCS, "content_type": "text", "text": "Hallo"}, RcsText),
    "rcs suggestion": (
        "rcs",
        {
            **RCS,
            "content_type": "suggestion_response",
            "suggestion_response": {"postbackData": "yes", "text": "Yes", "type": "REPLY"},
        },
        RcsSuggestion,
    ),
    "rcs file": (
        "rcs",
        {**RCS, "content_type": "user_file", "user_file": {"payload": FILE}},
        RcsFile,
    ),
    "rcs image": (
        "rcs",
        {
            **RCS,
            "content_type": "user_file",
            "user_file": {
                "payload": FILE,
                "thumbnail": {
                    "fileSizeBytes": 12,
                    "fileUri": "https://example.com/t.jpg",
                    "mimeType": "image/jpeg",
                },
            },
        },
        RcsFile,
    ),
    "rcs location": (
        "rcs",
        {
            **RCS,
            "content_type": "location",
            "location": {"latitude": 54.32, "longitude": 10.13},
        },
        RcsLocation,
    ),
}

VALIDATION = {
    "id": 12345,
    "sender": "49176123456789",
    "formatted_output": "+49 176 123456789",
    "success": True,
    "error": "The sender ID is already saved.",
    "voice": True,
}


def envelope(name: str, fields: dict) -> dict:
    """Return the documented envelope."""
    return {"data": fields, "webhook_event": name, "webhook_timestamp": "2024-03-08T09:47:12+01:00"}


def bracketed(prefix: str, value: object) -> list[tuple[str, str]]:
    """Return nested fields as PHP writes them; null is left out."""
    if isinstance(value, dict):
        return [
            pair
            for key, each in value.items()
            for pair in bracketed(f"{prefix}[{key}]" if prefix else key, each)
        ]
    return [] if value is None else [(prefix, str(value))]


FORMS = {
    "JSON": lambda name, fields: {"body": json.dumps(envelope(name, fields)).encode()},
    "form in brackets": lambda name, fields: {
        "body": urlencode(bracketed("", envelope(name, fields))).encode()
    },
    "form with JSON in data": lambda name, fields: {
        "body": urlencode({"data": json.dumps(fields), "webhook_event": name}).encode()
    },
    "query": lambda name, fields: {
        "method": "GET",
        "query": urlencode(bracketed("", {**fields, "webhook_event": name})),
    },
    "flat query without a name": lambda _, fields: {
        "method": "GET",
        "query": urlencode(bracketed("", fields)),
    },
    "flat JSON without a name": lambda _, fields: {"body": json.dumps(fields).encode()},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("what", PUBLISHED)
def test_published_payload_is_typed(what: str, form: str):
    """Each event is its class in every form, and no field is left over."""
    name, fields, kind = PUBLISHED[what]

    event = parse_event(**FORMS[form](name, fields))

    assert kind is type(event)
    assert {} == event.extra
    has_time = not fields.keys().isdisjoint({"time", "timestamp"})
    assert has_time <= (event.occurred_at is not None)


def test_naive_time_is_in_berlin():
    """Times without a zone are the gateway's own (seven-api.md section 0)."""
    name, fields, _ = PUBLISHED["report"]

    event = parse_event(body=json.dumps(envelope(name, fields)).encode())

    assert datetime(2021, 8, 24, 6, 8, tzinfo=UTC) == event.occurred_at


def test_legacy_callback_is_a_report():
    """Reports by GET once came as three flat parameters."""
    query = "msg_id=1234567&status=DELIVERED&timestamp=2020-01-09+15%3A41%3A30.656"

    event = parse_event(method="GET", query=query)

    assert isinstance(event, DeliveryReport)
    assert ("1234567", True) == (event.message_id, event.state.is_final)


def test_inbound_whatsapp_has_no_envelope():
    """The help centre shows it flat, with its text one level deeper."""
    fields = {
        "event": "wa_mo",
        "from": "491711234567",
        "to": "491701234567",
        "timestamp": "2026-01-15T10:30:00Z",
        "message": {"type": "text", "text": "Hi"},
    }

    event = parse_event(body=json.dumps(fields).encode())

    assert isinstance(event, InboundWhatsApp)
    assert ("Hi", "text", {}) == (event.text, event.message_type, event.extra)
    assert {"type": "text", "text": "Hi"} == event.content


@pytest.mark.parametrize("state", ["sent", "delivered", "read", "failed"])
def test_lower_case_state_is_whatsapps(state: str):
    """WhatsApp's reports have no published name, but states in lower case."""
    fields = {"msg_id": "1", "status": state}

    assert WhatsAppReport is type(parse_event(body=json.dumps(fields).encode()))


def test_validation_callback_keeps_its_error_beside_success():
    """`error` may come together with `success` (seven-api.md section 14)."""
    event = parse_event(method="GET", query=urlencode(VALIDATION | {"success": 1, "voice": 1}))

    assert isinstance(event, CallerIdValidation)
    assert (True, "The sender ID is already saved.") == (event.success, event.error)


def test_unknown_event_keeps_everything():
    """A kind that does not exist yet is no error."""
    event = parse_event(body=b'{"data":{"a":1},"webhook_event":"fax"}')

    assert isinstance(event, UnknownEvent)
    assert ("fax", {"a": 1}) == (event.name, event.extra)
    assert {"data": {"a": 1}, "webhook_event": "fax"} == event.raw


def test_known_event_in_an_unknown_shape_keeps_everything():
    """A report without its message id is not guessed at."""
    event = parse_event(body=b'{"data":{"state_of":"X"},"webhook_event":"dlr"}')

    assert isinstance(event, UnknownEvent)
    assert "dlr" == event.name


def test_star_is_a_digit():
    """Phones have two keys that are no numbers."""
    event = parse_event(body=b'{"data":{"id":1,"dtmf_digit":"*"},"webhook_event":"voice_dtmf"}')

    assert isinstance(event, DtmfInput)
    assert "*" == event.dtmf_digit


def test_repr_shows_neither_number_nor_text():
    """Events are safe to log."""
    name, fields, _ = PUBLISHED["rcs text"]
    shown = repr(parse_event(body=json.dumps(envelope(name, fields)).encode()))

    assert "4915153952979" not in shown
    assert "Hallo" not in shown


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b'"900"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' * 20 + b"1" + b"}" * 20,
        b'{"a":NaN}',
        b'{"a":' + b"9" * 10_000 + b"}",
        b"a[" + b"b][" * 50 + b"c]=1",
        b"&" * 10_000,
        b"a=%ff",
        b"x" * 10_000_000,
    ],
)
def test_garbage_is_malformed(body: bytes):
    """Whatever cannot be read is one error, which says 400."""
    with pytest.raises(MalformedWebhookError) as refused:
        parse_event(headers={"Content-Type": "application/json"}, body=body)

    assert 400 == refused.value.http_status


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    what=st.sampled_from(sorted(PUBLISHED)),
    field=st.integers(0, 20),
    value=JSON_VALUES,
    form=st.sampled_from(sorted(FORMS)),
)
def test_mutated_payload_raises_nothing_else(what: str, field: int, value: object, form: str):
    """Wrong types make another event or a WebhookError, never another exception."""
    name, fields, _ = PUBLISHED[what]
    key = sorted(fields)[field % len(fields)]

    try:
        event = parse_event(**FORMS[form](name, {**fields, key: value}))
    except (WebhookError, UnicodeEncodeError):
        return  # the latter is the test's own form of half an emoji
    assert isinstance(event, WebhookEvent)
    assert repr(event)


def test_cut_and_flipped_bytes_raise_nothing_else():
    """2,000 damaged payloads are events or WebhookErrors."""
    dice = random.Random(7)
    kinds: set[type] = set()
    for _ in range(2_000):
        name, fields, _ = PUBLISHED[dice.choice(sorted(PUBLISHED))]
        body = bytearray(json.dumps(envelope(name, fields)).encode())
        for _ in range(dice.randrange(1, 3)):
            body[dice.randrange(len(body))] = dice.randrange(32, 160)
        end = dice.randrange(1, len(body)) if dice.random() < 0.3 else None
        try:
            kinds.add(type(parse_event(body=bytes(body[:end]))))
        except WebhookError as error:
            kinds.add(type(error))

    assert MalformedWebhookError in kinds
    assert len(kinds) > 5
