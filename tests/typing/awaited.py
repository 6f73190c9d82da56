"""Every method of the awaiting client, with the type that its call has."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

import attrs

from seven_async import (
    AccountUsage,
    ActiveNumber,
    AsyncPager,
    AsyncSeven,
    AvailableNumber,
    Balance,
    Button,
    CardName,
    CardPhone,
    CnamLookup,
    Confirmation,
    Contact,
    ContactCard,
    CountryUsage,
    CreatedHook,
    DailyUsage,
    Deletion,
    EventType,
    FormatLookup,
    Group,
    HlrLookup,
    Hook,
    InboundMessage,
    LabelUsage,
    ListRow,
    ListSection,
    MessageStatus,
    MnpLookup,
    OutboundMessage,
    Page,
    Pricing,
    RcsAgent,
    RcsContent,
    RcsFallback,
    RcsLookup,
    Receipt,
    Reply,
    Subaccount,
    TemplateButton,
    TemplateComponents,
    VoiceCall,
    VoiceValidation,
)


@attrs.frozen
class Card(RcsContent):
    """Rich content of one's own."""

    title: str


NUMBER = "+491711234567"
SOON = datetime(2030, 1, 1, tzinfo=UTC)


async def account(seven: AsyncSeven) -> None:
    """Analytics, balance, prices, states, subaccounts."""
    assert_type(await seven.analytics.by_country(start=date(2026, 1, 1)), list[CountryUsage])
    assert_type(await seven.analytics.by_date(end="2026-01-31"), list[DailyUsage])
    assert_type(await seven.analytics.by_label(label=""), list[LabelUsage])
    assert_type(await seven.analytics.by_subaccount(subaccounts=7), list[AccountUsage])
    assert_type(await seven.balance.get(), Balance)
    assert_type(await seven.pricing.get(country="DE"), Pricing)
    assert_type(await seven.status.get(["1", 2]), list[MessageStatus])
    assert_type(await seven.subaccounts.list(), list[Subaccount])
    assert_type(await seven.subaccounts.create("A", "a@b.c"), Subaccount)
    assert_type(await seven.subaccounts.update(1, Decimal(1), "5"), Confirmation)
    assert_type(await seven.subaccounts.transfer_credits("1", 5), Confirmation)
    assert_type(await seven.subaccounts.delete(1), Deletion)
    assert_type(await seven.validate_for_voice.start(NUMBER, callback=None), VoiceValidation)


async def address_book(seven: AsyncSeven) -> None:
    """Contacts, groups, hooks, numbers."""
    assert_type(seven.contacts.list(limit=30, search="A"), AsyncPager[Contact])
    assert_type(await seven.contacts.list(), Page[Contact])
    async for contact in seven.contacts.list():
        assert_type(contact, Contact)
    async for page in seven.contacts.list().pages():
        assert_type(page, Page[Contact])
        assert_type(page[0], Contact)
    assert_type(await seven.contacts.create(groups=[1, "2"], custom={"a": 1}), Contact)
    assert_type(await seven.contacts.get(42), Contact)
    assert_type(await seven.contacts.update("42", birthday=date(2000, 1, 1)), Contact)
    assert_type(await seven.contacts.delete(42), Deletion)
    assert_type(seven.groups.list(), AsyncPager[Group])
    assert_type(await seven.groups.create("A"), Group)
    assert_type(await seven.groups.get(1), Group)
    assert_type(await seven.groups.update(1, "B"), Group)
    assert_type(await seven.groups.delete(1, delete_contacts=True), Deletion)
    assert_type(await seven.hooks.list(), list[Hook])
    assert_type(await seven.hooks.create("https://a.b", EventType.DLR), CreatedHook)
    assert_type(await seven.hooks.delete(1), Deletion)
    assert_type(await seven.numbers.available(features_sms=True), list[AvailableNumber])
    assert_type(await seven.numbers.order("49", payment_interval="monthly"), Confirmation)
    assert_type(await seven.numbers.active(), list[ActiveNumber])
    assert_type(await seven.numbers.get("49"), ActiveNumber)
    assert_type(await seven.numbers.update("49", sms_forward=["49"]), ActiveNumber)
    assert_type(await seven.numbers.delete("49", delete_immediately=False), Deletion)


async def journals(seven: AsyncSeven) -> None:
    """The gateway's journals."""
    assert_type(seven.journal.outbound(id=1), AsyncPager[OutboundMessage])
    assert_type(seven.journal.inbound(), AsyncPager[InboundMessage])
    assert_type(seven.journal.replies(), AsyncPager[Reply])
    assert_type(seven.journal.voice(state="failed"), AsyncPager[VoiceCall])
    assert_type((await seven.journal.voice()).items, tuple[VoiceCall, ...])


async def lookups(seven: AsyncSeven) -> None:
    """One number gives one finding, several give a list."""
    assert_type(await seven.lookup.cnam("491"), CnamLookup)
    assert_type(await seven.lookup.cnam(["491"]), list[CnamLookup])
    assert_type(await seven.lookup.format("491"), FormatLookup)
    assert_type(await seven.lookup.format(("491", "492")), list[FormatLookup])
    assert_type(await seven.lookup.hlr(number="491"), HlrLookup)
    assert_type(await seven.lookup.hlr(number=["491"]), list[HlrLookup])
    assert_type(await seven.lookup.mnp("491"), MnpLookup)
    assert_type(await seven.lookup.mnp(["491"]), list[MnpLookup])
    assert_type(await seven.lookup.rcs("491", from_="agent"), RcsLookup)
    assert_type(await seven.lookup.rcs(["491"], from_="agent"), list[RcsLookup])


async def messages(seven: AsyncSeven) -> None:
    """SMS, RCS, calls."""
    assert_type(await seven.sms.send(NUMBER, "Hi", delay=SOON, flash=True), Receipt)
    assert_type(await seven.sms.send([NUMBER], text="Hi", files=[{"name": "a"}]), Receipt)
    assert_type(await seven.sms.delete([1, "2"]), Deletion)
    assert_type(await seven.rcs.send(NUMBER, "Hi", fallback="sms"), Receipt)
    assert_type(await seven.rcs.send(NUMBER, {"a": 1}, fallback=RcsFallback()), Receipt)
    assert_type(await seven.rcs.send(NUMBER, Card(title="A")), Receipt)
    assert_type(await seven.rcs.delete(1), Deletion)
    assert_type(await seven.rcs.typing(NUMBER), Confirmation)
    assert_type(await seven.rcs.read(NUMBER, msg_id=1), Confirmation)
    assert_type(await seven.rcs.agents(), list[RcsAgent])
    assert_type(await seven.voice.send((NUMBER,), "Hi", ringtime=5), Receipt)
    assert_type(await seven.voice.hangup(1), Confirmation)


async def whatsapp(seven: AsyncSeven) -> None:
    """Each kind of WhatsApp message, and the events."""
    waba, own, url = seven.waba, "4915112345678", "https://example.com/a"
    components = TemplateComponents(body=["A"], buttons=[TemplateButton(text="B")])
    card = ContactCard(name=CardName(first_name="A"), phones=[CardPhone(phone=NUMBER)])
    section = ListSection(title="T", rows=[ListRow(id="1", title="One"), {"id": "2"}])
    buttons = [Button(id="1", title="A"), Button(id="2", title="B")]
    assert_type(
        await waba.send_template(NUMBER, "t", "de", from_=own, components=components), Receipt
    )
    assert_type(await waba.send_text(NUMBER, "Hi", from_=own, delay=SOON), Receipt)
    assert_type(await waba.send_image(NUMBER, url, from_=own, caption="C"), Receipt)
    assert_type(await waba.send_video(NUMBER, url, from_=own, ttl=5), Receipt)
    assert_type(await waba.send_audio(NUMBER, url, from_=own), Receipt)
    assert_type(await waba.send_document(NUMBER, url, "a.pdf", from_=own), Receipt)
    assert_type(await waba.send_sticker(NUMBER, url, from_=own), Receipt)
    assert_type(await waba.send_location(NUMBER, 48.5, 2, from_=own), Receipt)
    assert_type(await waba.send_contacts(NUMBER, [card, {"name": {}}], from_=own), Receipt)
    assert_type(await waba.send_buttons(NUMBER, "B", buttons, from_=own, footer="F"), Receipt)
    assert_type(await waba.send_list(NUMBER, "B", "Open", [section], from_=own), Receipt)
    assert_type(await waba.delete(1), Deletion)
    assert_type(await waba.read(from_=own, to=NUMBER), Confirmation)
    assert_type(await waba.typing(from_=own, msg_id=1), Confirmation)
    assert_type(await waba.react(1, "👍"), Confirmation)
