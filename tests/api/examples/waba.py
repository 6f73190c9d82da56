"""What the examples of WhatsApp events, deletions and published replies must become."""

from __future__ import annotations

import json
from decimal import Decimal

from seven_async import (
    Confirmation,
    Deletion,
    InvalidParameterError,
    Message,
    Receipt,
)
from tests.api.exchange import Exchange

FROM = "4915112345678"
TO = "4917612345678"
RENDERED = {
    "type": "template",
    "template": "hello_world",
    "language": "de",
    "rendered": {"body": "Hallo Welt!"},
}

EXCHANGES = {
    "waba.delete": Exchange(
        call=lambda seven: seven.waba.delete("12345678"), expected=Deletion(success=True)
    ),
    "waba.delete.already-sent": Exchange(
        call=lambda seven: seven.waba.delete("12345678"), expected=InvalidParameterError
    ),
    "waba.event.is_typing": Exchange(
        call=lambda seven: seven.waba.typing(from_=FROM, to=TO),
        expected=Confirmation(success=True),
    ),
    "waba.event.read": Exchange(
        call=lambda seven: seven.waba.read(from_=FROM, to=TO),
        expected=Confirmation(success=True),
    ),
    "waba.event.reaction": Exchange(
        call=lambda seven: seven.waba.react("123456789", "👍"),
        expected=Confirmation(success=True),
        asks_otherwise="ours says the message's id under message_id, too (test_waba.py)",
    ),
    "waba.send.bad-request": Exchange(
        call=lambda seven: seven.waba.send_text(TO, "Hi", from_=FROM),
        expected=InvalidParameterError,
        asks_otherwise="the parameters were not recorded",
    ),
    "waba.send.template": Exchange(
        call=lambda seven: seven.waba.send_template(TO, "hello_world", "de", from_=FROM),
        expected=Receipt(
            code=100,
            total_price=Decimal("0.0735"),
            balance=Decimal("123.45"),
            debug=False,
            sms_type="WA",
            messages=(
                Message(
                    id="12345678",
                    sender=FROM,
                    recipient=TO,
                    text=json.dumps(RENDERED, separators=(",", ":")),
                    encoding="gsm",
                    parts=1,
                    is_binary=False,
                    price=Decimal("0.0735"),
                    channel="WA",
                    success=True,
                ),
            ),
        ),
    ),
}
