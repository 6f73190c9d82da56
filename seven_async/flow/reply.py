"""The bytes of a reply become a model or an error.

In: the row and what came back. Out: a model, or a raised `SevenError`. No I/O.

The order of the checks follows errors.md section 1, where the observed shapes have letters; a code
that is a phone key, and an amount that looks like a code, are never read as errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import GenericAlias
from typing import Any, Final, TypeGuard, get_origin

from seven_async.errors import CODES, ApiError, MalformedReplyError, Outcome, error_for
from seven_async.flow.decoding import decoded
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.flow.shapes import is_list, is_object
from seven_async.flow.values.converter import is_of, members_of, plain_key, structured
from seven_async.flow.values.model import Model, Reading
from seven_async.flow.values.scalars import UnreadableError, is_short_count

OK: Final = 100
PARTIAL: Final = 101
_CODE = re.compile(r"11|[0-9]{3}|7002001")
# Below ten a number in `success` is a flag, not a code; ten digits are nobody's.
_CODES: Final = range(10, 10**9)
_ABSENT = re.compile(
    r"not found|no such|(?:not|n['’]t) exist|unknown (?!error|param)"
    r"|already (?:been )?(?:deleted|removed)|nicht gefunden",
    re.IGNORECASE,
)
# A wrong number, no result: what a lookup found, where it gives findings.
_MISSES = (202, 600)
_ANSWERED_100 = (Reading.SEND, Reading.DELETION, Reading.ACTION)
_WORDS = ("error_message", "error", "error_text", "message", "error_description")
# What an object of nothing but words of a refusal is made of.
_REFUSAL: Final = frozenset({*_WORDS, "errors", "code"})
# Asked with each reply, and a name of an enum takes ten times as long.
_SEND: Final = Reading.SEND
# The kinds of replies that mean nothing without `success`: nobody can say what became of it.
_CONFIRMED: Final = (Reading.SEND, Reading.ACTION, Reading.DTMF)


def parsed(row: Row, reply: RawReply, now_s: float) -> Any:
    """The model that a reply stands for; raises what it stands for otherwise."""
    reading = reading_of(row.reply)
    if not reply.body.strip() and reading is Reading.DELETION and reply.status < 300:
        return structured({"success": True}, row.reply)
    body = decoded(row, reply)
    if reading is _SEND and reply.status < 300 and _says_100(body):
        # What nearly all receipts say, and no other of the shapes does.
        return _structured(row, {**body, "success": OK}, reply, row.reply)
    body = _bare(row, body)
    # The members of a plural lookup are findings of their own, whatever they say.
    is_finding = row.many and reply.status < 300 and (is_list(body) or is_object(body))
    error = None if is_finding else failure(row, reading, reply, body, now_s)
    if error is not None:
        if reading is Reading.DELETION and _was_absent(row, error):
            return structured({"success": False, "error": error.message or None}, row.reply)
        if reading is Reading.RESULT and error.status < 300 and error.code in _MISSES:
            return structured(body if is_object(body) else {"code": error.code}, row.reply)
        raise error
    return modelled(row, reading, body, reply)


def _says_100(body: Any) -> TypeGuard[Mapping[str, Any]]:
    return is_object(body) and _as_code(body.get("success")) == OK


def _bare(row: Row, body: Any) -> Any:
    """The object itself where a reply wraps one object, or one envelope, in a list or `data`."""
    if is_object(body) and len(body) == 1 and not row.paged:
        inner = body.get("data")
        # Of a list of envelopes, each is opened by `_without_envelope`.
        is_envelope = is_object(inner) or (is_list(inner) and row.unwrap is None)
        # PHP writes a list with gaps as an object with number keys.
        body = inner if is_envelope else body.get("0", body)
    if not is_list(body) or len(body) != 1:
        return body
    envelope = "pagingMetadata" if row.paged else row.unwrap
    is_model = isinstance(row.reply, type) and not row.paged
    return body[0] if is_model or _has(body[0], envelope) else body


def checked(row: Row, reply: RawReply, now_s: float) -> RawReply:
    """The reply as it came, for `raw`; raises for HTTP errors and bare codes only."""
    try:
        body = decoded(row, reply)
    except MalformedReplyError:
        return reply
    if reply.status >= 300 or _bare_code(Reading.AMOUNT, body) not in (None, OK):
        error = failure(row, Reading.AMOUNT, reply, body, now_s)
        if error is not None:
            raise error
    return reply


@cache
def reading_of(kind: Any) -> Reading:
    """How replies of this type tell success from failure."""
    return kind.reading if isinstance(kind, type) and issubclass(kind, Model) else Reading.PLAIN


def failure(
    row: Row, reading: Reading, reply: RawReply, body: Any, now_s: float
) -> ApiError | None:
    """The error that a reply stands for, or None."""
    if reply.status >= 300:
        code = _code_in(body)
    elif is_object(body):
        if not _says_no(body, reading):
            return None
        code = _refusal_code(body, reading)
    else:
        code = _bare_code(reading, body)
        if code in (None, OK) or (code == PARTIAL and reading is Reading.SEND):
            return None
    error = error_for(
        code=code,
        message=_words_of(body),
        status=reply.status,
        body=body,
        request_line=row.line,
        retry_after_s=retry_after_s(reply.headers, now_s),
        hint="" if reply.status != 404 or _is_of_gateway(row, body) else _NOT_THERE,
    )
    if code == _NO_RESULT and reply.status < 300 and row.repeat is not Repeat.NEVER:
        # The gateway has answered: where nothing is sent or made, nothing is in doubt.
        error.outcome = Outcome.REJECTED
    return error


_NO_RESULT: Final = 600
_NOT_THERE: Final = "is the address right? check base_url (SEVEN_BASE_URL) and url_style"


def _is_of_gateway(row: Row, body: Any) -> bool:
    """Whether a 404 is about the id in the path, and not about the path."""
    return "{" in row.path and is_object(body) and (_code_in(body) == 404 or bool(_words_of(body)))


def _bare_code(reading: Reading, body: Any) -> int | None:
    if isinstance(body, str) and _CODE.fullmatch(body.strip()):
        return int(body)
    if reading is Reading.AMOUNT or isinstance(body, bool):
        return None
    return body if isinstance(body, int) and _CODE.fullmatch(str(body)) else None


def _as_code(value: Any) -> int | None:
    """A code from a number or digits; flags (0, 1, true) are none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and is_short_count(value.strip()):
        value = int(value)
    return value if isinstance(value, int) and value in _CODES else None


def _field(body: Any, name: str) -> Any:
    if not is_object(body):
        return None
    if name in body:
        return body[name]
    wanted = plain_key(name)
    return next((value for key, value in body.items() if plain_key(str(key)) == wanted), None)


def _has(body: Any, name: str | None) -> bool:
    wanted = plain_key(name or "")
    return is_object(body) and any(plain_key(str(key)) == wanted for key in body)


def _code_in(body: Any) -> int | None:
    """The code of an HTTP error (shapes G, H, I), wherever it stands."""
    if not is_object(body):
        return _bare_code(Reading.PLAIN, body)
    codes = (_as_code(_field(body, name)) for name in ("error_code", "code", "success", "error"))
    return next((code for code in codes if code not in (None, OK, PARTIAL)), None)


def _says_no(body: Mapping[str, Any], reading: Reading) -> bool:
    """Whether an object of an HTTP success says that it failed (shapes C to P)."""
    success = _field(body, "success")
    code = _as_code(success)
    if code is not None:
        return code not in (OK, PARTIAL)
    if success is not None:
        # What a lookup found is no failure; only a code says that nobody looked.
        is_finding = reading is Reading.RESULT and _refusal_code(body, reading) is None
        return not is_finding and _is_false(success)
    if _field(body, "error_code") is not None:
        return True
    return reading is not Reading.DTMF and _refuses(body, reading)


def _refuses(body: Mapping[str, Any], reading: Reading) -> bool:
    """Whether an object without `success` and `error_code` is a refusal, by `code` or its words."""
    code = _as_code(_field(body, "code"))
    if code not in (None, OK, PARTIAL):
        # Nobody knows whether another number is a code, unless it is all there is.
        return code in CODES or body.keys() <= _REFUSAL
    # OAuth errors (shape P), and whatever else has nothing but words.
    if {"error", "error_description"} <= body.keys():
        return True
    return reading not in _CONFIRMED and body.keys() <= _REFUSAL and bool(_words_of(body))


def _is_false(value: Any) -> bool:
    return value in (False, 0) or (isinstance(value, str) and value.lower() in ("false", "0", ""))


def _refusal_code(body: Mapping[str, Any], reading: Reading) -> int | None:
    names = ("success", "error_code", "error") + (() if reading is Reading.DTMF else ("code",))
    codes = (_as_code(_field(body, name)) for name in names)
    return next((code for code in codes if code is not None and code != OK), None)


def _words_of(body: Any) -> str:
    """The gateway's own words about a failure; those of its first message if it has none."""
    for name in _WORDS:
        words = _field(body, name)
        if isinstance(words, str) and words and not words.isdecimal():
            return words
    messages = _field(body, "messages")
    if is_list(messages) and messages:
        return _words_of(messages[0])
    return ""


def _was_absent(row: Row, error: ApiError) -> bool:
    """Whether a deletion failed because there was nothing (any more) to delete."""
    if error.code is None and error.status < 300:
        return not error.message or bool(_ABSENT.search(error.message))
    return 404 in (error.code, error.status) and _is_of_gateway(row, error.body)


def modelled(row: Row, reading: Reading, body: Any, reply: RawReply) -> Any:
    """The body without its envelope as the row's type."""
    bare = None if is_object(body) else _bare_code(Reading.PLAIN, body)
    if bare is not None and reading in _ANSWERED_100:
        body = {"success": bare}
    elif reading is Reading.SEND:
        body = _with_code(row, body, reply)
    elif row.unwrap is not None and is_object(body):
        body = _without_envelope(row, body)
    if row.paged:
        members, paging = page_parts(body)
        return _structured(row, members, reply, GenericAlias(list, (row.reply,))), paging
    if row.many:
        body = [_finding(member) for member in members_of(body)]
    return _structured(row, body, reply, row.reply)


def _finding(member: Any) -> Any:
    """A member of a plural lookup: a bare code, or null, is one without result."""
    if member is None:
        return {}
    return member if _bare_code(Reading.PLAIN, member) is None else {"code": member}


def _with_code(row: Row, body: Any, reply: RawReply) -> Mapping[str, Any]:
    """A send's answer with its code as a number. Without `success` it would prove nothing."""
    success = _field(body, "success")
    if not is_object(body) or success is None:
        raise MalformedReplyError(
            f"{row.line}: the reply has no “success”, so nobody can say what became of the message",
            field="success",
            body=reply.body,
        )
    code = _as_code(success)
    if code is None and str(success).lower() not in ("true", "1"):
        raise MalformedReplyError(
            f"{row.line}: “success” is neither a code nor yes or no",
            field="success",
            body=reply.body,
        )
    return {**body, "success": code or OK}


def _without_envelope(row: Row, body: Mapping[str, Any]) -> Any:
    name = row.unwrap or ""
    inner = _field(body, name)
    if inner is not None:
        return inner
    enveloped = _field(body, "data")
    if is_list(enveloped):
        # The specification has a list of envelopes (hooks), which nobody has seen.
        return [_field(one, name) if _has(one, name) else one for one in enveloped]
    # `hooks` is left out where there are none (published client); a bare object stands for itself.
    is_empty = "success" in body or _has(body, name)
    return [] if get_origin(row.reply) is list and is_empty else body


def _structured(row: Row, body: Any, reply: RawReply, kind: Any) -> Any:
    if is_object(body) and body and "success" not in body and not is_of(kind, body):
        raise MalformedReplyError(
            f"{row.line}: the reply has none of the expected fields", field="", body=reply.body
        )
    try:
        return structured(body, kind)
    except UnreadableError as error:
        place = error.path or "the reply"
        raise MalformedReplyError(
            f"{row.line}: {place} {error}", field=error.path, body=reply.body
        ) from None


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """The seconds that `Retry-After` asks to wait: a number, or an HTTP date against `now_s`."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        # Two proxies may each have added one: whoever waits for the longer keeps both.
        seconds = max(float(one) for one in text.split(","))
    except ValueError:
        seconds = _until(text, now_s)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(text: str, now_s: float) -> float:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return math.nan
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(now_s, UTC)).total_seconds()


def page_parts(body: Any) -> tuple[Any, Mapping[str, Any]]:
    """The members of a page and its paging block, if it has one (journals have none)."""
    if not is_object(body):
        return body, {}
    members: Any = _field(body, "data")
    paging = _field(body, "pagingMetadata")
    if members is None:
        is_empty = paging is not None or _has(body, "data") or "success" in body
        members = [] if is_empty else body
    return members, paging if is_object(paging) else {}
