"""What the examples of analytics, balance, pricing, status and validation must become."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from seven_async import (
    AccountUsage,
    ApiError,
    Balance,
    CountryPrices,
    CountryUsage,
    DailyUsage,
    DeliveryState,
    GatewayError,
    LabelUsage,
    MalformedReplyError,
    MessageStatus,
    NetworkPrice,
    Pricing,
    VoiceValidation,
)
from tests.api.exchange import Exchange

COUNTED: dict[str, Any] = {
    "sms": 145,
    "rcs": 1,
    "voice": 0,
    "hlr": 0,
    "mnp": 0,
    "inbound": 72,
    "usage_eur": Decimal("0.208"),
}
ALL_FEATURES = ("alpha", "numeric", "dlr", "sc")
NETWORKS = (
    ("02", "A1 Telekom Austria", ()),
    ("01", "A1 Telekom Austria (A1.net)", ALL_FEATURES),
    ("11", "A1 Telekom Austria (bob)", ()),
    ("09", "A1 Telekom Austria (Tele2Mobil)", ()),
)

EXCHANGES = {
    "analytics.country": Exchange(
        call=lambda seven: seven.analytics.by_country(),
        expected=[CountryUsage(country="DE", **COUNTED)],
    ),
    "analytics.date": Exchange(
        call=lambda seven: seven.analytics.by_date(),
        expected=[DailyUsage(date=date(2020, 5, 13), **COUNTED)],
    ),
    "analytics.label": Exchange(
        call=lambda seven: seven.analytics.by_label(),
        expected=[LabelUsage(label="Label", **COUNTED)],
    ),
    "analytics.subaccount": Exchange(
        call=lambda seven: seven.analytics.by_subaccount(),
        expected=[AccountUsage(account="Subaccount", **COUNTED)],
    ),
    "balance.get": Exchange(
        call=lambda seven: seven.balance.get(),
        expected=Balance(amount=Decimal("44.631"), currency="EUR"),
    ),
    "balance.get.auth-error-text": Exchange(
        # Without Accept an amount and a code look alike: neither is believed.
        call=lambda seven: seven.balance.get(),
        expected=MalformedReplyError,
    ),
    "balance.get.text-docs": Exchange(
        call=lambda seven: seven.balance.get(), expected=MalformedReplyError
    ),
    "balance.get.text-legacy": Exchange(
        call=lambda seven: seven.balance.get(), expected=MalformedReplyError
    ),
    "pricing.get": Exchange(
        call=lambda seven: seven.pricing.get(country="at"),
        expected=Pricing(
            count_countries=1,
            count_networks=4,
            countries=(
                CountryPrices(
                    country_code="AT",
                    country_name="Austria",
                    country_prefix="43",
                    networks=tuple(
                        NetworkPrice(
                            mcc="232",
                            mncs=(mnc,),
                            network_name=name,
                            price=Decimal("0.075"),
                            features=features,
                            comment="",
                        )
                        for mnc, name, features in NETWORKS
                    ),
                ),
            ),
        ),
    ),
    "pricing.get.csv": Exchange(
        call=lambda seven: seven.pricing.get(country="de"),
        expected=MalformedReplyError,
        asks_otherwise="prices come as JSON here; raw() gets the CSV, whose columns are shifted",
    ),
    "status.get": Exchange(
        call=lambda seven: seven.status.get(["77214067982", 77214067599]),
        expected=[
            MessageStatus(
                id="77214067982",
                status=DeliveryState.DELIVERED,
                status_time=datetime(2023, 8, 23, 14, 13, 12, tzinfo=ZoneInfo("Europe/Berlin")),
            ),
            MessageStatus(id="77214067599"),
        ],
    ),
    "status.get.text-legacy": Exchange(
        call=lambda seven: seven.status.get("77214067982"),
        expected=MalformedReplyError,
        asks_otherwise="the recorded request was a POST without Accept",
    ),
    "status.get.text-unknown-id": Exchange(
        call=lambda seven: seven.status.get("0"),
        expected=GatewayError,
        asks_otherwise="the recorded request was a POST without Accept",
    ),
    "validate_for_voice.invalid": Exchange(
        call=lambda seven: seven.validate_for_voice.start("49176123456789"), expected=ApiError
    ),
    "validate_for_voice.new": Exchange(
        call=lambda seven: seven.validate_for_voice.start("49176123456789"),
        expected=VoiceValidation(success=True, code="699350"),
    ),
}
