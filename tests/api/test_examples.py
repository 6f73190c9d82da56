"""Every recorded exchange: our request is the recorded one, and its reply is the expected model."""

from __future__ import annotations

import contextlib
import importlib

import pytest

from seven_async import SevenError
from tests.api.exchange import (
    EXAMPLES,
    Exchange,
    Recorder,
    asked,
    client,
    comparable,
    example,
    reply_to,
    sent,
    told,
)

PRODUCTS = (
    "account",
    "contacts",
    "groups",
    "hooks",
    "journal",
    "lookup",
    "numbers",
    "rcs",
    "sms",
    "subaccounts",
    "voice",
    "waba",
    "waba_kinds",
)
EXCHANGES: dict[str, Exchange] = {
    name: exchange
    for product in PRODUCTS
    for name, exchange in importlib.import_module(f"tests.api.examples.{product}").EXCHANGES.items()
}
ELSEWHERE = {
    "oauth.me": "another host than the gateway's, no row",
    "webhook.": "comes to us; no reply",
}
"""Examples that no row answers for, and why; the tests of those parts read them."""


def test_every_example_is_played():
    """Each example file has an expectation."""
    names = {file.stem for file in EXAMPLES.glob("*.json")}
    elsewhere = {name for name in names if name.startswith(tuple(ELSEWHERE))}

    assert names - elsewhere == EXCHANGES.keys()


@pytest.mark.parametrize("name", EXCHANGES)
async def test_reply_of_an_example(name: str):
    """The recorded reply becomes the model, or the error, that stands beside it."""
    exchange = EXCHANGES[name]
    transport = Recorder(lambda _: reply_to(example(name)))
    async with client(transport, **exchange.options) as seven:
        if isinstance(exchange.expected, type):
            with pytest.raises(SevenError) as caught:
                await exchange.call(seven)

            assert exchange.expected is type(caught.value)
            assert exchange.cause is (caught.value.__cause__ and type(caught.value.__cause__))
        else:
            found = await exchange.call(seven)

            assert told(exchange.expected) == told(found)


@pytest.mark.parametrize(
    "name", [name for name, one in EXCHANGES.items() if one.asks_otherwise is None]
)
async def test_request_of_an_example(name: str):
    """Our request says what the recorded one said, in the same place or in query and body."""
    exchange = EXCHANGES[name]
    transport = Recorder(lambda _: reply_to(example(name)))
    async with client(transport, **exchange.options) as seven:
        with contextlib.suppress(SevenError):
            await exchange.call(seven)

    (request,) = transport.requests
    method, path, recorded = asked(example(name))
    assert (method, path) == sent(request)[:2]
    assert comparable(recorded) == comparable(sent(request)[2])
