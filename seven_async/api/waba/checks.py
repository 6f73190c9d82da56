"""The rules for the parts of a WhatsApp message, given as classes or as mappings.

In: parts as they go out. Out: nothing, or `InvalidRequestError` with the place of what is wrong.
Sources: seven-api.md section 16; what a template's parameter may hold, and how many rows a list,
are rules of WhatsApp's own Cloud API, which refuses them after the gateway has taken the message.
No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from seven_async.api.fields.refusals import Argument, Validator, refusal
from seven_async.api.fields.validators import to_wire
from seven_async.api.waba.parts import LONGEST_COUPON, components_to_wire, parts_to_wire
from seven_async.flow.values.shapes import is_list, is_object
from seven_async.masking import brief

FEWEST_BUTTONS: Final = 2
MOST_BUTTONS: Final = 3
LONGEST_TITLE: Final = 20
MOST_ROWS: Final = 10
MOST_TEMPLATE_BUTTONS: Final = 10  # WhatsApp: template components, buttons
_PARAMETER_OF: Final = {"quick_reply": "payload", "copy_code": "coupon_code"}
PHONE_TYPES: Final = ("cell", "main", "iphone", "home", "work")
_no_parameter: Final = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]|\s{5}")


def _check_text(where: str, value: object, longest: int | None = None) -> None:
    if not isinstance(value, str) or not value:
        raise refusal(where, "needs a text")
    if longest is not None and len(value) > longest:
        raise refusal(where, f"has {len(value)} characters, at most {longest} are taken")


def _check_parameter(where: str, value: object) -> None:
    if not isinstance(value, str):
        raise refusal(where, f"takes a text, not {type(value).__name__}")
    if not value:
        raise refusal(where, "is empty, and WhatsApp takes no empty parameter")
    if _no_parameter.search(value):
        raise refusal(
            where,
            "has a line break, a tab or five blanks in a row, which WhatsApp takes in no parameter",
        )


def _list_of(where: str, value: object, least: int = 1, most: int | None = None) -> list[Any]:
    """Return the value, if it is a list of so many."""
    if not is_list(value):
        raise refusal(where, f"takes a list, not {type(value).__name__}")
    if len(value) < least or (most and len(value) > most):
        bounds = f"{least} to {most}" if most else f"at least {least}"
        raise refusal(where, f"takes {bounds}, and this has {len(value)}")
    return value


def _object_of(
    where: str, value: object, required: Sequence[str], optional: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Return the value, if it is an object with the required keys and at most the optional ones."""
    if not is_object(value) or any(key not in value for key in required):
        raise refusal(where, f"takes an object with {' and '.join(required) or 'its parts'}")
    known = (*required, *optional)
    unknown = [brief(key).strip("'") for key in value if key not in known]
    if unknown:
        raise refusal(where, f"has {_in_words(known)}, not {', '.join(unknown)}")
    return value


def _in_words(keys: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(keys[:-1]), keys[-1]) if part)


def _check_distinct(where: str, ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise refusal(where, "two have the same id, so that the answer would be ambiguous")


def _check_buttons(name: str, buttons: object) -> None:
    members = _list_of(name, buttons, FEWEST_BUTTONS, MOST_BUTTONS)
    for place, member in enumerate(members, 1):
        button = _object_of(f"{name}, place {place}", member, ("id", "title"))
        _check_text(f"{name}, place {place}, id", button["id"])
        _check_text(f"{name}, place {place}, title", button["title"], LONGEST_TITLE)
    _check_distinct(name, [button["id"] for button in members])


def _check_sections(name: str, sections: object) -> None:
    ids: list[str] = []
    for place, member in enumerate(_list_of(name, sections), 1):
        where = f"{name}, place {place}"
        section = _object_of(where, member, ("title", "rows"))
        _check_text(f"{where}, title", section["title"])
        for number, part in enumerate(_list_of(f"{where}, rows", section["rows"]), 1):
            row = _object_of(f"{where}, row {number}", part, ("id", "title"), ("description",))
            for key in row:
                _check_text(f"{where}, row {number}, {key}", row[key])
            ids.append(row["id"])
    if len(ids) > MOST_ROWS:
        raise refusal(name, f"a list has at most {MOST_ROWS} rows in all, and this has {len(ids)}")
    _check_distinct(name, ids)


def _check_cards(name: str, cards: object) -> None:
    for place, member in enumerate(_list_of(name, cards), 1):
        where = f"{name}, place {place}"
        card = _object_of(where, member, ("name", "phones"))
        owner = _object_of(f"{where}, name", card["name"], ("first_name",), ("last_name",))
        for key in owner:
            _check_text(f"{where}, {key}", owner[key])
        for number, phone in enumerate(_list_of(f"{where}, phones", card["phones"]), 1):
            _check_phone(f"{where}, phone {number}", phone)


def _check_phone(where: str, value: object) -> None:
    phone = _object_of(where, value, ("phone",), ("type",))
    _check_text(where, phone["phone"])
    if "type" in phone and phone["type"] not in PHONE_TYPES:
        raise refusal(
            f"{where}, type", f"takes {', '.join(PHONE_TYPES)}, not {brief(phone['type'])}"
        )


def _check_components(name: str, components: object) -> None:
    parts = _object_of(name, components, (), ("header", "body", "buttons"))
    for part in ("header", "body"):
        for place, text in enumerate(_list_of(f"{name}, {part}", parts.get(part, []), 0), 1):
            _check_parameter(f"{name}, {part}, place {place}", text)
    buttons = _list_of(f"{name}, buttons", parts.get("buttons", []), 0, MOST_TEMPLATE_BUTTONS)
    for place, button in enumerate(buttons, 1):
        _check_template_button(f"{name}, button {place}", button)
    if sum(button["sub_type"] == "copy_code" for button in buttons) > 1:
        raise refusal(f"{name}, buttons", "has two that copy a code, and a template has one")


def _check_template_button(where: str, value: object) -> None:
    if is_object(value) and "parameters" not in value:
        raise refusal(where, "takes an object with text (or parameters)")
    button = _object_of(where, value, ("type", "sub_type", "parameters"))
    if button["type"] != "button":
        raise refusal(f"{where}, type", f"is always “button”, not {brief(button['type'])}")
    _check_text(f"{where}, sub_type", button["sub_type"])
    for place, part in enumerate(_list_of(f"{where}, parameters", button["parameters"]), 1):
        _check_button_parameter(f"{where}, text {place}", button["sub_type"], part)


def _check_button_parameter(where: str, sub_type: str, part: object) -> None:
    kind = _PARAMETER_OF.get(sub_type, "text")
    if is_object(part) and part.get("type") == "text":
        kind = "text"  # what the gateway publishes, whatever the button is
    filled = _object_of(where, part, ("type", kind))
    if filled["type"] != kind:
        raise refusal(where, f"has the type “{kind}”, not {brief(filled['type'])}")
    _check_parameter(where, filled[kind])
    if kind == "coupon_code":
        _check_text(where, filled[kind], LONGEST_COUPON)


def _parts(
    check: Callable[[str, object], None], write: Callable[[object], object] = parts_to_wire
) -> Validator:
    """Return a validator of what goes out, so that classes and mappings keep the same rules."""

    def validate(_: object, attribute: Argument, value: object) -> None:
        if value is not None:
            check(attribute.name, to_wire(attribute.name, value, write))

    return validate


valid_buttons: Final = _parts(_check_buttons)
valid_sections: Final = _parts(_check_sections)
valid_cards: Final = _parts(_check_cards)
valid_components: Final = _parts(_check_components, components_to_wire)
