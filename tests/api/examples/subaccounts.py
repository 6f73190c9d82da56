"""What the examples of subaccounts must become. They were recorded in the style of actions."""

from __future__ import annotations

from decimal import Decimal

from seven_async import (
    ApiError,
    AutoTopup,
    Confirmation,
    Deletion,
    Subaccount,
    SubaccountContact,
)
from tests.api.exchange import Exchange

ACTIONS = {"url_style": "actions"}
EMPTY = "the recorded request had empty parameters, which are refused here before anything is sent"

EXCHANGES = {
    "subaccounts.create": Exchange(
        call=lambda seven: seven.subaccounts.create("John Doe", "john.doe@acme-inc.com"),
        expected=Subaccount(
            id="123456789",
            balance=Decimal(0),
            total_usage=Decimal(0),
            auto_topup=AutoTopup(threshold=Decimal(0), amount=Decimal(0)),
            contact=SubaccountContact(name="John Doe", email="john.doe@acme-inc.com"),
        ),
        options=ACTIONS,
    ),
    "subaccounts.create.error": Exchange(
        call=lambda seven: seven.subaccounts.create("John Doe", "nobody"),
        expected=ApiError,
        asks_otherwise=EMPTY,
    ),
    "subaccounts.delete": Exchange(
        call=lambda seven: seven.subaccounts.delete("123456789"),
        expected=Deletion(success=True),
        options=ACTIONS,
    ),
    "subaccounts.delete.error": Exchange(
        call=lambda seven: seven.subaccounts.delete(0),
        expected=Deletion(success=False, error="Subaccount not found"),
        asks_otherwise=EMPTY,
    ),
    "subaccounts.list": Exchange(
        call=lambda seven: seven.subaccounts.list(),
        expected=[
            Subaccount(
                id="1234567891",
                company="Company 1",
                balance=Decimal("36.8100"),
                total_usage=Decimal("0.3000"),
                auto_topup=AutoTopup(threshold=Decimal(1), amount=Decimal(5)),
                contact=SubaccountContact(name="John Doe", email="sms@acme-company1.com"),
            ),
            Subaccount(
                id="1234567892",
                username="push2app",
                company="Another Company",
                balance=Decimal("120.4000"),
                total_usage=Decimal("0.0000"),
                contact=SubaccountContact(
                    name="Donald Dummy", email="contact@another-acme-company.com"
                ),
            ),
        ],
        options=ACTIONS,
    ),
    "subaccounts.transfer_credits": Exchange(
        call=lambda seven: seven.subaccounts.transfer_credits(123456789, Decimal("1.23")),
        expected=Confirmation(success=True),
        options=ACTIONS,
    ),
    "subaccounts.update": Exchange(
        call=lambda seven: seven.subaccounts.update("123456789", 1, "5"),
        expected=Confirmation(success=True),
        options=ACTIONS,
    ),
    "subaccounts.update.error": Exchange(
        call=lambda seven: seven.subaccounts.update(0, 0, 0),
        expected=ApiError,
        asks_otherwise=EMPTY,
    ),
}
