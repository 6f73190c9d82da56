"""What the examples of RCS must become."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from seven_async import AgentState, Confirmation, Deletion, Message, RcsAgent, Receipt
from tests.api.exchange import Exchange

BERLIN = ZoneInfo("Europe/Berlin")

EXCHANGES = {
    "rcs.agents": Exchange(
        call=lambda seven: seven.rcs.agents(),
        expected=[
            RcsAgent(
                id="myfancyagent",
                display_name="My Fancy Agent",
                status=AgentState.LAUNCHED,
                logo_url="https://example.com/logo.png",
                created=datetime(2024, 3, 8, 9, 47, 12, tzinfo=BERLIN),
                is_generic=False,
            ),
            RcsAgent(
                id="generic1",
                display_name="Generic",
                status=AgentState.WAIT,
                created=datetime(2026, 5, 2, 5, 19, 21, tzinfo=BERLIN),
                is_generic=True,
            ),
        ],
    ),
    "rcs.delete": Exchange(
        call=lambda seven: seven.rcs.delete(77233319353), expected=Deletion(success=True)
    ),
    "rcs.event": Exchange(
        call=lambda seven: seven.rcs.typing("4915237035388"), expected=Confirmation(success=True)
    ),
    "rcs.send": Exchange(
        call=lambda seven: seven.rcs.send("49176123456789", "Hello World!"),
        expected=Receipt(
            code=100,
            total_price=None,
            balance=Decimal("3218.988"),
            debug=False,
            sms_type="direct",
            messages=(
                Message(
                    id="77233319353",
                    sender="myfancyagent",
                    recipient="49176123456789",
                    text="Hello World!",
                    encoding="gsm",
                    parts=0,
                    is_binary=False,
                    price=Decimal(0),
                    channel="RCS",
                    success=True,
                ),
            ),
        ),
    ),
}
