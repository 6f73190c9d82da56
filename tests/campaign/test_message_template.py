"""Messages of every channel from a file: templates and tables in, messages and refusals out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seven_async import (
    File,
    InvalidRequestError,
    RcsFallback,
    SendButtons,
    SendDocument,
    SendRcs,
    SendSms,
    SendTemplate,
    SendVoice,
    TemplateButton,
    TemplateComponents,
)
from seven_async.api.balance import GetBalance
from seven_async.campaign import CsvMessages, Fallback, MessageTemplate, read_csv

TABLE = "first_name,phone,order\nAnna,+491711234567,7\n,+436641234567,8\n"
WHATSAPP: dict[str, Any] = {"template": "ready", "language": "de", "from_": "4915112345678"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two people, one of whom has no name."""
    path = tmp_path / "people.csv"
    path.write_text(TABLE)
    return path


def refusals(messages: CsvMessages) -> list[tuple[int, str, str]]:
    """Line, column and reason of each refused row."""
    return [(row.line, row.column, row.reason) for row in messages.refused]


def test_sms_of_a_template_is_that_of_the_short_form(file: Path) -> None:
    """`text=` and its options are short for a template of an SMS."""
    short = read_csv(file, text="Hi {first_name}", from_="Acme", label="spring", flash=True)
    fields: dict[str, Any] = {"from_": "Acme", "label": "spring", "flash": True}
    long = read_csv(file, message=MessageTemplate(SendSms, text="Hi {first_name}", **fields))

    assert list(short) == list(long)


@pytest.mark.parametrize(
    ("template", "first"),
    [
        (
            MessageTemplate(SendRcs, text="Hi {first_name|you}", ttl=60),
            SendRcs("+491711234567", "Hi Anna", ttl=60),
        ),
        (
            MessageTemplate(SendRcs, text={"cards": [{"title": "{order}"}, 5, None]}),
            SendRcs("+491711234567", {"cards": [{"title": "7"}, 5, None]}),
        ),
        (
            MessageTemplate(
                SendRcs, text="Hi", fallback=RcsFallback(text="{first_name}, {{hi}}", from_="Acme")
            ),
            SendRcs("+491711234567", "Hi", fallback=RcsFallback(text="Anna, {hi}", from_="Acme")),
        ),
        (
            MessageTemplate(SendVoice, text="Order {order}", ringtime=20, foreign_id="o-{order}"),
            SendVoice("+491711234567", "Order 7", ringtime=20, foreign_id="o-7"),
        ),
        (
            MessageTemplate(SendTemplate, **WHATSAPP, body=["{first_name|you}", "{order}"]),
            SendTemplate("+491711234567", **WHATSAPP, components={"body": ["Anna", "7"]}),
        ),
        (
            MessageTemplate(
                SendTemplate,
                **WHATSAPP,
                components=TemplateComponents(
                    body=("{order}",), buttons=[TemplateButton(text="o/{order}")]
                ),
            ),
            SendTemplate(
                "+491711234567",
                **WHATSAPP,
                components=TemplateComponents(body=("7",), buttons=[TemplateButton(text="o/7")]),
            ),
        ),
        (
            MessageTemplate(
                SendDocument, url="https://a.example/{order}.pdf", filename="{order}", from_="49151"
            ),
            SendDocument("+491711234567", "https://a.example/7.pdf", "7", from_="49151"),
        ),
        (
            MessageTemplate(
                SendButtons,
                body="{first_name|you}?",
                buttons=[{"id": "y-{order}", "title": "Yes"}, {"id": "n", "title": "No"}],
                from_="49151",
            ),
            SendButtons(
                "+491711234567",
                "Anna?",
                [{"id": "y-7", "title": "Yes"}, {"id": "n", "title": "No"}],
                from_="49151",
            ),
        ),
        (
            MessageTemplate(SendSms, text="[[f]]", files=[File(name="f", contents="{order}")]),
            SendSms("+491711234567", "[[f]]", files=[File(name="f", contents="7")]),
        ),
    ],
    ids=lambda each: type(each).__name__ if not isinstance(each, MessageTemplate) else "",
)
def test_every_channel(file: Path, template: MessageTemplate[Any], first: object) -> None:
    """Texts are filled in wherever they stand; the recipient comes from the file."""
    messages = list(read_csv(file, message=template))

    assert (first, 2) == (messages[0], len(messages))


def test_placeholders_of_all_forms(file: Path) -> None:
    """The columns of nested texts and of other forms are known, each once."""
    whatsapp = MessageTemplate(SendTemplate, **WHATSAPP, body=["{order}", "{first_name}"])
    messages = read_csv(
        file, message=whatsapp, then=[MessageTemplate(SendSms, text="{first_name}, {order}")]
    )

    assert ("order", "first_name") == messages.placeholders


def test_forms_are_a_fallback(file: Path) -> None:
    """With `then` each row is one message in several forms."""
    messages = read_csv(
        file,
        message=MessageTemplate(SendRcs, text="Hi"),
        then=[MessageTemplate(SendSms, text="Hi {order}"), MessageTemplate(SendVoice, text="Hi")],
        on_failed_delivery=True,
        undelivered_after_s=60,
    )
    to = "+491711234567"

    assert next(iter(messages)) == Fallback(
        SendRcs(to, "Hi"),
        SendSms(to, "Hi 7"),
        SendVoice(to, "Hi"),
        on_failed_delivery=True,
        undelivered_after_s=60,
    )


def test_short_form_with_a_fallback(file: Path) -> None:
    """An SMS by its text may be followed by another form, too."""
    messages = read_csv(file, text="Hi", then=[MessageTemplate(SendVoice, text="Hi {order}")])

    assert [SendVoice("+491711234567", "Hi 7"), SendVoice("+436641234567", "Hi 8")] == [
        message.forms[1] for message in messages
    ]


@pytest.mark.parametrize(
    ("template", "refused"),
    [
        (
            MessageTemplate(SendTemplate, **WHATSAPP, body=["{order}", "{first_name}"]),
            (
                "first_name",
                "body, place 2: is empty, and WhatsApp takes no empty parameter",
            ),
        ),
        (
            MessageTemplate(
                SendTemplate,
                **WHATSAPP,
                header=["{order}"],
                buttons=[{"text": "{order}"}, {"text": "{first_name}"}],
            ),
            (
                "first_name",
                "button 2, text 1: is empty, and WhatsApp takes no empty parameter",
            ),
        ),
        (
            MessageTemplate(SendVoice, text="{first_name}"),
            ("first_name", "text: is empty"),
        ),
        (
            MessageTemplate(SendRcs, text="{first_name} {first_name}"),
            ("first_name", "text: is empty"),
        ),
        (
            MessageTemplate(SendRcs, text="Hi", fallback=RcsFallback(text="{first_name}")),
            ("first_name", "fallback, text: is empty"),
        ),
    ],
)
def test_impossible_row(
    file: Path, template: MessageTemplate[Any], refused: tuple[str, str]
) -> None:
    """A value that makes a request impossible refuses its row, with the column it stands in."""
    messages = read_csv(file, message=template)

    assert [(3, *refused)] == refusals(messages)
    assert 1 == messages.sendable


def test_impossible_row_of_another_form(file: Path) -> None:
    """A row whose fall-back is impossible is refused, and says which form is."""
    messages = read_csv(
        file,
        message=MessageTemplate(SendRcs, text="Hi {order}"),
        then=[MessageTemplate(SendSms, text="{first_name}")],
    )

    assert [(3, "first_name", "sms: text: is empty")] == refusals(messages)


def test_duplicate_whatever_the_channel(tmp_path: Path) -> None:
    """A number in another spelling is the earlier row's, by every channel."""
    path = tmp_path / "people.csv"
    path.write_text("phone\n+491711234567\n0049 171 1234567\n")
    messages = read_csv(path, message=MessageTemplate(SendTemplate, **WHATSAPP))

    assert [(3, "phone", "duplicate of line 2")] == refusals(messages)


LANDLINE = "phone\n030 123456\n"


def test_calls_go_to_landlines(tmp_path: Path) -> None:
    """A call reaches a landline; a text, and a call with a text behind it, do not."""
    pytest.importorskip("phonenumbers")
    path = tmp_path / "people.csv"
    path.write_text(LANDLINE)
    call, text = MessageTemplate(SendVoice, text="Hi"), MessageTemplate(SendSms, text="Hi")
    calls = read_csv(path, message=call, default_country="DE")
    texts = read_csv(path, message=text, default_country="DE")
    both = read_csv(path, message=call, then=[text], default_country="DE")

    assert ["+4930123456"] == [message.to for message in calls]
    assert ["phone", "phone"] == [row.column for row in (*texts.refused, *both.refused)]


@pytest.mark.parametrize(
    ("request_class", "fields", "reason"),
    [
        (SendSms, {"text": "Hi", "to": "+49"}, "to: stands in the file"),
        (SendVoice, {"text": "Hi", "label": "a"}, "label: SendVoice has no such field; it has"),
        (SendRcs, {}, "SendRcs needs text"),
        (SendTemplate, {"template": "a"}, "SendTemplate needs from_ and language"),
        (SendTemplate, {**WHATSAPP, "body": "{order}"}, "body: takes a list"),
        (SendTemplate, {**WHATSAPP, "body": [], "components": {}}, "body: give it within comp"),
        (SendRcs, {"text": "Hi", "body": []}, "body: SendRcs has no such field"),
        (GetBalance, {}, "a campaign sends messages"),
        (str, {}, "a campaign sends messages"),
    ],
)
def test_template_that_no_row_could_make_good(
    request_class: Any, fields: dict[str, Any], reason: str
) -> None:
    """A wrong class or field is told where it is given, before any file is read."""
    with pytest.raises(InvalidRequestError) as refused:
        MessageTemplate(request_class, **fields)

    assert str(refused.value).startswith(reason)


SMS = MessageTemplate(SendSms, text="Hi")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "read_csv needs text=, or message=MessageTemplate(…)"),
        ({"text": "Hi", "message": SMS}, "text: is for an SMS without message="),
        ({"from_": "Acme", "message": SMS}, "from: is for an SMS without message="),
        ({"message": SendSms("+49", "Hi")}, "message: takes a MessageTemplate(SendRcs, …)"),
        ({"text": "Hi", "then": SMS}, "then: takes a list of MessageTemplate"),
        ({"text": "Hi", "then": []}, "then: takes a list of MessageTemplate"),
        ({"text": "Hi", "then": ["Hi"]}, "then: takes a MessageTemplate(SendRcs, …), not str"),
        ({"text": "Hi", "then": [SMS]}, "each message of a Fallback takes another channel"),
        ({"text": "Hi", "on_failed_delivery": True}, "on_failed_delivery needs then="),
        ({"text": "Hi", "undelivered_after_s": 5}, "undelivered_after_s needs on_failed_deliv"),
        (
            {"message": MessageTemplate(SendTemplate, **WHATSAPP, body=["{name}"])},
            "body, place 1: there is no column 'name'",
        ),
        (
            {"message": MessageTemplate(SendVoice, text="Hi", ringtime=90)},
            "ringtime: takes a whole number from 5 to 60 seconds, not 90",
        ),
        (
            {"message": MessageTemplate(SendVoice, text="Hi", foreign_id="all")},
            "foreign_id: every message needs its own",
        ),
        ({"message": MessageTemplate(SendRcs, text={"a": "{"})}, "text, a: a single '{'"),
    ],
)
def test_options_that_no_row_could_make_good(
    file: Path, options: dict[str, Any], reason: str
) -> None:
    """What would refuse every row is told at once."""
    with pytest.raises(InvalidRequestError) as refused:
        read_csv(file, **options)

    assert str(refused.value).startswith(reason)


def test_value_that_holds_itself(file: Path) -> None:
    """Content without an end is refused, not followed."""
    endless: dict[str, Any] = {}
    endless["again"] = [endless]
    with pytest.raises(InvalidRequestError, match="text: a value holds itself"):
        read_csv(file, message=MessageTemplate(SendRcs, text=endless))


def test_repr_shows_no_text() -> None:
    """What a template says is nobody's business in a log."""
    template = MessageTemplate(SendVoice, text="The code is 1234", from_="4915112345678")

    assert "MessageTemplate(SendVoice, text=…, from_=…)" == repr(template)
