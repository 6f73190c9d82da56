"""What WhatsApp messages are composed of: buttons, lists, contact cards, template parameters.

Each may be given as a plain mapping with the same keys instead. Limits are checked by the message
that holds them, in both forms. Source: seven-api.md section 16. No I/O.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from seven_async.api.refusals import refused
from seven_async.api.validators import Validator
from seven_async.flow.shapes import is_list, is_object, is_sequence
from seven_async.flow.wire import constant, on_wire, plain
from seven_async.masking import masked_number, masked_text

FEWEST_BUTTONS: Final = 2
MOST_BUTTONS: Final = 3
LONGEST_TITLE: Final = 20


@attrs.frozen(kw_only=True)
class Button:
    """A reply button: `id` comes back when tapped, `title` (at most 20 characters) is shown."""

    id: str
    title: str


@attrs.frozen(kw_only=True)
class ListRow:
    """A row to choose: `id` comes back, `title` and `description` are shown."""

    id: str
    title: str
    description: str | None = None


@attrs.frozen(kw_only=True)
class ListSection:
    """Rows under a title."""

    title: str
    rows: Sequence[ListRow | Mapping[str, Any]]


@attrs.frozen(kw_only=True)
class CardName:
    """Whose contact card it is."""

    first_name: str
    last_name: str | None = None


@attrs.frozen(kw_only=True)
class CardPhone:
    """A number on a contact card; `type` is cell, main, iphone, home or work."""

    phone: str = attrs.field(repr=masked_number)
    type: str | None = None


@attrs.frozen(kw_only=True)
class ContactCard:
    """A contact to hand over."""

    name: CardName | Mapping[str, Any]
    phones: Sequence[CardPhone | Mapping[str, Any]] = attrs.field(repr=masked_text)


def _text_parameters(texts: Any) -> list[dict[str, str]]:
    several: Sequence[Any] = texts if is_sequence(texts) else (texts,)
    return [{"type": "text", "text": str(text)} for text in several]


@attrs.frozen(kw_only=True)
class TemplateButton:
    """What a button of a template is filled with: the text, or texts, of its variable part."""

    text: str | Sequence[str] = attrs.field(
        repr=masked_text, metadata=on_wire("parameters", write=_text_parameters)
    )
    sub_type: str = "url"
    type: str = constant("button")


@attrs.frozen(kw_only=True)
class TemplateComponents:
    """What a template is filled with, place by place: `{{1}}` gets the first text of its part.

    An image header takes the picture's URL. `buttons` has one entry per button with a variable.
    """

    header: Sequence[str] | None = attrs.field(default=None, repr=masked_text)
    body: Sequence[str] | None = attrs.field(default=None, repr=masked_text)
    buttons: Sequence[TemplateButton | Mapping[str, Any]] | None = attrs.field(
        default=None, repr=masked_text
    )


def _filled_text(where: str, value: Any, longest: int | None = None) -> None:
    if not isinstance(value, str) or not value:
        raise refused(where, "needs a text")
    if longest is not None and len(value) > longest:
        raise refused(where, f"has {len(value)} characters, at most {longest} are taken")


def _filled_list(where: str, value: Any, least: int = 1, most: int | None = None) -> list[Any]:
    if not is_list(value):
        raise refused(where, f"takes a list, not {type(value).__name__}")
    if len(value) < least or (most and len(value) > most):
        bounds = f"{least} to {most}" if most else f"at least {least}"
        raise refused(where, f"takes {bounds}, and this has {len(value)}")
    return value


def _object(where: str, value: Any, required: Sequence[str]) -> Mapping[str, Any]:
    if not is_object(value) or any(key not in value for key in required):
        raise refused(where, f"takes an object with {' and '.join(required) or 'its parts'}")
    return value


def _distinct(where: str, ids: list[str]) -> None:
    if len(set(ids)) < len(ids):
        raise refused(where, "two have the same id, so that nobody could tell which was chosen")


def _on_wire(check: Any) -> Validator:
    """A validator of what goes out, so that classes and mappings are held to the same rules."""

    def validate(_: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None:
            check(attribute.name, plain(value))

    return validate


def _check_buttons(name: str, buttons: Any) -> None:
    members = _filled_list(name, buttons, FEWEST_BUTTONS, MOST_BUTTONS)
    for place, member in enumerate(members, 1):
        button = _object(f"{name}, place {place}", member, ("id", "title"))
        _filled_text(f"{name}, place {place}, id", button["id"])
        _filled_text(f"{name}, place {place}, title", button["title"], LONGEST_TITLE)
    _distinct(name, [button["id"] for button in members])


def _check_sections(name: str, sections: Any) -> None:
    ids: list[str] = []
    for place, member in enumerate(_filled_list(name, sections), 1):
        where = f"{name}, place {place}"
        section = _object(where, member, ("title", "rows"))
        _filled_text(f"{where}, title", section["title"])
        for number, one in enumerate(_filled_list(f"{where}, rows", section["rows"]), 1):
            row = _object(f"{where}, row {number}", one, ("id", "title"))
            _filled_text(f"{where}, row {number}, id", row["id"])
            _filled_text(f"{where}, row {number}, title", row["title"])
            ids.append(row["id"])
    _distinct(name, ids)


def _check_cards(name: str, cards: Any) -> None:
    for place, member in enumerate(_filled_list(name, cards), 1):
        where = f"{name}, place {place}"
        card = _object(where, member, ("name", "phones"))
        owner = _object(f"{where}, name", card["name"], ("first_name",))
        _filled_text(f"{where}, first_name", owner["first_name"])
        for number, one in enumerate(_filled_list(f"{where}, phones", card["phones"]), 1):
            phone = _object(f"{where}, phone {number}", one, ("phone",))
            _filled_text(f"{where}, phone {number}", phone["phone"])


def _check_components(name: str, components: Any) -> None:
    parts = _object(name, components, ())
    unknown = parts.keys() - {"header", "body", "buttons"}
    if unknown:
        raise refused(name, f"has header, body and buttons, not {', '.join(sorted(unknown))}")
    for part in ("header", "body"):
        for place, text in enumerate(_filled_list(f"{name}, {part}", parts.get(part, []), 0), 1):
            if not isinstance(text, str):
                raise refused(f"{name}, {part}, place {place}", "takes a text")
    for place, one in enumerate(_filled_list(f"{name}, buttons", parts.get("buttons", []), 0), 1):
        _object(f"{name}, button {place}", one, ("parameters",))


valid_buttons: Final = _on_wire(_check_buttons)
valid_sections: Final = _on_wire(_check_sections)
valid_cards: Final = _on_wire(_check_cards)
valid_components: Final = _on_wire(_check_components)
