"""What the parts of a WhatsApp message must keep to, given as classes or as mappings.

In: parts as they go out. Out: nothing, or `InvalidRequestError` with the place of what is wrong.
Sources: seven-api.md section 16; what a template's parameter may hold, and how many rows a list,
are rules of WhatsApp's own Cloud API, which refuses them after the gateway has taken the message.
No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from seven_async.api.fields.refusals import refused
from seven_async.api.fields.validators import Validator, going_out
from seven_async.api.waba.parts import components_to_wire, to_wire
from seven_async.flow.values.shapes import is_list, is_object
from seven_async.masking import brief

FEWEST_BUTTONS: Final = 2
MOST_BUTTONS: Final = 3
LONGEST_TITLE: Final = 20
MOST_ROWS: Final = 10
PHONE_TYPES: Final = ("cell", "main", "iphone", "home", "work")
_no_parameter: Final = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]|\s{5}")


def _check_text(where: str, value: Any, longest: int | None = None) -> None:
    if not isinstance(value, str) or not value:
        raise refused(where, "needs a text")
    if longest is not None and len(value) > longest:
        raise refused(where, f"has {len(value)} characters, at most {longest} are taken")


def _check_parameter(where: str, value: Any) -> None:
    if not isinstance(value, str):
        raise refused(where, f"takes a text, not {type(value).__name__}")
    if not value:
        raise refused(where, "is empty, and WhatsApp takes no empty parameter")
    if _no_parameter.search(value):
        raise refused(
            where,
            "has a line break, a tab or five blanks in a row, which WhatsApp takes in no parameter",
        )


def _list_of(where: str, value: Any, least: int = 1, most: int | None = None) -> list[Any]:
    """The value, if it is a list of so many."""
    if not is_list(value):
        raise refused(where, f"takes a list, not {type(value).__name__}")
    if len(value) < least or (most and len(value) > most):
        bounds = f"{least} to {most}" if most else f"at least {least}"
        raise refused(where, f"takes {bounds}, and this has {len(value)}")
    return value


def _object_of(
    where: str, value: Any, required: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """The value, if it is an object with the required keys and no other than optional ones."""
    if not is_object(value) or any(key not in value for key in required):
        raise refused(where, f"takes an object with {' and '.join(required) or 'its parts'}")
    known = (*required, *optional)
    unknown = [brief(key).strip("'") for key in value if key not in known]
    if unknown:
        raise refused(where, f"has {_in_words(known)}, not {', '.join(unknown)}")
    return value


def _in_words(keys: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(keys[:-1]), keys[-1]) if part)


def _check_distinct(where: str, ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise refused(where, "two have the same id, so that nobody could tell which was chosen")


def _check_buttons(name: str, buttons: Any) -> None:
    members = _list_of(name, buttons, FEWEST_BUTTONS, MOST_BUTTONS)
    for place, member in enumerate(members, 1):
        button = _object_of(f"{name}, place {place}", member, ("id", "title"))
        _check_text(f"{name}, place {place}, id", button["id"])
        _check_text(f"{name}, place {place}, title", button["title"], LONGEST_TITLE)
    _check_distinct(name, [button["id"] for button in members])


def _check_sections(name: str, sections: Any) -> None:
    ids: list[str] = []
    for place, member in enumerate(_list_of(name, sections), 1):
        where = f"{name}, place {place}"
        section = _object_of(where, member, ("title", "rows"))
        _check_text(f"{where}, title", section["title"])
        for number, one in enumerate(_list_of(f"{where}, rows", section["rows"]), 1):
            row = _object_of(f"{where}, row {number}", one, ("id", "title"), ("description",))
            for key in row:
                _check_text(f"{where}, row {number}, {key}", row[key])
            ids.append(row["id"])
    if len(ids) > MOST_ROWS:
        raise refused(name, f"a list has at most {MOST_ROWS} rows in all, and this has {len(ids)}")
    _check_distinct(name, ids)


def _check_cards(name: str, cards: Any) -> None:
    for place, member in enumerate(_list_of(name, cards), 1):
        where = f"{name}, place {place}"
        card = _object_of(where, member, ("name", "phones"))
        owner = _object_of(f"{where}, name", card["name"], ("first_name",), ("last_name",))
        for key in owner:
            _check_text(f"{where}, {key}", owner[key])
        for number, one in enumerate(_list_of(f"{where}, phones", card["phones"]), 1):
            _check_phone(f"{where}, phone {number}", one)


def _check_phone(where: str, value: Any) -> None:
    phone = _object_of(where, value, ("phone",), ("type",))
    _check_text(where, phone["phone"])
    if "type" in phone and phone["type"] not in PHONE_TYPES:
        raise refused(
            f"{where}, type", f"takes {', '.join(PHONE_TYPES)}, not {brief(phone['type'])}"
        )


def _check_components(name: str, components: Any) -> None:
    parts = _object_of(name, components, (), ("header", "body", "buttons"))
    for part in ("header", "body"):
        for place, text in enumerate(_list_of(f"{name}, {part}", parts.get(part, []), 0), 1):
            _check_parameter(f"{name}, {part}, place {place}", text)
    for place, one in enumerate(_list_of(f"{name}, buttons", parts.get("buttons", []), 0), 1):
        _check_template_button(f"{name}, button {place}", one)


def _check_template_button(where: str, value: Any) -> None:
    if is_object(value) and "parameters" not in value:
        raise refused(where, "takes an object with text (or parameters)")
    button = _object_of(where, value, ("type", "sub_type", "parameters"))
    if button["type"] != "button":
        raise refused(f"{where}, type", f"is always “button”, not {brief(button['type'])}")
    _check_text(f"{where}, sub_type", button["sub_type"])
    for place, one in enumerate(_list_of(f"{where}, parameters", button["parameters"]), 1):
        filled = _object_of(f"{where}, text {place}", one, ("type", "text"))
        if filled["type"] != "text":
            raise refused(
                f"{where}, text {place}", f"has the type “text”, not {brief(filled['type'])}"
            )
        _check_parameter(f"{where}, text {place}", filled["text"])


def _parts(check: Any, write: Any = to_wire) -> Validator:
    """A validator of what goes out, so that classes and mappings are held to the same rules."""

    def validate(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if value is not None:
            check(attribute.name, going_out(attribute.name, value, write))

    return validate


valid_buttons: Final = _parts(_check_buttons)
valid_sections: Final = _parts(_check_sections)
valid_cards: Final = _parts(_check_cards)
valid_components: Final = _parts(_check_components, components_to_wire)
