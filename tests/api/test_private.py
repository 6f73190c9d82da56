"""Numbers, texts and secrets are not in what requests and replies show of themselves."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from seven_async.flow.values.model import Model
from tests.api.reply_models import fields, models
from tests.api.test_requests_read_back import KINDS

NUMBER = "+491711234567"
SECRET = "between-you-and-me"
REPLIES = [
    ("Message", "recipient", NUMBER),
    ("Message", "text", SECRET),
    ("Message", "sender", NUMBER),
    ("OutboundMessage", "from_", NUMBER),
    ("OutboundMessage", "to", NUMBER),
    ("OutboundMessage", "text", SECRET),
    ("InboundMessage", "text", SECRET),
    ("VoiceCall", "text", SECRET),
    ("ContactProperties", "mobile_number", NUMBER),
    ("ContactProperties", "home_number", NUMBER),
    ("ContactProperties", "email", SECRET),
    ("ContactProperties", "notes", SECRET),
    ("FormatLookup", "international", NUMBER),
    ("FormatLookup", "national", NUMBER),
    ("RcsLookup", "international_formatted", NUMBER),
    ("HlrLookup", "international_format_number", NUMBER),
    ("MnpNumber", "number", NUMBER),
    ("CnamLookup", "number", NUMBER),
    ("CnamLookup", "name", SECRET),
    ("ActiveNumber", "number", NUMBER),
    ("AvailableNumber", "number_parsed", NUMBER),
    ("SmsForwarding", "number", (NUMBER,)),
    ("EmailForwarding", "address", (SECRET,)),
    ("SlackForwarding", "uri", SECRET),
    ("Hook", "headers", SECRET),
    ("Hook", "event_filter", NUMBER),
    ("VoiceValidation", "code", SECRET),
    ("VoiceValidation", "sender", NUMBER),
    ("SubaccountContact", "email", SECRET),
]
MODELS = {model.__name__: model for model in models()}


@pytest.mark.parametrize(("model", "field", "value"), REPLIES)
def test_private_fields_of_replies(model: str, field: str, value: Any):
    """What a reply holds can be read from the attribute, and not from `repr`."""
    kind = MODELS[model]
    required = {
        one.name: "1" for one in fields(kind) if one.default is attrs.NOTHING and one.name != field
    }
    shown = kind(**required, **{field: value})

    assert value == getattr(shown, field)
    assert [] == [secret for secret in (NUMBER, NUMBER[1:], SECRET) if secret in repr(shown)]


def test_extra_is_not_shown():
    """What a reply says beyond its fields may be anything."""
    assert SECRET not in repr(MODELS["Contact"](id="1", extra={"text": SECRET}))


NUMBERS_IN = (
    "event_filter",
    "to",
    "number",
    "from_",
    "mobile_number",
    "home_number",
    "sms_forward",
)
SECRETS_IN = ("text", "email", "address", "notes", "body", "slack_forward", "caption", "search")


def private_fields() -> list[Any]:
    """Every field of a request class that takes a number or a text of a person."""
    return [
        pytest.param(kind, field, id=f"{kind.__name__}.{field.name}")
        for _, kind in KINDS
        for field in attrs.fields(kind)
        if field.name in NUMBERS_IN + SECRETS_IN and field.init
    ]


@pytest.mark.parametrize(("kind", "field"), private_fields())
def test_private_fields_of_requests(kind: type[Model], field: Any):
    """A request shows no number and no text."""
    value = NUMBER if field.name in NUMBERS_IN else SECRET
    shown = str(field.repr(value)) if callable(field.repr) else repr(value)

    assert [] == [secret for secret in (NUMBER, NUMBER[1:], SECRET) if secret in shown]
