"""Every product's life from creation to deletion, against the gateway in one process."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from seven_async import (
    ApiError,
    AsyncSeven,
    Deletion,
    InvalidParameterError,
    ListRow,
    ListSection,
    NotFoundError,
    NotInConversationError,
    RcsFallback,
    Seven,
    TemplateComponents,
)
from seven_async.sandbox import Sandbox

NUMBER = "+491711234567"
BUSINESS = "4915112345678"
NOON = 1_900_000_000.0


def clients(**options: Any) -> tuple[Sandbox, AsyncSeven]:
    """A sandbox at noon, and a client of it."""
    sandbox = Sandbox(now=lambda: NOON)
    return sandbox, AsyncSeven(**sandbox.options, retry=None, **options)


async def test_address_book():
    """Groups and contacts are made, changed, found and deleted."""
    _, seven = clients()
    async with seven:
        group = await seven.groups.create("Friends")
        contact = await seven.contacts.create(
            firstname="Ann", mobile_number=NUMBER, groups=[group.id], custom={"shoe_size": 42}
        )
        changed = await seven.contacts.update(contact.id, city="Kiel", groups=[])
        found = [one async for one in seven.contacts.list(search="Ann")]
        renamed = await seven.groups.update(group.id, "Family")

        assert (group.id,) == contact.groups
        assert ("42", "Ann") == (
            str(contact.properties.custom["shoe_size"]),
            contact.properties.firstname,
        )
        assert ("Kiel", ()) == (changed.properties.city, changed.groups)
        assert [changed] == found
        assert ("Family", group.id) == (renamed.name, renamed.id)
        assert (await seven.contacts.delete(contact.id)).success
        assert not (await seven.contacts.delete(contact.id)).success
        assert (await seven.groups.delete(group.id, delete_contacts=True)).success
        with pytest.raises(NotFoundError):
            await seven.groups.get(group.id)


async def test_many_contacts():
    """More contacts than a page holds are listed once each."""
    _, seven = clients()
    async with seven:
        made = [(await seven.contacts.create(firstname=f"N{n}")).id for n in range(37)]
        listed = [one.id async for one in seven.contacts.list(limit=10)]

    assert sorted(made) == sorted(listed)


async def test_scheduled_sms():
    """A scheduled message can be deleted, once."""
    sandbox, seven = clients()
    async with seven:
        receipt = await seven.sms.send([NUMBER, "+491721234567"], "Hi", delay=int(NOON) + 3600)
        ids = [message.id or "" for message in receipt.messages]
        deletion = await seven.sms.delete(ids)

        assert (100, Decimal("0.150")) == (receipt.code, receipt.total_price)
        assert Deletion(success=True, deleted=tuple(ids)) == deletion
        assert Deletion(success=False) == await seven.sms.delete(ids)
        assert 2 == len(sandbox.ledger)


async def test_rcs():
    """Rich content with a fallback goes out as an object."""
    sandbox, seven = clients()
    async with seven:
        receipt = await seven.rcs.send(
            NUMBER, {"richCard": {"title": "Hi"}}, fallback=RcsFallback(text="Hi")
        )

        assert (None, "RCS") == (receipt.total_price, receipt.messages[0].channel)
        assert (await seven.rcs.typing(NUMBER)).success
        assert (await seven.rcs.read(NUMBER, msg_id=1)).success
        assert ["myfancyagent"] == [one.id for one in await seven.rcs.agents()][:1]
        # With a fallback nothing can be taken back.
        assert not (await seven.rcs.delete(receipt.messages[0].id or "")).success
        assert 1 == len(sandbox.ledger)


async def test_voice():
    """A call is made, and one that is over cannot be ended."""
    _, seven = clients()
    async with seven:
        receipt = await seven.voice.send([NUMBER, "+491721234567"], "Hi", ringtime=10)
        validation = await seven.validate_for_voice.start(NUMBER)

        assert (2, False) == (len(receipt.messages), receipt.debug)
        assert (validation.code or "").isdecimal()
        with pytest.raises(ApiError):
            await seven.voice.hangup(1)


async def test_whatsapp():
    """Templates go out at any time, anything else within a conversation; sent is sent."""
    _, seven = clients()
    section = ListSection(title="T", rows=[ListRow(id="1", title="One")])
    async with seven:
        receipt = await seven.waba.send_template(
            "4917612345678",
            "hello",
            "de",
            from_=BUSINESS,
            components=TemplateComponents(body=["A"]),
        )

        assert ("WA", Decimal("0.0735")) == (receipt.sms_type, receipt.total_price)
        with pytest.raises(NotInConversationError, match="7002001"):
            await seven.waba.send_list("4917612345678", "B", "Open", [section], from_=BUSINESS)
        with pytest.raises(InvalidParameterError):
            await seven.waba.delete(receipt.messages[0].id or "")
        assert not (await seven.waba.delete(1)).success
        assert (await seven.waba.read(from_=BUSINESS, to="4917612345678")).success
        assert (await seven.waba.react(1, "👍")).success


@pytest.mark.parametrize("method", ["format", "hlr", "mnp", "cnam", "rcs"])
async def test_lookups(method: str):
    """One number gives a finding, several give findings in their order, from one request."""
    _, seven = clients()
    async with seven:
        look_up = getattr(seven.lookup, method)
        one = await look_up(NUMBER)
        several = await look_up([NUMBER, "000", NUMBER])

    assert [one, one] == several[::2]
    assert 3 == len(several)


async def test_numbers():
    """A number is booked, set up and given back."""
    _, seven = clients()
    async with seven:
        offered = (await seven.numbers.available(country="DE", features_sms=True))[0]
        assert (await seven.numbers.order(offered.number, payment_interval="monthly")).success
        number = await seven.numbers.update(
            f"+{offered.number}", friendly_name="Shop", sms_forward=NUMBER, email_forward=["a@b.de"]
        )

        assert ("Shop", "monthly") == (number.friendly_name, number.billing.payment_interval)
        assert number.forward_sms_mo.sms.enabled
        assert ("a@b.de",) == number.forward_sms_mo.email.address
        off = await seven.numbers.update(offered.number, sms_forward=[])
        assert not off.forward_sms_mo.sms.enabled
        assert off in await seven.numbers.active()
        assert (await seven.numbers.delete(offered.number, delete_immediately=True)).success
        assert off.number not in [own.number for own in await seven.numbers.active()]


async def test_hooks():
    """A hook is subscribed, listed and cancelled."""
    _, seven = clients()
    async with seven:
        created = await seven.hooks.create("https://a.b/c", "dlr", headers={"X-Mine": "1"})
        (hook,) = await seven.hooks.list()

        assert (created.id, "dlr", "X-Mine: 1") == (hook.id, hook.event_type, hook.headers)
        assert (await seven.hooks.delete(hook.id)).success
        assert not (await seven.hooks.delete(hook.id)).success


@pytest.mark.parametrize("style", ["paths", "actions"])
async def test_subaccounts(style: str):
    """A subaccount is made, filled and deleted, in both styles of URLs."""
    _, seven = clients(url_style=style)
    async with seven:
        made = await seven.subaccounts.create("Ann Smith", "ann@example.com")
        assert (await seven.subaccounts.update(made.id, 1, "5.50")).success
        assert (await seven.subaccounts.transfer_credits(made.id, Decimal("2.25"))).success
        (found,) = await seven.subaccounts.list(id=made.id)

        assert (Decimal("2.25"), Decimal("5.50")) == (found.balance, found.auto_topup.amount)
        assert (await seven.subaccounts.delete(made.id)).success
        assert not (await seven.subaccounts.delete(made.id)).success


@pytest.mark.parametrize("style", ["paths", "actions"])
@pytest.mark.parametrize("by", ["country", "date", "label", "subaccount"])
async def test_analytics(by: str, style: str):
    """What was sent is counted in every grouping, in both styles of URLs."""
    _, seven = clients(url_style=style)
    async with seven:
        await seven.sms.send(NUMBER, "Hi", label="spring")
        usage = await getattr(seven.analytics, f"by_{by}")()

    assert (1, Decimal("0.075")) == (
        sum(row.sms for row in usage),
        sum(row.usage_eur for row in usage),
    )


async def test_journals():
    """What was sent stands in the journal with the caller's reference."""
    _, seven = clients()
    async with seven:
        await seven.sms.send(NUMBER, "Hi", foreign_id="mine", from_="Acme")
        await seven.voice.send(NUMBER, "Hi")
        (sms,) = [entry async for entry in seven.journal.outbound()]
        (call,) = [entry async for entry in seven.journal.voice()]

    assert ("mine", "Acme", "Hi") == (sms.foreign_id, sms.from_, sms.text)
    assert "Hi" == call.text


def test_blocking_face():
    """The same without await."""
    sandbox = Sandbox()
    with Seven(**sandbox.options) as seven:
        made = seven.groups.create("Friends")

        assert [made] == list(seven.groups.list())
        assert made == seven.groups.get(made.id)
        assert [True, False] == [one.success for one in seven.lookup.format([NUMBER, "000"])]
        assert seven.pricing.get(country="DE").countries[0].networks
