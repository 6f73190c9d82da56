"""The bytes of a reply become JSON values, whatever a server has put into them.

In: the row and what came back. Out: decoded JSON, or a `MalformedReplyError`. No I/O.

JSON can spell what nothing can store: half of a surrogate pair, numbers without measure, lists
without end. Halves become U+FFFD here, so that no file, terminal or database meets one.
"""

from __future__ import annotations

import codecs
import json
import json.decoder
import json.scanner
from decimal import Decimal
from typing import Any, Final

from seven_async.errors import MalformedReplyError
from seven_async.flow.request import RawReply
from seven_async.flow.row import Row
from seven_async.flow.values.shapes import is_list, is_object

# White space, and the byte order mark that some proxies put in front.
_AROUND: Final = "\ufeff \t\r\n"

_SHORT: Final = 4 * 1024
"""Bytes of a body that takes little time whatever it holds."""

_MOST_INLINE: Final = 64 * 1024
"""Bytes that are read on the event loop, where they are not nearly all objects."""

_MOST_PARTS_INLINE: Final = 2_000
"""Objects that are read on the event loop: one becomes a model in some 3 µs."""

_MOST_AT_ONCE: Final = 512 * 1024
"""Characters that the fast decoder takes: until its end it lets no other thread run."""

_MOST_PARTS: Final = 50_000
"""Lists and objects of one reply. To collect more of them as garbage stops all threads."""

_MOST_ESCAPES: Final = 1_000_000
"""Backslashes of one reply: a whole text is read before another thread runs, escapes slowly."""

_MOST_VALUES: Final = 2_500_000
"""Values of one reply, and commas in its texts. To free more of them stops all threads, too."""

_SLICE: Final = 8 * 1024
"""Characters that are mended at once, for the same reason."""


def is_short_work(body: bytes) -> bool:
    """Tell whether a body may be read on the event loop, for which 50 ms are the most."""
    size = len(body)
    if size <= _SHORT:
        return True
    return size <= _MOST_INLINE and body.count(b"{") <= _MOST_PARTS_INLINE


def decode(row: Row, reply: RawReply) -> Any:
    """Decode the body as JSON, whatever its content type says (the gateway says text/plain).

    A body of an HTTP error that is no JSON is given as its text.

    Raises:
        MalformedReplyError: It is no JSON, or has more parts than a page can have.
    """
    text = _strip(_text_of(reply.body))
    decoder = _DECODER if len(text) <= _MOST_AT_ONCE else _build_patient_decoder(row, reply, text)
    try:
        body, end = decoder.raw_decode(text)
        if "\\ud" in text or "\\uD" in text:
            body = _without_halves(body)
    except (ValueError, RecursionError, ArithmeticError):  # the last: too large an exponent
        body, end = None, -1
    if end == len(text):
        return body
    if reply.status >= 300:
        return text
    raise MalformedReplyError(
        f"{row.line}: the reply is {_describe(text, reply)}, not the expected JSON",
        body=reply.body,
    )


def _text_of(body: bytes) -> str:
    """The body as text; bytes that are no UTF-8 become U+FFFD."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        places = range(0, len(body), _SLICE)
        pieces = [decoder.decode(body[place : place + _SLICE]) for place in places]
        return "".join(pieces) + decoder.decode(b"", final=True)


def _strip(text: str) -> str:
    """Cut white space off, a slice at a time: of 30 MiB of it a single step would take too long."""
    begin, end = 0, len(text)
    while begin < end and not text[begin : begin + _SLICE].strip(_AROUND):
        begin += _SLICE
    while begin < end and not text[max(begin, end - _SLICE) : end].strip(_AROUND):
        end -= _SLICE
    return text[begin:end].strip(_AROUND)


def _no_number(_: str) -> None:
    """Nothing: NaN and the infinities are no JSON and no amounts."""


# Made once: `json.loads` with arguments makes one with each call.
_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)


def _build_patient_decoder(row: Row, reply: RawReply, text: str) -> json.JSONDecoder:
    """Give a decoder that lets other threads run: for a large reply, read beside the event loop.

    It is the standard library's own for interpreters without its C code, ten times as slow.
    """
    parts_count = text.count("[") + text.count("{")
    is_too_much = parts_count > _MOST_PARTS or text.count(",") > _MOST_VALUES
    if is_too_much or text.count("\\") > _MOST_ESCAPES:
        raise MalformedReplyError(
            f"{row.line}: the reply has more parts than a page; ask for less at a time",
            field="",
            body=reply.body,
        )
    decoder: Any = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number)
    parts: Any = json.decoder
    scanner: Any = json.scanner
    decoder.parse_object, decoder.parse_array = parts.JSONObject, parts.JSONArray
    decoder.scan_once = scanner.py_make_scanner(decoder)
    patient: json.JSONDecoder = decoder
    return patient


def _without_halves(value: object) -> Any:
    """Put U+FFFD in place of each half of a surrogate pair, at any depth."""
    if isinstance(value, str):
        return value if value.isascii() else _mend_text(value)
    if is_list(value):
        return [_without_halves(member) for member in value]
    if is_object(value):
        return {_without_halves(key): _without_halves(member) for key, member in value.items()}
    return value


def _mend_text(text: str) -> str:
    slices = (text[place : place + _SLICE] for place in range(0, len(text), _SLICE))
    # No pair is cut here: the decoder has joined those that are whole.
    return "".join(
        piece.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for piece in slices
    )


def _describe(text: str, reply: RawReply) -> str:
    if not text:
        return "empty"
    if text.startswith("<"):
        return "an HTML or XML page"
    if text[0] in "[{":
        return f"JSON that breaks off or is damaged ({len(reply.body)} bytes)"
    return f"a text of {len(text)} characters"
