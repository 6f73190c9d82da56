"""The gateway's own old Python client at work with a served sandbox.

In: `sms77api` from the package index. Out: what its methods return. I/O: loopback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from inspect import getmembers, isfunction
from typing import Any

import pytest
from sms77api.classes.Contacts import ContactsAction
from sms77api.classes.Hooks import HookEventType, HookRequestMethod, HooksAction
from sms77api.classes.Journal import JournalType
from sms77api.classes.Lookup import LookupType, MnpResponse
from sms77api.classes.Pricing import PricingFormat
from sms77api.classes.Status import StatusMessage
from sms77api.Sms77api import Sms77api

from seven_async.sandbox import Sandbox

RECIPIENT = "+491716992343"


@pytest.fixture(params=[True, False], ids=["locked", "unlocked"])
def has_reload_lock(request: pytest.FixtureRequest) -> bool:
    """Whether the gateway refuses the same SMS for a while."""
    return bool(request.param)


@pytest.fixture
def sandbox(has_reload_lock: bool) -> Sandbox:
    """A gateway with the reload lock or without."""
    return Sandbox(reload_lock=has_reload_lock)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Sms77api]:
    """The client, pointed at a served sandbox."""
    with sandbox.serve() as serving:
        client = Sms77api("sandbox-key", "script")
        client.baseUrl = serving.url
        yield client


def send_sms(client: Sms77api, sandbox: Sandbox) -> None:
    """Texts as `sms()` sends them: a code, the lines of its details, JSON, a refusal."""
    assert "100" == client.sms(RECIPIENT, "hi", {})
    code, number, *lines = client.sms(
        RECIPIENT, "details", {"details": True, "return_msg_id": True}
    ).split("\n")
    assert ("100", True) == (code, number.isdigit())
    assert "Text: details" in lines
    sent = client.sms(f"{RECIPIENT},+491716992344", "to two", {"json": True, "label": "l"})
    assert "100" == sent["success"]
    assert ["491716992343", "491716992344"] == [each["recipient"] for each in sent["messages"]]
    assert "305" == client.sms(RECIPIENT, "", {})


def read_status(client: Sms77api, sandbox: Sandbox) -> None:
    """The state of a message and the moment of it, each in a line."""
    sent = client.sms(RECIPIENT, "how is it", {"json": True})
    state, moment = client.status(sent["messages"][0]["id"]).split("\n")
    assert state in StatusMessage.values()
    assert len("2026-01-01 00:00:00") <= len(moment)


def send_voice(client: Sms77api, sandbox: Sandbox) -> None:
    """Calls as text and as JSON."""
    code, number, price = client.voice(RECIPIENT, "hello", {}).split("\n")
    assert ("100", True, "0.045") == (code, number.isdigit(), price)
    assert "100" == client.voice(RECIPIENT, "hello again", {"json": True})["success"]


def read_balance(client: Sms77api, sandbox: Sandbox) -> None:
    """The balance is a bare number, and falls by what was sent."""
    before = client.balance()
    client.sms(RECIPIENT, "costs something", {})
    assert 0.075 == pytest.approx(before - client.balance())


def keep_contacts(client: Sms77api, sandbox: Sandbox) -> None:
    """A contact is written, read as CSV and as JSON, and deleted."""
    written = client.contacts(ContactsAction.WRITE, {"nick": "Ada", "empfaenger": RECIPIENT})
    code, number = written.split("\n")
    assert "152" == code
    named = {"nick": "Eve", "empfaenger": "+491716992344", "json": True}
    other = client.contacts(ContactsAction.WRITE, named)
    assert isinstance(other, int)
    assert number in client.contacts(ContactsAction.READ, {})
    read = client.contacts(ContactsAction.READ, {"json": True})
    assert [number, str(other)] == [each["ID"] for each in read]
    assert "152" == client.contacts(ContactsAction.DEL, {"id": number})
    assert other == client.contacts(ContactsAction.DEL, {"id": other, "json": True})
    assert [] == client.contacts(ContactsAction.READ, {"json": True})


def keep_hooks(client: Sms77api, sandbox: Sandbox) -> None:
    """A webhook is set up for each event and method, listed, and removed."""
    made = [
        client.hooks(
            HooksAction.SUBSCRIBE,
            {
                "target_url": f"http://127.0.0.1:9/{event}/{method}",
                "event_type": event,
                "request_method": method,
            },
        )["id"]
        for event in HookEventType.values()
        for method in HookRequestMethod.values()
    ]
    listed = client.hooks(HooksAction.READ, {})["hooks"]
    assert sorted(map(str, made)) == sorted(each["id"] for each in listed)
    for number in made:
        assert client.hooks(HooksAction.UNSUBSCRIBE, {"id": number})["success"]
    assert [] == client.hooks(HooksAction.READ, {})["hooks"]


def read_journals(client: Sms77api, sandbox: Sandbox) -> None:
    """Each kind of journal has what happened, and nothing else."""
    client.sms(RECIPIENT, "a question", {})
    client.voice(RECIPIENT, "a call", {})
    sandbox.simulate.sms(RECIPIENT, "an answer")
    sandbox.simulate.call(RECIPIENT)
    read = {kind: client.journal(kind, {}) for kind in JournalType}
    assert ["a question"] == [row["text"] for row in read[JournalType.OUTBOUND]]
    assert ["a call"] == [row["text"] for row in read[JournalType.VOICE]]
    assert ["an answer"] == [row["text"] for row in read[JournalType.INBOUND]]
    assert 1 == len(read[JournalType.VOICE_CALL])


def look_up(client: Sms77api, sandbox: Sandbox) -> None:
    """Each kind of look-up, as text and as JSON."""
    assert client.lookup(LookupType.MNP, RECIPIENT) in MnpResponse.values()
    assert "26201" == client.lookup(LookupType.MNP, RECIPIENT, json=True)["mnp"]["mccmnc"]
    for json in (False, True):
        assert "100" == client.lookup(LookupType.CNAM, RECIPIENT, json=json)["code"]
        assert "DE" == client.lookup(LookupType.FORMAT, RECIPIENT, json=json)["country_iso"]
        assert client.lookup(LookupType.HLR, RECIPIENT, json=json)["status"]


def read_prices(client: Sms77api, sandbox: Sandbox) -> None:
    """Prices as CSV of all countries, and as JSON of one."""
    head, *rows = client.pricing().splitlines()
    assert head.startswith('"countryCode";"countryName"')
    assert 40 < len({row.split(";")[0] for row in rows})
    assert ["DE"] == [
        country["countryCode"] for country in client.pricing(PricingFormat.JSON, "de")["countries"]
    ]


def read_analytics(client: Sms77api, sandbox: Sandbox) -> None:
    """What was sent today is counted in the last day, and by its label."""
    client.sms(RECIPIENT, "counted", {"label": "spring"})
    assert 1 == client.analytics({})[-1]["sms"]
    by_label = client.analytics({"group_by": "label", "label": "spring"})
    assert [1] == [row["sms"] for row in by_label]


def validate_caller(client: Sms77api, sandbox: Sandbox) -> None:
    """The check of a caller's number begins."""
    assert client.validate_for_voice(RECIPIENT)["success"]


STEPS: dict[str, Callable[[Sms77api, Sandbox], None]] = {
    "analytics": read_analytics,
    "balance": read_balance,
    "contacts": keep_contacts,
    "hooks": keep_hooks,
    "journal": read_journals,
    "lookup": look_up,
    "pricing": read_prices,
    "sms": send_sms,
    "status": read_status,
    "validate_for_voice": validate_caller,
    "voice": send_voice,
}


@pytest.mark.parametrize("method", STEPS)
def test_python_client(method: str, client: Sms77api, sandbox: Sandbox) -> None:
    """Each method of the client works, with the reload lock on and off."""
    STEPS[method](client, sandbox)


def test_every_method_is_tried() -> None:
    """A method that a new version of the client brings has no step yet, and is named here."""
    methods: dict[str, Any] = dict(getmembers(Sms77api, isfunction))
    assert {name for name in methods if not name.startswith("_")} == set(STEPS)


def test_same_sms_twice(client: Sms77api, has_reload_lock: bool) -> None:
    """The lock refuses the same SMS with 402; an account without it sends it twice."""
    assert "100" == client.sms(RECIPIENT, "hi", {})
    assert ("402" if has_reload_lock else "100") == client.sms(RECIPIENT, "hi", {})


def test_wrong_key(client: Sms77api) -> None:
    """A wrong key is told by the code 900 as text, which `balance()` takes for an amount."""
    client.apiKey = "wrong"
    assert 900.0 == client.balance()
    assert "900" == client.sms(RECIPIENT, "hi", {})
