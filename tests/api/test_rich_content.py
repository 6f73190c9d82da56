"""Rich RCS content and parameters of WhatsApp templates, built and checked before they leave."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import seven_async
from seven_async import (
    AsyncSeven,
    CopyCodeButton,
    DocumentHeader,
    ImageHeader,
    InvalidRequestError,
    QuickReplyButton,
    RcsCalendarEvent,
    RcsCard,
    RcsCarousel,
    RcsDial,
    RcsMedia,
    RcsOpenUrl,
    RcsPart,
    RcsReply,
    RcsRichFile,
    RcsRichText,
    RcsShareLocation,
    RcsViewLocation,
    SendRcs,
    SendTemplate,
    Seven,
    TemplateButton,
    TemplateComponents,
    UrlButton,
    VideoHeader,
)
from seven_async.campaign import Campaign, MessageTemplate, read_csv
from seven_async.sandbox import Sandbox
from tests.api.method_examples import example_code, run_example

TO, FROM = "+491711234567", "4915112345678"
NOON = datetime(2026, 12, 1, 13, tzinfo=UTC)
REPLY = {"reply": {"text": "Yes", "postbackData": "Yes"}}
CARD = {
    "title": "City bike",
    "description": "Yours for a day.",
    "media": {"height": "TALL", "contentInfo": {"fileUrl": "https://acme.test/bike.jpg"}},
    "suggestions": [REPLY],
}
BIKE = RcsCard(
    title="City bike",
    description="Yours for a day.",
    media=RcsMedia("https://acme.test/bike.jpg", height="TALL"),
    suggestions=[RcsReply("Yes")],
)


async def sent_content(content: Any) -> Any:
    """Return the content of an RCS message as the gateway got it."""
    sandbox = Sandbox()
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.rcs.send(TO, content)
    return json.loads(sandbox.sent()[0].text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            RcsRichText("Come?", suggestions=[RcsReply("Yes"), RcsReply("No", postback_data="n")]),
            {
                "text": "Come?",
                "suggestions": [REPLY, {"reply": {"text": "No", "postbackData": "n"}}],
            },
        ),
        (
            RcsRichFile("https://acme.test/7.pdf", thumbnail_url="https://acme.test/7.png"),
            {
                "contentInfo": {
                    "fileUrl": "https://acme.test/7.pdf",
                    "thumbnailUrl": "https://acme.test/7.png",
                }
            },
        ),
        (
            BIKE,
            {"richCard": {"standaloneCard": {"cardOrientation": "VERTICAL", "cardContent": CARD}}},
        ),
        (
            RcsCard(
                title="A", orientation="HORIZONTAL", alignment="RIGHT", chips=[RcsReply("Yes")]
            ),
            {
                "richCard": {
                    "standaloneCard": {
                        "cardOrientation": "HORIZONTAL",
                        "thumbnailImageAlignment": "RIGHT",
                        "cardContent": {"title": "A"},
                    }
                },
                "suggestions": [REPLY],
            },
        ),
        (
            RcsCarousel([BIKE, CARD], chips=[RcsReply("Yes")]),
            {
                "richCard": {"carouselCard": {"cardWidth": "MEDIUM", "cardContents": [CARD, CARD]}},
                "suggestions": [REPLY],
            },
        ),
    ],
)
async def test_content_goes_out(content: RcsPart, expected: Any):
    """By the names of RCS Business Messaging."""
    assert expected == await sent_content(content)


@pytest.mark.parametrize(
    ("suggestion", "action"),
    [
        (RcsOpenUrl("Go", "https://a.test"), {"openUrlAction": {"url": "https://a.test"}}),
        (RcsDial("Go", "+493012345"), {"dialAction": {"phoneNumber": "+493012345"}}),
        (RcsShareLocation("Go"), {"shareLocationAction": {}}),
        (
            RcsViewLocation("Go", latitude=52.5, longitude=13, label="Acme"),
            {
                "viewLocationAction": {
                    "latLong": {"latitude": 52.5, "longitude": 13},
                    "label": "Acme",
                }
            },
        ),
        (
            RcsCalendarEvent("Go", title="Visit", start=NOON, end=NOON + timedelta(hours=1)),
            {
                "createCalendarEventAction": {
                    "startTime": "2026-12-01T13:00:00Z",
                    "endTime": "2026-12-01T14:00:00Z",
                    "title": "Visit",
                }
            },
        ),
    ],
)
def test_action_has_its_label(suggestion: RcsPart, action: dict[str, Any]):
    """An action says what is on it, what comes back, and what is done."""
    assert {"action": {"text": "Go", "postbackData": "Go", **action}} == dict(suggestion)


FOUR = [RcsReply(str(place)) for place in range(4)]


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: RcsReply("x" * 26), "text: has 26 characters"),
        (lambda: RcsReply(""), "text"),
        (lambda: RcsReply("Yes", postback_data="x" * 2049), "postback_data: has 2049"),
        (lambda: RcsOpenUrl("Go", "acme.test"), "url"),
        (lambda: RcsDial("Go", "030 12345"), "phone_number"),
        (lambda: RcsViewLocation("Go", latitude=91, longitude=0), "latitude"),
        (
            lambda: RcsCalendarEvent("Go", title="T", start=NOON, end=NOON),
            "end: is not after the start",
        ),
        (
            lambda: RcsCalendarEvent("Go", title="T", start=datetime(2026, 1, 1), end=NOON),  # noqa: DTZ001
            "start: takes a datetime with a time zone",
        ),
        (lambda: RcsRichText("x" * 3073), "text: has 3073"),
        (lambda: RcsRichText("x", suggestions=FOUR * 3), "suggestions: at most 11"),
        (lambda: RcsRichText("x", suggestions="Yes"), "suggestions: takes a list"),
        (lambda: RcsRichText("x", suggestions=["Yes"]), "suggestions, place 1"),
        (RcsCard, "card: needs a title"),
        (lambda: RcsCard(title="x" * 201), "title: has 201"),
        (lambda: RcsCard(description="x" * 2001), "description: has 2001"),
        (lambda: RcsCard(title="x", suggestions=[*FOUR, *FOUR]), "suggestions: at most 4"),
        (lambda: RcsCard(title="x", orientation="DIAGONAL"), "orientation"),
        (lambda: RcsMedia("https://a.test/x.jpg", height="HUGE"), "height"),
        (lambda: RcsCarousel([BIKE]), "cards: takes a list of 2 to 10"),
        (lambda: RcsCarousel([BIKE] * 11), "cards: takes a list of 2 to 10"),
        (lambda: RcsCarousel([BIKE, "card"]), "cards, place 2: takes an RcsCard"),
        (lambda: RcsCarousel([BIKE, RcsCard(title="x", chips=FOUR)]), "cards, place 2: has chips"),
        (lambda: RcsCarousel([BIKE, BIKE], width="SMALL"), "cards, place 1: is small"),
        (
            lambda: RcsCarousel([{"description": "ü" * 20_000}] * 10),
            "content: has 400",
        ),
        (lambda: ImageHeader("bike.jpg"), "url"),
        (lambda: ImageHeader("https://a.test/tour.mp4?x=1"), "url: takes jpeg or jpg or png"),
        (lambda: VideoHeader("https://a.test/bike.jpg"), "url: takes 3gp or 3gpp or mp4"),
        (lambda: DocumentHeader("https://a.test/a b.pdf"), "url"),
        (lambda: CopyCodeButton("x" * 21), "code: has 21"),
        (lambda: QuickReplyButton(""), "payload"),
        (lambda: UrlButton(""), "text"),
    ],
)
def test_limit_is_checked_where_it_is_passed(build: Any, name: str):
    """The error names the field, before any I/O."""
    with pytest.raises(InvalidRequestError, match=name):
        build()


def test_content_is_a_value():
    """It compares, hashes, pickles, and shows no text."""
    again = pickle.loads(pickle.dumps(BIKE))

    assert (BIKE, hash(BIKE)) == (again, hash(again))
    assert "City bike" not in repr(SendRcs(TO, BIKE)) + repr(RcsCarousel([BIKE, BIKE]))


def template(**parts: Any) -> dict[str, Any]:
    """Return the components of a template as the gateway gets them."""
    sandbox = Sandbox()
    with Seven(**sandbox.options) as seven:
        sandbox.simulate.add_whatsapp_sender(FROM)
        seven.waba.send_template(TO, "t", "en", from_=FROM, components=parts_of(**parts))
    return sandbox.sent()[0].fields["components"]


def parts_of(**parts: Any) -> TemplateComponents:
    """Return components as the class."""
    return TemplateComponents(**parts)


@pytest.mark.parametrize(
    ("button", "sub_type", "parameter"),
    [
        (UrlButton("order/7"), "url", {"type": "text", "text": "order/7"}),
        (QuickReplyButton("yes"), "quick_reply", {"type": "payload", "payload": "yes"}),
        (CopyCodeButton("SPRING"), "copy_code", {"type": "coupon_code", "coupon_code": "SPRING"}),
        (TemplateButton(text="7"), "url", {"type": "text", "text": "7"}),
    ],
)
def test_button_goes_out(button: Any, sub_type: str, parameter: dict[str, str]):
    """Each kind of button has its kind of parameter."""
    expected = {"type": "button", "sub_type": sub_type, "parameters": [parameter]}

    assert {"buttons": [expected]} == template(buttons=[button])


@pytest.mark.parametrize(
    "header",
    [
        ImageHeader("https://acme.test/bike.jpg"),
        VideoHeader("https://acme.test/tour.mp4"),
        DocumentHeader("https://acme.test/invoice"),
    ],
)
def test_header_goes_out(header: Any):
    """The gateway takes the address of a file as the only text of a header."""
    assert {"header": [header.url], "body": ["Ann"]} == template(header=header, body=["Ann"])


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        ({"buttons": [CopyCodeButton("A"), CopyCodeButton("B")]}, "buttons"),
        ({"buttons": [UrlButton("a")] * 11}, "buttons: takes 0 to 10"),
        ({"buttons": [QuickReplyButton("a\nb")]}, "button 1, text 1"),
    ],
)
def test_components_are_refused(parts: dict[str, Any], name: str):
    """Rules over several parts hold, too."""
    with pytest.raises(InvalidRequestError, match=name):
        SendTemplate(TO, "t", "en", from_=FROM, components=parts)


async def test_built_content_is_in_the_inbox():
    """The inbox of the sandbox has what can be tapped, and the webhook what it stands for."""
    sandbox = Sandbox()
    async with AsyncSeven(**sandbox.options) as seven:
        await seven.rcs.send(TO, RcsCarousel([BIKE, RcsCard(title="B", suggestions=FOUR)]))
    (message,) = sandbox.sent()
    chosen = sandbox.simulate.choose(message.id, "Yes")

    assert chosen is not None
    assert 5 == json.dumps(json.loads(message.text)).count("postbackData")


async def test_campaign_fills_rich_content(tmp_path):
    """A card goes out with the words of each row; a row whose words are too long is refused."""
    path = tmp_path / "people.csv"
    path.write_text(f"phone,name\n+491711234567,Ann\n+491711234568,{'B' * 200}\n")
    card = RcsCard(title="Hello {name}", suggestions=[RcsReply("Yes", postback_data="{name}")])
    messages = read_csv(path, message=MessageTemplate(SendRcs, text=card))
    sandbox = Sandbox()
    async with AsyncSeven(**sandbox.options) as seven, Campaign(seven) as campaign:
        states = {entry.state async for entry in campaign.send(messages)}
    (message,) = sandbox.sent()
    content = json.loads(message.text)["richCard"]["standaloneCard"]["cardContent"]

    assert {"accepted", "refused"} == states
    assert ("Hello Ann", "Ann") == (
        content["title"],
        content["suggestions"][0]["reply"]["postbackData"],
    )


async def test_campaign_fills_a_header(tmp_path):
    """The picture of a template may be another one for each row."""
    path = tmp_path / "people.csv"
    path.write_text("phone,bike\n+491711234567,city\n")
    picture = ImageHeader("https://acme.test/{bike}.jpg")
    order = MessageTemplate(
        SendTemplate, template="t", language="en", from_=FROM, header=picture, body=["Ann"]
    )
    sandbox = Sandbox()
    sandbox.simulate.add_whatsapp_sender(FROM)
    async with AsyncSeven(**sandbox.options) as seven, Campaign(seven) as campaign:
        assert ["accepted"] == [
            entry.state async for entry in campaign.send(read_csv(path, message=order))
        ]

    assert ["https://acme.test/city.jpg"] == sandbox.sent()[0].fields["components"]["header"]


SHOWN = [
    *(RcsCalendarEvent, RcsCard, RcsCarousel, RcsDial, RcsOpenUrl, RcsReply, RcsRichFile),
    *(RcsRichText, RcsShareLocation, RcsViewLocation, ImageHeader, VideoHeader, DocumentHeader),
    *(UrlButton, QuickReplyButton, CopyCodeButton),
]


@pytest.mark.parametrize("shown", SHOWN)
async def test_example_runs(shown: type):
    """Whoever pastes an example gets what it says."""
    names = {"datetime": datetime, "timedelta": timedelta, "UTC": UTC}
    async with AsyncSeven(**Sandbox().options) as seven:
        assert "Example" in (shown.__doc__ or "")
        await run_example(example_code(shown), seven, **names)
    assert getattr(seven_async, shown.__name__) is shown
