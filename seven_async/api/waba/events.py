"""Events in a WhatsApp conversation, and deleting scheduled messages. No I/O."""

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import one_number, one_recipient, optional, valid_id
from seven_async.flow.wire import constant
from seven_async.masking import masked_number, masked_sender

__all__ = [
    "DeleteWaba",
    "WabaReact",
    "WabaRead",
    "WabaTyping",
]


@attrs.frozen(kw_only=True)
class DeleteWaba:
    """Delete a scheduled message; `success` is false where there was none (any more).

    Example:
        deletion = await seven.waba.delete(12345678)

    Args:
        id: The message's id.

    Raises:
        InvalidParameterError: It was sent already. WhatsApp takes nothing back.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


def _check_addressed(request: "_WabaEvent", attribute: Argument, msg_id: object) -> None:
    if msg_id is None and request.to is None:
        raise refusal(attribute.name, "give to= or msg_id=, so that the conversation is known")


@attrs.frozen(kw_only=True)
class _WabaEvent:
    """An event in a conversation.

    Args:
        from_: Your WhatsApp number.
        to: The number that wrote; this or `msg_id`.
        msg_id: The id of the message.
    """

    from_: str = attrs.field(validator=one_number, repr=masked_sender)
    to: str | None = attrs.field(
        default=None, validator=optional(one_recipient), repr=masked_number
    )
    msg_id: str | int | None = attrs.field(
        default=None, validator=[optional(valid_id), _check_addressed]
    )


@attrs.frozen(kw_only=True)
class WabaRead(_WabaEvent):
    """Show the recipient that a message was read.

    Example:
        await seven.waba.read(from_="4915112345678", to="+491711234567")
    """

    event: str = constant("read")


@attrs.frozen(kw_only=True)
class WabaTyping(_WabaEvent):
    """Show the recipient that you are typing.

    Example:
        await seven.waba.typing(from_="4915112345678", to="+491711234567")
    """

    event: str = constant("is_typing")


def _emoji(_: object, attribute: Argument, emoji: object) -> None:
    if not isinstance(emoji, str):
        raise refusal(attribute.name, "takes an emoji, or the empty text to remove the reaction")


@attrs.frozen(kw_only=True)
class WabaReact:
    """React to a message with an emoji.

    Example:
        await seven.waba.react("681590", "👍")

    Args:
        msg_id: The id of the message.
        emoji: One emoji; the empty text removes the reaction.
    """

    event: str = constant("reaction")
    msg_id: str | int = attrs.field(kw_only=False, validator=valid_id)
    emoji: str = attrs.field(kw_only=False, validator=_emoji)
    # The documentation has the message under one name, the specification under the other.
    message_id: str | int = attrs.field(
        init=False,
        repr=False,
        default=attrs.Factory(lambda reaction: reaction.msg_id, takes_self=True),
    )
