"""What single rows say on the wire beyond the recorded examples."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import httpx
import pytest

from seven_async import (
    AsyncSeven,
    CnamLookup,
    DeliveryState,
    File,
    FormatLookup,
    GatewayError,
    HlrLookup,
    InsufficientCreditError,
    InvalidParameterError,
    MnpLookup,
    RcsContent,
    RcsFallback,
    Seven,
)
from tests.api.exchange import Recorder, client, sent
from tests.api.php import fields_of

OK = {"success": True, "id": 1, "number": "49"}


async def asked(call: Callable[[AsyncSeven], Any], **options: Any) -> httpx.Request:
    """The request that a call makes."""
    transport = Recorder(lambda _: httpx.Response(200, json=OK))
    async with client(transport, **options) as seven:
        await call(seven)
    (request,) = transport.requests
    return request


async def fields(call: Callable[[AsyncSeven], Any]) -> dict[str, Any]:
    """The parameters of the request that a call makes, without its made up reference."""
    found = sent(await asked(call))[2]
    found.pop("foreign_id", None)
    return found


async def test_recipients_and_flags_of_an_sms():
    """Recipients share one field, flags are digits, and an explicit False is sent."""
    found = await fields(
        lambda seven: seven.sms.send(
            ["+491711234567", "Peter"], "Hi", flash=True, performance_tracking=False, udh="05"
        )
    )
    expected = {"flash": "1", "performance_tracking": "0", "udh": "05"}

    assert {"to": "+491711234567,Peter", "text": "Hi", **expected} == found


@pytest.mark.parametrize(
    "file",
    [
        File(name="a", contents="aGk=", validity_days=3),
        {"name": "a", "contents": "aGk=", "validity": 3},
    ],
)
async def test_files_of_an_sms(file: Any):
    """Files make the body JSON, where flags are flags."""
    found = await fields(lambda seven: seven.sms.send("1", "[[a]]", files=[file], flash=True))
    files = [{"name": "a", "contents": "aGk=", "validity": 3}]

    assert {"to": "1", "text": "[[a]]", "files": files, "flash": True} == found


@pytest.mark.parametrize(
    ("ids", "expected"), [(7, ["7"]), ("8", ["8"]), ([7, "8"], ["7", "8"]), ((7,), ["7"])]
)
async def test_ids_of_a_deletion(ids: Any, expected: list[str]):
    """One id or several stand in a list."""
    assert {"ids": expected} == await fields(lambda seven: seven.sms.delete(ids))


@attrs.frozen
class Card(RcsContent):
    """Rich content of one's own."""

    card_title: str
    image: str | None = None


@pytest.mark.parametrize("content", [{"card_title": "T"}, Card("T")])
async def test_rich_content_of_rcs(content: Any):
    """An object instead of a text makes the body JSON and is sent as it is."""
    found = await fields(lambda seven: seven.rcs.send("1", content, ttl=60))

    assert {"to": "1", "text": {"card_title": "T"}, "ttl": 60} == found


@pytest.mark.parametrize(
    ("fallback", "expected"),
    [
        ("webview", "webview"),
        (RcsFallback(text="T", from_="Acme"), {"type": "sms", "text": "T", "from": "Acme"}),
        ({"type": "sms"}, {"type": "sms"}),
    ],
)
async def test_fallback_of_rcs(fallback: Any, expected: object):
    """A fallback is a word or an object."""
    found = await fields(lambda seven: seven.rcs.send("1", "Hi", fallback=fallback))

    assert expected == found["fallback"]


@pytest.mark.parametrize(("method", "event"), [("typing", "IS_TYPING"), ("read", "READ")])
async def test_events_of_rcs(method: str, event: str):
    """RCS shouts its events."""
    found = await fields(lambda seven: getattr(seven.rcs, method)("1", msg_id=7, from_="agent"))

    assert {"event": event, "to": "1", "msg_id": "7", "from": "agent"} == found


async def test_contact_with_custom_properties():
    """Custom properties stand beside the others, under their own names."""
    found = await fields(
        lambda seven: seven.contacts.create(
            firstname="Ann", groups=[1, "2"], custom={"shoe": 42, "since": date(2020, 1, 1)}
        )
    )

    assert {"firstname": "Ann", "groups": ["1", "2"], "shoe": "42", "since": "2020-01-01"} == found


async def test_contact_that_leaves_all_groups():
    """An empty list of groups is sent, since leaving it out changes nothing."""
    request = await asked(lambda seven: seven.contacts.update(5, groups=[], city=""))

    assert b"city=&groups%5B%5D=" == request.content
    assert ("PATCH", "/api/contacts/5") == (request.method, request.url.path)


async def test_filters_of_contacts():
    """Filters stand in the query."""
    found = await fields(
        lambda seven: seven.contacts.list(
            search="Ann", group_id=7, order_by="lastname", order_direction="desc", limit=30
        )
    )
    expected = {"order_by": "lastname", "order_direction": "desc", "limit": "30"}

    assert {"search": "Ann", "group_id": "7", **expected} == found


async def test_forwarding_of_a_number():
    """Forwarding goes to lists, and an empty one turns it off."""
    request = await asked(
        lambda seven: seven.numbers.update(
            "+49 176 123", sms_forward=[], email_forward="a@b.c", slack_forward=""
        )
    )

    assert "/api/numbers/active/49176123" == request.url.path
    assert {"sms_forward": [""], "email_forward": ["a@b.c"], "slack_forward": ""} == fields_of(
        request.content.decode()
    )


async def test_features_of_available_numbers():
    """Features are asked for by words."""
    found = await fields(
        lambda seven: seven.numbers.available(country="DE", features_sms=True, features_voice=False)
    )

    assert {"country": "DE", "features_sms": "true", "features_voice": "false"} == found


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda seven: seven.hooks.delete(7), {"id": "7"}),
        (
            lambda seven: seven.hooks.delete(target_url="https://a.b", event_type="dlr"),
            {"target_url": "https://a.b", "event_type": "dlr"},
        ),
        (lambda seven: seven.groups.delete(7, delete_contacts=False), {"delete_contacts": "false"}),
        (
            lambda seven: seven.numbers.delete("49", delete_immediately=True),
            {"delete_immediately": "true"},
        ),
    ],
)
async def test_parameters_in_query_and_body(call: Any, expected: dict[str, str]):
    """Where sources disagree on the place, a deletion says it in both."""
    request = await asked(call)

    assert expected == fields_of(request.url.query.decode())
    assert expected == fields_of(request.content.decode())


async def test_headers_of_a_hook():
    """Headers are lines."""
    found = await fields(
        lambda seven: seven.hooks.create("https://a.b", "all", headers={"A": "1", "B": "2"})
    )

    assert "A: 1\nB: 2" == found["headers"]


@pytest.mark.parametrize("amount", [Decimal("1.50"), "1.50"])
async def test_amount(amount: Any):
    """An amount keeps the digits that were given."""
    found = await fields(lambda seven: seven.subaccounts.transfer_credits(7, amount))

    assert {"id": "7", "amount": "1.50"} == found


STYLES = {
    "subaccounts.list": (
        lambda seven: seven.subaccounts.list(id=7),
        "/subaccounts/list?id=7",
        "/subaccounts?action=read&id=7",
    ),
    "subaccounts.create": (
        lambda seven: seven.subaccounts.create("A", "a@b.c"),
        "/subaccounts/create",
        "/subaccounts?action=create",
    ),
    "subaccounts.update": (
        lambda seven: seven.subaccounts.update(1, 2, 3),
        "/subaccounts/update",
        "/subaccounts?action=update",
    ),
    "subaccounts.transfer_credits": (
        lambda seven: seven.subaccounts.transfer_credits(1, 2),
        "/subaccounts/transfer_credits",
        "/subaccounts?action=transfer_credits",
    ),
    "subaccounts.delete": (
        lambda seven: seven.subaccounts.delete(1),
        "/subaccounts/delete",
        "/subaccounts?action=delete",
    ),
    "analytics.by_country": (
        lambda seven: seven.analytics.by_country(label="a"),
        "/analytics/country?label=a",
        "/analytics?group_by=country&label=a",
    ),
    "analytics.by_date": (
        lambda seven: seven.analytics.by_date(start=date(2026, 1, 1)),
        "/analytics/date?start=2026-01-01",
        "/analytics?group_by=date&start=2026-01-01",
    ),
    "analytics.by_label": (
        lambda seven: seven.analytics.by_label(),
        "/analytics/label",
        "/analytics?group_by=label",
    ),
    "analytics.by_subaccount": (
        lambda seven: seven.analytics.by_subaccount(subaccounts="all"),
        "/analytics/subaccount?subaccounts=all",
        "/analytics?group_by=subaccount&subaccounts=all",
    ),
    "others": (lambda seven: seven.balance.get(), "/balance", "/balance"),
}


@pytest.mark.parametrize("name", STYLES)
async def test_url_styles(name: str):
    """One option turns paths into actions, for the products that have both."""
    call, path, action = STYLES[name]
    body = {"id": 1, "success": True, "amount": 1}
    found: list[str] = []
    for style in ("paths", "actions"):
        transport = Recorder(lambda _: httpx.Response(200, json=body))
        async with client(transport, url_style=style) as seven:
            await call(seven)
        found.append(str(transport.requests[0].url).removeprefix("https://gateway.test/api"))

    assert [path, action] == found


def looked_up(body: Any, call: Callable[[Seven], Any]) -> tuple[Any, list[httpx.Request]]:
    """What a lookup gives for a body, and its requests."""
    transport = Recorder(lambda _: httpx.Response(200, json=body))
    with Seven(
        api_key="key", base_url="https://gateway.test/api", transport=transport, retry=None
    ) as seven:
        return call(seven), transport.requests


@pytest.mark.parametrize("numbers", [["491", "492"], ("491", "492")])
def test_several_numbers_in_one_request(numbers: Any):
    """Several numbers are asked for at once, and give a list."""
    body = [{"success": True, "international": "+491"}, {"success": False}]
    found, requests = looked_up(body, lambda seven: seven.lookup.format(numbers))

    assert [FormatLookup(success=True, international="+491"), FormatLookup()] == found
    assert ["491,492"] == [request.url.params["number"] for request in requests]


@pytest.mark.parametrize(
    ("method", "body", "expected"),
    [
        ("cnam", {"code": 600}, [CnamLookup(code=600)]),
        ("mnp", [{"success": False, "code": 202}], [MnpLookup(code=202)]),
        (
            "mnp",
            {"success": False, "code": 500, "price": 0},
            [MnpLookup(code=500, price=Decimal(0))],
        ),
        ("hlr", [{"status": False}], [HlrLookup()]),
    ],
)
def test_items_never_raise(method: str, body: Any, expected: Any):
    """A list of one number is a list of one finding, whatever became of it."""
    found, _ = looked_up(body, lambda seven: getattr(seven.lookup, method)(["491"]))

    assert expected == found


@pytest.mark.parametrize(
    ("method", "body", "kind"),
    [
        ("mnp", {"success": False, "code": 202}, InvalidParameterError),
        ("mnp", {"success": False, "code": 500}, InsufficientCreditError),
        ("mnp", {"success": False, "code": 600}, GatewayError),
        ("cnam", {"code": "600"}, GatewayError),
    ],
)
def test_one_number_raises(method: str, body: Any, kind: type[Exception]):
    """For one number a failure of a billed lookup is raised."""
    with pytest.raises(kind):
        looked_up(body, lambda seven: getattr(seven.lookup, method)("491"))


def test_agent_of_a_lookup():
    """Both forms of the RCS lookup take an agent."""
    for number in ("491", ["491"]):
        _, requests = looked_up({}, lambda seven, to=number: seven.lookup.rcs(to, from_="agent"))

        assert {"number": "491", "from": "agent"} == dict(requests[0].url.params)


def test_hlr_of_a_roaming_handset():
    """Where a handset roams is an object instead of a word; `gsm_code` may be a number."""
    body = {
        "status": True,
        "roaming": {"status": "roaming", "roaming_country_code": "CH"},
        "gsm_code": 0,
        "country_prefix": False,
    }
    found, _ = looked_up(body, lambda seven: seven.lookup.hlr("491"))

    assert ("roaming", "CH", "0") == (
        found.roaming.status,
        found.roaming.roaming_country_code,
        found.gsm_code,
    )
    assert (None, {}) == (found.country_prefix, found.extra)


@pytest.mark.parametrize("key", ["networkType", "network_type"])
def test_network_type_of_mnp(key: str):
    """Both spellings of the key are known."""
    found, _ = looked_up(
        {"success": True, "code": 100, "mnp": {key: "mobile", "isPorted": "true"}},
        lambda seven: seven.lookup.mnp("491"),
    )

    assert ("mobile", True) == (found.mnp.network_type, found.mnp.is_ported)


def test_names_of_older_journals():
    """The oldest form of the inbound journal had other names for who, to whom and when."""
    body = [{"id": 1, "sender": "491", "system": "492", "time": "1605878104"}]
    transport = Recorder(lambda _: httpx.Response(200, json=body))
    with Seven(api_key="key", transport=transport) as seven:
        (found,) = seven.journal.inbound()

    assert ("491", "492", 1605878104, {}) == (
        found.from_,
        found.to,
        found.timestamp and found.timestamp.timestamp(),
        found.extra,
    )


@pytest.mark.parametrize("body", [{"id": "7", "statusTime": None}, [[{"id": 7}]]])
def test_shapes_of_states(body: Any):
    """Delivery states came as one object, and are described as lists in a list."""
    found, _ = looked_up(body, lambda seven: seven.status.get(7))

    assert ["7"] == [one.id for one in found]


@pytest.mark.parametrize(
    ("state", "is_final"),
    [("DELIVERED", True), ("read", True), ("BUFFERED", False), ("NEW", False)],
)
def test_final_states(state: str, is_final: bool):
    """After a final state no report is to be expected; an unknown one is not final."""
    assert is_final is DeliveryState(state).is_final
