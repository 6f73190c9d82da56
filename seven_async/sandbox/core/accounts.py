"""Accounts with their credit and belongings, and the API keys that open them."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from attrs import define, field

from seven_async.sandbox.core.recipients import mask_number
from seven_async.sandbox.core.wire import Json

WHATSAPP_SENDER: Final = "4915112345678"
"""The sender of the published samples; an account has it from the start."""


@define(eq=False)
class Contact:
    """One entry of the address book."""

    id: int
    created: float
    avatar: str | None = field(repr=False)
    properties: dict[str, str] = field(repr=False)
    groups: list[int]

    @property
    def fullname(self) -> str:
        """First and last name, as far as there are any; the name a send may use for `to`."""
        names = (self.properties.get("firstname"), self.properties.get("lastname"))
        return " ".join(name for name in names if name)


@define(eq=False)
class Group:
    """A named set of contacts; membership is kept on the contacts."""

    id: int
    created: float
    name: str


@define(eq=False)
class Hook:
    """A webhook subscription."""

    id: int
    created: float
    target_url: str = field(repr=False)
    event_type: str
    event_filter: str | None = field(repr=False)
    request_method: str
    headers: str = field(repr=False)
    enabled: bool = True
    last_success: float | None = None


@define(eq=False)
class OwnNumber:
    """A booked inbound number."""

    number: str = field(repr=mask_number)
    country: str
    created: float
    payment_interval: str
    fees: dict[str, float]
    features: dict[str, bool]
    friendly_name: str = ""
    sms_forward: list[str] = field(factory=list[str], repr=False)
    email_forward: list[str] = field(factory=list[str], repr=False)
    slack_forward: str = field(default="", repr=False)
    expires: float | None = None


@define(eq=False)
class Inbound:
    """A message that came in to one of the account's numbers or agents."""

    id: str
    channel: str
    from_: str = field(repr=False)
    to: str = field(repr=mask_number)
    text: str = field(repr=False)
    time: float
    reply_to: str | None = None
    content: Json = field(factory=Json, repr=False)
    """What a webhook told beside the text: the button, the location, the file."""


@define(eq=False)
class Account:
    """A main account or a subaccount."""

    id: str
    balance: Decimal
    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    username: str | None = None
    company: str | None = None
    usage: Decimal = Decimal(0)
    topup_threshold: Decimal | None = None
    topup_amount: Decimal | None = None
    parent: str | None = None
    has_reload_lock: bool = True
    """True if the same SMS is refused for 180 s; a setting of the real account, too."""
    contacts: dict[int, Contact] = field(factory=dict[int, Contact], repr=False)
    groups: dict[int, Group] = field(factory=dict[int, Group], repr=False)
    hooks: dict[int, Hook] = field(factory=dict[int, Hook], repr=False)
    numbers: dict[str, OwnNumber] = field(factory=dict[str, OwnNumber], repr=False)
    agents: list[Json] = field(factory=list[Json], repr=False)
    callers: dict[str, int] = field(factory=dict[str, int], repr=False)
    """Numbers validated as voice senders, with their ids."""
    inbound: list[Inbound] = field(factory=list[Inbound], repr=False)
    events: list[Json] = field(factory=list[Json], repr=False)
    """Typing, read and reaction events that were sent, oldest first."""
    whatsapp_senders: list[str] = field(factory=lambda: [WHATSAPP_SENDER], repr=False)
    templates: dict[str, str] = field(factory=dict[str, str], repr=False)
    """Bodies of WhatsApp templates, by `name language`."""
    conversations: dict[str, float] = field(factory=dict[str, float], repr=False)
    """When a WhatsApp customer last wrote, by `sender>customer`."""

    def charge(self, price: Decimal) -> None:
        """Take the price off the credit and count it as used."""
        self.balance -= price
        self.usage += price

    def refund(self, price: Decimal) -> None:
        """Give the price of something cancelled back."""
        self.charge(-price)

    def members(self, group_id: int) -> list[Contact]:
        """Return the contacts of a group."""
        return [contact for contact in self.contacts.values() if group_id in contact.groups]

    def numbers_of(self, name: str) -> list[str]:
        """Return the mobile numbers of a group or contact; the name itself where there is none."""
        people = [contact for contact in self.contacts.values() if contact.fullname == name]
        for group in self.groups.values():
            if group.name == name:
                people = self.members(group.id)
        numbers = [contact.properties.get("mobile_number", "") for contact in people]
        return [number for number in numbers if number] or [name]


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
    """True if `X-Account-Id` may name a subaccount."""
    has_reload_lock: bool = True
    """False if this key may repeat an SMS although the account has the lock."""
