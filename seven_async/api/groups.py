"""Groups of contacts. Source: seven-api.md section 4."""

from datetime import datetime
from typing import Final

import attrs

from seven_async.api.fields.validators import between, flag, text_of, valid_id
from seven_async.api.replies.deletion import Deletion
from seven_async.api.routes.endpoint import Endpoints, Listing, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model
from seven_async.flow.wire import Place, on_wire, word

__all__ = [
    "CreateGroup",
    "DeleteGroup",
    "GetGroup",
    "Group",
    "ListGroups",
    "UpdateGroup",
]


@attrs.frozen(kw_only=True, slots=False)
class Group(Model):
    """A group; its name may stand in the `to` of a message."""

    id: str
    name: str | None = None
    members_count: int | None = None
    created: datetime | None = None


@attrs.frozen(kw_only=True)
class CreateGroup:
    """Create an empty group.

    Example:
        group = await seven.groups.create("Customers")
        contact = await seven.contacts.create(firstname="Ann", groups=[group.id])

    Args:
        name: Its name; one without commas can be used as a recipient.

    Raises:
        OutcomeUnknownError: The answer was lost; the group may exist. Never repeated.
    """

    name: str = attrs.field(kw_only=False, validator=text_of(None))


@attrs.frozen(kw_only=True)
class GetGroup:
    """Get a group with the number of its members.

    Example:
        group = await seven.groups.get(17923)
        print(group.name, group.members_count)

    Args:
        id: The group's id.

    Raises:
        NotFoundError: There is no such group.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


@attrs.frozen(kw_only=True)
class UpdateGroup:
    """Rename a group.

    Example:
        group = await seven.groups.update(17923, "Regular customers")

    Args:
        id: The group's id.
        name: Its new name.

    Raises:
        NotFoundError: There is no such group.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)
    name: str = attrs.field(kw_only=False, validator=text_of(None))


@attrs.frozen(kw_only=True)
class DeleteGroup:
    """Delete a group; `success` is false where there was none (any more).

    Example:
        deletion = await seven.groups.delete(17923, delete_contacts=True)

    Args:
        id: The group's id.
        delete_contacts: True deletes its contacts too, for good; they stay unless given.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)
    # The specification wants it in the body, published clients send it in the query.
    delete_contacts: bool | None = attrs.field(
        default=None, validator=flag, metadata=on_wire(write=word, place=Place.QUERY_AND_BODY)
    )


@attrs.frozen(kw_only=True)
class ListGroups:
    """List the groups of the address book, page by page.

    Example:
        groups = [group.name async for group in seven.groups.list()]

    Args:
        limit: Groups per page; 10 unless given.
        offset: Groups to skip.
    """

    limit: int | None = attrs.field(default=None, validator=between(1, None, "per page"))
    offset: int | None = attrs.field(default=None, validator=between(0, None, "groups"))


class Groups(Endpoints[M]):
    """Groups of contacts."""

    create: Final = Route("POST", "/groups", CreateGroup, Group, repeat=Repeat.NEVER)
    get: Final = Route("GET", "/groups/{id}", GetGroup, Group)
    update: Final = Route("PATCH", "/groups/{id}", UpdateGroup, Group)
    delete: Final = Route("DELETE", "/groups/{id}", DeleteGroup, Deletion)
    list: Final = Listing("GET", "/groups", ListGroups, Group)
