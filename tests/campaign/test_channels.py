"""A file goes out on every channel: sent once, exported with its columns, paused by its cost."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seven_async import InvalidRequestError, SendRcs, SendSms, SendTemplate, SendVoice
from seven_async.campaign import (
    Campaign,
    CsvMessages,
    Entry,
    MessageTemplate,
    PausedError,
    State,
    read_csv,
)
from seven_async.sandbox import Sandbox
from tests.campaign.gateways import accepted_once, awaiting, number

NAME = "Hi {first_name|you}"
TEMPLATES: dict[str, MessageTemplate[Any]] = {
    "sms": MessageTemplate(SendSms, text=NAME),
    "rcs": MessageTemplate(SendRcs, text=NAME),
    "voice": MessageTemplate(SendVoice, text=NAME),
    "waba": MessageTemplate(
        SendTemplate,
        template="order_ready",
        language="de",
        from_="4915112345678",
        body=["{first_name|you}"],
    ),
}


@pytest.fixture
def sandbox() -> Sandbox:
    """A gateway that has the WhatsApp template."""
    sandbox = Sandbox()
    sandbox.simulate.add_template("order_ready", "Hi {{1}}, come by")
    return sandbox


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two people and a row without a number."""
    path = tmp_path / "people.csv"
    path.write_text(f"first_name,phone\nAnna,{number(1)}\nCleo,\n,{number(2)}\n")
    return path


async def run(sandbox: Sandbox, messages: CsvMessages, journal: Path, **options) -> list[Entry]:
    """The entries of one run of a campaign."""
    async with awaiting(sandbox) as seven, Campaign(seven, journal=journal, **options) as campaign:
        return [entry async for entry in campaign.send(messages)]


def rows(path: Path) -> Sequence[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


@pytest.mark.parametrize("channel", TEMPLATES)
async def test_every_channel(sandbox, file, tmp_path, channel: str):
    """Each row goes out once, whatever the channel, and the export has the file's columns."""
    journal, messages = tmp_path / "c.db", read_csv(file, message=TEMPLATES[channel])
    first = await run(sandbox, messages, journal)
    second = await run(sandbox, messages, journal)
    async with awaiting(sandbox) as seven:
        plan = await Campaign(seven, journal=journal).plan(messages)
        count = Campaign(seven, journal=journal).export("accepted", tmp_path / "o.csv", messages)

    assert 2 == accepted_once(sandbox)
    assert "Anna" in sandbox.sent(number(1))[0].text
    assert "you" in sandbox.sent(number(2))[0].text
    assert [("", 3), (channel, 2), (channel, 4)] == sorted((e.channel, e.line) for e in first)
    assert {"served before", "the number is empty"} == {entry.reason for entry in second}
    assert (3, 0, 1, 2) == (plan.given, plan.to_send, plan.refused, plan.served)
    assert (2, ["Anna", ""]) == (count, [row["first_name"] for row in rows(tmp_path / "o.csv")])


async def test_fallback_of_a_row(sandbox, file, tmp_path):
    """Whom WhatsApp refuses gets the SMS; the export has one row for each of the file."""
    sandbox.fault("POST /waba/messages", recipient=number(2), code=202)
    messages = read_csv(file, message=TEMPLATES["waba"], then=[TEMPLATES["sms"]])
    entries = await run(sandbox, messages, tmp_path / "c.db")
    async with awaiting(sandbox) as seven:
        campaign = Campaign(seven, journal=tmp_path / "c.db")
        campaign.export("accepted", tmp_path / "out.csv", messages)

    assert {2: "waba", 4: "sms"} == {e.line: e.channel for e in entries if e.line != 3}
    assert [("WA", number(1)[1:]), ("SMS", number(2)[1:])] == [
        (entry.channel, entry.to) for entry in sandbox.ledger
    ]
    assert ["accepted", "accepted"] == [row["state"] for row in rows(tmp_path / "out.csv")]


async def test_undelivered_row_takes_its_next_form(sandbox, file, tmp_path):
    """With on_failed_delivery the next run sends the SMS to whom RCS did not reach."""
    messages = read_csv(
        file, message=TEMPLATES["rcs"], then=[TEMPLATES["sms"]], on_failed_delivery=True
    )
    journal = tmp_path / "c.db"
    await run(sandbox, messages, journal)
    sandbox.simulate.report(sandbox.sent(number(1))[0].id, "FAILED")
    async with awaiting(sandbox) as seven:
        await Campaign(seven, journal=journal).refresh()
    await run(sandbox, messages, journal)

    assert ["RCS", "SMS"] == [entry.channel for entry in sandbox.sent(number(1))]
    assert ["RCS"] == [entry.channel for entry in sandbox.sent(number(2))]


async def test_export_of_a_file_that_was_sent_otherwise(sandbox, file, tmp_path):
    """A file of which the journal has nothing is refused: all of it would be called missed."""
    journal = tmp_path / "c.db"
    await run(sandbox, read_csv(file, message=TEMPLATES["waba"]), journal)
    async with awaiting(sandbox) as seven:
        campaign = Campaign(seven, journal=journal)
        with pytest.raises(InvalidRequestError) as refused:
            campaign.export("missed", tmp_path / "out.csv", read_csv(file, text="Hi"))

    assert "none of the file's messages, but others (waba)" in str(refused.value)
    assert not (tmp_path / "out.csv").exists()


async def test_cost_of_the_dearest_form_is_kept(sandbox, tmp_path):
    """`max_cost` is not crossed by a fall-back that costs more than the first form."""
    file = tmp_path / "many.csv"
    file.write_text("phone\n" + "".join(f"{number(place)}\n" for place in range(10)))
    sandbox.fault("POST /rcs/messages", code=202)
    short, long = MessageTemplate(SendRcs, text="Hi"), MessageTemplate(SendSms, text="x" * 300)
    messages = read_csv(file, message=short, then=[long])
    with pytest.raises(PausedError):
        await run(sandbox, messages, tmp_path / "c.db", max_cost="0.50", batch=1, concurrency=4)

    assert Decimal("0.45") == sum(entry.price for entry in sandbox.ledger)


async def test_state_of_the_others(sandbox, file, tmp_path):
    """A row that the gateway refuses on one channel is rejected, and the others go out."""
    sandbox.fault("POST /voice", recipient=number(1), code=202)
    entries = await run(sandbox, read_csv(file, message=TEMPLATES["voice"]), tmp_path / "c.db")

    assert {2: State.REJECTED, 3: State.REFUSED, 4: State.ACCEPTED} == {
        entry.line: entry.state for entry in entries
    }
