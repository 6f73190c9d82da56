"""The published requests of WhatsApp messages; their replies were not: `null` stands there.

Such a reply does not say whether the message was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from seven_async import (
    AsyncSeven,
    Button,
    CardName,
    CardPhone,
    ContactCard,
    MalformedReplyError,
    OutcomeUnknownError,
    TemplateButton,
    TemplateComponents,
)
from tests.api.exchange import Exchange

FROM = "4915112345678"
TO = "4917612345678"
SITE = "https://example.com"


def unanswered(call: Callable[[AsyncSeven], Any], asks_otherwise: str | None = None) -> Exchange:
    """An exchange of which the request alone is known."""
    return Exchange(
        call=call,
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
        asks_otherwise=asks_otherwise,
    )


EXCHANGES = {
    "waba.send.audio": unanswered(
        lambda seven: seven.waba.send_audio(TO, f"{SITE}/audio.mp3", from_=FROM)
    ),
    "waba.send.contacts": unanswered(
        lambda seven: seven.waba.send_contacts(
            TO,
            [
                ContactCard(
                    name=CardName(first_name="John", last_name="Doe"),
                    phones=[CardPhone(phone="+491234567890", type="cell")],
                )
            ],
            from_=FROM,
        )
    ),
    "waba.send.image": unanswered(
        lambda seven: seven.waba.send_image(
            TO, f"{SITE}/photo.jpg", from_=FROM, caption="Check out this image!"
        )
    ),
    "waba.send.interactive-button": unanswered(
        lambda seven: seven.waba.send_buttons(
            TO,
            "How can we help you?",
            [
                Button(id="btn_sales", title="Sales"),
                {"id": "btn_support", "title": "Support"},
                Button(id="btn_other", title="Other"),
            ],
            from_=FROM,
            header="Support",
            footer="Tap a button to choose",
        )
    ),
    "waba.send.location": unanswered(
        lambda seven: seven.waba.send_location(
            TO,
            48.8566,
            2.3522,
            from_=FROM,
            name="Eiffel Tower",
            address="5 Avenue Anatole France, 75007 Paris",
        )
    ),
    "waba.send.sticker": unanswered(
        lambda seven: seven.waba.send_sticker(TO, f"{SITE}/sticker.webp", from_=FROM)
    ),
    "waba.send.template-image-header": unanswered(
        lambda seven: seven.waba.send_template(
            TO,
            "product_available",
            "de",
            from_=FROM,
            components={"header": [f"{SITE}/product.jpg"], "body": ["Premium Widget"]},
        )
    ),
    "waba.send.template-params": unanswered(
        lambda seven: seven.waba.send_template(
            TO,
            "order_confirmation",
            "de",
            from_=FROM,
            components=TemplateComponents(
                body=["Max Mustermann", "ORD-12345"], buttons=[TemplateButton(text="ORD-12345")]
            ),
        )
    ),
    "waba.send.text": unanswered(
        lambda seven: seven.waba.send_text(
            TO, "Thanks for your message, we will take care of it!", from_=FROM
        ),
        asks_otherwise="ours says the type, which may be left out for text alone",
    ),
    "waba.send.video": unanswered(
        lambda seven: seven.waba.send_video(
            TO, f"{SITE}/video.mp4", from_=FROM, caption="Watch this video"
        )
    ),
}
