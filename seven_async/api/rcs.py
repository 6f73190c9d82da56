"""RCS: sending, revoking, events in a conversation. Source: seven-api.md section 10."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.senders import valid_agent, valid_sender
from seven_async.api.fields.validators import (
    between,
    flag,
    one_recipient,
    optional,
    reference,
    sending_time,
    text_of,
    to_wire,
    valid_id,
)
from seven_async.api.replies.deletion import Confirmation, Deletion
from seven_async.api.replies.receipt import Receipt
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.errors import InvalidRequestError
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, OpenEnum
from seven_async.flow.values.shapes import is_object
from seven_async.flow.wire import WireValue, constant, on_wire, plain
from seven_async.masking import brief, masked_number, masked_sender, masked_text

__all__ = [
    "AgentState",
    "DeleteRcs",
    "ListRcsAgents",
    "RcsAgent",
    "RcsContent",
    "RcsFallback",
    "RcsRead",
    "RcsTyping",
    "SendRcs",
]


class AgentState(OpenEnum):
    """The state of an agent: RBM agents end with launched, generic ones with approved or denied."""

    TEST = "test"
    PENDING = "pending"
    LAUNCHED = "launched"
    WAIT = "wait"
    APPROVED = "approved"
    DENIED = "denied"


@attrs.frozen(kw_only=True, slots=False)
class RcsAgent(Model):
    """A sender of RCS; `is_generic` ones have no logo."""

    id: str
    display_name: str | None = None
    status: AgentState | None = None
    logo_url: str | None = None
    created: datetime | None = None
    is_generic: bool = False


@attrs.frozen(kw_only=True)
class RcsFallback:
    """The SMS that goes out without RCS; the message's own text and sender unless given."""

    type: str = "sms"
    text: str | None = attrs.field(
        default=None, validator=optional(text_of(1520)), repr=masked_text
    )
    from_: str | None = attrs.field(default=None, validator=valid_sender, repr=masked_sender)


class RcsContent:
    """Rich content as attrs classes of your own: those that derive from this go out as objects."""

    __slots__ = ()


def _content(_: object, attribute: Argument, text: object) -> None:
    if (is_object(text) and text) or attrs.has(type(text)):
        return
    text_of(None)(_, attribute, text)


def _fallback(_: object, attribute: Argument, fallback: object) -> None:
    if fallback is None or fallback in ("sms", "webview"):
        return
    if not isinstance(fallback, RcsFallback) and not is_object(fallback):
        raise refusal(attribute.name, "takes sms, webview, a RcsFallback or a mapping")
    parts = to_wire(attribute.name, fallback, _fallback_to_wire)
    unknown = [brief(key) for key in parts if key not in ("type", "text", "from")]
    if unknown:
        raise refusal(attribute.name, f"has type, text and from, not {', '.join(unknown)}")
    if parts["type"] not in ("sms", "webview"):
        raise refusal(attribute.name, f"its type is sms or webview, not {brief(parts['type'])}")
    try:
        RcsFallback(text=parts.get("text"), from_=parts.get("from"))
    except InvalidRequestError as error:
        raise refusal(attribute.name, str(error)) from None


def _fallback_to_wire(fallback: object) -> WireValue:
    """Write a fallback; a mapping may call the sender `from_`, and is an SMS without a `type`."""
    parts = plain(fallback)
    if not is_object(parts):
        return parts
    named = {"from" if key == "from_" else key: part for key, part in parts.items()}
    return {"type": "sms"} | {key: part for key, part in named.items() if part is not None}


@attrs.frozen(kw_only=True)
class SendRcs:
    """Send an RCS message.

    Its `total_price` can be None and its `parts` 0.

    Example:
        receipt = await seven.rcs.send("+491711234567", "Your parcel has arrived.", fallback="sms")

    Args:
        to: A number in any notation, or the name of a contact or group.
        text: Plain text; or rich content: `RcsCard`, `RcsCarousel`, `RcsRichFile`, `RcsRichText`
            with suggestions; a mapping, or an attrs value of your own (`RcsContent`), is sent as it
            is.
        from_: The id of an agent; the first RCS sender of the account unless given.
        delay: Send at this time: an aware datetime, Unix seconds, or the gateway's own form
            `2026-02-10 09:00:00` (Europe/Berlin). One that has passed is refused.
        ttl: Minutes in which delivery is tried; 2880 unless given.
        label: Up to 100 of `A-Z a-z 0-9 . _ @ -`, for statistics.
        foreign_id: Your reference, up to 64 of the same characters; made up unless given.
        performance_tracking: Shorten links and count clicks.
        fallback: What to do without RCS: `sms`, `webview`, or an `RcsFallback` (or mapping) with a
            text and sender of its own. A message with a fallback cannot be taken back.

    Raises:
        InvalidRequestError: A value was refused before anything was sent.
        InsufficientCreditError: The account is out of credit (code 500).
        OutcomeUnknownError: The answer was lost; the message may have been sent. Never repeated.
    """

    to: str = attrs.field(kw_only=False, validator=one_recipient, repr=masked_number)
    text: str | Mapping[str, object] | RcsContent = attrs.field(
        kw_only=False, validator=_content, hash=False, repr=masked_text
    )
    from_: str | None = attrs.field(default=None, validator=valid_agent, repr=masked_sender)
    delay: datetime | int | str | None = attrs.field(default=None, validator=sending_time)
    ttl: int | None = attrs.field(default=None, validator=between(1, None, "minutes"))
    label: str | None = attrs.field(default=None, validator=reference(100))
    foreign_id: str | None = attrs.field(default=None, validator=reference(64))
    performance_tracking: bool | None = attrs.field(default=None, validator=flag)
    fallback: Literal["sms", "webview"] | RcsFallback | Mapping[str, object] | None = attrs.field(
        default=None,
        validator=_fallback,
        hash=False,
        repr=masked_text,
        metadata=on_wire(write=_fallback_to_wire),
    )


@attrs.frozen(kw_only=True)
class DeleteRcs:
    """Take a message back.

    A scheduled one always can be; a sent one only if the handset knows `REVOCATION` and the
    message had no fallback.

    Example:
        deletion = await seven.rcs.delete(77233319353)

    Args:
        id: The message's id.
    """

    id: str | int = attrs.field(kw_only=False, validator=valid_id)


@attrs.frozen(kw_only=True)
class _RcsEvent:
    """An event in a conversation.

    Args:
        to: The number that wrote.
        msg_id: The id of its message; the last one received unless given.
        from_: The id of the agent.
    """

    to: str = attrs.field(kw_only=False, validator=one_recipient, repr=masked_number)
    msg_id: str | int | None = attrs.field(default=None, validator=optional(valid_id))
    from_: str | None = attrs.field(default=None, validator=valid_agent, repr=masked_sender)


@attrs.frozen(kw_only=True)
class RcsTyping(_RcsEvent):
    """Show the recipient that you are typing.

    Example:
        await seven.rcs.typing("+491711234567")
    """

    event: str = constant("IS_TYPING")


@attrs.frozen(kw_only=True)
class RcsRead(_RcsEvent):
    """Show the recipient that a message was read.

    Example:
        await seven.rcs.read("+491711234567")
    """

    event: str = constant("READ")


@attrs.frozen(kw_only=True)
class ListRcsAgents:
    """List the agents of the account, approved or not.

    Example:
        agents = [agent.id for agent in await seven.rcs.agents() if agent.status == "launched"]
    """


class Rcs(Endpoints[M]):
    """RCS messages."""

    send: Final = Route("POST", "/rcs/messages", SendRcs, Receipt, repeat=Repeat.NEVER)
    delete: Final = Route("DELETE", "/rcs/messages/{id}", DeleteRcs, Deletion)
    typing: Final = Route("POST", "/rcs/events", RcsTyping, Confirmation, repeat=Repeat.IDEMPOTENT)
    read: Final = Route("POST", "/rcs/events", RcsRead, Confirmation, repeat=Repeat.IDEMPOTENT)
    agents: Final = Route("GET", "/rcs/agents", ListRcsAgents, list[RcsAgent], unwrap="agents")
