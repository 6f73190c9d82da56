"""The bytes of a reply become a model or an error, in three stages.

1. decode (decode.py): bytes → JSON values.
2. classify (classify.py): JSON values → a refusal, or what was asked for.
3. model (here): what was asked for → the model of the row; a refusal → its error, or the finding
   that it stands for in lookups and deletions.

In: the row and what came back. Out: a model, or a raised `SevenError`. No I/O.
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

from seven_async.errors import ApiError, MalformedReplyError, Outcome, error_for
from seven_async.flow.classify import (
    OK,
    Refusal,
    find_field,
    find_refusal,
    has_field,
    parse_bare_code,
    parse_code,
)
from seven_async.flow.decode import decode
from seven_async.flow.request import RawReply
from seven_async.flow.row import Repeat, Row
from seven_async.flow.values.converter import build_value, is_of, members_of
from seven_async.flow.values.model import Model, ReplyKind
from seven_async.flow.values.scalars import UnreadableError
from seven_async.flow.values.shapes import is_list, is_object

_ABSENT = re.compile(
    r"not found|no such|(?:not|n['’]t) exist|unknown (?!error|param)"
    r"|already (?:been )?(?:deleted|removed)|nicht gefunden",
    re.IGNORECASE,
)
_WRONG_NUMBER: Final = 202
_NO_RESULT: Final = 600
_ANSWERED_100 = (ReplyKind.SEND, ReplyKind.DELETION, ReplyKind.ACTION)
_NOT_THERE: Final = "is the address right? check base_url (SEVEN_BASE_URL) and url_style"
# Read with each reply; looking a member of an enum up takes ten times as long.
_SEND: Final = ReplyKind.SEND


def read_reply(row: Row, reply: RawReply, now_s: float) -> Any:
    """Return the model that a reply stands for.

    Args:
        row: The row of the call.
        reply: What came back, read to its end.
        now_s: The Unix time, for a `Retry-After` that is a date.

    Raises:
        ApiError: The gateway refused; the class says what.
        MalformedReplyError: It is not JSON, or not what the row promises.
    """
    kind = reply_kind_of(row.reply)
    if kind is ReplyKind.DELETION and reply.status < 300 and not reply.body.strip():
        return build_value({"success": True}, row.reply)  # Q: an empty body
    body = decode(row, reply)
    if kind is _SEND and reply.status < 300 and _is_plain_receipt(body):
        # The usual receipt, which is none of the other shapes: a shorter way to the same model.
        return _build(row, {**body, "success": OK}, reply, row.reply)
    body = _unwrap_single(row, body)
    # The members of a plural lookup are findings of their own, whatever they say.
    is_finding = row.many and reply.status < 300 and (is_list(body) or is_object(body))
    refusal = None if is_finding else find_refusal(kind, reply.status, body)
    if refusal is None:
        return _build_model(row, kind, body, reply)
    error = _build_error(row, reply, body, refusal, now_s)
    finding = _find_finding(row, kind, body, error)
    if finding is None:
        raise error
    return build_value(finding, row.reply)


def check_raw(row: Row, reply: RawReply, now_s: float) -> RawReply:
    """Return the reply of a `raw` call as it came; only HTTP errors and bare codes are errors."""
    try:
        body = decode(row, reply)
    except MalformedReplyError:
        return reply
    if reply.status >= 300 or not is_object(body):
        refusal = find_refusal(ReplyKind.AMOUNT, reply.status, body)
        if refusal is not None:
            raise _build_error(row, reply, body, refusal, now_s)
    return reply


@cache
def reply_kind_of(model: object) -> ReplyKind:
    """Return how replies of this type tell success from failure."""
    if isinstance(model, type) and issubclass(model, Model):
        return model.reply_kind
    return ReplyKind.PLAIN


def _is_plain_receipt(body: object) -> TypeGuard[Mapping[str, object]]:
    return is_object(body) and parse_code(body.get("success")) == OK


def _unwrap_single(row: Row, body: object) -> Any:
    """Return the object itself where a list or `data` wraps one object, or one envelope."""
    if is_object(body) and len(body) == 1 and not row.paged:
        inner = body.get("data")
        # Of a list of envelopes, each is opened by `_open_envelope`.
        is_envelope = is_object(inner) or (is_list(inner) and row.unwrap is None)
        # PHP writes a list with gaps as an object with number keys.
        body = inner if is_envelope else body.get("0", body)
    if not is_list(body) or len(body) != 1:
        return body
    envelope = "pagingMetadata" if row.paged else row.unwrap
    is_model = isinstance(row.reply, type) and not row.paged
    return body[0] if is_model or has_field(body[0], envelope) else body


# A refusal becomes an error, or a finding


def _build_error(
    row: Row, reply: RawReply, body: object, refusal: Refusal, now_s: float
) -> ApiError:
    error = error_for(
        code=refusal.code,
        message=refusal.message,
        status=reply.status,
        body=body,
        request_line=row.line,
        retry_after_s=retry_after_s(reply.headers, now_s),
        hint="" if reply.status != 404 or _is_about_id(row, body) else _NOT_THERE,
    )
    if refusal.code == _NO_RESULT and reply.status < 300 and row.repeat is not Repeat.NEVER:
        # The gateway has answered: where nothing is sent or made, nothing is in doubt.
        error.outcome = Outcome.REJECTED
    return error


def _find_finding(
    row: Row, kind: ReplyKind, body: object, error: ApiError
) -> Mapping[str, object] | None:
    """Return what a refusal says where it is a result: nothing to delete, no such number."""
    if kind is ReplyKind.DELETION and _is_absence(row, error):
        return {"success": False, "error": error.message or None}
    is_miss = error.code in (_WRONG_NUMBER, _NO_RESULT) and error.status < 300
    if kind is ReplyKind.RESULT and is_miss:
        return body if is_object(body) else {"code": error.code}
    return None


def _is_absence(row: Row, error: ApiError) -> bool:
    """Tell whether a deletion failed because there was nothing (any more) to delete (E, I, N)."""
    if error.code is None and error.status < 300:
        return not error.message or bool(_ABSENT.search(error.message))
    return 404 in (error.code, error.status) and _is_about_id(row, error.body)


def _is_about_id(row: Row, body: object) -> bool:
    """Tell whether a 404 is about the id in the path, and not about the path itself.

    A proxy's page and an answer of another server say nothing about the id (design.md section 3).
    """
    if "{" not in row.path or not is_object(body):
        return False
    refusal = find_refusal(ReplyKind.PLAIN, 404, body)
    return refusal is not None and (refusal.code == 404 or bool(refusal.message))


# What was asked for becomes a model


def _build_model(row: Row, kind: ReplyKind, body: object, reply: RawReply) -> Any:
    bare = None if is_object(body) else parse_bare_code(ReplyKind.PLAIN, body)
    if bare is not None and kind in _ANSWERED_100:
        body = {"success": bare}
    elif kind is _SEND:
        body = _check_success(row, body, reply)
    elif row.unwrap is not None and is_object(body):
        body = _open_envelope(row, row.unwrap, body)
    if row.paged:
        members, paging = split_page(body)
        return _build(row, members, reply, GenericAlias(list, (row.reply,))), paging
    if row.many:
        body = [_wrap_bare_code(member) for member in members_of(body)]
    return _build(row, body, reply, row.reply)


def _wrap_bare_code(member: object) -> Any:
    """Return a member of a plural lookup as an object: a bare code, or null, is without result."""
    if member is None:
        return {}
    return member if parse_bare_code(ReplyKind.PLAIN, member) is None else {"code": member}


def _check_success(row: Row, body: object, reply: RawReply) -> Mapping[str, object]:
    """Return the reply to a send with its code as a number; without `success` it proves nothing."""
    success = find_field(body, "success")
    if not is_object(body) or success is None:
        raise MalformedReplyError(
            f"{row.line}: the reply has no “success”, so it does not say whether the message "
            f"was accepted",
            field="success",
            body=reply.body,
        )
    code = parse_code(success)
    if code is None and str(success).lower() not in ("true", "1"):
        raise MalformedReplyError(
            f"{row.line}: “success” is neither a code nor yes or no",
            field="success",
            body=reply.body,
        )
    return {**body, "success": code or OK}


def _open_envelope(row: Row, name: str, body: Mapping[str, object]) -> Any:
    inner = find_field(body, name)
    if inner is not None:
        return inner
    enveloped = find_field(body, "data")
    if is_list(enveloped):
        # The specification has a list of envelopes (hooks); no recorded reply has one.
        return [
            find_field(member, name) if has_field(member, name) else member for member in enveloped
        ]
    # `hooks` is left out where there are none (published client); a bare object is the item.
    is_empty = "success" in body or has_field(body, name)
    return [] if get_origin(row.reply) is list and is_empty else body


def _build(row: Row, body: object, reply: RawReply, model: object) -> Any:
    if is_object(body) and body and "success" not in body and not is_of(model, body):
        raise MalformedReplyError(
            f"{row.line}: the reply has none of the expected fields", field="", body=reply.body
        )
    try:
        return build_value(body, model)
    except UnreadableError as error:
        place = error.path or "the reply"
        raise MalformedReplyError(
            f"{row.line}: {place} {error}", field=error.path, body=reply.body
        ) from None


def split_page(body: object) -> tuple[Any, Mapping[str, object]]:
    """Return the members of a page, and its paging block if it has one (journals have none)."""
    if not is_object(body):
        return body, {}
    members: Any = find_field(body, "data")
    paging = find_field(body, "pagingMetadata")
    if members is None:
        is_empty = paging is not None or has_field(body, "data") or "success" in body
        members = [] if is_empty else body
    return members, paging if is_object(paging) else {}


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Return the seconds to wait by `Retry-After`: a number, or an HTTP date after `now_s`."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        # Two proxies may each have added a value: the longer wait keeps both.
        seconds = max(float(value) for value in text.split(","))
    except ValueError:
        seconds = _seconds_until(text, now_s)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(text: str, now_s: float) -> float:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return math.nan
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - datetime.fromtimestamp(now_s, UTC)).total_seconds()
