"""What the examples of SMS must become."""

from __future__ import annotations

from decimal import Decimal

from seven_async import (
    Deletion,
    DuplicateMessageError,
    InvalidParameterError,
    MalformedReplyError,
    Message,
    OutcomeUnknownError,
    Receipt,
)
from tests.api.exchange import Exchange

NOT_RECORDED = "the parameters were not recorded"
LEGACY = "a retired parameter that changes the form of the reply"

EXCHANGES = {
    "sms.delete": Exchange(
        call=lambda seven: seven.sms.delete(77214945865),
        expected=Deletion(success=True, deleted=("77214945865",)),
    ),
    "sms.send.bare-100": Exchange(
        call=lambda seven: seven.sms.send("49179999999999", "HI2U!"),
        expected=Receipt(code=100),
        asks_otherwise=NOT_RECORDED,
    ),
    "sms.send.invalid-recipient": Exchange(
        call=lambda seven: seven.sms.send("+491701234567", "HI2U!"),
        expected=InvalidParameterError,
        asks_otherwise=NOT_RECORDED,
    ),
    "sms.send": Exchange(
        call=lambda seven: seven.sms.send("+49179999999999", "HI2U!", from_="Elixir"),
        expected=Receipt(
            code=100,
            total_price=Decimal("0.075"),
            balance=Decimal("54.013"),
            debug=False,
            sms_type="direct",
            messages=(
                Message(
                    id="77214945865",
                    sender="Elixir",
                    recipient="49179999999999",
                    text="HI2U!",
                    encoding="gsm",
                    parts=1,
                    is_binary=False,
                    price=Decimal("0.075"),
                    success=True,
                ),
            ),
        ),
    ),
    "sms.send.reload-lock": Exchange(
        call=lambda seven: seven.sms.send("49179999999999", "HI2U!"),
        expected=DuplicateMessageError,
        asks_otherwise=NOT_RECORDED,
    ),
    "sms.send.text-details": Exchange(
        call=lambda seven: seven.sms.send("49179999999999", "HI2U!"),
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
        asks_otherwise=LEGACY,
    ),
    "sms.send.text-legacy": Exchange(
        call=lambda seven: seven.sms.send("49179999999999", "HI2U!"),
        expected=Receipt(code=100),
    ),
    "sms.send.text-msgid": Exchange(
        call=lambda seven: seven.sms.send("49179999999999", "HI2U!"),
        expected=OutcomeUnknownError,
        cause=MalformedReplyError,
        asks_otherwise=LEGACY,
    ),
}
