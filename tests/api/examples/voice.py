"""What the examples of calls must become."""

from __future__ import annotations

from decimal import Decimal

from seven_async import (
    Confirmation,
    MalformedReplyError,
    Message,
    OutcomeUnknownError,
    Receipt,
)
from tests.api.exchange import Exchange

EXCHANGES = {
    "voice.hangup": Exchange(
        call=lambda seven: seven.voice.hangup(1384013), expected=Confirmation(success=True)
    ),
    "voice.send": Exchange(
        call=lambda seven: seven.voice.send("49176123456789", "Hallo Welt!"),
        expected=Receipt(
            code=100,
            total_price=Decimal("0.045"),
            balance=Decimal("3509.236"),
            debug=False,
            messages=(
                Message(
                    id="1384013",
                    sender="sender",
                    recipient="49176123456789",
                    text="Hallo Welt!",
                    price=Decimal("0.045"),
                    success=True,
                ),
            ),
        ),
    ),
    "voice.send.text-error": Exchange(
        call=lambda seven: seven.voice.send("491716992343", "HI2U!"),
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
        asks_otherwise="the parameters were not recorded",
    ),
    "voice.send.text-legacy": Exchange(
        call=lambda seven: seven.voice.send("491716992343", "HI2U!"),
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
    ),
}
