"""Request signatures against the vectors of auth.md section 3, and on the wire."""

from __future__ import annotations

import hashlib
import hmac

import httpx
import pytest
import respx

from seven_async import AsyncSeven
from seven_async.flow.request import signature

KEY = "my-signing-secret"
TIMESTAMP = "1634641200"
NONCE = "fpPRhAd1s8GXacfR39mWqKPynmmXfJnc"
SMS = "https://gateway.seven.io/api/sms"

VECTORS = [
    (
        "POST",
        SMS,
        '{"to": "49170123456789", "text": "Hello World! :-)", "from": "seven"}',
        "a5198aa30640341e864fc0a3f3588261b10f19ecf4ecb813b2988e2a02951c65",
    ),
    (
        "POST",
        "https://gateway.sms77.io/api/sms",
        '{ "to": "49170123456789", "text": "Hello World! :-)", "from": "sms77.io" }',
        "bb13a69cdfbe082e9310053007b48e5dc8bbd66ef2194792b2477e9b921f70ac",
    ),
    (
        "GET",
        "https://gateway.seven.io/api/pricing?country=de",
        "",
        "b2ab0cab10df9d8b5125702a311dbf008c3c82ae98bf0cc0c5cd7255b8b5fc17",
    ),
    (
        "GET",
        "https://gateway.seven.io/api/balance",
        "",
        "b91ad88d1955ad9722d02b6ea939e6024d7d626b0be009c3375c9c7239eff1a0",
    ),
    (
        "POST",
        SMS,
        "to=49170123456789&text=Hello+World%21+%3A-%29&from=seven",
        "8ec6718b97ac8c1743162a2e7f9fd4f4cbf0dd1e294cb878e2ba22077c29a53c",
    ),
    (
        "POST",
        SMS,
        '{"to":"49170123456789","text":"Grüße"}',
        "e9b63290c3a114c28e7c0fb104e903b78a5d7fbf99c824bfa9e99372378d0a7a",
    ),
]


@pytest.mark.parametrize(("method", "url", "body", "expected"), VECTORS)
def test_signature_is_that_of_the_vector(method: str, url: str, body: str, expected: str) -> None:
    """Each worked example of the reference is met to the last digit."""
    found = signature(
        KEY, method=method, url=url, body=body.encode(), timestamp=TIMESTAMP, nonce=NONCE
    )

    assert expected == found


async def test_what_is_signed_is_what_is_sent() -> None:
    """The signature covers the URL and body bytes that arrive, umlauts and plus signs included."""
    gateway = respx.MockRouter()
    gateway.route().respond(json={"success": "100"})
    transport = httpx.MockTransport(gateway.async_handler)
    async with AsyncSeven(api_key="k", signing_secret=f" {KEY}\n", transport=transport) as seven:
        await seven.sms.send("+49 171/1234567,Müller & Söhne", "Grüße + % ~ Ünï", from_="Acme")
        await seven.raw("GET", "/pricing", query={"country": "de", "x y": "a+b,c"})

    arrived = [call.request for call in gateway.calls]
    for request in arrived:
        body = hashlib.md5(request.content, usedforsecurity=False).hexdigest()
        lines = [
            request.headers["x-timestamp"],
            request.headers["x-nonce"],
            request.method,
            str(request.url),
            body,
        ]
        expected = hmac.new(KEY.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()

        assert expected == request.headers["x-signature"]
    assert arrived[0].headers["x-nonce"] != arrived[1].headers["x-nonce"]


async def test_without_a_secret_nothing_is_signed() -> None:
    """Signature headers appear only when a secret is set: a wrong one would be refused (901)."""
    gateway = respx.MockRouter()
    route = gateway.get(path="/api/balance").respond(json={"amount": 1, "currency": "EUR"})
    transport = httpx.MockTransport(gateway.async_handler)
    async with AsyncSeven(api_key="k", transport=transport) as seven:
        await seven.balance.get()

    headers = route.calls.last.request.headers
    assert not {"x-signature", "x-nonce", "x-timestamp"} & set(headers)
    assert "k" == headers["x-api-key"]
    assert "application/json" == headers["accept"]
