"""Acting for a subaccount: per client, and per `with_options(account=…)`."""

from __future__ import annotations

import httpx
import pytest
import respx

from seven_async import AccessDeniedError, AsyncSeven
from seven_async.sandbox import Sandbox


async def test_a_client_and_its_clones_act_for_the_account_they_name() -> None:
    """A clone's account is its own, and the client it came from keeps its one."""
    gateway = respx.MockRouter()
    route = gateway.get(path="/api/balance").respond(json={"amount": 1, "currency": "EUR"})
    transport = httpx.MockTransport(gateway.async_handler)
    async with AsyncSeven(api_key="k", account=7, transport=transport) as seven:
        await seven.balance.get()
        await seven.with_options(account="8").balance.get()
        await seven.with_options(account=None).balance.get()
        await seven.balance.get()

    accounts = [call.request.headers.get("x-account-id") for call in route.calls]
    assert ["7", "8", None, "7"] == accounts


async def test_a_subaccount_has_a_credit_of_its_own() -> None:
    """With `account` the gateway shows the subaccount's credit, not the main account's."""
    sandbox = Sandbox(balance=50)
    sandbox.add_key("main", subaccount_access=True)
    options = {**sandbox.options, "api_key": "main"}
    async with AsyncSeven(**options) as seven:
        made = await seven.subaccounts.create(name="Ada", email="ada@example.com")
        own = await seven.balance.get()
        theirs = await seven.with_options(account=made.id).balance.get()

    assert (50, 0) == (own.amount, theirs.amount)


async def test_a_key_without_the_right_cannot_act_for_a_subaccount() -> None:
    """The gateway refuses with 902, and the error says so."""
    async with AsyncSeven(**Sandbox().options, account=99) as seven:
        with pytest.raises(AccessDeniedError):
            await seven.balance.get()
