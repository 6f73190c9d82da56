"""The parts of WhatsApp messages: buttons, lists, contact cards, template parameters.

Each may be given as a plain mapping with the same keys instead, where None means the same: not
given. In: parts in either form. Out: parts as the wire has them. The message that holds them checks
what goes out (checks.py), so both forms keep the same rules. Source: seven-api.md section 16.
No I/O.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from seven_async.flow.values.shapes import is_list, is_object, is_sequence
from seven_async.flow.wire import constant, on_wire, plain
from seven_async.masking import masked_number, masked_text

__all__ = [
    "Button",
    "CardName",
    "CardPhone",
    "ContactCard",
    "ListRow",
    "ListSection",
    "TemplateButton",
    "TemplateComponents",
]


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
    rows: Sequence[ListRow | Mapping[str, object]]


@attrs.frozen(kw_only=True)
class CardName:
    """The name on a contact card."""

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

    name: CardName | Mapping[str, object]
    phones: Sequence[CardPhone | Mapping[str, object]] = attrs.field(repr=masked_text)


def _text_parameters(texts: object) -> list[dict[str, object]]:
    several: Sequence[Any] = texts if is_sequence(texts) else (texts,)
    return [{"type": "text", "text": text} for text in several]


@attrs.frozen(kw_only=True)
class TemplateButton:
    """The parameters of a template's button: the text, or texts, of its variable part."""

    text: str | Sequence[str] = attrs.field(
        repr=masked_text, metadata=on_wire("parameters", write=_text_parameters)
    )
    sub_type: str = "url"
    type: str = constant("button")


@attrs.frozen(kw_only=True)
class TemplateComponents:
    """The parameters of a template, place by place: `{{1}}` gets the first text of its part.

    An image header takes the picture's URL. `buttons` has one entry per button with a variable.
    """

    header: Sequence[str] | None = attrs.field(default=None, repr=masked_text)
    body: Sequence[str] | None = attrs.field(default=None, repr=masked_text)
    buttons: Sequence[TemplateButton | Mapping[str, object]] | None = attrs.field(
        default=None, repr=masked_text
    )


def parts_to_wire(parts: object) -> object:
    """Write parts as the wire has them: members that are None are left out, in mappings too."""
    return _without_none(plain(parts))


def components_to_wire(components: object) -> object:
    """Write the parameters of a template; its buttons may be mappings like `TemplateButton`."""
    parts = parts_to_wire(components)
    if not is_object(parts) or not is_list(parts.get("buttons")):
        return parts
    return {**parts, "buttons": [_button_to_wire(button) for button in parts["buttons"]]}


def _button_to_wire(button: object) -> object:
    if not is_object(button) or "text" not in button or "parameters" in button:
        return button
    rest = {key: value for key, value in button.items() if key != "text"}
    parameters = _text_parameters(button["text"])
    return {"type": "button", "sub_type": "url", **rest, "parameters": parameters}


def _without_none(value: object) -> object:
    if is_object(value):
        return {key: _without_none(part) for key, part in value.items() if part is not None}
    return [_without_none(part) for part in value] if is_list(value) else value


#: The metadata of fields that hold parts.
AS_PARTS: Final = on_wire(write=parts_to_wire)
AS_COMPONENTS: Final = on_wire(write=components_to_wire)
