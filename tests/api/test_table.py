"""The route table as a whole: complete, documented, and repeatable as each operation allows."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import attrs
import pytest

import seven_async
from seven_async import AsyncSeven, Repeat, Seven
from seven_async.api.routes.endpoint import Endpoint
from seven_async.api.table import GROUPS, endpoints, rows
from seven_async.flow.row import Row

ROWS = {row.name: row for row in rows()}
RECORDED = {
    line
    for line in (Path(__file__).parent / "operations.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
}
BILLED_READS = {"lookup.hlr", "lookup.mnp", "lookup.cnam"}
SAME_END_STATE = {"update", "delete", "hangup", "typing", "read", "react"}
"""What a POST may be called that leads to the same end state when it is repeated."""

MESSAGES = "*, from_, delay, ttl, label, foreign_id, performance_tracking"
ANALYTICS = "*, start, end, label, subaccounts"
JOURNAL = "*, id, date_from, date_to, to, state, limit, offset"
CONTACT = (
    "*, firstname, lastname, mobile_number, home_number, email, address, postal_code, city, "
    "birthday, notes, avatar, groups, custom"
)
SIGNATURES = {
    "analytics.by_country": ANALYTICS,
    "analytics.by_date": ANALYTICS,
    "analytics.by_label": ANALYTICS,
    "analytics.by_subaccount": ANALYTICS,
    "balance.get": "",
    "contacts.create": CONTACT,
    "contacts.get": "id",
    "contacts.update": f"id, {CONTACT}",
    "contacts.delete": "id",
    "contacts.list": "*, limit, offset, search, order_by, order_direction, group_id",
    "groups.create": "name",
    "groups.get": "id",
    "groups.update": "id, name",
    "groups.delete": "id, *, delete_contacts",
    "groups.list": "*, limit, offset",
    "hooks.create": "target_url, event_type, *, request_method, event_filter, headers",
    "hooks.delete": "id, *, target_url, event_type, request_method",
    "hooks.list": "",
    "journal.outbound": JOURNAL,
    "journal.inbound": JOURNAL,
    "journal.replies": JOURNAL,
    "journal.voice": JOURNAL,
    "lookup.cnam": "number",
    "lookup.hlr": "number",
    "lookup.mnp": "number",
    "lookup.rcs": "number, *, from_",
    "lookup.format": "number",
    "numbers.available": "*, country, features_sms, features_a2p_sms, features_voice",
    "numbers.order": "number, *, payment_interval",
    "numbers.active": "",
    "numbers.get": "number",
    "numbers.update": "number, *, friendly_name, sms_forward, email_forward, slack_forward",
    "numbers.delete": "number, *, delete_immediately",
    "pricing.get": "*, country",
    "rcs.send": f"to, text, {MESSAGES}, fallback",
    "rcs.delete": "id",
    "rcs.typing": "to, *, msg_id, from_",
    "rcs.read": "to, *, msg_id, from_",
    "rcs.agents": "",
    "sms.send": (
        "to, text, *, from_, delay, flash, udh, is_binary, ttl, label, foreign_id, "
        "performance_tracking, get_replies, files"
    ),
    "sms.delete": "ids",
    "status.get": "ids",
    "subaccounts.create": "name, email",
    "subaccounts.update": "id, threshold, amount",
    "subaccounts.transfer_credits": "id, amount",
    "subaccounts.delete": "id",
    "subaccounts.list": "*, id",
    "validate_for_voice.start": "number, *, callback",
    "voice.send": "to, text, *, from_, ringtime, foreign_id",
    "voice.hangup": "call_id",
    "waba.send_template": f"to, template, language, {MESSAGES}, components",
    "waba.send_text": f"to, text, {MESSAGES}",
    "waba.send_image": f"to, url, {MESSAGES}, caption",
    "waba.send_video": f"to, url, {MESSAGES}, caption",
    "waba.send_audio": f"to, url, {MESSAGES}",
    "waba.send_document": f"to, url, filename, {MESSAGES}, caption",
    "waba.send_sticker": f"to, url, {MESSAGES}",
    "waba.send_location": f"to, latitude, longitude, {MESSAGES}, name, address",
    "waba.send_contacts": f"to, contacts, {MESSAGES}",
    "waba.send_buttons": f"to, body, buttons, {MESSAGES}, header, footer",
    "waba.send_list": f"to, body, button_text, sections, {MESSAGES}, header, footer",
    "waba.delete": "id",
    "waba.read": "*, from_, to, msg_id",
    "waba.typing": "*, from_, to, msg_id",
    "waba.react": "msg_id, emoji",
}


def entry(row: Row) -> Endpoint:
    """The line of a class body that a row came from."""
    return next(endpoint for endpoint in endpoints() if endpoint.row is row)


def argument_names(function: Any) -> str:
    """The arguments of a method, with the star that begins the keywords."""
    parameters = inspect.signature(function).parameters.values()
    bare = [
        one.replace(annotation=inspect.Parameter.empty, default=inspect.Parameter.empty)
        for one in parameters
    ]
    return str(inspect.Signature(bare))[1:-1]


def test_groups_have_one_name():
    """The rows of a group are named after the attribute that both clients have for it."""
    assert [] == [
        row.name
        for name, group in GROUPS.items()
        for row in group.load().rows
        if group.load().group != name
    ]


def test_every_published_operation_is_a_row():
    """What the gateway publishes can be called."""
    assert set() == RECORDED - {row.line for row in rows()}


def expected_repeat(row: Row) -> Repeat:
    """How a row may be repeated, told by its HTTP line and its name alone."""
    if row.name in BILLED_READS:
        return Repeat.BILLED
    if row.method == "GET":
        return Repeat.SAFE
    is_same = row.method in ("PATCH", "DELETE") or row.name.partition(".")[2] in SAME_END_STATE
    return Repeat.IDEMPOTENT if is_same else Repeat.NEVER


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_how_a_row_may_be_repeated(row: Row):
    """A POST is repeated only if its name is that of a change that can be made twice."""
    assert expected_repeat(row) is row.repeat


def test_sends_and_orders_are_never_repeated():
    """What sends, orders, transfers or creates is a row that is never repeated."""
    verbs = ("send", "order", "create", "transfer", "start")
    names = [name for name in ROWS if name.partition(".")[2].startswith(verbs)]

    assert len(names) >= 21
    assert {Repeat.NEVER} == {ROWS[name].repeat for name in names}


def test_every_signature_is_the_documented_one():
    """Argument names and their order are a contract, once they are published."""
    seven = AsyncSeven(api_key="key")

    assert SIGNATURES == {name: argument_names(method_of(seven, name)) for name in SIGNATURES}


def method_of(seven: AsyncSeven | Seven, name: str) -> Any:
    """The method of a row."""
    group, _, method = name.partition(".")
    return getattr(getattr(seven, group), method)


@pytest.mark.parametrize("name", ROWS)
def test_both_clients_have_the_same_method(name: str):
    """A change from one client to the other changes `await` and nothing else."""
    awaited = method_of(AsyncSeven(api_key="key"), name)
    blocking = method_of(Seven(api_key="key"), name)

    assert argument_names(awaited) == argument_names(blocking)
    assert awaited.__doc__ == blocking.__doc__
    assert (awaited.__name__, awaited.__qualname__) == (blocking.__name__, blocking.__qualname__)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_no_two_rows_share_a_request_class(row: Row):
    """The docstring of a request class documents one method."""
    others = {entry(other).request for other in rows() if other.name != row.name}

    assert entry(row).request not in others


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_argument_is_documented(row: Row):
    """`help()` says of each argument what it means."""
    signature = inspect.signature(entry(row).request)
    text = inspect.getdoc(entry(row)) or ""

    assert [] == [name for name in signature.parameters if f"\n    {name}: " not in text]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_documented_argument_exists(row: Row):
    """A renamed argument takes its documentation along."""
    text = inspect.getdoc(entry(row)) or ""
    sections = [part for part in text.split("\n\n") if part.startswith(("Args:", "Keyword Args:"))]
    named = {
        line.strip().partition(":")[0]
        for section in sections
        for line in section.splitlines()[1:]
        if line.startswith("    ") and not line.startswith("     ")
    }

    assert set(inspect.signature(entry(row).request).parameters) == named


def classes_of(kind: Any) -> set[type]:
    """All attrs classes that a type leads to."""
    found: set[type] = set()
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        waiting += getattr(one, "__args__", ())
        if isinstance(one, type) and attrs.has(one) and one not in found:
            found.add(one)
            waiting += [field.type for field in attrs.fields(attrs.resolve_types(one))]
    return found


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_every_class_of_a_row_is_exported(row: Row):
    """Whatever a method takes or gives can be named in an annotation."""
    classes = classes_of(entry(row).request) | classes_of(row.reply)
    public = {getattr(seven_async, name) for name in seven_async.__all__}

    assert set() == {one.__name__ for one in classes if one not in public}
