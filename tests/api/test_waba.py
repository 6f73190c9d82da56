"""WhatsApp: what each kind of message says on the wire, and what each refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

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
    """A recipient or a message has to say which conversation is meant."""
    with pytest.raises(InvalidRequestError, match="msg_id: give to= or msg_id="):
        await said(lambda seven: getattr(seven.waba, method)(from_=FROM))

    body = await said(lambda seven: getattr(seven.waba, method)(from_=FROM, msg_id=7))
    assert 7 == body["msg_id"]


def buttons(*titles: str) -> list[dict[str, str]]:
    """Buttons with titles."""
    return [{"id": f"b{place}", "title": title} for place, title in enumerate(titles)]


def rows(prefix: str, count: int) -> list[dict[str, str]]:
    """Rows of a list."""
    return [{"id": f"{prefix}{place}", "title": "T"} for place in range(count)]


TEMPLATE_BUTTON = {"type": "button", "sub_type": "url"}
ENDLESS: dict[str, Any] = {}
ENDLESS["body"] = [ENDLESS]
NO_PARAMETERS = {
    "": "is empty, and WhatsApp takes no empty parameter",
    **dict.fromkeys(
        ("a\nb", "a\r\nb", "a\u2028b", "a\tb", "a     b", "a\u00a0 \u00a0 \u00a0b"),
        "has a line break",
    ),
}
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
    **{
        f"{part} with {text!r}": (
            "send_template",
            ("t", "de"),
            {"components": {part: ["a", text]}},
            f"components, {part}, place 2: {said}",
        )
        for part in ("header", "body")
        for text, said in NO_PARAMETERS.items()
    },
    "parameter of a class with a line break": (
        "send_template",
        ("t", "de"),
        {"components": TemplateComponents(body=["a\nb"])},
        "components, body, place 1: has a line break",
    ),
    "button's text with a tab": (
        "send_template",
        ("t", "de"),
        {"components": TemplateComponents(buttons=[TemplateButton(text=["a", "a\tb"])])},
        "components, button 1, text 2: has a line break, a tab",
    ),
    "button's text of None": (
        "send_template",
        ("t", "de"),
        {"components": {"buttons": [{"text": None}]}},
        "components, button 1: takes an object with text",
    ),
    "button's text of None in a class": (
        "send_template",
        ("t", "de"),
        {"components": TemplateComponents(buttons=[TemplateButton(text=cast("str", None))])},
        "components, button 1: takes an object with text",
    ),
    "button's text of a number": (
        "send_template",
        ("t", "de"),
        {"components": {"buttons": [{"text": 5}]}},
        "components, button 1, text 1: takes a text, not int",
    ),
    "button with an unknown key": (
        "send_template",
        ("t", "de"),
        {"components": {"buttons": [{"text": "a", "txt": "b"}]}},
        "components, button 1: has type, sub_type and parameters, not txt",
    ),
    "button with another type": (
        "send_template",
        ("t", "de"),
        {"components": {"buttons": [{"text": "a", "type": "url"}]}},
        "components, button 1, type: is always “button”",
    ),
    "button's parameters of texts": (
        "send_template",
        ("t", "de"),
        {"components": {"buttons": [{**TEMPLATE_BUTTON, "parameters": ["a"]}]}},
        "components, button 1, text 1: takes an object with type and text",
    ),
    "components in themselves": (
        "send_template",
        ("t", "de"),
        {"components": ENDLESS},
        "components: a value holds itself",
    ),
    "parameter of None": (
        "send_template",
        ("t", "de"),
        {"components": {"body": ["a", None]}},
        "components, body, place 2: takes a text, not NoneType",
    ),
    "button with an unknown member": (
        "send_buttons",
        ("B", [{"id": "a", "title": "A", "payload": "x"}, BUTTONS[0]]),
        {},
        "buttons, place 1: has id and title, not payload",
    ),
    "button with a title of None": (
        "send_buttons",
        ("B", [{"id": "a", "title": None}, BUTTONS[0]]),
        {},
        "buttons, place 1: takes an object with id and title",
    ),
    "row with an unknown key": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": [{"id": "a", "title": "A", "text": "x"}]}]),
        {},
        "sections, place 1, row 1: has id, title and description, not text",
    ),
    "empty description": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": [ListRow(id="a", title="A", description="")]}]),
        {},
        "sections, place 1, row 1, description: needs a text",
    ),
    "section with an unknown key": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": ROWS, "header": "x"}]),
        {},
        "sections, place 1: has title and rows, not header",
    ),
    "eleven rows": (
        "send_list",
        ("B", "Open", [{"title": "T", "rows": rows("a", 6)}, {"title": "U", "rows": rows("b", 5)}]),
        {},
        "sections: a list has at most 10 rows in all, and this has 11",
    ),
    "card with an unknown key": (
        "send_contacts",
        ([{"name": {"first_name": "J"}, "phones": [{"phone": "1"}], "email": "a@b.c"}],),
        {},
        "contacts, place 1: has name and phones, not email",
    ),
    "name with an unknown key": (
        "send_contacts",
        ([{"name": {"first_name": "J", "lastname": "D"}, "phones": [{"phone": "1"}]}],),
        {},
        "contacts, place 1, name: has first_name and last_name, not lastname",
    ),
    **{
        f"phone of the type {kind!r}": (
            "send_contacts",
            ([{"name": {"first_name": "J"}, "phones": [{"phone": "1", "type": kind}]}],),
            {},
            "contacts, place 1, phone 1, type: takes cell, main, iphone, home, work, not",
        )
        for kind in ("mobile", "CELL", "", 5, ["cell"])
    },
    "phone of an unknown type in a class": (
        "send_contacts",
        ([ContactCard(name=CardName(first_name="J"), phones=[CardPhone(phone="1", type="fax")])],),
        {},
        "contacts, place 1, phone 1, type: takes cell",
    ),
    "address with a blank": (
        "send_image",
        ("https://a.b/my photo.jpg",),
        {},
        "url: takes a URL without blanks; write %20",
    ),
    "address with a line break": ("send_image", ("https://a.b/c\n",), {}, "without blanks"),
    "address without a host": ("send_video", ("https:///a.mp4",), {}, "no host that can be read"),
    "address with an open bracket": ("send_audio", ("http://[::1/a",), {}, "no host that can be"),
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


async def test_none_in_a_mapping_is_not_given():
    """A member that is None is left out, as it is in the classes; nothing sends a null."""
    card = {
        "name": {"first_name": "J", "last_name": None},
        "phones": [{"phone": "1", "type": None}],
    }
    body = await said(lambda seven: seven.waba.send_contacts(TO, [card], from_=FROM))

    assert [{"name": {"first_name": "J"}, "phones": [{"phone": "1"}]}] == body["contacts"]

    sections = [{"title": "T", "rows": [{"id": "a", "title": "A", "description": None}]}]
    body = await said(lambda seven: seven.waba.send_list(TO, "B", "Open", sections, from_=FROM))

    assert [{"title": "T", "rows": [{"id": "a", "title": "A"}]}] == body["sections"]


@pytest.mark.parametrize(
    "button",
    [
        TemplateButton(text="a"),
        {"text": "a"},
        {"text": ["a"], "sub_type": "url"},
        {**TEMPLATE_BUTTON, "parameters": [{"type": "text", "text": "a"}]},
    ],
)
async def test_a_template_button_in_each_form(button: Any):
    """A mapping with the keys of the class says what the class says, and so does the wire's own."""
    parts = {"header": None, "body": ["a    b", " "], "buttons": [button]}
    body = await said(
        lambda seven: seven.waba.send_template(TO, "t", "de", components=parts, from_=FROM)
    )

    assert {
        "body": ["a    b", " "],
        "buttons": [{**TEMPLATE_BUTTON, "parameters": [{"type": "text", "text": "a"}]}],
    } == body["components"]


async def test_ten_rows():
    """Ten rows in all are taken."""
    sections = [{"title": "T", "rows": rows("a", 5)}, {"title": "U", "rows": rows("b", 5)}]
    body = await said(lambda seven: seven.waba.send_list(TO, "B", "Open", sections, from_=FROM))

    assert 2 == len(body["sections"])


@pytest.mark.parametrize("method", ["send_audio", "send_sticker"])
async def test_no_caption(method: str):
    """What has no caption does not take one."""
    with pytest.raises(TypeError, match="caption"):
        await said(
            lambda seven: getattr(seven.waba, method)(TO, "https://a.b", from_=FROM, caption="x")
        )
