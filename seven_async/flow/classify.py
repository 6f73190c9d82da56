"""Tell whether a decoded reply is a refusal, and with which code.

In: the HTTP status, the decoded body, and how replies of this row are read. Out: a `Refusal`, or
None for what was asked. No I/O.

The observed shapes of failures have letters in errors.md section 1; the letter stands beside the
branch that reads it. Two traps: the code of `validate_for_voice` is a phone key, and the balance is
an amount that may look like a code. Neither may be read as an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from seven_async.errors import CODES
from seven_async.flow.values.converter import plain_key
from seven_async.flow.values.model import ReplyKind
from seven_async.flow.values.scalars import is_short_count
from seven_async.flow.values.shapes import is_list, is_object

OK: Final = 100
PARTIAL: Final = 101

_BARE_CODE = re.compile(r"11|[0-9]{3}|7002001")
# Below ten a number in `success` is a flag; a number of ten digits is an id.
_CODES: Final = range(10, 10**9)
_MESSAGE_FIELDS = ("error_message", "error", "error_text", "message", "error_description")
_CODE_FIELDS = ("success", "error_code", "error", "code")
# The fields of an object that says nothing but that it refuses.
_REFUSAL_FIELDS: Final = frozenset({*_MESSAGE_FIELDS, "errors", "code"})
# Without `success` such a reply proves nothing, so words alone are not read as a refusal: the
# model stage calls it malformed, and the outcome stays unknown.
_NEED_SUCCESS: Final = (ReplyKind.SEND, ReplyKind.ACTION, ReplyKind.DTMF)


class Refusal(NamedTuple):
    """What a failed reply says of itself."""

    code: int | None
    message: str


def find_refusal(kind: ReplyKind, status: int, body: object) -> Refusal | None:
    """Return the refusal that a reply stands for; None where it is what was asked for.

    Args:
        kind: How replies of the row are read.
        status: The HTTP status; from 300 on the reply is always a refusal.
        body: The decoded JSON, or the text of an HTTP error that is not JSON.
    """
    if status >= 300:
        # G, H, I: code and text in an object. P: OAuth. R: a page of a proxy.
        return Refusal(_find_http_code(body), find_message(body))
    if not is_object(body):
        # A: the code as a JSON string. B: as a number or bare text.
        code = parse_bare_code(kind, body)
        is_success = code in (None, OK) or (code == PARTIAL and kind is ReplyKind.SEND)
        return None if is_success else Refusal(code, "")
    if _is_refusal(kind, body):
        return Refusal(_find_code(kind, body), find_message(body))
    return None


def _is_refusal(kind: ReplyKind, body: Mapping[str, object]) -> bool:
    success = find_field(body, "success")
    code = parse_code(success)
    if code is not None:
        # C: a code in `success`. D: 100 and 101 are receipts; their messages tell the failures.
        return code not in (OK, PARTIAL)
    if success is not None:
        # E, F, N: `false` with a text, or with nothing. O: `true` with a text is a success.
        # K, L: `false` is what a lookup says of a number. M: unless it comes with a code, which
        # says that the number was not looked up.
        is_finding = kind is ReplyKind.RESULT and _find_code(kind, body) is None
        return not is_finding and _is_no(success)
    if find_field(body, "error_code") is not None:
        # H: `error_code` without `success`.
        return True
    # validate_for_voice: `code` is the number to be typed into the phone.
    return kind is not ReplyKind.DTMF and _is_refusal_without_success(kind, body)


def _is_refusal_without_success(kind: ReplyKind, body: Mapping[str, object]) -> bool:
    has_only_refusal = body.keys() <= _REFUSAL_FIELDS
    code = parse_code(find_field(body, "code"))
    if code not in (None, OK, PARTIAL):
        # I, J: a known code. Another number is a code only where nothing else stands beside it.
        return code in CODES or has_only_refusal
    if {"error", "error_description"} <= body.keys():
        # P: OAuth.
        return True
    return kind not in _NEED_SUCCESS and has_only_refusal and bool(find_message(body))


def _is_no(value: object) -> bool:
    return value in (False, 0) or (isinstance(value, str) and value.lower() in ("false", "0", ""))


def _find_code(kind: ReplyKind, body: Mapping[str, object]) -> int | None:
    """Return the first code of a refusal at an HTTP success that is not 100."""
    names = _CODE_FIELDS[:-1] if kind is ReplyKind.DTMF else _CODE_FIELDS
    codes = (parse_code(find_field(body, name)) for name in names)
    return next((code for code in codes if code is not None and code != OK), None)


def _find_http_code(body: object) -> int | None:
    """Return the code in the body of an HTTP error (G, H, I); the most telling field first."""
    if not is_object(body):
        return parse_bare_code(ReplyKind.PLAIN, body)
    codes = (
        parse_code(find_field(body, name)) for name in ("error_code", "code", "success", "error")
    )
    return next((code for code in codes if code not in (None, OK, PARTIAL)), None)


def find_message(body: object) -> str:
    """Return the gateway's text about a failure; that of the first message if there is no other."""
    for name in _MESSAGE_FIELDS:
        text = find_field(body, name)
        if isinstance(text, str) and text and not text.isdecimal():
            return text
    messages = find_field(body, "messages")
    if is_list(messages) and messages:
        return find_message(messages[0])
    return ""


def parse_bare_code(kind: ReplyKind, body: object) -> int | None:
    """Return the code that a body consists of (A, B); a bare number of `/balance` is an amount."""
    if isinstance(body, str) and _BARE_CODE.fullmatch(body.strip()):
        return int(body)
    if kind is ReplyKind.AMOUNT or isinstance(body, bool):
        return None
    return body if isinstance(body, int) and _BARE_CODE.fullmatch(str(body)) else None


def parse_code(value: object) -> int | None:
    """Return a code given as number or digits; None for flags (0, 1, true) and anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and is_short_count(value.strip()):
        value = int(value)
    return value if isinstance(value, int) and value in _CODES else None


def find_field(body: object, name: str) -> Any:
    """Return a field of an object, whatever the case and the underscores of its name; else None."""
    if not is_object(body):
        return None
    if name in body:
        return body[name]
    wanted = plain_key(name)
    return next((value for key, value in body.items() if plain_key(str(key)) == wanted), None)


def has_field(body: object, name: str | None) -> bool:
    """Tell whether an object has a field, null included."""
    wanted = plain_key(name or "")
    return is_object(body) and any(plain_key(str(key)) == wanted for key in body)
