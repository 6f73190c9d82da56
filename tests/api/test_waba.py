"""WhatsApp: what each kind of message says on the wire, and what each refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from seven_async import (
    AsyncSeven,
    Button,
    CardName,
    CardPhone,
    ContactCard,
    InvalidRequestError,
    ListRow,
    ListSection,
    TemplateButton,
    TemplateComponents,
)
from tests.api.exchange import Recorder, client

TO = "4917612345678"
FROM = "4915112345678"
ROWS = [{"id": "a", "title": "A", "description": "first"}]
BUTTONS = [Button(id="y", title="Yes"), Button(id="n", title="No")]


async def said(call: Callable[[AsyncSeven], Any]) -> dict[str, Any]:
    """The JSON that a call puts on the wire, without its made up reference."""
    transport = Recorder(lambda _: httpx.Response(200, json={"success": True}))
    async with client(transport) as seven:
        await call(seven)
    (request,) = transport.requests
    assert "application/json" == request.headers["content-type"]
    body = json.loads(request.content)
    body.pop("foreign_id", None)
    return body


async def test_options_of_every_message():
    """Delay is in seconds, flags are flags, numbers are numbers."""
    body = await said(
        lambda seven: seven.waba.send_text(
            TO, "Hi", from_=FROM, delay=2_500_000_000, ttl=60, label="a", performance_tracking=False
        )
    )
    expected = {"delay": 2_500_000_000, "ttl": 60, "label": "a", "performance_tracking": False}

    assert {"to": TO, "from": FROM, "type": "text", "text": "Hi", **expected} == body


async def test_document():
    """A document has a name, and may have a caption."""
    body = await said(
        lambda seven: seven.waba.send_document(
            TO, "https://a.b/c.pdf", "Bill.pdf", from_=FROM, caption="Here"
        )
    )
    expected = {"url": "https://a.b/c.pdf", "filename": "Bill.pdf", "caption": "Here"}

    assert {"to": TO, "from": FROM, "type": "document", **expected} == body


@pytest.mark.parametrize(
    "sections",
    [
        [{"title": "One", "rows": ROWS}],
        [ListSection(title="One", rows=[ListRow(id="a", title="A", description="first")])],
        [ListSection(title="One", rows=ROWS)],
    ],
)
async def test_list(sections: Any):
    """Sections and rows may be objects or mappings, or a mix."""
    body = await said(
        lambda seven: seven.waba.send_list(TO, "Choose", "Open", sections, from_=FROM, footer="F")
    )
    expected = {
        "interactive_type": "list",
        "body": "Choose",
        "button_text": "Open",
        "sections": [{"title": "One", "rows": ROWS}],
        "footer": "F",
    }

    assert {"to": TO, "from": FROM, "type": "interactive", **expected} == body


@pytest.mark.parametrize(
    "button",
    [
        TemplateButton(text="X1"),
        TemplateButton(text=["X1"]),
        {"type": "button", "sub_type": "url", "parameters": [{"type": "text", "text": "X1"}]},
    ],
)
async def test_template_button(button: Any):
    """A button's text becomes its parameter."""
    components = TemplateComponents(header=["H"], buttons=[button])
    body = await said(
        lambda seven: seven.waba.send_template(TO, "t", "de", from_=FROM, components=components)
    )
    parameters = [{"type": "text", "text": "X1"}]
    expected = {
        "header": ["H"],
        "buttons": [{"type": "button", "sub_type": "url", "parameters": parameters}],
    }

    assert expected == body["components"]


@pytest.mark.parametrize("emoji", ["👍", ""])
async def test_reaction(emoji: str):
    """A reaction names its message twice, since the sources disagree; an empty one removes it."""
    body = await said(lambda seven: seven.waba.react(123, emoji))

    assert {"event": "reaction", "msg_id": 123, "message_id": 123, "emoji": emoji} == body


@pytest.mark.parametrize("method", ["read", "typing"])
async def test_event_needs_a_conversation(method: str):
    """Without recipient and message nobody knows which conversation is meant."""
    with pytest.raises(InvalidRequestError, match="msg_id: give to= or msg_id="):
        await said(lambda seven: getattr(seven.waba, method)(from_=FROM))

    body = await said(lambda seven: getattr(seven.waba, method)(from_=FROM, msg_id=7))
    assert 7 == body["msg_id"]


def buttons(*titles: str) -> list[dict[str, str]]:
    """Buttons with titles."""
    return [{"id": f"b{place}", "title": title} for place, title in enumerate(titles)]


REFUSED: dict[str, tuple[str, tuple[Any, ...], dict[str, Any], str]] = {
    "one button": ("send_buttons", ("B", buttons("a")), {}, "buttons: takes 2 to 3, .* has 1"),
    "four buttons": ("send_buttons", ("B", buttons(*"abcd")), {}, "buttons: takes 2 to 3"),
    "long title": (
        "send_buttons",
        ("B", buttons("a", "x" * 21)),
        {},
        "buttons, place 2, title: has 21 characters, at most 20",
    ),
    "long title of a class": (
        "send_buttons",
        ("B", [Button(id="a", title="x" * 21), BUTTONS[0]]),
        {},
        "buttons, place 1, title: has 21",
    ),
    "button without id": (
        "send_buttons",
        ("B", [{"title": "a"}, BUTTONS[0]]),
        {},
        "buttons, place 1: takes an object with id and title",
    ),
    "equal ids": ("send_buttons", ("B", [BUTTONS[0]] * 2), {}, "two have the same id"),
    "buttons of text": ("send_buttons", ("B", "Yes"), {}, "buttons: takes a list"),
    "no body": ("send_buttons", ("", BUTTONS), {}, "body: is empty"),
    "empty header": ("send_buttons", ("B", BUTTONS), {"header": ""}, "header: is empty"),
    "no sections": ("send_list", ("B", "Open", []), {}, "sections: takes at least 1"),
    "section without rows": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": []}]),
        {},
        "sections, place 1, rows: takes at least 1",
    ),
    "row without title": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": [{"id": "a"}]}]),
        {},
        "sections, place 1, row 1: takes an object with id and title",
    ),
    "rows with equal ids": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": ROWS}, {"title": "U", "rows": ROWS}]),
        {},
        "two have the same id",
    ),
    "no button text": ("send_list", ("B", "", [{"title": "T", "rows": ROWS}]), {}, "button_text"),
    "no cards": ("send_contacts", ([],), {}, "contacts: takes at least 1"),
    "card without a first name": (
        "send_contacts",
        ([{"name": {"last_name": "Doe"}, "phones": [{"phone": "1"}]}],),
        {},
        "contacts, place 1, name: takes an object with first_name",
    ),
    "card without a phone": (
        "send_contacts",
        ([ContactCard(name=CardName(first_name="J"), phones=[])],),
        {},
        "contacts, place 1, phones: takes at least 1",
    ),
    "card with an empty phone": (
        "send_contacts",
        ([ContactCard(name=CardName(first_name="J"), phones=[CardPhone(phone="")])],),
        {},
        "contacts, place 1, phone 1: needs a text",
    ),
    "latitude": ("send_location", (90.1, 0), {}, "latitude: takes a number from -90 to 90"),
    "longitude": ("send_location", (0, -180.5), {}, "longitude: takes a number"),
    "latitude of nothing": ("send_location", (float("nan"), 0), {}, "latitude: takes a number"),
    "no language": ("send_template", ("t", ""), {}, "language: is empty"),
    "unknown component": (
        "send_template",
        ("t", "de"),
        {"components": {"footer": []}},
        "has header, body and buttons, not footer",
    ),
    "parameters of a number": (
        "send_template",
        ("t", "de"),
        {"components": {"body": [5]}},
        "components, body, place 1: takes a text",
    ),
    "one parameter without a list": (
        "send_template",
        ("t", "de"),
        {"components": {"body": "five"}},
        "components, body: takes a list, not str",
    ),
    "document without a name": ("send_document", ("https://a.b", ""), {}, "filename: is empty"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_refused(name: str):
    """Each kind keeps its own rules before anything is sent."""
    method, args, kwargs, message = REFUSED[name]
    with pytest.raises(InvalidRequestError, match=message):
        await said(lambda seven: getattr(seven.waba, method)(TO, *args, from_=FROM, **kwargs))


@pytest.mark.parametrize("method", ["send_audio", "send_sticker"])
async def test_no_caption(method: str):
    """What has no caption does not take one."""
    with pytest.raises(TypeError, match="caption"):
        await said(
            lambda seven: getattr(seven.waba, method)(TO, "https://a.b", from_=FROM, caption="x")
        )
