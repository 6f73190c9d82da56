"""The `Raises:` part of a method's documentation: what its class says, and what its row implies.

In: the docstring of a request class, and its row. Out: the docstring of the method. No I/O.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from seven_async.flow.row import Repeat, Row

_HEADING: Final = "Raises:"
_named: Final = re.compile(r"^ {4}(\w+): ", re.MULTILINE)

# What every call can meet, before it leaves and as an answer. Codes: errors.md section 2.
_BEFORE: Final = {
    "ConfigurationError": "The client is closed, or certificates or a token are not to be had.",
    "NotSentError": "There was no connection in time; nothing has left.",
}
_REFUSALS: Final = {
    "AuthenticationError": "The API key is wrong or missing (codes 900 and 300, HTTP 401).",
    "SignatureError": "The signature did not verify (code 901).",
    "AccessDeniedError": "The API key has no right for this (code 902, HTTP 403).",
    "IpNotAllowedError": "The API key may not be used from this IP address (code 903).",
    "InvalidParameterError": "The gateway refused a parameter (codes 201 to 401, HTTP 400).",
    "NotFoundError": "There is no such thing, or `base_url` or `url_style` is wrong (HTTP 404).",
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


def with_errors(documentation: str, row: Row) -> str:
    """Add to a docstring the errors that its row implies and that it does not name itself."""
    if not documentation:  # `python -OO` leaves none
        return documentation
    lines = documentation.split("\n")
    if _HEADING not in lines:
        lines += ["", _HEADING]
    start = lines.index(_HEADING) + 1
    end = next((at for at in range(start, len(lines)) if not lines[at]), len(lines))
    named = set(_named.findall("\n".join(lines[start:end])))
    lines[end:end] = [f"    {name}: {why}" for name, why in _errors(row) if name not in named]
    return "\n".join(lines)


def _errors(row: Row) -> Iterator[tuple[str, str]]:
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
