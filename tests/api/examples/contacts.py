"""What the examples of the address book must become."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from seven_async import (
    Contact,
    ContactInitials,
    ContactProperties,
    Deletion,
)
from tests.api.exchange import Exchange

CREATED = datetime(2024, 1, 9, 13, 12, 48, tzinfo=ZoneInfo("Europe/Berlin"))
KNOWN = {
    "address": "Willestr. 4-6",
    "city": "Kiel",
    "email": "support@seven.io",
    "firstname": "Seven",
    "home_number": "43130149270",
    "lastname": "Communications",
    "mobile_number": "491716992343",
    "notes": "CPaaS",
    "postal_code": "24103",
}
EMPTY = Contact(
    id="12876882",
    avatar=("https://static.seven.io/uploads/contact_images/4A000c0d4e9431F483090dE8D13F3806.jpg"),
    initials=ContactInitials(initials="", color="EEE0C9"),
    created=CREATED,
)
LEGACY = "the retired action API on the same path"

EXCHANGES = {
    "contacts.create": Exchange(
        call=lambda seven: seven.contacts.create(avatar="", birthday=date(2000, 1, 1), **KNOWN),
        expected=Contact(
            id="12876882",
            avatar="",
            initials=ContactInitials(initials="SC", color="EEE0C9"),
            properties=ContactProperties(
                birthday=date(2000, 1, 1), fullname="Seven Communications", **KNOWN
            ),
            created=CREATED,
        ),
    ),
    "contacts.create.legacy": Exchange(
        call=lambda seven: seven.contacts.create(firstname="Seven"),
        expected=Contact(id="12297236", extra={"return": "152"}),
        asks_otherwise=LEGACY,
    ),
    "contacts.delete": Exchange(
        call=lambda seven: seven.contacts.delete(12876882), expected=Deletion(success=True)
    ),
    "contacts.get": Exchange(
        call=lambda seven: seven.contacts.get(12876882),
        expected=EMPTY,
    ),
    "contacts.list": Exchange(
        call=lambda seven: seven.contacts.list(),
        expected=[EMPTY, EMPTY],
    ),
    "contacts.list.legacy": Exchange(
        call=lambda seven: seven.contacts.list(),
        expected=[
            Contact(id="4798035", extra={"Name": "", "Number": ""}),
            Contact(id="3172517", extra={"Name": "Hansi", "Number": "004917666666666"}),
        ],
        asks_otherwise=LEGACY,
    ),
}
