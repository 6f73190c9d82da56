"""Every odd value in every field of every channel's receipts: the matrix that takes minutes."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from seven_async import AsyncSeven, SendRcs, SendSms, SendVoice
from seven_async.campaign import Campaign
from tests.flow.test_odd_replies import ODD

TEXT = "Your code is Qx7Rz"
NUMBERS = [f"+4917112345{place:02}" for place in range(5)]
ODD_DIGITS = NUMBERS[2][1:]
FIELDS = [
    "id",
    "sender",
    "recipient",
    "text",
    "encoding",
    "label",
    "parts",
    "udh",
    "is_binary",
    "price",
    "channel",
    "fallback",
    "success",
    "error",
    "error_text",
    "messages",
]
WHOLE = ("success", "total_price", "balance", "debug", "sms_type", "messages")
CHANNELS: dict[str, Callable[[str], Any]] = {
    "sms": lambda to: SendSms(to, TEXT),
    "rcs": lambda to: SendRcs(to, TEXT),
    "voice": lambda to: SendVoice(to, TEXT),
}


class Gateway:
    """A gateway whose receipts have one odd value; `asked` counts requests by recipient."""

    def __init__(self, field: str, odd: str, *, in_message: bool) -> None:
        self.asked: Counter[str] = Counter()
        self._field = field
        self._odd = odd
        self._in_message = in_message

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The reply to a request."""
        if request.method == "GET":
            return httpx.Response(200, json=[])
        parameters = httpx.QueryParams(request.content.decode())
        to = [one.removeprefix("+") for one in parameters["to"].split(",")]
        self.asked.update(to)
        messages = [
            {"id": f"7{digits}", "recipient": digits, "success": True, "price": 0.075, "parts": 1}
            for digits in to
        ]
        reply: dict[str, Any] = {"success": "100", "messages": messages}
        if ODD_DIGITS in to:
            place = messages[to.index(ODD_DIGITS)] if self._in_message else reply
            place[self._field] = "<odd>"
        text = json.dumps(reply).replace('"<odd>"', self._odd)
        return httpx.Response(200, content=text.encode())


async def check(gateway: Gateway, channel: str, batch: int, journal: Path) -> None:
    """Send to all; each has an entry, nobody is asked for twice, and the journal agrees."""
    async with (
        AsyncSeven(api_key="k", transport=httpx.MockTransport(gateway.answer)) as seven,
        Campaign(seven, "odd", journal=journal, batch=batch, store_texts=True) as campaign,
    ):
        messages = [CHANNELS[channel](number) for number in NUMBERS]
        entries = [entry async for entry in campaign.send(messages)]
        report = campaign.report()
    told = {entry.recipient: str(entry.state) for entry in entries}
    with closing(sqlite3.connect(journal)) as database:
        written = dict(database.execute("SELECT recipient, state FROM message").fetchall())

    assert set(NUMBERS) == set(told)
    assert {1} == set(gateway.asked.values())
    assert told == written
    assert len(NUMBERS) == report.given
    assert [] == [entry for entry in entries if TEXT in str(entry.error)]
    if batch == 1:
        others = {state for to, state in told.items() if to[1:] != ODD_DIGITS}
        assert {"accepted"} == others


@pytest.mark.soak
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_value_in_any_field_of_a_receipt(
    odd: str, channel: str, tmp_path: Path
) -> None:
    """Whatever stands in whichever field, of one message or of all: the campaign ends whole."""
    places = [(field, True) for field in FIELDS] + [(field, False) for field in WHOLE]
    for number, ((field, in_message), batch) in enumerate(itertools.product(places, (1, 100))):
        gateway = Gateway(field, ODD[odd], in_message=in_message)
        await check(gateway, channel, batch, tmp_path / f"{number}.db")
