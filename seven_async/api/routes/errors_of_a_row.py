"""The errors that a row implies, for the `Raises:` part of its method's documentation.

In: a row. Out: names of errors with their reasons. No I/O.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from seven_async.flow.row import Repeat, Row

# What every call can meet, before it leaves and as an answer. Codes: errors.md section 2.
_BEFORE: Final = {
    "ConfigurationError": "The client is closed, or has no certificates or no token.",
    "NotSentError": "There was no connection in time; nothing has left.",
}
_REFUSALS: Final = {
    "AuthenticationError": "The API key is wrong or missing (codes 900 and 300, HTTP 401).",
    "SignatureError": "The signature did not verify (code 901).",
    "AccessDeniedError": "The API key has no right for this (code 902, HTTP 403).",
    "IpNotAllowedError": "The API key may not be used from this IP address (code 903).",
    "InvalidParameterError": "The gateway refused a parameter (codes 201 to 401, HTTP 400).",
    "NotFoundError": "It does not exist, or `base_url` or `url_style` is wrong (HTTP 404).",
    "RateLimitError": "The gateway asks for a pause (HTTP 429), also after the last repetition.",
    "ApiError": "The gateway refused for another reason; `code` and `status` tell it.",
}
_CREDIT: Final = {"InsufficientCreditError": "The account is out of credit (code 500)."}
_LOST_READ: Final = {
    "GatewayError": "The gateway failed (codes 11, 600 and 700, HTTP 5xx), {again}.",
    "TransportError": "The connection broke, or no answer came in time, {again}.",
    "MalformedReplyError": "The answer cannot be read.",
}
_LOST_COST: Final = {
    "GatewayError": "The gateway or a network cannot do it now (code 11); nothing was done.",
    "OutcomeUnknownError": "The answer was lost; it may have been done. Not repeated.",
}
_AGAIN: Final = {
    Repeat.SAFE: "also after the last repetition",
    Repeat.IDEMPOTENT: "also after the last repetition; it may have been done",
}


def errors_of(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the errors that a call of a row can end with, each with its reason."""
    if row.encoder.params:
        yield "InvalidRequestError", "An argument was refused before anything was sent."
    yield from _BEFORE.items()
    yield from _REFUSALS.items()
    if row.encoder.sends or row.repeat is Repeat.BILLED:
        yield from _CREDIT.items()
    if row.may_cost:
        yield from _LOST_COST.items()
    else:
        for name, why in _LOST_READ.items():
            yield name, why.format(again=_AGAIN[row.repeat])
