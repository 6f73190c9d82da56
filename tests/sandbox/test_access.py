"""Who may call what: signatures (901), scopes (902), addresses (903), test keys, subaccounts."""

from __future__ import annotations

import time

import pytest

from seven_async.sandbox import Sandbox
from seven_async.sandbox.core.access import Signatures
from tests.sandbox.caller import ACCEPTS_JSON, KEY, NOON, Caller

URL = "http://sandbox.test/api/balance"
OTHER = "+491716992344"


def signed(caller: Caller, **changes: str) -> dict[str, str]:
    """Headers of a signed GET /balance, some of them changed."""
    stamp, nonce = changes.get("x-timestamp", str(int(NOON))), changes.get("x-nonce", "n" * 32)
    signature = caller.sandbox.gateway.signatures.sign(stamp, nonce, "GET", URL, b"")
    headers = {"x-timestamp": stamp, "x-nonce": nonce, "x-signature": signature}
    return {**ACCEPTS_JSON, **headers, **changes}


@pytest.mark.parametrize(
    ("method", "url", "body", "signature"),
    [
        (
            "POST",
            "https://gateway.seven.io/api/sms",
            '{"to": "49170123456789", "text": "Hello World! :-)", "from": "seven"}',
            "a5198aa30640341e864fc0a3f3588261b10f19ecf4ecb813b2988e2a02951c65",
        ),
        (
            "GET",
            "https://gateway.seven.io/api/pricing?country=de",
            "",
            "b2ab0cab10df9d8b5125702a311dbf008c3c82ae98bf0cc0c5cd7255b8b5fc17",
        ),
        (
            "POST",
            "https://gateway.seven.io/api/sms",
            '{"to":"49170123456789","text":"Grüße"}',
            "e9b63290c3a114c28e7c0fb104e903b78a5d7fbf99c824bfa9e99372378d0a7a",
        ),
    ],
)
def test_signature_rule(method: str, url: str, body: str, signature: str):
    """The vectors of the reference: five lines, MD5 of the body, HMAC-SHA256 in hex."""
    signatures = Signatures("my-signing-secret", lambda: NOON)

    assert signature == signatures.sign(
        "1634641200", "fpPRhAd1s8GXacfR39mWqKPynmmXfJnc", method, url, body.encode()
    )


def test_a_valid_signature_opens():
    """Signed calls go through, upper-case hex included; the nonce is good for one of them."""
    caller = Caller()
    headers = signed(caller)
    headers["x-signature"] = headers["x-signature"].upper()

    assert "amount" in caller.json("GET /balance", headers)
    assert "901" == caller.json("GET /balance", headers)


@pytest.mark.parametrize(
    "changes",
    [
        {"x-signature": "0" * 64},
        {"x-signature": "ü"},
        {"x-signature": ""},
        {"x-timestamp": str(int(NOON) - 31)},
        {"x-timestamp": "now"},
        {"x-timestamp": "9" * 400},
        {"x-nonce": ""},
    ],
)
def test_a_wrong_signature_is_901(changes: dict[str, str]):
    """If a signature is sent it must be right, fresh and complete."""
    caller = Caller()

    assert "901" == caller.json("GET /balance", signed(caller, **changes))


def test_signatures_are_of_real_time():
    """Clients sign by their own clock: they go on calling after the sandbox's was advanced."""
    caller = Caller()
    caller.sandbox.advance(40 * 86_400)

    assert "amount" in caller.json("GET /balance", signed(caller))


def test_signatures_run_on_real_time_unless_told_otherwise():
    """A sandbox that plays another day still takes what a client signs now."""
    caller = Caller(signing_time=time.time)

    assert "amount" in caller.json(
        "GET /balance", signed(caller, **{"x-timestamp": str(int(time.time()))})
    )


def test_a_signing_secret_is_not_empty():
    """A secret that is forgotten is an error, not a signature that anyone can make."""
    with pytest.raises(ValueError, match="signing secret"):
        Sandbox(signing_secret=" ")


def test_signing_can_be_required():
    """A key that requires signing is refused without, and only that key."""
    caller = Caller()
    caller.sandbox.add_key("strict", signing_required=True)
    unsigned = {**ACCEPTS_JSON, "x-api-key": "strict"}

    assert "901" == caller.json("GET /balance", unsigned)
    assert "amount" in caller.json("GET /balance", {**signed(caller), "x-api-key": "strict"})
    assert "amount" in caller.json("GET /balance")


def test_scopes_are_902():
    """A key for SMS alone sends, and may not look at the journal."""
    caller = Caller()
    caller.sandbox.add_key("narrow", scopes=["sms"])
    headers = {**ACCEPTS_JSON, "x-api-key": "narrow"}

    assert "100" == caller.json("POST /sms", headers, form={"to": OTHER, "text": "x"})["success"]
    assert "902" == caller.json("GET /journal/outbound", headers)


def test_addresses_are_903():
    """A key bound to an address is refused from others."""
    caller = Caller()
    caller.sandbox.add_key("home", ips=["192.0.2.1"])
    line = ("GET", URL, {**ACCEPTS_JSON, "x-api-key": "home"}, b"")

    assert b'"903"' == caller.sandbox.handle(*line).body
    assert b"amount" in caller.sandbox.handle(*line, "192.0.2.1").body


def test_test_keys_send_nothing():
    """`debug` is true, ids are null (a fixed one for calls), nothing is charged or kept."""
    caller = Caller(balance=1)
    caller.sandbox.add_key("test", is_test=True)
    headers = {**ACCEPTS_JSON, "x-api-key": "test"}
    sms = caller.json("POST /sms", headers, form={"to": OTHER, "text": "x"})
    call = caller.json("POST /voice", headers, form={"to": OTHER, "text": "x"})

    assert ("true", None, 0.0) == (sms["debug"], sms["messages"][0]["id"], sms["total_price"])
    assert (True, 123456789, 0.0) == (call["debug"], call["messages"][0]["id"], call["total_price"])
    assert (1, 0) == (caller.sandbox.balance, len(caller.sandbox.ledger))


def test_calls_can_be_made_for_a_subaccount():
    """`X-Account-Id` runs the call on the subaccount's credit; foreign ids are refused."""
    caller = Caller()
    created = caller.json("POST /subaccounts/create", form={"name": "n", "email": "a@b.test"})
    below = {**ACCEPTS_JSON, "x-account-id": created["subaccount"]["id"]}

    assert 0.0 == caller.json("GET /balance", below)["amount"]
    assert "902" == caller.json("GET /balance", {**ACCEPTS_JSON, "x-account-id": "1"})
    caller.sandbox.add_key("plain", subaccount_access=False)
    assert "902" == caller.json("GET /balance", {**below, "x-api-key": "plain"})


def test_the_key_is_not_shown():
    """No repr of sandbox or key has the key in it."""
    caller = Caller()

    assert KEY not in repr(caller.sandbox)
    assert KEY not in repr(caller.sandbox.gateway.state.keys[KEY])


def test_header_names_may_be_written_in_any_way():
    """`X-Api-Key`, `x-api-key` and `X-API-KEY` are one."""
    headers = {"X-API-Key": KEY, "Accept": "application/json"}

    assert b"amount" in Caller().sandbox.handle("GET", "/api/balance", headers).body


def test_a_test_key_books_no_number():
    """The order is accepted, nothing is charged, and the number stays on offer."""
    caller = Caller(balance=1000)
    caller.sandbox.add_key("test", is_test=True)
    headers = {**ACCEPTS_JSON, "x-api-key": "test"}

    assert caller.json("POST /numbers/order", headers, form={"number": "4523854818"})["success"]
    active = caller.json("GET /numbers/active")["activeNumbers"]
    assert (1000, False) == (
        caller.sandbox.balance,
        "4523854818" in [own["number"] for own in active],
    )


def test_the_older_path_of_prices_is_in_their_scope():
    """A key that may use `pricing` may use `/prices`, too."""
    caller = Caller()
    caller.sandbox.add_key("narrow", scopes=["pricing"])

    assert "countries" in caller.json("GET /prices", {**ACCEPTS_JSON, "x-api-key": "narrow"})


@pytest.mark.parametrize(
    "options",
    [
        {"api_key": ""},
        {"balance": "many"},
        {"balance": "NaN"},
        {"latency_s": -1},
        {"latency_s": float("nan")},
    ],
)
def test_a_sandbox_that_makes_no_sense_is_refused(options: dict):
    """With a ValueError, before anything is served."""
    with pytest.raises(ValueError, match="must"):
        Caller(**options)
