"""What comes in and goes out as bytes: parameters of query, form and JSON, and answers."""

from __future__ import annotations

import json
from decimal import Decimal
from enum import Enum
from typing import Final, cast
from urllib.parse import unquote

from attrs import define, field

JSON_TYPE: Final = "application/json"
TEXT_TYPE: Final = "text/plain; charset=utf-8"
DEEPEST: Final = 6
"""Brackets read in one form key; deeper ones are not a parameter of this gateway."""

Json = dict[str, object]
"""A JSON object, or the fields of a form."""

_encode = json.JSONEncoder(separators=(",", ":")).encode


class Delivery(Enum):
    """What happens to the connection that an answer would travel on."""

    COMPLETE = "complete"
    CUT = "cut"
    """The head and half of the body arrive, then the connection closes."""
    DROPPED = "dropped"
    """The connection closes without an answer."""
    RESET = "reset"
    """The connection is reset (TCP RST) without an answer."""
    REFUSED = "refused"
    """No connection comes about. Only the in-process transport can act this out."""


@define(eq=False)
class Answer:
    """An HTTP answer and how it is to be delivered."""

    status: int
    content_type: str
    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    headers: tuple[tuple[str, str], ...] = ()
    delay_s: float = 0.0
    delivery: Delivery = Delivery.COMPLETE


def json_answer(content: object, status: int = 200) -> Answer:
    """Build an answer whose body is `content` as compact JSON."""
    return Answer(status, JSON_TYPE, _encode(content).encode())


def text_answer(content: str, status: int = 200) -> Answer:
    """Build a legacy answer in plain text."""
    return Answer(status, TEXT_TYPE, content.encode(errors="replace"))


def page_not_found() -> Answer:
    """Build the 404 of the gateway's framework (shape I of the error shapes)."""
    return json_answer({"code": 404, "message": "Page not found", "errors": []}, 404)


def money(amount: Decimal) -> float:
    """Write an amount as the JSON number of send answers; journals write text instead."""
    return float(amount)


def split_url(url: str) -> tuple[str, str]:
    """Split a complete URL, or a path with a query, into path and query."""
    if not url.startswith("/"):
        _, _, rest = url.partition("://")
        _, slash, rest = rest.partition("/")
        url = slash + rest
    path, _, query = url.partition("#")[0].partition("?")
    return path, query


def parse_params(query: str, content_type: str, body: bytes) -> Json:
    """Read query and body as one mapping; where both name a parameter the body wins.

    What cannot be read is left out: the gateway then misses a parameter and says so.
    """
    if not query:
        return _parse_body(content_type, body) if body else {}
    return parse_form(query) | (_parse_body(content_type, body) if body else {})


def _parse_body(content_type: str, body: bytes) -> Json:
    if JSON_TYPE in content_type or body[:1] == b"{":
        return _parse_json(body)
    return parse_form(body.decode(errors="replace"))


def _parse_json(body: bytes) -> Json:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return cast("Json", content) if isinstance(content, dict) else {}


def parse_form(raw: str) -> Json:
    """Read a form or query as PHP does: the last of equal keys wins, brackets build lists."""
    pairs = _parse_pairs(raw)
    if "[" not in raw and "%5B" not in raw and "%5b" not in raw:
        return dict(pairs)
    fields = Json()
    for key, value in pairs:
        _place(fields, _path_of(key), value)
    return {key: _as_lists(value) for key, value in fields.items()}


def _parse_pairs(raw: str) -> list[tuple[str, str]]:
    # As urllib's parse_qsl reads them, which would take a tenth of the time of a whole call.
    parts = [part.partition("=") for part in raw.replace("+", " ").split("&") if part]
    return [
        (unquote(name) if "%" in name else name, unquote(value) if "%" in value else value)
        for name, _, value in parts
    ]


def _path_of(key: str) -> list[str]:
    name, bracket, rest = key.partition("[")
    if not bracket or not name or not rest.endswith("]"):
        return [key]
    return [name, *rest[:-1].split("][")][:DEEPEST]


def _place(fields: Json, path: list[str], value: str) -> None:
    for step in path[:-1]:
        key = step or str(len(fields))
        inner = fields.get(key)
        if not isinstance(inner, dict):
            inner = fields[key] = Json()
        fields = cast("Json", inner)
    fields[path[-1] or str(len(fields))] = value


def _as_lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    inner = {key: _as_lists(item) for key, item in cast("Json", value).items()}
    return list(inner.values()) if all(key.isdecimal() for key in inner) else inner
