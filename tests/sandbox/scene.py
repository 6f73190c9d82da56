"""A sandbox in which something of every kind was sent; for tests of its page, and for pictures."""

from __future__ import annotations

import random
from typing import Any, Final

from seven_async.sandbox import Sandbox
from tests.sandbox.caller import Caller

SHOP, CLINIC, RIDER = "491716992343", "41798072355", "447700900123"
SENDER: Final = "4915112345678"
SCRIPT: Final = "<script>alert(1)</script><img src=x onerror=alert(2)>"
RIGHT_TO_LEFT: Final = "مرحبا! رمزك هو 482913 \u202e<b>abc</b>"


def build_scene(**options: Any) -> Sandbox:
    """A sandbox with conversations of every channel, a campaign, webhooks and a fault."""
    caller = Caller(post_webhook=lambda request: 200, **options)
    caller.json("POST /hooks", form={"target_url": "https://shop.test/hook", "event_type": "all"})
    send_campaign(caller)
    send_sms(caller)
    send_rich(caller)
    send_whatsapp(caller)
    send_calls(caller)
    caller.sandbox.fault("POST /voice", status=503, probability=0.1)
    caller.sandbox.settle()
    return caller.sandbox


def send_campaign(caller: Caller) -> None:
    """Forty seconds of a campaign, some of whose messages do not arrive."""
    chance = random.Random(4)
    for second in range(40):
        for index in range(chance.randrange(4, 13)):
            last = "1001" if chance.random() < 0.05 else f"5{chance.randrange(1000):03}"
            to = f"491555000{last}" if last == "1001" else f"4915{second:02}77{index:02}{last}"
            text = f"Hi! Our autumn sale starts today. Your code: {chance.randrange(10**6):06}"
            caller.send(to=to, text=text, label="autumn-sale", **{"from": "Acme"})
        caller.sandbox.advance(1)
    caller.sandbox.advance(3600)


def send_sms(caller: Caller) -> None:
    """A code, an answer, a long text with a link, texts that try to be something else."""
    sandbox = caller.sandbox
    acme = {"from": "Acme"}
    caller.send(SHOP, "Your code is 482913. It is good for ten minutes.", label="login", **acme)
    sandbox.advance(95)
    order = "Your order 1042 is on its way. Follow it at https://acme.test/t/1042. "
    caller.send(SHOP, order * 3, foreign_id="order-1042", performance_tracking="1", **acme)
    sandbox.advance(60)
    sandbox.simulate.sms(SHOP, "Great, can you leave it with the neighbour?")
    sandbox.advance(30)
    caller.send(SHOP, "Done. Have a nice day!", **acme)
    caller.send("+4915550001001", "This one does not arrive.", **acme)
    caller.send("491601234567", SCRIPT, **{"from": "Mallory"})
    caller.send("971501234567", RIGHT_TO_LEFT, **acme)
    later = str(int(sandbox.clock()) + 86_400)
    caller.send("491625550100", "Do not forget your appointment.", delay=later, **acme)
    sandbox.advance(20)


def send_rich(caller: Caller) -> None:
    """An RCS card with suggestions, a carousel, and content of a schema of its own."""
    image = {"height": "MEDIUM", "contentInfo": {"fileUrl": "https://acme.test/bike.jpg"}}
    reply = {"reply": {"text": "Reserve it", "postbackData": "reserve-7"}}
    link = {"action": {"text": "All bikes", "openUrlAction": {"url": "https://acme.test/bikes"}}}
    card = {
        "title": "City bike",
        "description": "Yours for a day. Helmet included.",
        "media": image,
    }
    suggestions = {"suggestions": [reply, link]}
    send = "POST /rcs/messages"
    standalone = {"standaloneCard": {"cardContent": {**card, **suggestions}}}
    caller.json(send, json={"to": RIDER, "text": {"richCard": standalone}})
    cards = [{**card, "title": title} for title in ("City bike", "Cargo bike", "Tandem")]
    carousel = {"richCard": {"carouselCard": {"cardContents": cards}}}
    caller.json(send, json={"to": RIDER, "text": carousel})
    caller.json(send, json={"to": RIDER, "text": {"poll": {"question": "Helmet?"}}})
    caller.sandbox.advance(20)


def send_whatsapp(caller: Caller) -> None:
    """Every kind of WhatsApp message, within an open conversation."""
    simulate = caller.sandbox.simulate
    simulate.add_template("visit", "Hello {{1}}, see you on {{2}}.", language="en")
    whatsapp(
        caller, "template", template="visit", language="en", components={"body": ["Ada", "Monday"]}
    )
    caller.sandbox.advance(30)
    simulate.whatsapp(CLINIC, "How do I find you?", SENDER)
    caller.sandbox.advance(30)
    place = {
        "latitude": "47.3769",
        "longitude": "8.5417",
        "name": "Clinic",
        "address": "Seestrasse 1",
    }
    whatsapp(caller, "location", **place)
    whatsapp(caller, "image", url="https://clinic.test/entrance.jpg", caption="The entrance")
    whatsapp(caller, "audio", url="https://clinic.test/way.mp3")
    whatsapp(caller, "document", url="https://clinic.test/form.pdf", filename="Form.pdf")
    whatsapp(caller, "sticker", url="https://clinic.test/hi.webp")
    name = {"first_name": "Ada", "last_name": "Keller"}
    person = {"name": name, "phones": [{"phone": "+41446681800", "type": "work"}]}
    whatsapp(caller, "contacts", contacts=[person])
    rows = [
        {"id": "mo", "title": "Monday", "description": "10:00"},
        {"id": "tu", "title": "Tuesday"},
    ]
    sections = [{"title": "Next week", "rows": rows}]
    whatsapp(caller, "interactive", interactive_type="list", body="When does it suit you?",
             button_text="Days", sections=sections)  # fmt: skip
    buttons = [{"id": "yes", "title": "Yes, please"}, {"id": "no", "title": "No, thanks"}]
    question = {"header": "Reminder", "body": "Shall we remind you the day before?"}
    more = {"footer": "By SMS", "buttons": buttons}
    whatsapp(caller, "interactive", interactive_type="button", **question, **more)
    caller.sandbox.advance(5)


def whatsapp(caller: Caller, kind: str, **fields: Any) -> None:
    """Send one kind of WhatsApp message to the clinic's patient."""
    form = {"from": SENDER, "to": CLINIC, "type": kind, "label": "visits", **fields}
    answer = caller.ask("POST /waba/messages", json=form)
    assert 200 == answer.status, answer.body


def send_calls(caller: Caller) -> None:
    """A call that was answered, with a key pressed, and one that came in."""
    text = "Good morning, this is Acme. Press 1 to confirm your delivery, or 2 to move it."
    caller.json("POST /voice", form={"to": SHOP, "text": text})
    caller.sandbox.advance(2)
    caller.sandbox.simulate.press("1000001", "1")
    caller.sandbox.simulate.call("491625550100")
    caller.sandbox.advance(30)
