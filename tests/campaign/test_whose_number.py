"""Numbers on their way through a campaign: who gets a message, a call, or neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from seven_async import SendSms, SendVoice
from seven_async.campaign import Campaign, Fallback, State, Suppression, read_csv
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import awaiting


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway of its own for each test."""
    return Sandbox()


async def states(sandbox: Sandbox, messages, **settings) -> list[tuple[str, State, str | None]]:
    """Recipients with what became of their messages."""
    async with awaiting(sandbox) as seven, Campaign(seven, **settings) as campaign:
        return [
            (entry.recipient, entry.state, entry.reason) async for entry in campaign.send(messages)
        ]


async def test_landline_gets_calls_only(sandbox):
    """A national landline is called; an SMS to it is refused, and so is a call that falls back."""
    call, text = SendVoice("030 1234567", "Hi"), SendSms("030 1234567", "Hi")
    told = await states(sandbox, [call, text, Fallback(call, text)], default_country="DE")

    assert [State.REFUSED, State.REFUSED, State.ACCEPTED] == sorted(
        (state for _, state, _ in told), reverse=True
    )
    assert ["49301234567"] == [entry.to for entry in sandbox.ledger]


async def test_digits_of_messages_are_the_gateways(sandbox, tmp_path: Path):
    """A message that the caller made goes out as the gateway reads it, and has one key."""
    texts = ["491701000001", "+49 170 1000001", "0170 1000002", "Group 1"]
    journal = tmp_path / "c.db"
    first = await states(sandbox, [SendSms(to, "Hi") for to in texts], journal=journal)
    again = await states(sandbox, [SendSms(to, "Hi") for to in texts], journal=journal)

    assert 3 == sum(reason != "duplicate" for _, _, reason in first)
    assert {State.SKIPPED} == {state for _, state, _ in again if state is not State.REJECTED}


async def test_argentinian_mobile_with_and_without_its_nine(sandbox, tmp_path: Path):
    """One person in two spellings gets one message."""
    texts = ["+54 9 11 6123 4567", "+54 11 6123 4567", "+54 9 11 6123 4568"]
    told = await states(
        sandbox, [SendSms(to, "Hi") for to in texts], journal=tmp_path / "c.db", batch=10
    )

    assert [State.ACCEPTED, State.ACCEPTED] == [
        state for _, state, _ in told if state is not State.SKIPPED
    ]
    assert ["5491161234567", "5491161234568"] == [entry.to for entry in sandbox.ledger]


async def test_answers_of_argentinian_mobiles_in_a_batch(sandbox):
    """The answer names what was dialled, not what the person is known by."""
    texts = [SendSms(f"+54 9 11 6123 456{last}", "Hi") for last in range(3)]
    calls = []
    async with awaiting(sandbox, on_event=calls.append) as seven, Campaign(seven) as campaign:
        told = [entry.state async for entry in campaign.send(texts)]

    assert [State.ACCEPTED] * 3 == told
    assert 1 == len(calls)  # nothing had to be looked up


async def test_opt_out_in_the_spelling_of_a_spreadsheet(sandbox, tmp_path: Path):
    """A file and a list of one country meet, whatever a spreadsheet has done to either."""
    (tmp_path / "stop.csv").write_text("phone\n7700900127\n")
    (tmp_path / "people.csv").write_text("phone\n+44 7700 900127\n7700900128.00\n")
    stop = Suppression.read(tmp_path / "stop.csv", default_country="GB")
    people = read_csv(tmp_path / "people.csv", text="Hi", default_country="GB")
    told = await states(sandbox, people, suppress=stop)

    assert {"+447700900127": "suppressed", "+447700900128": None} == {
        recipient: reason for recipient, _, reason in told
    }
