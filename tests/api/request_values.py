"""Legal requests for every row, and what the gateway must read in them.

In: a request class. Out: Hypothesis strategies of its instances; the parameters they stand for,
told without the client's plans. No I/O.
"""

from __future__ import annotations

import contextlib
import string
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st

from seven_async import (
    Button,
    CardName,
    CardPhone,
    ContactCard,
    EventType,
    File,
    InvalidRequestError,
    ListRow,
    ListSection,
    RcsFallback,
    SendRcs,
    SendSms,
    SendVoice,
    TemplateButton,
    TemplateComponents,
)

WORDS = st.text(string.ascii_letters + "äß€😀 &=+%[]#?/", min_size=1, max_size=12)
PARAMETERS = WORDS.filter(lambda text: " " * 5 not in text)
ADDRESSES = WORDS.map(lambda text: f"https://example.com/{text.replace(' ', '%20')}")
NAMES = st.text(string.ascii_letters + string.digits + "ü .&+-", min_size=1, max_size=12).filter(
    str.strip
)
NUMBERS = st.from_regex(r"\+?[1-9][0-9]{6,14}", fullmatch=True)
REFERENCES = st.text(string.ascii_letters + string.digits + "._@-", min_size=1, max_size=64)
IDS = st.one_of(st.integers(1, 10**12), st.integers(1, 10**12).map(str))
DAYS = st.one_of(st.dates(), st.dates().map(date.isoformat))
TIMES = st.one_of(
    st.integers(10**9, 10**10),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
AMOUNTS = st.one_of(
    st.decimals("0.01", 1000, places=2), st.integers(1, 1000), st.integers(1, 9).map(str)
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "buttons": st.lists(
        st.builds(Button, id=NAMES, title=WORDS), min_size=2, max_size=3, unique_by=lambda b: b.id
    ),
    "sections": st.lists(
        st.builds(
            ListSection,
            title=WORDS,
            rows=st.lists(
                st.builds(
                    ListRow, id=st.uuids().map(str), title=WORDS, description=st.none() | WORDS
                ),
                min_size=1,
                max_size=2,
            ),
        ),
        min_size=1,
        max_size=2,
    ),
    "contacts": st.lists(
        st.builds(
            ContactCard,
            name=st.builds(CardName, first_name=WORDS, last_name=st.none() | WORDS),
            phones=st.lists(st.builds(CardPhone, phone=NUMBERS), min_size=1, max_size=2),
        ),
        min_size=1,
        max_size=2,
    ),
    "components": st.builds(
        TemplateComponents,
        header=st.none() | st.lists(PARAMETERS, max_size=2),
        body=st.none() | st.lists(PARAMETERS, max_size=2),
        buttons=st.none() | st.lists(st.builds(TemplateButton, text=PARAMETERS), max_size=2),
    ),
    "files": st.lists(
        st.builds(File, name=NAMES, contents=st.just("aGk=")), min_size=1, max_size=2
    ),
    "fallback": st.sampled_from(["sms", "webview", {"type": "sms", "text": "T"}])
    | st.builds(RcsFallback, text=WORDS),
}
ARGUMENTS: dict[str, st.SearchStrategy[Any]] = {
    **PARTS,
    **dict.fromkeys(("id", "msg_id", "call_id", "group_id"), IDS),
    **dict.fromkeys(("delay",), TIMES),
    **dict.fromkeys(("date_from", "date_to", "birthday", "start"), DAYS),
    **dict.fromkeys(("label", "foreign_id"), REFERENCES),
    **dict.fromkeys(("amount", "threshold"), AMOUNTS),
    **dict.fromkeys(("ttl", "limit", "offset"), st.integers(1, 100)),
    **dict.fromkeys(("url", "callback"), ADDRESSES),
    "to": NAMES,
    "end": st.just("9999-12-31"),
    "ids": IDS | st.lists(IDS, min_size=1, max_size=3),
    "number": NUMBERS,
    "from_": NUMBERS,
    "country": st.sampled_from(["DE", "at"]),
    "groups": IDS | st.lists(IDS, max_size=3),
    "custom": st.dictionaries(
        st.sampled_from(["shoe_size", "nick"]), WORDS | st.integers(0, 9) | st.dates()
    ),
    "sms_forward": st.lists(NUMBERS, max_size=2),
    "email_forward": WORDS,
    "subaccounts": st.sampled_from(["all", "only_main", 7]),
    "order_direction": st.sampled_from(["asc", "desc"]),
    "payment_interval": st.sampled_from(["monthly", "annually"]),
    "event_type": st.sampled_from([EventType.DLR, "all", "brand_new"]),
    "headers": st.sampled_from(["A: b", {"A": "b", "C": "d"}]),
    "udh": st.binary(min_size=1, max_size=6).map(bytes.hex),
    "ringtime": st.integers(5, 60),
    "latitude": st.floats(-90, 90),
    "longitude": st.floats(-180, 180),
}
KINDS: list[tuple[object, st.SearchStrategy[Any]]] = [
    ("a word", WORDS),
    (True, st.booleans()),
    (7, st.integers(1, 100)),
    ("1.50", AMOUNTS),
    (date(2026, 1, 31), DAYS),
    (datetime(2026, 1, 31, tzinfo=UTC), TIMES),
    ("https://example.com/a", ADDRESSES),
    ("+491711234567", NUMBERS),
    ("DE", st.sampled_from(["DE", "at"])),
    ("a-b.c", REFERENCES),
    (["+491711234567"], st.lists(NUMBERS, min_size=1, max_size=3)),
]
"""The first kind that a field accepts is what an argument takes that is not in `ARGUMENTS`."""

OF_CLASS: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    (SendSms.__name__, "to"): NAMES | st.lists(NAMES, min_size=1, max_size=3),
    (SendVoice.__name__, "to"): NAMES | st.lists(NAMES, min_size=1, max_size=3),
    (SendRcs.__name__, "text"): WORDS
    | st.fixed_dictionaries({"card": st.fixed_dictionaries({"title": WORDS})}),
    ("DeleteHook", "target_url"): st.none(),
    ("DeleteHook", "event_type"): st.none(),
}
AS_WORDS = ("delete_", "features_")


def values(request: type) -> st.SearchStrategy[Any]:
    """Legal instances of a request class, by all of its arguments."""
    arguments: dict[str, st.SearchStrategy[Any]] = {}
    for field in attrs.fields(request):
        if field.init:
            drawn = argument(request, field)
            is_optional = field.default is not attrs.NOTHING and field.name not in ("id", "msg_id")
            arguments[field.name] = st.none() | drawn if is_optional else drawn
    return st.builds(request, **arguments)


def argument(request: type, field: attrs.Attribute[Any]) -> st.SearchStrategy[Any]:
    """Legal values of one argument."""
    if (request.__name__, field.name) in OF_CLASS:
        return OF_CLASS[request.__name__, field.name]
    if field.name in ARGUMENTS:
        is_plural = field.name == "number" and "tuple" in str(field.type)
        return st.lists(NUMBERS, min_size=1, max_size=3) if is_plural else ARGUMENTS[field.name]
    return next(values for sample, values in KINDS if accepts(field, sample))


def accepts(field: attrs.Attribute[Any], value: object) -> bool:
    """Whether a field takes a value, as far as its validator asks no other field."""
    with contextlib.suppress(AttributeError):
        try:
            field.validator(None, field, value)
        except InvalidRequestError:
            return False
    return True


def expected(request: Any, *, is_json: bool) -> dict[str, Any]:
    """The parameters that a request must put on the wire."""
    found: dict[str, Any] = {}
    for field in attrs.fields(type(request)):
        value = getattr(request, field.name)
        if value is None:
            continue
        if field.name == "custom":
            found |= {name: on_wire(one, is_json=is_json) for name, one in value.items()}
        else:
            name = {"from_": "from", "ids": "ids"}.get(field.name, field.name)
            found[name] = told(field.name, value, is_json=is_json)
    return found


def told(name: str, value: Any, *, is_json: bool) -> Any:
    """One parameter as the reference writes it."""
    if name in ("to", "number") and isinstance(value, tuple):
        return ",".join(value)
    if name in ("groups", "sms_forward", "email_forward"):
        several = value if isinstance(value, tuple | list) else [value]
        return [str(one) for one in several] or [""]
    if name == "headers" and isinstance(value, dict):
        return "\n".join(f"{key}: {one}" for key, one in value.items())
    if name.startswith(AS_WORDS):
        return "true" if value else "false"
    return on_wire(value, is_json=is_json)


def on_wire(value: Any, *, is_json: bool) -> Any:
    """A value in JSON, or as the text that a form carries."""
    if isinstance(value, tuple | list):
        return [on_wire(one, is_json=is_json) for one in value]
    if isinstance(value, dict):
        return {key: on_wire(one, is_json=is_json) for key, one in value.items()}
    if isinstance(value, TemplateButton):
        parameters = [{"type": "text", "text": value.text}]
        return {"type": "button", "sub_type": "url", "parameters": parameters}
    if attrs.has(type(value)):
        parts = attrs.asdict(value, recurse=False).items()
        return {
            key.rstrip("_"): on_wire(one, is_json=is_json) for key, one in parts if one is not None
        }
    return single(value, is_json=is_json)


def single(value: Any, *, is_json: bool) -> Any:
    """A single value."""
    if isinstance(value, datetime):
        value = int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    elif isinstance(value, date):
        value = value.isoformat()
    elif isinstance(value, Decimal):
        value = f"{value:f}"
    if is_json:
        return value
    return str(int(value)) if isinstance(value, bool) else str(value)
