"""Webhook subscriptions. Source: seven-api.md section 5."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import attrs

from seven_async.api.fields.refusals import Argument, refusal
from seven_async.api.fields.validators import any_text, optional, text_of, valid_id
from seven_async.api.replies.deletion import Deletion
from seven_async.api.routes.endpoint import Endpoints, M, Route
from seven_async.flow.row import Repeat
from seven_async.flow.values.model import Model, OpenEnum
from seven_async.flow.values.shapes import is_object
from seven_async.flow.wire import Place, on_wire
from seven_async.masking import masked_number, masked_secret

__all__ = [
    "CreateHook",
    "CreatedHook",
    "DeleteHook",
    "EventType",
    "Hook",
    "ListHooks",
    "RequestMethod",
]


class EventType(OpenEnum):
    """The kind of event that a webhook delivers."""

    ALL = "all"
    SMS_MO = "sms_mo"
    DLR = "dlr"
    RCS = "rcs"
    RCS_DLR = "rcs_dlr"
    RCS_MO = "rcs_mo"
    WA_MO = "wa_mo"
    TRACKING = "tracking"
    VOICE_CALL = "voice_call"
    VOICE_STATUS = "voice_status"
    VOICE_DTMF = "voice_dtmf"


class RequestMethod(OpenEnum):
    """The form of a delivery: fields in the query, a form, or a JSON body by POST."""

    GET = "GET"
    POST = "POST"
    JSON = "JSON"


@attrs.frozen(kw_only=True, slots=False)
class Hook(Model):
    """A webhook subscription. `headers` are `Name: value` lines that each delivery carries."""

    id: str
    target_url: str | None = None
    headers: str | None = attrs.field(default=None, repr=masked_secret)
    event_type: EventType | None = None
    event_filter: str | None = attrs.field(default=None, repr=masked_number)
    request_method: RequestMethod | None = None
    enabled: bool | None = None
    created: datetime | None = None


@attrs.frozen(kw_only=True, slots=False)
class CreatedHook(Model):
    """A subscribed webhook: its id."""

    id: str
    success: bool = True
    code: str | None = None


@attrs.frozen(kw_only=True)
class ListHooks:
    """List the webhook subscriptions of the account.

    Example:
        for hook in await seven.hooks.list():
            print(hook.id, hook.event_type, hook.target_url)
    """


def _lines(headers: object) -> str:
    if is_object(headers):
        return "\n".join(f"{name}: {value}" for name, value in headers.items())
    return str(headers)


def _check_headers(_: object, attribute: Argument, headers: object) -> None:
    if headers is None or isinstance(headers, str):
        return
    if not is_object(headers):
        raise refusal(attribute.name, "takes a mapping of names to values, or “Name: value” lines")
    for text in (*headers.keys(), *headers.values()):
        # A line break would begin a header of its own.
        if not isinstance(text, str) or not text.isprintable():
            raise refusal(attribute.name, "has a name or value that is no text of one line")


@attrs.frozen(kw_only=True)
class CreateHook:
    """Subscribe to webhooks. A second hook for the same events doubles all deliveries.

    Example:
        hook = await seven.hooks.create("https://app.example/hooks", "dlr", request_method="JSON")

    Args:
        target_url: Where the gateway sends events to.
        event_type: `dlr`, `sms_mo`, … (`EventType`), or `all`.
        request_method: `POST` (a form, unless given), `GET` or `JSON`.
        event_filter: Only events of this inbound number, written without `+`; for `sms_mo`.
            On other types a value can hold deliveries back.
        headers: Sent along with each delivery: a mapping, or `Name: value` lines.

    Raises:
        ApiError: The gateway refused the URL.
        OutcomeUnknownError: The answer was lost; the hook may exist. Never repeated.
    """

    target_url: str = attrs.field(kw_only=False, validator=text_of(None))
    event_type: EventType | str = attrs.field(kw_only=False, validator=text_of(None))
    request_method: RequestMethod | str | None = attrs.field(default=None, validator=any_text)
    event_filter: str | None = attrs.field(default=None, validator=any_text, repr=masked_number)
    headers: str | Mapping[str, str] | None = attrs.field(
        default=None,
        validator=_check_headers,
        hash=False,
        repr=masked_secret,
        metadata=on_wire(write=_lines),
    )


def _check_identified(request: "DeleteHook", *_: object) -> None:
    by_address = request.target_url is not None and request.event_type is not None
    if (request.id is None) is not by_address:
        raise refusal("id", "give the hook's id, or instead its target_url and event_type")


_BOTH: Final = on_wire(place=Place.QUERY_AND_BODY)


@attrs.frozen(kw_only=True)
class DeleteHook:
    """Delete a subscription; `success` is false where there was none (any more).

    Example:
        deletion = await seven.hooks.delete(2045)

    Args:
        id: The hook's id.
        target_url: Instead of the id: where the hook delivers to, together with `event_type`.
        event_type: Instead of the id: the kind of event that it delivers.
        request_method: Together with them: how the hook delivers.
    """

    # Documentation and specification want these in the body, published clients send a query,
    # which survives proxies that drop the bodies of DELETE.
    id: str | int | None = attrs.field(
        default=None, kw_only=False, validator=optional(valid_id), metadata=_BOTH
    )
    target_url: str | None = attrs.field(default=None, validator=any_text, metadata=_BOTH)
    event_type: EventType | str | None = attrs.field(
        default=None, validator=any_text, metadata=_BOTH
    )
    request_method: RequestMethod | str | None = attrs.field(
        default=None, validator=[any_text, _check_identified], metadata=_BOTH
    )


class Hooks(Endpoints[M]):
    """Webhook subscriptions."""

    create: Final = Route("POST", "/hooks", CreateHook, CreatedHook, repeat=Repeat.NEVER)
    delete: Final = Route("DELETE", "/hooks", DeleteHook, Deletion)
    list: Final = Route("GET", "/hooks", ListHooks, list[Hook], unwrap="hooks")
