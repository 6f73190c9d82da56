"""`/groups`: named sets of contacts."""

from __future__ import annotations

from typing import Final

from seven_async.sandbox.core.accounts import Group
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_text
from seven_async.sandbox.core.params import as_id
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.wire import Answer, Json, json_answer

FIRST_ID: Final = 17_001
PAGE: Final = 10
LARGEST_PAGE: Final = 100


def _to_json(call: Call, group: Group) -> Json:
    return {
        "id": group.id,
        "name": group.name,
        "members_count": len(call.account.members(group.id)),
        "created": local_text(group.created),
    }


@operation("GET", "/groups")
def list_groups(call: Call) -> Answer:
    """Answer with a page of groups, ten unless asked otherwise."""
    rows = list(call.account.groups.values())
    return call.page(rows, lambda group: _to_json(call, group), limit=PAGE, most=LARGEST_PAGE)


@operation("POST", "/groups")
def create(call: Call) -> Answer:
    """Create a group."""
    name = call.params.text("name").strip()
    if not name:
        return json_answer({"success": False, "error": "Please enter a name for the group."})
    group = Group(call.state.next_id("group", FIRST_ID), call.now, name)
    call.account.groups[group.id] = group
    return json_answer(_to_json(call, group))


@operation("GET", "/groups/{id}")
def get(call: Call) -> Answer:
    """Answer with one group."""
    return json_answer(_to_json(call, call.find(call.account.groups)))


@operation("PATCH", "/groups/{id}")
def update(call: Call) -> Answer:
    """Rename a group."""
    group = call.find(call.account.groups)
    group.name = call.params.text("name").strip() or group.name
    return json_answer(_to_json(call, group))


@operation("DELETE", "/groups/{id}")
def delete(call: Call) -> Answer:
    """Delete a group; with `delete_contacts` (query or body) its members go, too."""
    group = call.account.groups.pop(as_id(call.path[0]) or 0, None)
    if group is None:
        return json_answer({"success": False})
    for contact in call.account.members(group.id):
        contact.groups.remove(group.id)
        if call.params.flag("delete_contacts"):
            del call.account.contacts[contact.id]
    return json_answer({"success": True})
