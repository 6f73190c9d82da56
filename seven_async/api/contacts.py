"""The address book. Source: seven-api.md section 3."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import attrs

from seven_async.api.fields.converters import ids_or_none
from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import (
    any_ids,
    any_text,
    between,
    day,
    one_of,
    optional,
    valid_id,
)
from seven_async.api.replies.deletion import Deletion
from seven_async.api.routes.endpoint import Endpoints, Listing, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, OpenEnum
from seven_async.flow.values.shapes import is_object
from seven_async.flow.wire import list_values, on_wire
from seven_async.masking import masked_number, masked_text

__all__ = [
    "Contact",
    "ContactInitials",
    "ContactProperties",
    "ContactState",
    "ContactValidation",
    "CreateContact",
    "DeleteContact",
    "GetContact",
    "ListContacts",
    "UpdateContact",
]


class ContactState(OpenEnum):
    """The result of a lookup of the contact's mobile number."""

    VALID = "valid"
    INVALID = "invalid"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True, slots=False)
class ContactValidation(Model):
    """The state of the contact's number, and when it was checked; None before the first check."""

    state: ContactState | None = None
    timestamp: datetime | None = None


@attrs.frozen(kw_only=True, slots=False)
class ContactInitials(Model):
    """The initials that replace a missing picture; `color` is hex without `#`."""

    initials: str | None = None
    color: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class ContactProperties(Model):
    """The properties of a contact; `custom` has the account's own properties by their names."""

    firstname: str | None = None
    lastname: str | None = None
    fullname: str | None = None
    mobile_number: str | None = attrs.field(default=None, repr=masked_number)
    home_number: str | None = attrs.field(default=None, repr=masked_number)
    email: str | None = attrs.field(default=None, repr=masked_text)
    address: str | None = attrs.field(default=None, repr=masked_text)
    postal_code: str | None = None
    city: str | None = None
    birthday: date | None = attrs.field(default=None, repr=masked_text)
    notes: str | None = attrs.field(default=None, repr=masked_text)

    @property
    def custom(self) -> Mapping[str, Any]:
        """The account's own properties, by their unique names."""
        return self.extra


@attrs.frozen(kw_only=True, slots=False)
class Contact(Model):
    """A contact; `groups` holds the ids of the groups it is in, `avatar` a URL."""

    id: str
    avatar: str | None = None
    created: datetime | None = None
    groups: tuple[str, ...] = ()
    validation: ContactValidation = attrs.field(factory=ContactValidation)
    initials: ContactInitials = attrs.field(factory=ContactInitials)
    properties: ContactProperties = attrs.field(factory=ContactProperties)


_STANDARD: Final = frozenset(
    {field.name for field in attrs.fields(ContactProperties)} | {"id", "groups", "avatar"}
)


_MOST: Final = 10**40


def _is_writable(value: object) -> bool:
    """Tell whether a number is finite, and has no more digits than Python writes."""
    if isinstance(value, Decimal):
        # Before any comparison: one with a Decimal that is NaN raises.
        return value.is_finite() and value.adjusted() < len(str(_MOST))
    return not isinstance(value, (int, float)) or -_MOST < value < _MOST


def _check_custom(_: object, attribute: Argument, custom: object) -> None:
    if custom is None:
        return
    if not is_object(custom):
        raise refusal(attribute.name, "takes a mapping of property names to values")
    for name, value in custom.items():
        if not name:
            raise refusal(attribute.name, "a property has no name")
        if name in _STANDARD:
            raise refusal(attribute.name, f"{name} is an argument of its own, or read-only")
        if not isinstance(value, (str, int, float, Decimal, date)):
            raise refusal(
                attribute.name, f"{name} takes a text, number or date, not {type(value).__name__}"
            )
        if not _is_writable(value):
            raise refusal(attribute.name, f"{name} takes a finite number of at most 40 digits")


def _birthday(_: object, attribute: Argument, value: object) -> None:
    # The empty text clears the field.
    if value != "":
        day(_, attribute, value)


@attrs.frozen(kw_only=True)
class _ContactFields:
    """The properties of a contact as arguments.

    Args:
        firstname: First name.
        lastname: Last name.
        mobile_number: The number that messages to the contact's name go to, in any notation.
        home_number: Another number.
        email: E-mail address.
        address: Street and house number.
        postal_code: Postal code.
        city: City.
        birthday: A date or `YYYY-MM-DD`.
        notes: Free text.
        avatar: URL of a picture.
        groups: Ids of the groups to be in.
        custom: Properties that the account has defined itself, by their unique names.
    """

    firstname: str | None = attrs.field(default=None, validator=any_text)
    lastname: str | None = attrs.field(default=None, validator=any_text)
    mobile_number: str | None = attrs.field(default=None, validator=any_text, repr=masked_number)
    home_number: str | None = attrs.field(default=None, validator=any_text, repr=masked_number)
    email: str | None = attrs.field(default=None, validator=any_text, repr=masked_text)
    address: str | None = attrs.field(default=None, validator=any_text, repr=masked_text)
    postal_code: str | None = attrs.field(default=None, validator=any_text)
    city: str | None = attrs.field(default=None, validator=any_text)
    birthday: date | str | None = attrs.field(default=None, validator=_birthday, repr=masked_text)
    notes: str | None = attrs.field(default=None, validator=any_text, repr=masked_text)
    avatar: str | None = attrs.field(default=None, validator=any_text)
    groups: str | int | tuple[str | int, ...] | None = attrs.field(
        default=None,
        converter=ids_or_none,
        validator=optional(any_ids),
        metadata=on_wire(write=list_values),
    )
    custom: Mapping[str, str | int | float | Decimal | date] | None = attrs.field(
        default=None,
        validator=_check_custom,
        hash=False,
        repr=masked_text,
        metadata=on_wire(spread=True),
    )


@attrs.frozen(kw_only=True)
class CreateContact(_ContactFields):
    """Create a contact. Nothing is required; the same values again make a second contact.

    Example:
        contact = await seven.contacts.create(firstname="Ann", mobile_number="+491711234567")
        print(contact.id)

    Raises:
        InvalidRequestError: A custom property has a standard name, or a value no form can carry.
        OutcomeUnknownError: The answer was lost; the contact may exist. Never repeated.
    """


@attrs.frozen(kw_only=True)
class GetContact:
    """Get a contact.

    Example:
        contact = await seven.contacts.get(12876882)
        print(contact.properties.fullname)

    Args:
        id: The contact's id.

    Raises:
        NotFoundError: There is no such contact.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


@attrs.frozen(kw_only=True)
class UpdateContact(_ContactFields):
    """Change a contact. What is not given stays; "" clears a field.

    Example:
        contact = await seven.contacts.update(12876882, city="Kiel", birthday="")

    Args:
        id: The contact's id.
        groups: Ids of the groups to be in from now on: replaces the whole list, `[]` empties it.

    Raises:
        NotFoundError: There is no such contact.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


@attrs.frozen(kw_only=True)
class DeleteContact:
    """Delete a contact; `success` is false where there was none (any more).

    Example:
        deletion = await seven.contacts.delete(12876882)
        print(deletion.success)

    Args:
        id: The contact's id.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


@attrs.frozen(kw_only=True)
class ListContacts:
    """List the contacts of the address book, page by page.

    Example:
        async for contact in seven.contacts.list(order_by="lastname"):
            print(contact.id, contact.properties.mobile_number)

    Args:
        limit: Contacts per page; the gateway documents 30 to 500, and takes less.
        offset: Contacts to skip.
        search: Only contacts with this text in any column.
        order_by: The column to sort by, for example `lastname`.
        order_direction: `asc` or `desc`.
        group_id: Only contacts of this group.
    """

    limit: int | None = attrs.field(default=None, validator=between(1, 500, "per page"))
    offset: int | None = attrs.field(default=None, validator=between(0, None, "contacts"))
    search: str | None = attrs.field(default=None, validator=any_text, repr=masked_text)
    order_by: str | None = attrs.field(default=None, validator=any_text)
    order_direction: str | None = attrs.field(default=None, validator=one_of("asc", "desc"))
    group_id: str | int | None = attrs.field(default=None, validator=optional(valid_id))


class Contacts(Endpoints[M]):
    """The address book."""

    create: Final = Route("POST", "/contacts", CreateContact, Contact, repeat=Repeat.NEVER)
    get: Final = Route("GET", "/contacts/{id}", GetContact, Contact)
    update: Final = Route("PATCH", "/contacts/{id}", UpdateContact, Contact)
    delete: Final = Route("DELETE", "/contacts/{id}", DeleteContact, Deletion)
    list: Final = Listing("GET", "/contacts", ListContacts, Contact)
