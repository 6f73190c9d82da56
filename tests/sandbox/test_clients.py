"""Every method of both clients against the sandbox: the model that the recorded reply gives.

In: one call per method. Out: its model from the sandbox, and from the recorded reply of the same
operation. I/O: loopback for the blocking client.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs
import httpx
import pytest

from seven_async import AsyncSeven, Seven
from seven_async.api.table import rows
from seven_async.sandbox import served_operations
from tests.sandbox.caller import KEY, Caller
from tests.sandbox.furnished import RECORDED, furnished_world

TO = "+4917612345678"
FROM = "4915112345678"
WA = {"from_": FROM}
NUMBER = "49176123456789"
BUTTONS = [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
SECTIONS = [{"title": "s", "rows": [{"id": "a", "title": "A"}]}]
CARD = {"name": {"first_name": "John"}, "phones": [{"phone": "+491234567890", "type": "cell"}]}


class Case(NamedTuple):
    """One call of a method, and the recording of its operation's reply."""

    recorded: str
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = {}  # noqa: RUF012 - never changed


CASES = {
    "analytics.by_country": Case("analytics.country"),
    "analytics.by_date": Case("analytics.date"),
    "analytics.by_label": Case("analytics.label"),
    "analytics.by_subaccount": Case("analytics.subaccount"),
    "balance.get": Case("balance.get"),
    "contacts.create": Case("contacts.create", (), {"firstname": "Seven", "groups": [17923]}),
    "contacts.get": Case("contacts.get", (12876882,)),
    "contacts.update": Case("contacts.get", (12876882,), {"city": "Kiel"}),
    "contacts.delete": Case("contacts.delete", (12876882,)),
    "contacts.list": Case("contacts.list"),
    "groups.create": Case("groups.create", ("A new group",)),
    "groups.get": Case("groups.get", (17923,)),
    "groups.update": Case("groups.update", (17923, "Edited Group")),
    "groups.delete": Case("groups.delete", (17923,), {"delete_contacts": True}),
    "groups.list": Case("groups.list"),
    "hooks.create": Case("hooks.create", ("https://my.tld/b62c11ff", "all")),
    "hooks.delete": Case("hooks.delete", (2045,)),
    "hooks.list": Case("hooks.list"),
    "journal.outbound": Case("journal.outbound"),
    "journal.inbound": Case("journal.inbound"),
    "journal.replies": Case("journal.inbound"),
    "journal.voice": Case("journal.voice"),
    "lookup.cnam": Case("lookup.cnam", (NUMBER,)),
    "lookup.hlr": Case("lookup.hlr", (NUMBER,)),
    "lookup.mnp": Case("lookup.mnp", (NUMBER,)),
    "lookup.rcs": Case("lookup.rcs", (NUMBER,)),
    "lookup.format": Case("lookup.format", (NUMBER,)),
    "numbers.available": Case("numbers.available", (), {"country": "DK"}),
    "numbers.order": Case("numbers.order", ("4915735981200",)),
    "numbers.active": Case("numbers.list"),
    "numbers.get": Case("numbers.get", (NUMBER,)),
    "numbers.update": Case("numbers.get", (NUMBER,), {"friendly_name": "desk"}),
    "numbers.delete": Case("numbers.delete", (NUMBER,), {"delete_immediately": True}),
    "pricing.get": Case("pricing.get", (), {"country": "at"}),
    "rcs.send": Case("rcs.send", (TO, "Hello World!")),
    "rcs.delete": Case("rcs.delete", (77233319353,)),
    "rcs.typing": Case("rcs.event", (TO,)),
    "rcs.read": Case("rcs.event", (TO,), {"msg_id": "1"}),
    "rcs.agents": Case("rcs.agents"),
    "sms.send": Case("sms.send", (TO, "HI2U!")),
    "sms.delete": Case("sms.delete", ("77214945865",)),
    "status.get": Case("status.get", (["77214067982", "77214067599"],)),
    "subaccounts.create": Case("subaccounts.create", ("John Doe", "john.doe@acme-inc.com")),
    "subaccounts.update": Case("subaccounts.update", ("123456789", 1, 5)),
    "subaccounts.transfer_credits": Case("subaccounts.transfer_credits", ("123456789", "1.23")),
    "subaccounts.delete": Case("subaccounts.delete", ("123456789",)),
    "subaccounts.list": Case("subaccounts.list"),
    "validate_for_voice.start": Case("validate_for_voice.new", (NUMBER,)),
    "voice.send": Case("voice.send", (TO, "Hallo Welt!")),
    "voice.hangup": Case("voice.hangup", (1384013,)),
    "waba.send_template": Case("waba.send.template", (TO, "hello_world", "de"), WA),
    "waba.send_text": Case("waba.send.template", (TO, "Thanks"), WA),
    "waba.send_image": Case("waba.send.template", (TO, "https://a.test/a.jpg"), WA),
    "waba.send_video": Case("waba.send.template", (TO, "https://a.test/a.mp4"), WA),
    "waba.send_audio": Case("waba.send.template", (TO, "https://a.test/a.mp3"), WA),
    "waba.send_document": Case("waba.send.template", (TO, "https://a.test/a", "a.pdf"), WA),
    "waba.send_sticker": Case("waba.send.template", (TO, "https://a.test/a.webp"), WA),
    "waba.send_location": Case("waba.send.template", (TO, 48.8566, 2.3522), WA),
    "waba.send_contacts": Case("waba.send.template", (TO, [CARD]), WA),
    "waba.send_buttons": Case("waba.send.template", (TO, "How?", BUTTONS), WA),
    "waba.send_list": Case("waba.send.template", (TO, "How?", "Open", SECTIONS), WA),
    "waba.delete": Case("waba.delete", (12345678,)),
    "waba.read": Case("waba.event.read", (), {"from_": FROM, "to": TO}),
    "waba.typing": Case("waba.event.is_typing", (), {"from_": FROM, "msg_id": "1"}),
    "waba.react": Case("waba.event.reaction", ("123456789", "👍")),
}


def method(client: object, name: str) -> Any:
    """The method of a client by `group.method`."""
    group, _, method = name.partition(".")
    return getattr(getattr(client, group), method)


async def first(result: Any) -> Any:
    """A result, or the first page of a listing, as a list."""
    if not inspect.isawaitable(result):
        return result
    model = await result
    return list(model) if hasattr(model, "has_more") else model


def recorded(case: Case) -> AsyncSeven:
    """A client whose every request gets the recorded reply."""
    body = json.dumps(RECORDED[case.recorded]["body"])
    reply = httpx.MockTransport(lambda _: httpx.Response(200, text=body))
    return AsyncSeven(api_key=KEY, transport=reply, retry=None)


def form(model: Any) -> Any:
    """A model without its values: classes, fields, and types."""
    if attrs.has(type(model)):
        fields = (field.name for field in attrs.fields(type(model)) if field.name != "extra")
        return {"class": type(model).__name__} | {
            name: form(getattr(model, name)) for name in fields
        }
    if isinstance(model, list | tuple):
        return [form(model[0])] if model else []
    return None if model is None else type(model).__name__


def find_differences(first: Any, other: Any, at: str = "$") -> list[str]:
    """Where two forms differ; None and an empty list stand for anything."""
    if first in (None, []) or other in (None, []):
        return []
    if isinstance(first, dict) and isinstance(other, dict) and first.keys() == other.keys():
        return [
            place
            for key in first
            for place in find_differences(first[key], other[key], f"{at}.{key}")
        ]
    if isinstance(first, list) and isinstance(other, list):
        return find_differences(first[0], other[0], f"{at}[0]")
    return [] if first == other else [f"{at}: {first} is not {other}"]


def test_every_recorded_call_is_one_of_a_row():
    """A renamed row takes its recording along. Rows without one run in test_method_examples.py."""
    assert set() == CASES.keys() - {row.name for row in rows()}


def test_every_row_is_served():
    """The sandbox has each operation of the route table, and no other."""
    assert sorted({(row.method, row.path) for row in rows()}) == served_operations()


@pytest.mark.parametrize("name", CASES)
async def test_awaiting_client_reads_the_same_model(name: str):
    """Through AsyncSeven, the sandbox's reply gives the fields and types of the recorded one."""
    case, sandbox = CASES[name], furnished_world().sandbox
    client = AsyncSeven(api_key=KEY, transport=sandbox.transport, retry=None)
    expected = await first(method(recorded(case), name)(*case.arguments, **case.keywords))
    actual = await first(method(client, name)(*case.arguments, **case.keywords))

    assert expected not in (None, [])
    assert actual not in (None, [])
    assert [] == find_differences(form(expected), form(actual))


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Caller, Seven]]:
    """A sandbox over HTTP and a blocking client of it."""
    caller = furnished_world()
    with (
        caller.sandbox.serve() as serving,
        Seven(api_key=KEY, base_url=serving.url, retry=None) as client,
    ):
        yield caller, client


@pytest.mark.parametrize("name", CASES)
def test_blocking_client_reads_the_same_over_http(served: tuple[Caller, Seven], name: str):
    """Through Seven and a socket, the reply is the one that is read in process."""
    caller, client = served
    caller.sandbox.restore(furnished_world().sandbox.snapshot())
    case = CASES[name]
    over_http = method(client, name)(*case.arguments, **case.keywords)
    if hasattr(over_http, "first"):
        over_http = list(over_http.first())

    assert over_http not in (None, [])
    assert in_process(name) == over_http


def in_process(name: str) -> Any:
    """The same call of a blocking client over the in-process transport."""
    case = CASES[name]
    with Seven(api_key=KEY, transport=furnished_world().sandbox.transport, retry=None) as client:
        result = method(client, name)(*case.arguments, **case.keywords)
        return list(result.first()) if hasattr(result, "first") else result
