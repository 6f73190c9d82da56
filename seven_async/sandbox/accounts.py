"""Accounts with their credit, and the API keys that open them."""

from __future__ import annotations

from decimal import Decimal

from attrs import define, field


@define(eq=False)
class Account:
    """A main account or a subaccount."""

    id: str
    balance: Decimal
    name: str = ""
    email: str = ""
    username: str | None = None
    company: str | None = None
    usage: Decimal = Decimal(0)
    topup_threshold: Decimal | None = None
    topup_amount: Decimal | None = None
    parent: str | None = None

    def charge(self, price: Decimal) -> None:
        """Takes the price off the credit and counts it as used."""
        self.balance -= price
        self.usage += price

    def refund(self, price: Decimal) -> None:
        """Gives the price of something cancelled back."""
        self.charge(-price)


@define(eq=False)
class Key:
    """An API key or access token and what it may do."""

    secret: str = field(repr=False)
    account: str
    scopes: frozenset[str] | None = None
    """Endpoint groups the key may use; None is all of them."""
    ips: frozenset[str] | None = None
    """Addresses it may be used from; None is any."""
    is_test: bool = False
    """A sandbox-type key: nothing is sent or charged, ids are null."""
    signing_required: bool = False
    subaccount_access: bool = True
    """Whether `X-Account-Id` may name a subaccount."""
