"""Which column has the numbers: tables of other programs in, a column or a question out."""

from __future__ import annotations

import pytest

from seven_async.campaign.inputs.csv_headings import Holds, holds
from seven_async.errors import InvalidRequestError

NUMBER = "+491713920011"

OUTLOOK = (
    "First Name,Last Name,Company,Assistant's Phone,Business Fax,Business Phone,Business Phone 2,"
    "Callback,Car Phone,Company Main Phone,Home Fax,Home Phone,Home Phone 2,ISDN,Mobile Phone,"
    "Other Fax,Other Phone,Pager,Primary Phone,Radio Phone,TTY/TDD Phone,Telex,E-mail Address"
)
SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,"
    "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tags"
)


@pytest.mark.parametrize(
    ("headings", "column"),
    [
        (OUTLOOK, "Mobile Phone"),
        (SHOPIFY, "Phone"),
        ("Name,Given Name,Phone 1 - Type,Phone 1 - Value", "Phone 1 - Value"),
        ("First Name,Last Name,Labels,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value", None),
        ("First name,Last name,Phone (home),iPhone", "iPhone"),
        ("Email Address,First Name,Last Name,Address,Phone Number,MEMBER_RATING", "Phone Number"),
        ("Email Address,First Name,SMS Phone Number,OPTIN_TIME", "SMS Phone Number"),
        ("Contact ID,Salutation,First Name,Title,Mobile,Fax,Home Phone,Other Phone", "Mobile"),
        ("Record ID,First Name,Mobile Phone Number,Lead Status", "Mobile Phone Number"),
        ("Vorname,Telefon geschäftlich,Telefon privat,Mobiltelefon,Fax privat", "Mobiltelefon"),
        ("Nom,Téléphone (bureau),Tél. mobile", "Tél. mobile"),
        ("Nombre,Teléfono móvil,Teléfono particular", "Teléfono móvil"),
        ("customerId,mobilePhone,mobileCarrier", "mobilePhone"),
        ("name,Mobile Opt In,Number of phones,tel", "tel"),
    ],
)
def test_column_of_the_mobile(people, headings: str, column: str | None):
    """The one column for mobiles or numbers of any kind is found; those of places are not it."""
    names = headings.split(",")
    column = column or names[-1]
    row = ",".join(NUMBER if name == column else "1" for name in names)

    assert [NUMBER] == [message.to for message in people(f"{headings}\n{row}\n")]


@pytest.mark.parametrize(
    ("headings", "asked", "offered"),
    [
        (
            "Name,Phone 1 - Value,Phone 2 - Value",
            "Phone 1 - Value and Phone 2 - Value may all hold the recipient",
            "Phone 1 - Value",
        ),
        (
            "Record ID,Phone Number,Mobile Phone Number",
            "Phone Number and Mobile Phone Number may all hold the recipient",
            "Mobile Phone Number",
        ),
        ("Name,Phone,Mobile", "Phone and Mobile may all hold the recipient", "Mobile"),
        ("Name,Phone,Telephone", "Phone and Telephone may all hold the recipient", "Phone"),
        ("Name,Home Phone,Work Phone", "Home Phone and Work Phone: is that where", "Home Phone"),
        ("Name,Phone (with +)", "Phone (with +): is that where", "Phone (with +)"),
    ],
)
def test_question(people, headings: str, asked: str, offered: str):
    """Two columns are a question that names both and offers the mobile; nothing is guessed."""
    with pytest.raises(InvalidRequestError) as refused:
        people(f"{headings}\n")

    assert asked in str(refused.value)
    assert str(refused.value).endswith(f"recipient={offered!r}")


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Handy-Nr.", Holds.MOBILE),
        ("phone_number", Holds.PHONE),
        ("PhoneNumber", Holds.PHONE),
        ("Billing Phone", Holds.OTHER_PHONE),
        ("Home Mobile", Holds.MOBILE),
        ("to", Holds.PHONE),
        ("Phone 1 - Label", None),
        ("Mobile Carrier", None),
        ("Business Fax", None),
        ("WhatsApp", None),
        ("Customer Number", None),
        ("", None),
        ("2", None),
    ],
)
def test_what_a_heading_says(heading: str, kind: Holds | None):
    """Every word of a heading has to be known: a carrier, a label or a consent is no number."""
    assert kind == holds(heading)


@pytest.mark.parametrize("blank", ["\u00a0", "\u202f", "\u2003", "  ", "\n", " \u200b"])
def test_blanks_in_headings(people, blank: str):
    """Whatever blank a heading has, it is a plain one; invisible characters are none."""
    messages = people(f'"\ufefffirst{blank}name";"mobile{blank}phone"\nAnna;{NUMBER}\n')

    assert ("first name", "mobile phone") == messages.columns


def test_column_that_is_there_twice_and_not_used(people):
    """A doubled heading is no fault of a column that is not used; both values can be had."""
    messages = people(f"name;phone;Notes;Notes\nAnna;{NUMBER};a;b\n")

    assert ("name", "phone", "Notes", "Notes (column 4)") == messages.columns
    assert [{"name": "Anna", "phone": NUMBER, "Notes": "a", "Notes (column 4)": "b"}] == [
        row.row for row in messages.rows()
    ]


@pytest.mark.parametrize("options", [{"text": "Hi {Notes}"}, {"required": ["Notes"]}])
def test_column_that_is_there_twice_and_used(people, options: dict[str, object]):
    """Which of two columns is meant cannot be known."""
    with pytest.raises(InvalidRequestError, match=r"two columns have this name, columns 3 and 4"):
        people(f"name;phone;Notes;Notes\nAnna;{NUMBER};a;b\n", **options)


def test_second_of_two_columns_by_its_place(people):
    """The second column of a name can be used by the name that it got."""
    messages = people(f"phone;Notes;Notes\n{NUMBER};a;b\n", text="{Notes (column 3)}")

    assert ["b"] == [message.text for message in messages]
