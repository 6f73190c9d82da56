"""What the examples of inbound numbers must become."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from seven_async import (
    ActiveNumber,
    AvailableNumber,
    Charges,
    Confirmation,
    Deletion,
    EmailForwarding,
    NumberBilling,
    NumberFeatures,
    NumberFees,
    NumberOffer,
    PaymentInterval,
    SmsForwarding,
    SmsForwards,
)
from tests.api.exchange import Exchange

BOOKED = ActiveNumber(
    country="DE",
    number="49176123456789",
    friendly_name="",
    billing=NumberBilling(
        fees=NumberFees(
            setup=Decimal("19.9"),
            basic_charge=Decimal("238.8"),
            sms_mo=Decimal(0),
            voice_mo=Decimal(0),
        ),
        payment_interval=PaymentInterval.ANNUALLY,
    ),
    features=NumberFeatures(sms=True, a2p_sms=False, voice=True),
    forward_sms_mo=SmsForwards(
        sms=SmsForwarding(number=("4917612345678",), enabled=True),
        email=EmailForwarding(address=("j.doe@acme.inc", "john@doe.com"), enabled=True),
    ),
    created=datetime(2024, 1, 31, 17, 6, 27, tzinfo=ZoneInfo("Europe/Berlin")),
)

EXCHANGES = {
    "numbers.available": Exchange(
        call=lambda seven: seven.numbers.available(country="DK"),
        expected=[
            AvailableNumber(
                country="DK",
                number="4523854818",
                number_parsed="+45 23 85 48 18",
                fees=NumberOffer(
                    monthly=Charges(basic_charge=Decimal("29.9"), setup=Decimal("19.9")),
                    annually=Charges(basic_charge=Decimal("238.8"), setup=Decimal("9.9")),
                    sms_mo=Decimal(0),
                    voice_mo=Decimal("0.01"),
                ),
                features=NumberFeatures(sms=True, a2p_sms=True, voice=True),
            )
        ],
    ),
    "numbers.delete": Exchange(
        call=lambda seven: seven.numbers.delete("+45 23 85 48 18", delete_immediately=True),
        expected=Deletion(success=True),
    ),
    "numbers.get": Exchange(
        call=lambda seven: seven.numbers.get("+49176123456789"), expected=BOOKED
    ),
    "numbers.list": Exchange(call=lambda seven: seven.numbers.active(), expected=[BOOKED]),
    "numbers.order": Exchange(
        call=lambda seven: seven.numbers.order("4523854818", payment_interval="monthly"),
        expected=Confirmation(success=True),
    ),
}
