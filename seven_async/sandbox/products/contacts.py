"""`/contacts`: the address book, and the older `action=` form of it."""

from __future__ import annotations

from typing import Final

from seven_async.sandbox.core.accounts import Contact
from seven_async.sandbox.core.call import Call
from seven_async.sandbox.core.clock import local_text
from seven_async.sandbox.core.params import as_id, as_text
from seven_async.sandbox.core.routes import operation
from seven_async.sandbox.core.wire import Answer, Json, json_answer, text_answer

FIRST_ID: Final = 12_000_001
STANDARD: Final = (
    "address", "birthday", "city", "email", "firstname", "home_number", "lastname",
    "mobile_number", "notes", "postal_code",
)  # fmt: skip
_NO_PROPERTIES: Final = frozenset(
    {"avatar", "groups", "id", "action", "json", "p", "nick", "name", "empfaenger", "number"}
)
COLOURS: Final = ("EEE0C9", "96B6C5", "ADC4CE", "F1F0E8", "C8DBBE", "9F8772")
PAGE: Final = 30
LARGEST_PAGE: Final = 500
LEGACY_TYPE: Final = "text/plain;charset=UTF-8"


@operation("GET", "/contacts")
def list_contacts(call: Call) -> Answer:
    """Answer with a page of contacts, searched in all columns, in the order asked for."""
    if call.params.has("action"):
        return by_action(call)
    params = call.params
    group = params.integer("group_id", 0)
    needle = params.text_if_set("search").lower()
    rows = [
        contact
        for contact in call.account.contacts.values()
        if (not group or group in contact.groups) and needle in _searchable(contact)
    ]
    column = params.text_if_set("order_by")
    if column:
        rows.sort(key=lambda contact: _sortable(contact, column))
    if params.text_if_set("order_direction").lower() == "desc":
        rows.reverse()
    return call.page(rows, contact_json, limit=PAGE, most=LARGEST_PAGE)


def _searchable(contact: Contact) -> str:
    return "\n".join([str(contact.id), contact.fullname, *contact.properties.values()]).lower()


def _sortable(contact: Contact, column: str) -> tuple[float, str]:
    numbers = {"id": float(contact.id), "created": contact.created}
    text = contact.fullname if column == "fullname" else contact.properties.get(column, "")
    return numbers.get(column, 0.0), text.lower()


def contact_json(contact: Contact) -> Json:
    """Build a contact as the wire has it: every standard property, null where there is none."""
    properties: Json = {name: contact.properties.get(name) for name in STANDARD}
    initials = "".join(word[0] for word in contact.fullname.split()[:2]).upper()
    return {
        "id": contact.id,
        "avatar": contact.avatar,
        "validation": {"state": None, "timestamp": None},
        "initials": {"initials": initials, "color": COLOURS[contact.id % len(COLOURS)]},
        "properties": {**properties, **contact.properties, "fullname": contact.fullname or None},
        "groups": contact.groups,
        "created": local_text(contact.created),
    }


@operation("POST", "/contacts")
def create(call: Call) -> Answer:
    """Create a contact. Nothing is required; unknown fields are custom properties."""
    if call.params.has("action"):
        return by_action(call)
    contact = _new(call)
    _apply(call, contact)
    return json_answer(contact_json(contact))


def _new(call: Call) -> Contact:
    contact_id = call.state.next_id("contact", FIRST_ID)
    contact = Contact(contact_id, call.now, None, {}, [])
    call.account.contacts[contact_id] = contact
    return contact


def _apply(call: Call, contact: Contact) -> None:
    """Write what was sent; `groups` replaces the whole membership."""
    for name, value in call.params.fields.items():
        if name not in _NO_PROPERTIES:
            contact.properties[name] = as_text(value)
    if call.params.has("avatar"):
        contact.avatar = call.params.text("avatar")
    if call.params.has("groups"):
        asked = {as_id(text) for text in call.params.texts("groups")}
        contact.groups = [group for group in call.account.groups if group in asked]


@operation("GET", "/contacts/{id}")
def get(call: Call) -> Answer:
    """Answer with one contact."""
    return json_answer(contact_json(call.find(call.account.contacts)))


@operation("PATCH", "/contacts/{id}")
def update(call: Call) -> Answer:
    """Change a contact; fields that were not sent stay."""
    contact = call.find(call.account.contacts)
    _apply(call, contact)
    return json_answer(contact_json(contact))


@operation("DELETE", "/contacts/{id}")
def delete(call: Call) -> Answer:
    """Delete a contact; `success` says if it was there."""
    if call.account.contacts.pop(as_id(call.path[0]) or 0, None) is None:
        return json_answer({"success": False, "error": "Contact not found"})
    return json_answer({"success": True})


def by_action(call: Call) -> Answer:
    """Answer the old form: `action=read|write|del`, `id`, `nick` or `name`, `empfaenger`."""
    action = call.params.text("action")
    if action == "read":
        return _legacy_read(call)
    if action == "write":
        return _legacy_write(call)
    if action == "del":
        return _legacy_delete(call)
    return call.code(400)


def _legacy_read(call: Call) -> Answer:
    wanted = call.params.text_if_set("id")
    rows = [
        {
            "ID": str(contact.id),
            "Name": contact.fullname,
            "Number": contact.properties.get("mobile_number", ""),
        }
        for contact in call.account.contacts.values()
        if wanted in ("", str(contact.id))
    ]
    if call.wants_json:
        return json_answer(rows)
    return text_answer("\n".join(";".join(f'"{cell}"' for cell in row.values()) for row in rows))


def _legacy_write(call: Call) -> Answer:
    params = call.params
    given = params.text_if_set("id")
    contact = call.account.contacts.get(as_id(given) or 0)
    if given and contact is None:
        return _legacy_answer(call, 151, None)
    contact = contact or _new(call)
    name = params.text("nick") or params.text("name")
    number = params.text("empfaenger") or params.text("number")
    changes = {"lastname": name, "mobile_number": number}
    contact.properties.update({key: value for key, value in changes.items() if value})
    return _legacy_answer(call, 152, contact.id)


def _legacy_delete(call: Call) -> Answer:
    contact = call.account.contacts.pop(as_id(call.params.text_if_set("id")) or 0, None)
    return _legacy_answer(call, 152 if contact else 151, None)


def _legacy_answer(call: Call, code: int, contact_id: int | None) -> Answer:
    if not call.wants_json:
        return text_answer(str(code) if contact_id is None else f"{code}\n{contact_id}")
    written: Json = {"return": str(code)}
    if contact_id is not None:
        written["id"] = contact_id
    # Recorded like this: JSON under a plain text type.
    return Answer(200, LEGACY_TYPE, json_answer(written).body)
