"""Every method of the blocking client, with the type that its call has."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import assert_type

import attrs

from seven_async import (
    AccountUsage,
    ActiveNumber,
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
    Pager,
    Pricing,
    RcsAgent,
    RcsContent,
    RcsFallback,
    RcsLookup,
    Receipt,
    Reply,
    Seven,
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


def account(seven: Seven) -> None:
    """Analytics, balance, prices, states, subaccounts."""
    assert_type(seven.analytics.by_country(start=date(2026, 1, 1)), list[CountryUsage])
    assert_type(seven.analytics.by_date(end="2026-01-31"), list[DailyUsage])
    assert_type(seven.analytics.by_label(label=""), list[LabelUsage])
    assert_type(seven.analytics.by_subaccount(subaccounts=7), list[AccountUsage])
    assert_type(seven.balance.get(), Balance)
    assert_type(seven.pricing.get(country="DE"), Pricing)
    assert_type(seven.status.get(["1", 2]), list[MessageStatus])
    assert_type(seven.subaccounts.list(), list[Subaccount])
    assert_type(seven.subaccounts.create("A", "a@b.c"), Subaccount)
    assert_type(seven.subaccounts.update(1, Decimal(1), "5"), Confirmation)
    assert_type(seven.subaccounts.transfer_credits("1", 5), Confirmation)
    assert_type(seven.subaccounts.delete(1), Deletion)
    assert_type(seven.validate_for_voice.start(NUMBER, callback=None), VoiceValidation)


def address_book(seven: Seven) -> None:
    """Contacts, groups, hooks, numbers."""
    assert_type(seven.contacts.list(limit=30, search="A"), Pager[Contact])
    assert_type(seven.contacts.list().first(), Page[Contact])
    for contact in seven.contacts.list():
        assert_type(contact, Contact)
    for page in seven.contacts.list().pages():
        assert_type(page, Page[Contact])
        assert_type(page[0], Contact)
    assert_type(seven.contacts.create(groups=[1, "2"], custom={"a": 1}), Contact)
    assert_type(seven.contacts.get(42), Contact)
    assert_type(seven.contacts.update("42", birthday=date(2000, 1, 1)), Contact)
    assert_type(seven.contacts.delete(42), Deletion)
    assert_type(seven.groups.list(), Pager[Group])
    assert_type(seven.groups.create("A"), Group)
    assert_type(seven.groups.get(1), Group)
    assert_type(seven.groups.update(1, "B"), Group)
    assert_type(seven.groups.delete(1, delete_contacts=True), Deletion)
    assert_type(seven.hooks.list(), list[Hook])
    assert_type(seven.hooks.create("https://a.b", EventType.DLR), CreatedHook)
    assert_type(seven.hooks.delete(1), Deletion)
    assert_type(seven.numbers.available(features_sms=True), list[AvailableNumber])
    assert_type(seven.numbers.order("49", payment_interval="monthly"), Confirmation)
    assert_type(seven.numbers.active(), list[ActiveNumber])
    assert_type(seven.numbers.get("49"), ActiveNumber)
    assert_type(seven.numbers.update("49", sms_forward=["49"]), ActiveNumber)
    assert_type(seven.numbers.delete("49", delete_immediately=False), Deletion)


def journals(seven: Seven) -> None:
    """The gateway's journals."""
    assert_type(seven.journal.outbound(id=1), Pager[OutboundMessage])
    assert_type(seven.journal.inbound(), Pager[InboundMessage])
    assert_type(seven.journal.replies(), Pager[Reply])
    assert_type(seven.journal.voice(state="failed"), Pager[VoiceCall])
    assert_type(seven.journal.voice().first().items, tuple[VoiceCall, ...])


def lookups(seven: Seven) -> None:
    """One number gives one finding, several give a list."""
    assert_type(seven.lookup.cnam("491"), CnamLookup)
    assert_type(seven.lookup.cnam(["491"]), list[CnamLookup])
    assert_type(seven.lookup.format("491"), FormatLookup)
    assert_type(seven.lookup.format(("491", "492")), list[FormatLookup])
    assert_type(seven.lookup.hlr(number="491"), HlrLookup)
    assert_type(seven.lookup.hlr(number=["491"]), list[HlrLookup])
    assert_type(seven.lookup.mnp("491"), MnpLookup)
    assert_type(seven.lookup.mnp(["491"]), list[MnpLookup])
    assert_type(seven.lookup.rcs("491", from_="agent"), RcsLookup)
    assert_type(seven.lookup.rcs(["491"], from_="agent"), list[RcsLookup])


def messages(seven: Seven) -> None:
    """SMS, RCS, calls."""
    assert_type(seven.sms.send(NUMBER, "Hi", delay=SOON, flash=True), Receipt)
    assert_type(seven.sms.send([NUMBER], text="Hi", files=[{"name": "a"}]), Receipt)
    assert_type(seven.sms.delete([1, "2"]), Deletion)
    assert_type(seven.rcs.send(NUMBER, "Hi", fallback="sms"), Receipt)
    assert_type(seven.rcs.send(NUMBER, {"a": 1}, fallback=RcsFallback()), Receipt)
    assert_type(seven.rcs.send(NUMBER, Card(title="A")), Receipt)
    assert_type(seven.rcs.delete(1), Deletion)
    assert_type(seven.rcs.typing(NUMBER), Confirmation)
    assert_type(seven.rcs.read(NUMBER, msg_id=1), Confirmation)
    assert_type(seven.rcs.agents(), list[RcsAgent])
    assert_type(seven.voice.send((NUMBER,), "Hi", ringtime=5), Receipt)
    assert_type(seven.voice.hangup(1), Confirmation)


def whatsapp(seven: Seven) -> None:
    """Each kind of WhatsApp message, and the events."""
    waba, own, url = seven.waba, "4915112345678", "https://example.com/a"
    components = TemplateComponents(body=["A"], buttons=[TemplateButton(text="B")])
    card = ContactCard(name=CardName(first_name="A"), phones=[CardPhone(phone=NUMBER)])
    section = ListSection(title="T", rows=[ListRow(id="1", title="One"), {"id": "2"}])
    buttons = [Button(id="1", title="A"), Button(id="2", title="B")]
    assert_type(waba.send_template(NUMBER, "t", "de", from_=own, components=components), Receipt)
    assert_type(waba.send_text(NUMBER, "Hi", from_=own, delay=SOON), Receipt)
    assert_type(waba.send_image(NUMBER, url, from_=own, caption="C"), Receipt)
    assert_type(waba.send_video(NUMBER, url, from_=own, ttl=5), Receipt)
    assert_type(waba.send_audio(NUMBER, url, from_=own), Receipt)
    assert_type(waba.send_document(NUMBER, url, "a.pdf", from_=own), Receipt)
    assert_type(waba.send_sticker(NUMBER, url, from_=own), Receipt)
    assert_type(waba.send_location(NUMBER, 48.5, 2, from_=own), Receipt)
    assert_type(waba.send_contacts(NUMBER, [card, {"name": {}}], from_=own), Receipt)
    assert_type(waba.send_buttons(NUMBER, "B", buttons, from_=own, footer="F"), Receipt)
    assert_type(waba.send_list(NUMBER, "B", "Open", [section], from_=own), Receipt)
    assert_type(waba.delete(1), Deletion)
    assert_type(waba.read(from_=own, to=NUMBER), Confirmation)
    assert_type(waba.typing(from_=own, msg_id=1), Confirmation)
    assert_type(waba.react(1, "👍"), Confirmation)
