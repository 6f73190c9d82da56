"""What a receipt or an error means for each recipient of a request.

In: the recipients, and the receipt or the error. Out: a `SendResult` for each. No I/O.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

import attrs

from seven_async.api.replies.receipt import Message, Receipt
from seven_async.campaign.inputs.message import OutgoingMessage, Sendable
from seven_async.campaign.results import FATAL, SendResult, State
from seven_async.errors import (
    ApiError,
    InsufficientCreditError,
    InvalidRequestError,
    Outcome,
    OutcomeUnknownError,
    RateLimitError,
    SevenError,
    error_for,
)
from seven_async.flow.conceal import conceal
from seven_async.recipients.errors import RecipientError

#: Refusals that say nothing about the message: it is sent when the campaign goes on.
_NOT_ITS_FAULT: Final = (*FATAL, InsufficientCreditError, RateLimitError)
_CARRIER_AWAY: Final = 11
_ACCEPTED: Final = 100

#: Codes that may be the fault of one recipient and refuse a whole request: then each goes alone.
_OF_ONE_RECIPIENT: Final = frozenset({202, 301, 402, 403})


def result_of_error(error: SevenError) -> SendResult:
    """Return the result for a recipient whose request failed."""
    if error.outcome is Outcome.UNKNOWN:
        return SendResult(state=State.UNKNOWN, error=error, reason=reason_of(error))
    if isinstance(error, InvalidRequestError):
        said = error.reason if isinstance(error, RecipientError) else str(error)
        return SendResult(state=State.REFUSED, error=error, reason=said)
    is_refusal = error.outcome is Outcome.REJECTED and not isinstance(error, _NOT_ITS_FAULT)
    if is_refusal and getattr(error, "code", None) != _CARRIER_AWAY:
        return SendResult(state=State.REJECTED, error=error, reason=reason_of(error))
    return SendResult(state=State.SKIPPED, error=error, reason=reason_of(error), again=True)


def result_of_unwritten(message: OutgoingMessage, error: SevenError) -> SendResult:
    """Return the result of a message whose journal or suppression list broke.

    Sent without a trace is in doubt.
    """
    is_open = message.may_have_left or message.is_in_doubt
    state = State.UNKNOWN if is_open else State.SKIPPED
    return SendResult(state=state, error=error, reason=type(error).__name__, again=not is_open)


def reason_of(error: SevenError) -> str:
    """Return a failure in two words, for counting: `InvalidParameterError 202`."""
    cause = error.__cause__ if isinstance(error, OutcomeUnknownError) else error
    code: int | None = getattr(error, "code", None)
    name = type(cause or error).__name__
    return name if code is None else f"{name} {code}"


def goes_alone_after(error: SevenError, batch: Sequence[OutgoingMessage]) -> bool:
    """Tell whether a refused batch may have failed because of one of its recipients only."""
    return (
        len(batch) > 1
        and isinstance(error, ApiError)
        and error.outcome is Outcome.REJECTED
        and error.code in _OF_ONE_RECIPIENT
    )


def results_of_receipt(
    receipt: Receipt, batch: Sequence[OutgoingMessage], request_line: str
) -> list[SendResult]:
    """Return the results for the recipients of a request that was answered.

    Messages are matched by recipient, and by place where the answer names none. A recipient whom
    the answer leaves out is unknown, unless the answer is a bare "all accepted".
    """
    if len(batch) == 1:
        return [result_of_single(receipt, batch[0].message, request_line)]
    accepted = State.ACCEPTED
    return [
        SendResult(state=accepted, receipt=receipt, message=answered)
        if answered is not None and answered.success
        else _result_of_member(receipt, answered, request_line, message)
        for answered, message in zip(_messages_of(receipt, batch), batch, strict=True)
    ]


def result_of_single(receipt: Receipt, message: Sendable, request_line: str) -> SendResult:
    """Return the result for one recipient; the name of a group has several messages."""
    messages = receipt.messages
    taken = next((answered for answered in messages if answered.success), None)
    if taken is not None or (not messages and receipt.code == 100):
        return SendResult(state=State.ACCEPTED, receipt=receipt, message=taken)
    if not messages:
        return _result_of_missing(receipt, request_line)
    return _result_of_refused(receipt, messages[0], request_line, message)


def _result_of_member(
    receipt: Receipt, message: Message | None, request_line: str, recipient: OutgoingMessage
) -> SendResult:
    if message is None:
        if not receipt.messages and receipt.code == 100:
            return SendResult(state=State.ACCEPTED, receipt=receipt)
        return _result_of_missing(receipt, request_line)
    return _result_of_refused(receipt, message, request_line, recipient.message)


def _result_of_refused(
    receipt: Receipt, message: Message, request_line: str, sent: Sendable
) -> SendResult:
    if receipt.code == _ACCEPTED and message.error is None and not message.error_text:
        # All were accepted, says the reply, and this one was not, without a reason.
        return attrs.evolve(_result_of_contradiction(receipt, request_line), message=message)
    said = message.error if isinstance(message.error, int) else None
    error = error_for(
        code=said,
        message=message.error_text or ("" if message.error is None else str(message.error)),
        request_line=request_line,
    )
    # The gateway may repeat the text in its reason, and the error is written down.
    conceal(error, sent, ())
    return attrs.evolve(result_of_error(_as_final(error)), receipt=receipt, message=message)


def _as_final(error: ApiError) -> SevenError:
    """Return the error for one recipient: code 600 leaves open whether the message was sent."""
    if error.outcome is not Outcome.UNKNOWN:
        return error
    unknown = OutcomeUnknownError(f"{error.request_line} may have been processed ({error})")
    unknown.__cause__ = error
    return unknown


def _result_of_contradiction(receipt: Receipt, request_line: str) -> SendResult:
    error = OutcomeUnknownError(
        f"{request_line}: the reply says that all were accepted, and of this recipient the contrary"
    )
    return SendResult(
        state=State.UNKNOWN, receipt=receipt, error=error, reason="contradictory reply"
    )


def _result_of_missing(receipt: Receipt, request_line: str) -> SendResult:
    error = OutcomeUnknownError(
        f"{request_line}: the reply has {len(receipt.messages)} messages, none for this recipient"
    )
    return SendResult(state=State.UNKNOWN, receipt=receipt, error=error, reason="not in the reply")


def _messages_of(receipt: Receipt, batch: Sequence[OutgoingMessage]) -> list[Message | None]:
    """Return the message of each member of a batch; None where the receipt has none."""
    messages = receipt.messages
    if [message.recipient for message in messages] == [each.digits for each in batch]:
        return list(messages)  # all of them, in their order, as the gateway answers mostly
    places: dict[str, deque[int]] = {}
    for place, each in enumerate(batch):
        places.setdefault(each.digits, deque()).append(place)
    answered: list[Message | None] = [None] * len(batch)
    is_complete = len(messages) == len(batch)
    for position, message in enumerate(messages):
        digits = (message.recipient or "").removeprefix("+").removeprefix("00")
        waiting = places.get(digits)
        if waiting:
            answered[waiting.popleft()] = message
        elif not digits and is_complete and answered[position] is None:
            answered[position] = message
    return answered


def skip(reason: str | None, *, again: bool = False) -> SendResult:
    """Return the result of a message that is not sent, by decision."""
    return SendResult(state=State.SKIPPED, reason=reason, again=again)
