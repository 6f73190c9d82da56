"""WhatsApp messages to choose from, and those that carry a place or contact cards. No I/O."""

from collections.abc import Mapping, Sequence

import attrs

from seven_async.api.fields.validators import any_text, number_between, optional, text_of
from seven_async.api.waba.checks import valid_buttons, valid_cards, valid_sections
from seven_async.api.waba.message import WhatsAppMessage
from seven_async.api.waba.parts import AS_PARTS, Button, ContactCard, ListSection
from seven_async.flow.wire import constant
from seven_async.masking import masked_text

__all__ = [
    "SendButtons",
    "SendContacts",
    "SendList",
    "SendLocation",
]


@attrs.frozen(kw_only=True)
class SendLocation(WhatsAppMessage):
    """Send a place on WhatsApp.

    Example:
        await seven.waba.send_location(
            "+491711234567", 52.5163, 13.3777, from_="4915112345678", name="Brandenburg Gate"
        )

    Args:
        latitude: Degrees, -90 to 90.
        longitude: Degrees, -180 to 180.
        name: What the place is called.
        address: Where it is.
    """

    type: str = constant("location")
    latitude: float = attrs.field(kw_only=False, validator=number_between(-90, 90), repr=False)
    longitude: float = attrs.field(kw_only=False, validator=number_between(-180, 180), repr=False)
    name: str | None = attrs.field(default=None, validator=any_text)
    address: str | None = attrs.field(default=None, validator=any_text, repr=masked_text)


@attrs.frozen(kw_only=True)
class SendContacts(WhatsAppMessage):
    """Send contact cards on WhatsApp.

    Example:
        card = {"name": {"first_name": "Ann"}, "phones": [{"phone": "+49301234567"}]}
        await seven.waba.send_contacts("+491711234567", [card], from_="4915112345678")

    Args:
        contacts: `ContactCard`s, or mappings with `name` (`first_name` at least) and `phones` (one
            at least).
    """

    type: str = constant("contacts")
    contacts: Sequence[ContactCard | Mapping[str, object]] = attrs.field(
        kw_only=False,
        validator=valid_cards,
        hash=False,
        repr=masked_text,
        metadata=AS_PARTS,
    )


@attrs.frozen(kw_only=True)
class _Interactive(WhatsAppMessage):
    """A WhatsApp message to answer by a tap.

    Args:
        header: A line above the text.
        footer: A line below it.
    """

    type: str = constant("interactive")
    body: str = attrs.field(kw_only=False, validator=text_of(None), repr=masked_text)
    header: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )
    footer: str | None = attrs.field(
        default=None, validator=optional(text_of(None)), repr=masked_text
    )


@attrs.frozen(kw_only=True)
class SendButtons(_Interactive):
    """Send a WhatsApp message with buttons to answer by.

    Example:
        buttons = [Button(id="yes", title="Confirm"), Button(id="no", title="Cancel")]
        await seven.waba.send_buttons("+491711234567", "Coming?", buttons, from_="4915112345678")

    Args:
        body: The text above the buttons.
        buttons: 2 or 3 `Button`s (or mappings with `id` and `title`); titles have at most 20
            characters.
    """

    interactive_type: str = constant("button")
    buttons: Sequence[Button | Mapping[str, object]] = attrs.field(
        kw_only=False,
        validator=valid_buttons,
        hash=False,
        repr=masked_text,
        metadata=AS_PARTS,
    )


@attrs.frozen(kw_only=True)
class SendList(_Interactive):
    """Send a WhatsApp message with a list to choose from.

    Example:
        days = [ListSection(title="Monday", rows=[ListRow(id="mo-9", title="9:00")])]
        await seven.waba.send_list("+491711234567", "When?", "Times", days, from_="4915112345678")

    Args:
        body: The text above the list.
        button_text: What opens the list.
        sections: `ListSection`s (or mappings with `title` and `rows`), each with one row at least;
            at most 10 rows in all.
    """

    interactive_type: str = constant("list")
    button_text: str = attrs.field(kw_only=False, validator=text_of(None))
    sections: Sequence[ListSection | Mapping[str, object]] = attrs.field(
        kw_only=False,
        validator=valid_sections,
        hash=False,
        repr=masked_text,
        metadata=AS_PARTS,
    )
