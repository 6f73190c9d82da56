"""A request whose texts may have placeholders, as the caller gives it.

In: a request class and its fields. Out: a `MessageTemplate`, or the refusal of what no row could
make good. No I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Generic

import attrs

from seven_async.campaign.inputs.message import Sendable, channel_of
from seven_async.errors import InvalidRequestError
from seven_async.flow.values.shapes import is_sequence

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    SendableT_co = TypeVar("SendableT_co", bound=Sendable, covariant=True, default=Sendable)
else:
    from typing import TypeVar

    SendableT_co = TypeVar("SendableT_co", bound=Sendable, covariant=True)

_PARTS: Final = ("header", "body", "buttons")
"""Of the field `components`; they may be given as if they were fields themselves."""


@attrs.define(init=False, repr=False)
class MessageTemplate(Generic[SendableT_co]):
    """A request whose texts may have placeholders: one message for each row of a file.

    Example:
        order = MessageTemplate(
            SendTemplate,
            template="order_ready",
            language="de",
            from_="4915112345678",
            body=["{first_name|there}"],
        )
        messages = read_csv("people.csv", message=order)

    Args:
        request: The class of the request: `SendSms`, `SendRcs`, `SendVoice`, `SendTemplate` or
            another one that sends.
        fields: Its fields but the recipient, who stands in the file. All texts in them may have
            placeholders, also those in lists, mappings and parts such as `RcsFallback`. The parts
            of a WhatsApp template, `header`, `body` and `buttons`, need no `components` around
            them.

    Raises:
        InvalidRequestError: The class sends no message, has no such field, or needs another one.
    """

    request: type[SendableT_co]
    fields: Mapping[str, object]

    def __init__(self, request: type[SendableT_co], /, **fields: Any) -> None:
        channel_of(request)
        self.request = request
        self.fields = _to_fields(request, fields)

    def __repr__(self) -> str:
        names = "".join(f", {name}=…" for name in self.fields)
        return f"MessageTemplate({self.request.__name__}{names})"


def _to_fields(request: type, given: Mapping[str, object]) -> dict[str, Any]:
    """Return the fields of a request class. Raises `InvalidRequestError`."""
    known = {
        field.name: field for field in attrs.fields(request) if field.init and field.name != "to"
    }
    fields = _with_components(known, given)
    if "to" in fields:
        raise InvalidRequestError(
            "to: stands in the file, a recipient in each row; recipient= of read_csv names its "
            "column"
        )
    unknown = [name for name in fields if name not in known]
    if unknown:
        raise InvalidRequestError(
            f"{unknown[0]}: {request.__name__} has no such field; it has {', '.join(known)}"
        )
    missing = [
        name
        for name, field in known.items()
        if field.default is attrs.NOTHING and fields.get(name) is None
    ]
    if missing:
        raise InvalidRequestError(f"{request.__name__} needs {' and '.join(missing)}")
    return fields


def _with_components(known: Mapping[str, object], given: Mapping[str, object]) -> dict[str, Any]:
    parts = {name: given[name] for name in _PARTS if name in given and name not in known}
    if "components" not in known or not parts:
        return dict(given)
    if given.get("components") is not None:
        raise InvalidRequestError(f"{next(iter(parts))}: give it within components, or alone")
    for name, part in parts.items():
        if part is not None and not is_sequence(part) and not attrs.has(type(part)):
            raise InvalidRequestError(
                f"{name}: takes a list, one text for each variable, not {type(part).__name__}"
            )
    rest = {name: value for name, value in given.items() if name not in parts}
    return {**rest, "components": parts}
