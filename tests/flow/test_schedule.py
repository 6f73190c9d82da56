"""A message whose time has passed is refused before any I/O, by the client's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from seven_async import AsyncSeven, InvalidRequestError, SendSms, Seven
from seven_async.campaign import Campaign, State, read_csv
from seven_async.flow.clock import Clock
from seven_async.flow.values.schedule import departure_s
from seven_async.sandbox import Sandbox
from tests.api.exchange import Recorder, client, sent

NUMBER = "+491713920011"
NOW = 1_770_710_400  # 2026-02-10 09:00:00 in Berlin


def clock() -> Clock:
    """A clock that stands at 9 o'clock in Berlin."""
    return Clock(now=lambda: NOW)


@pytest.mark.parametrize(
    "delay",
    [
        NOW - 5,
        NOW + 3600,
        str(NOW),
        "2026-02-10 09:00:00",
        "2026-02-10 08:59:56",
        "2026-02-10 09:00",
        datetime(2026, 2, 10, 8, 0, tzinfo=UTC),
    ],
)
async def test_a_time_that_is_not_past(delay: Any):
    """It goes out; a text as it was given, another time in Unix seconds."""
    transport = Recorder(lambda _: httpx.Response(200, json={"success": "100", "messages": []}))
    async with client(transport, clock=clock()) as seven:
        await seven.sms.send(NUMBER, "Hi", delay=delay)

    expected = NOW if isinstance(delay, datetime) else delay
    assert str(expected) == sent(transport.requests[0])[2]["delay"]


@pytest.mark.parametrize(
    "delay",
    [
        NOW - 6,
        str(NOW - 3600),
        "2026-02-10 08:59:54",
        "2026-02-09 09:00",
        datetime(2026, 2, 10, 7, 59, tzinfo=UTC),
    ],
)
async def test_a_time_that_has_passed(delay: Any):
    """No request leaves, and the error has the request, as every error of a call."""
    transport = Recorder(lambda _: httpx.Response(500))
    async with client(transport, clock=clock()) as seven:
        with pytest.raises(InvalidRequestError, match=r"^delay: 2026.* UTC has passed") as caught:
            await seven.sms.send(NUMBER, "Hi", delay=delay)

    assert [] == transport.requests
    assert isinstance(caught.value.request, SendSms)


def test_a_time_that_has_passed_of_the_blocking_client():
    """Both clients refuse it."""
    sandbox = Sandbox(now=clock().now)
    with (
        Seven(**sandbox.options, clock=clock()) as seven,
        pytest.raises(InvalidRequestError, match="60 minutes ago by this machine's clock"),
    ):
        seven.sms.send(NUMBER, "Hi", delay=NOW - 3600)

    assert [] == list(sandbox.ledger)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01 12:00:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        ("2026-10-25 02:30:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_text_is_the_time_of_berlin(text: str, expected: datetime):
    """In summer, too; of the hour that comes twice in October it is the later one."""
    assert expected.timestamp() == departure_s(text)


async def test_a_campaign_of_messages_whose_time_has_passed(tmp_path: Path):
    """Each is refused by itself, and the others go on."""
    sandbox = Sandbox(now=clock().now)
    messages = [
        SendSms("+491713920011", "Hi", delay=NOW - 3600),
        SendSms("+491713920012", "Hi", delay="2040-01-31 09:00:00"),
    ]
    async with (
        AsyncSeven(**sandbox.options, clock=clock()) as seven,
        Campaign(seven, journal=tmp_path / "j.db") as campaign,
    ):
        entries = {entry.recipient: entry async for entry in campaign.send(messages)}

    past, ahead = entries["+491713920011"], entries["+491713920012"]
    assert (State.REFUSED, State.ACCEPTED) == (past.state, ahead.state)
    assert "has passed" in str(past.error)
    assert ["491713920012"] == [message.to for message in sandbox.ledger]


def test_a_file_of_messages_with_a_wrong_time(tmp_path: Path):
    """`read_csv` refuses what is no time at all before it reads a row."""
    table = tmp_path / "people.csv"
    table.write_text("phone\n+491713920011\n", "utf-8")

    with pytest.raises(InvalidRequestError, match="that was in 1970"):
        list(read_csv(table, text="Hi", delay=60))
