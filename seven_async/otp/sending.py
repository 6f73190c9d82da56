"""One message with a code, sent in the first of its forms that the gateway takes.

In: a client, and a request or a `Fallback` of several. Out: what became of it. I/O: the client's.
"""

from __future__ import annotations

from seven_async.api.replies.receipt import Receipt
from seven_async.campaign.inputs.message import (
    Fallback,
    Message,
    Sendable,
    channel_of,
    recipients_in,
)
from seven_async.campaign.results import SendResult, State
from seven_async.campaign.sending.outcomes import result_of_error, result_of_single
from seven_async.client import AsyncSeven
from seven_async.errors import InvalidRequestError, SevenError


def forms_of(message: Message, to: str) -> tuple[Sendable, ...]:
    """Return the forms of a message, in their order.

    Raises:
        InvalidRequestError: It is no message, goes to somebody else, or waits for a report.
    """
    if isinstance(message, Fallback) and message.delivery_rule is not None:
        raise InvalidRequestError(
            "message: on_failed_delivery needs a campaign; a code is sent at once or not at all"
        )
    forms = message.forms if isinstance(message, Fallback) else (message,)
    for form in forms:
        channel_of(type(form)).check(form)
        if list(recipients_in(form)) != [to]:
            raise InvalidRequestError("message: must go to the number it was built for")
        if getattr(form, "delay", None) is not None:
            raise InvalidRequestError("message: has a delay, and the code would expire meanwhile")
    return forms


async def deliver(client: AsyncSeven, forms: tuple[Sendable, ...]) -> SendResult:
    """Send the first form that the gateway does not refuse; never a second one after a doubt."""
    result = await _send(client, forms[0])
    for form in forms[1:]:
        if result.state is not State.REJECTED:
            break
        result = await _send(client, form)
    return result


def surely_did_not_leave(result: SendResult) -> bool:
    """Tell whether nothing can arrive of what was sent."""
    return result.state not in (State.ACCEPTED, State.UNKNOWN)


async def _send(client: AsyncSeven, form: Sendable) -> SendResult:
    row = channel_of(type(form)).row
    try:
        receipt: Receipt = await client.call(row, form)
    except SevenError as error:
        return result_of_error(error)
    return result_of_single(receipt, form, row.line)
