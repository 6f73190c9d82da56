"""The parts of WhatsApp messages: buttons, lists, contact cards, template parameters.

Each may be given as a plain mapping with the same keys instead, where None means the same: not
given. In: parts in either form. Out: parts as the wire has them. The message that holds them checks
what goes out (checks.py), so both forms keep the same rules. Source: seven-api.md section 16.
No I/O.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import text_of, web_address
from seven_async.flow.values.shapes import is_list, is_object, is_sequence
from seven_async.flow.wire import constant, on_wire, plain
from seven_async.masking import masked_number, masked_text

__all__ = [
    "Button",
    "CardName",
    "CardPhone",
    "ContactCard",
    "CopyCodeButton",
    "DocumentHeader",
    "ImageHeader",
    "ListRow",
    "ListSection",
    "QuickReplyButton",
    "TemplateButton",
    "TemplateComponents",
    "UrlButton",
    "VideoHeader",
]

LONGEST_COUPON: Final = 20  # 15 before December 2025
_PICTURES: Final = frozenset({"jpg", "jpeg", "png"})  # seven-api.md section 16: JPEG, PNG
_VIDEOS: Final = frozenset({"mp4", "3gp", "3gpp"})  # the same: MP4, 3GPP
_OTHERS: Final = frozenset({"gif", "webp", "svg", "webm", "mov", "mp3", "ogg", "pdf"})


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


def _file_of(kinds: frozenset[str] | None) -> Any:
    def check(_: object, attribute: Argument, url: object) -> None:
        web_address(_, attribute, url)
        # Most addresses have no ending, which says nothing against them.
        path = str(url).partition("?")[0].rpartition("/")[2]
        ending = path.rpartition(".")[2].lower() if "." in path else ""
        known = _PICTURES | _VIDEOS | _OTHERS
        if kinds is not None and ending in known and ending not in kinds:
            raise refusal(attribute.name, f"takes {' or '.join(sorted(kinds))}, not {ending}")

    return attrs.field(validator=check)


@attrs.frozen
class ImageHeader:
    """The picture in a template's header, JPEG or PNG, fetched from a public URL.

    Example:
        parts = TemplateComponents(header=ImageHeader("https://acme.example/bike.jpg"))
    """

    url: str = _file_of(_PICTURES)


@attrs.frozen
class VideoHeader:
    """The video in a template's header, MP4 or 3GPP, fetched from a public URL.

    Example:
        parts = TemplateComponents(header=VideoHeader("https://acme.example/tour.mp4"))
    """

    url: str = _file_of(_VIDEOS)


@attrs.frozen
class DocumentHeader:
    """The document in a template's header, fetched from a public URL.

    Example:
        parts = TemplateComponents(header=DocumentHeader("https://acme.example/invoice-7.pdf"))
    """

    url: str = _file_of(None)


def _one_parameter(kind: str) -> Any:
    def write(value: object) -> list[dict[str, object]]:
        return [{"type": kind, kind: value}]

    return on_wire("parameters", write=write)


@attrs.frozen
class UrlButton:
    """A button with a link: `text` is put at the end of the URL that was approved.

    A template that is approved for one-time passwords takes its code like this, too.

    Example:
        parts = TemplateComponents(body=["Ann"], buttons=[UrlButton("order/7")])
    """

    text: str = attrs.field(
        validator=text_of(None), repr=masked_text, metadata=_one_parameter("text")
    )
    sub_type: str = constant("url")
    type: str = constant("button")


@attrs.frozen
class QuickReplyButton:
    """A button that replies: your webhook gets `payload` when it is tapped.

    Example:
        parts = TemplateComponents(buttons=[QuickReplyButton("order-7:yes")])
    """

    payload: str = attrs.field(
        validator=text_of(None), repr=masked_text, metadata=_one_parameter("payload")
    )
    sub_type: str = constant("quick_reply")
    type: str = constant("button")


@attrs.frozen
class CopyCodeButton:
    """A button that copies a coupon code of at most 20 characters.

    Example:
        parts = TemplateComponents(buttons=[CopyCodeButton("SPRING26")])
    """

    code: str = attrs.field(
        validator=text_of(LONGEST_COUPON), repr=masked_text, metadata=_one_parameter("coupon_code")
    )
    sub_type: str = constant("copy_code")
    type: str = constant("button")


_Button: TypeAlias = (
    TemplateButton | UrlButton | QuickReplyButton | CopyCodeButton | Mapping[str, object]
)


@attrs.frozen(kw_only=True)
class TemplateComponents:
    """The parameters of a template, place by place: `{{1}}` gets the first text of its part.

    `header` is an `ImageHeader`, `VideoHeader` or `DocumentHeader`, or a list of texts (of a
    picture the URL). `buttons` has one entry per button with a variable.
    """

    header: Sequence[str] | ImageHeader | VideoHeader | DocumentHeader | None = attrs.field(
        default=None, repr=masked_text
    )
    body: Sequence[str] | None = attrs.field(default=None, repr=masked_text)
    buttons: Sequence[_Button] | None = attrs.field(default=None, repr=masked_text)


def parts_to_wire(parts: object) -> object:
    """Write parts as the wire has them: members that are None are left out, in mappings too."""
    return _without_none(plain(parts))


def components_to_wire(components: object) -> object:
    """Write the parameters of a template; its buttons may be mappings like `TemplateButton`."""
    parts = parts_to_wire(components)
    if not is_object(parts):
        return parts
    header = parts.get("header")
    if is_object(header) and set(header) == {"url"}:
        parts = {**parts, "header": [header["url"]]}
    if not is_list(parts.get("buttons")):
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
