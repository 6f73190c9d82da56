"""A request class and its row become the exact bytes of one HTTP request; then it is signed.

In: a row and a request value. Out: a frozen `Request`. No I/O; clock and nonce are passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import os
import secrets
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode

import attrs

from seven_async.errors import InvalidRequestError
from seven_async.flow.conceal import without_frames
from seven_async.flow.row import Body, Row, UrlStyle
from seven_async.flow.values.shapes import is_list, is_object
from seven_async.flow.wire import Pairs, plain
from seven_async.masking import without_numbers

Headers = tuple[tuple[str, str], ...]


@attrs.frozen(eq=False, slots=False)
class Request:
    """One HTTP request, complete but for who asks (the key or a token) and `signed`."""

    row: Row
    url: str = attrs.field(repr=lambda url: without_numbers(str(url).partition("?")[0]))
    headers: Headers = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    foreign_id: str | None = None
    value: object | None = attrs.field(default=None, repr=False)
    messages: int = 1
    """As how many messages it counts for the rate: a send as many as it has recipients."""

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.row.method


def build_request(
    row: Row, value: object, base_url: str, headers: Headers, style: UrlStyle = UrlStyle.PATHS
) -> Request:
    """Build the request of a row. A send without a `foreign_id` gets one, to be looked up by.

    Raises:
        InvalidRequestError: A value cannot go out; the frames that held it are left behind.
    """
    try:
        return _build(row, value, base_url, headers, style)
    except InvalidRequestError as error:
        failure = error
    failure.request = value
    raise without_frames(failure)


def _build(row: Row, value: object, base_url: str, headers: Headers, style: UrlStyle) -> Request:
    try:
        path, query, body = row.encoder.encode(value)
        foreign_id = _add_foreign_id(value, body) if row.encoder.sends else None
        url = build_url(base_url + fill_path(row.path_in(style), path), query)
        content, content_type = encode_body(body, row.body)
    except (UnicodeEncodeError, RecursionError) as error:
        raise _unwritable(error) from None
    if content_type:
        headers = (*headers, ("Content-Type", content_type))
    messages = _count_recipients(body) if row.may_cost else 1
    return Request(row, url, headers, content, foreign_id, value, messages)


def check_writable(name: str, value: object) -> None:
    """Refuse a value that no body can carry, before it is written down anywhere else.

    Raises:
        InvalidRequestError: It holds itself, half of a surrogate pair, a number without an end, or
            an object that JSON does not know.
    """
    try:
        _json({name: plain(value)})
    except (UnicodeEncodeError, RecursionError) as error:
        raise InvalidRequestError(f"{name.rstrip('_')}: {_unwritable(error)}") from None


def _unwritable(error: UnicodeEncodeError | RecursionError) -> InvalidRequestError:
    if isinstance(error, RecursionError):
        return InvalidRequestError("a value holds itself, or is nested too deeply")
    return InvalidRequestError(
        "a text holds half of a surrogate pair, which no encoding can carry; "
        "repair it with text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')"
    )


def _count_recipients(body: Pairs) -> int:
    """Count the recipients in a body's `to`; 1 where there is none.

    A comma separates them on the wire. The name of a group is one, since its size is not known.
    """
    for name, value in body:
        if name == "to":
            if isinstance(value, str) and "," not in value:  # nearly all of them
                return 1
            names = value if is_list(value) else str(value).split(",")
            return max(1, sum(1 for text in names if str(text).strip()))
    return 1


def _add_foreign_id(value: Any, body: Pairs) -> str:
    """Return the reference by which a message can be found again; make one unless given."""
    foreign_id: str | None = value.foreign_id
    if foreign_id is None:
        foreign_id = os.urandom(16).hex()
        body.append(("foreign_id", foreign_id))
    return foreign_id


def build_url(where: str, query: Pairs) -> str:
    """Return a URL with its query; paths of the other style begin one (`?action=read`)."""
    if not query:
        return where
    return where + ("&" if "?" in where else "?") + build_query(query)


def fill_path(path: str, parameters: Mapping[str, str]) -> str:
    """Return the path with each parameter as a quoted segment; refuse empty and dot segments."""
    if not parameters:
        return path
    for name, text in parameters.items():
        if text in ("", ".", ".."):
            raise InvalidRequestError(f"{name}: “{text}” cannot be part of a path; give an id")
    return path.format_map({name: quote(text, safe="") for name, text in parameters.items()})


def build_query(pairs: Pairs) -> str:
    """Return the query string, without its question mark."""
    return urlencode(list(flatten_pairs(pairs)), quote_via=quote, safe="")


def encode_body(pairs: Pairs, style: Body) -> tuple[bytes, str | None]:
    """Return body bytes and their content type. A nested value makes a form a JSON body.

    Both encodings are accepted by the gateway for nested content (seven-api.md section 0), and a
    list of mappings has no agreed form notation.
    """
    if not pairs:
        return b"", None
    form = _form(pairs) if style is _FORM else None
    if form is None:
        return _json(dict(pairs)), _JSON_TYPE
    return form.encode(), _FORM_TYPE


_LARGEST: Final = 10**40

# Named once: to ask an enum for them takes longer than to quote a number.
_FORM: Final = Body.FORM
_JSON_TYPE: Final[str] = Body.JSON.value
_FORM_TYPE: Final[str] = Body.FORM.value


def _form(pairs: Pairs) -> str | None:
    """Return the pairs as a form; None if one of them is nested."""
    pieces: list[str] = []
    for name, value in pairs:
        if type(value) is str:  # nearly all values
            pieces.append(f"{_quote_plus(name)}={_quote_plus(value)}")
        elif _is_nested(value):
            return None
        else:
            items = flatten_pairs([(name, value)])
            pieces += [f"{_quote_plus(key)}={_quote_plus(str(item))}" for key, item in items]
    return "&".join(pieces)


def _quote_plus(text: str) -> str:
    """Return what `quote_plus` does, in less than half the time where it can be."""
    if not text.isascii():
        return quote_plus(text)
    # Most names, numbers and references need no quoting.
    return text if text.isalnum() or text.isidentifier() else text.translate(_ASCII)


_ASCII: Final = {code: quote_plus(chr(code)) for code in range(128)}


def _json(content: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"a value cannot stand in JSON: {error}") from None
    return text.encode()


def _is_nested(value: object) -> bool:
    if is_list(value):
        return any(is_object(member) or is_list(member) for member in value)
    return is_object(value)


def flatten_pairs(pairs: Pairs) -> Iterable[tuple[str, Any]]:
    """Yield pairs as forms and queries have them: flags as 1 or 0, no None.

    Lists are `name[]`, objects `name[key]`, objects in a list `name[0][key]`.

    An empty list is one `name[]` with an empty value: it says “none”, where leaving it out would
    say “as it was”.
    """
    for name, value in pairs:
        if isinstance(value, str):  # nearly all values
            yield name, value
        elif is_list(value):
            for place, member in enumerate(value or ("",)):
                # Members that have parts are told apart by their place.
                step = place if _is_nested(member) or is_list(member) else ""
                yield from flatten_pairs([(f"{name}[{step}]", "" if member is None else member)])
        elif is_object(value):
            yield from flatten_pairs([(f"{name}[{key}]", member) for key, member in value.items()])
        elif value is not None:
            yield name, _scalar(value)


def _scalar(value: object) -> Any:
    """Return what a form or query writes as text; JSON has other rules."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        # More digits than this Python does not write at all (sys.set_int_max_str_digits).
        if abs(value) >= _LARGEST:
            raise InvalidRequestError("a number has more digits than anything here counts")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidRequestError("a number is not finite")
        return value
    # Its text would be one such as “b'…'” or “<object at …>”.
    raise InvalidRequestError(
        f"{type(value).__name__} cannot be written into a form; give a text or number"
    )


def signature(
    secret: str, *, method: str, url: str, body: bytes, timestamp: str, nonce: str
) -> str:
    """Compute the hex HMAC-SHA256 of a request or webhook.

    Source: auth.md section 3. Five lines without a newline at the end: timestamp, nonce, method,
    complete URL, MD5 of the body bytes as sent.
    """
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    sign_request = f"{timestamp}\n{nonce}\n{method.upper()}\n{url}\n{digest}"
    return hmac.new(secret.encode(), sign_request.encode(), hashlib.sha256).hexdigest()


def sign_request(
    request: Request, secret: str, *, now_s: float, nonce: str | None = None
) -> Headers:
    """Return the headers of a signed request; to be made after any wait: they expire after 30 s."""
    timestamp = str(int(now_s))
    nonce = nonce or secrets.token_hex(16)
    value = signature(
        secret,
        method=request.method,
        url=request.url,
        body=request.body,
        timestamp=timestamp,
        nonce=nonce,
    )
    return ("X-Signature", value), ("X-Timestamp", timestamp), ("X-Nonce", nonce)


@attrs.frozen(kw_only=True, slots=False)
class RawReply:
    """What came back: HTTP status, headers, body bytes, and the attempts it took."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=lambda body: f"<{len(body)} bytes>")
    attempts: int = 1

    def json(self) -> Any:
        """Decode the body as JSON, with Decimal for numbers with a point.

        Raises:
            ValueError: It is not JSON.

        Example:
            reply = await seven.raw("GET", "/balance")
            print(reply.json()["currency"])
        """
        return json.loads(self.body, parse_float=Decimal)
