"""WhatsApp messages of words: templates at any time, free text within a conversation. No I/O."""

from collections.abc import Mapping

import attrs

from seven_async.api.fields.validators import text_of
from seven_async.api.waba.checks import valid_components
from seven_async.api.waba.message import WhatsAppMessage
from seven_async.api.waba.parts import AS_COMPONENTS, TemplateComponents
from seven_async.flow.wire import constant
from seven_async.masking import masked_text

__all__ = [
    "SendTemplate",
    "SendText",
]


@attrs.frozen(kw_only=True)
class SendTemplate(WhatsAppMessage):
    """Send a WhatsApp template, which is allowed at any time.

    The `text` of its message is JSON with what was rendered.

    Example:
        parts = {"body": ["Ann", "9:00"]}
        await seven.waba.send_template(
            "+491711234567", "reminder", "en", from_="4915112345678", components=parts
        )

    Args:
        template: The approved template's name.
        language: The language it is approved in, for example `de`.
        components: What its variables are filled with: `TemplateComponents`, or a mapping with
            `header`, `body` and `buttons`. WhatsApp takes no parameter that is empty or has a line
            break, a tab or five blanks in a row.
    """

    type: str = constant("template")
    template: str = attrs.field(kw_only=False, validator=text_of(None))
    language: str = attrs.field(kw_only=False, validator=text_of(None))
    components: TemplateComponents | Mapping[str, object] | None = attrs.field(
        default=None,
        validator=valid_components,
        hash=False,
        repr=masked_text,
        metadata=AS_COMPONENTS,
    )


@attrs.frozen(kw_only=True)
class SendText(WhatsAppMessage):
    """Send a WhatsApp text, which needs an open conversation.

    Free text arrives within 24 hours of the recipient's last message only; otherwise the call
    raises `NotInConversationError` (code 7002001): send a template.

    Example:
        await seven.waba.send_text("+491711234567", "We are on our way.", from_="4915112345678")

    Args:
        text: What to say.
    """

    type: str = constant("text")
    text: str = attrs.field(kw_only=False, validator=text_of(None), repr=masked_text)
