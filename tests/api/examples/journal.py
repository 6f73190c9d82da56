"""What the examples of the gateway's journals must become."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from seven_async import DeliveryState, InboundMessage, OutboundMessage, VoiceCall
from tests.api.exchange import Exchange

BERLIN = ZoneInfo("Europe/Berlin")
TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response><Say>Hey there</Say></Response>'

EXCHANGES = {
    "journal.inbound": Exchange(
        call=lambda seven: seven.journal.inbound(),
        expected=[
            InboundMessage(
                id="681590",
                from_="SMS",
                to="4917601234567890",
                text="keyword hi im tanja tester",
                timestamp=datetime(2020, 11, 20, 14, 15, 4, tzinfo=BERLIN),
                price=Decimal("1.0000"),
            )
        ],
    ),
    "journal.outbound.empty": Exchange(call=lambda seven: seven.journal.outbound(), expected=[]),
    "journal.outbound": Exchange(
        call=lambda seven: seven.journal.outbound(),
        expected=[
            OutboundMessage(
                id="77231715575",
                to="49176123456789",
                from_="sender",
                text="Hello World",
                timestamp=datetime(2024, 2, 13, 5, 50, 58, 802_000, tzinfo=BERLIN),
                price=Decimal("0.0750"),
                dlr=DeliveryState.DELIVERED,
                mccmnc="26207",
                latency=Decimal("14.3830"),
                type="direct",
                channel="RCS",
                connection="http",
                # Second 63, as published: no time, and not lost either.
                extra={"dlr_timestamp": "2024-02-13 05:50:63.102"},
            )
        ],
    ),
    "journal.outbound.legacy-docs": Exchange(
        call=lambda seven: seven.journal.outbound(),
        expected=[
            OutboundMessage(
                id="77130579434",
                to="49176123456789",
                from_="4915126716517",
                text="This is a test SMS",
                timestamp=datetime(2020, 10, 22, 12, 36, 1, 384_000, tzinfo=BERLIN),
                price=Decimal("0.0750"),
                dlr=DeliveryState.DELIVERED,
                dlr_timestamp=datetime(2020, 10, 22, 12, 36, 15, tzinfo=BERLIN),
                mccmnc="26202",
                latency=Decimal("13.6160"),
                type="direct",
                connection="smpp",
                label="customer_1",
                foreign_id="028be8f1-46c7-4a9b-8100-22ed18c6cad4",
            )
        ],
        asks_otherwise="the retired /journal?type=outbound",
    ),
    "journal.voice": Exchange(
        call=lambda seven: seven.journal.voice(),
        expected=[
            VoiceCall(
                id="178911",
                from_="491771783130",
                to="4917601234567890",
                text="1604513383",
                timestamp=datetime(2020, 11, 4, 19, 9, 43, tzinfo=BERLIN),
                price=Decimal("0.075"),
                duration=5,
                status="completed",
                error="",
                xml=False,
            ),
            VoiceCall(
                id="178518",
                from_="491771783130",
                to="4917601234567890",
                text=TWIML,
                timestamp=datetime(2020, 11, 2, 8, 58, 45, tzinfo=BERLIN),
                price=Decimal(0),
                duration=0,
                status="failed",
                error="",
                xml=True,
            ),
        ],
    ),
}
